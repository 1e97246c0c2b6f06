"""The base of everything a suite file can describe."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]
"""Ids become folder names and URL parameters: lower-case letters, digits, `.`, `_` and `-`."""

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


def _beside_the_suite(path: Path, info: ValidationInfo) -> Path:
    path = path.expanduser()
    return Path(info.context["folder"]) / path if info.context else path


SuitePath = Annotated[Path, AfterValidator(_beside_the_suite)]
"""A path in a suite file; a relative one starts at the suite file's folder."""


class Spec(BaseModel):
    """A strict, immutable part of a suite.

    Unknown keys, values of the wrong type, NaN and infinities are errors.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
