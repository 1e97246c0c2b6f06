"""The suite file's schema: one pydantic model is the check, the reference and what the code works with."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, SerializeAsAny, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from ..datasets import DATASETS
from ..datasets.base import DatasetSpec
from ..engines import ENGINES
from ..engines.base import EngineSpec
from ..errors import UsageError
from ..metrics.diagnosis.entities import check_keywords
from ..ner import check_pipelines
from ..normalizing import NormalizerChoice
from ..registry import Registry
from ..simulation import CONDITIONS
from ..simulation.base import ConditionSpec
from ..spec import Identifier, Spec


@dataclass(frozen=True, slots=True)
class OneOf:
    """Makes a field accept whatever a registry knows, told apart by the key `by`."""

    registry: Registry
    by: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {}
        for name in self.registry.names():
            # One that cannot be loaded is an error only in a suite that names it, see `explain`.
            with suppress(UsageError):
                choices[name] = handler.generate_schema(self.registry.load(name))
        return core_schema.tagged_union_schema(choices, discriminator=self.by)


System = Annotated[SerializeAsAny[EngineSpec], OneOf(ENGINES, "engine")]
Dataset = Annotated[SerializeAsAny[DatasetSpec], OneOf(DATASETS, "loader")]
Condition = Annotated[SerializeAsAny[ConditionSpec], OneOf(CONDITIONS, "kind")]


Ids = Annotated[tuple[Identifier, ...], Field(min_length=1)]


class MatrixEntry(Spec):
    """A block of cells: every system x dataset x condition named."""

    systems: Ids | Literal["all"] = "all"
    datasets: Ids | Literal["all"] = "all"
    conditions: Ids | Literal["all"] = "all"
    """Ids of entries (`babble`: all its levels) or of single levels (`babble.snr5`)."""


class OnError(Spec):
    """What becomes of clips that fail."""

    retry: Annotated[int, Field(ge=0, le=10)] = 1
    """How often a clip that failed in the recogniser is tried again in the same run."""
    max_failure_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    """A cell of which a larger share failed makes the exit status 1."""
    abort_if_first: Annotated[int, Field(ge=0)] = 5
    """Stop when the recogniser fails on all of the first so many clips of a cell; 0 never stops."""
    abort_if_in_a_row: Annotated[int, Field(ge=0)] = 50
    """Stop when it fails on so many clips of a cell in a row; 0 never stops."""


def _pipelines(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    folder = Path(info.context["folder"]) if info.context else Path.cwd()
    beside = {name: folder / Path(name).expanduser() for name in names}
    return check_pipelines(tuple(str(path) if path.is_dir() else name for name, path in beside.items()))


class Report(Spec):
    """What is kept and how results are grouped."""

    save_audio: Literal["none", "errors", "all"] = "errors"
    """Which degraded clips are kept in the run directory: those with any error, or all."""
    groups: tuple[str, ...] | Literal["all"] = "all"
    """Factors of the utterances that `groups.csv` breaks results down by (`speaker` is one)."""
    keywords: Annotated[tuple[str, ...], AfterValidator(check_keywords)] = ()
    """Words and phrases that must not be lost: see the documentation of the diagnosis."""
    ner: Annotated[tuple[str, ...], AfterValidator(_pipelines)] = ()
    """spaCy pipelines that tell names, one for each language: an installed one's name, or a folder."""


def _known_version(version: int) -> int:
    if version != 1:
        raise ValueError(f"found {version}, expected 1: the only version of the format there is")
    return version


class Definitions(Spec):
    """What a suite uses of a file that it includes, checked."""

    systems: tuple[System, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    conditions: tuple[Condition, ...] = ()


class Suite(Spec):
    """A suite file, checked."""

    version: Annotated[int, Field(alias="schema"), AfterValidator(_known_version)] = 1
    name: Identifier
    description: str = ""
    seed: Annotated[int, Field(ge=0)] = 0
    """Every random draw derives from this, the utterance's id and the condition's base id."""
    normalizer: NormalizerChoice | None = None
    """For what a dataset names none for; without it each utterance's language chooses, see
    `choose_normalizer`."""
    include: tuple[str, ...] = ()
    """Files with definitions, beside this one or of asrdiag's own; the three lists name what is used."""
    systems: tuple[System, ...]
    datasets: tuple[Dataset, ...]
    conditions: tuple[Condition, ...]
    matrix: Annotated[tuple[MatrixEntry, ...], Field(min_length=1)] = (MatrixEntry(),)
    """Which cells exist; without it, every system x dataset x condition."""
    on_error: OnError = OnError()
    report: Report = Report()
