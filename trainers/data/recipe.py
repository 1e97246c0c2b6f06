"""What `asrdiag train data` is told: where rows come from, how they are graded, split, chosen and checked."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, model_validator

from asrdiag.datasets import DATASETS
from asrdiag.engines import ENGINES
from asrdiag.errors import UsageError, unknown
from asrdiag.metrics import NORMALIZERS, unit_for
from asrdiag.normalizing import NormalizerChoice
from asrdiag.registry import Registry
from asrdiag.spec import Spec, SuitePath
from asrdiag.suite.packaged import packaged_documents

from ..recipe import Recipe
from .clips import Limits

Share = Annotated[float, Field(ge=0, le=1)]
Above0 = Annotated[float, Field(gt=0)]


class Input(Spec):
    """A source of rows: exactly one of `run`, `corpus` and `rows`."""

    run: SuitePath | None = None
    """A run directory: what its system answered is the prediction."""
    corpus: SuitePath | None = None
    """A manifest of `asrdiag simulate`, or its folder, or any other manifest in JSONL."""
    rows: SuitePath | None = None
    """Training rows that there are already, JSONL or Parquet."""
    system: str | None = None
    """Of a run with several systems, the one that is to be trained."""
    only_datasets: tuple[str, ...] | None = None
    """Of a run, only these."""
    only_conditions: tuple[str, ...] | None = None
    """Of a run, only these, by their ids in it."""
    clean: bool = False
    """Of a simulated corpus, take the clips it was made of too, as they were."""
    scenario: str | None = None
    """Of rows that name none. Without it: `clean` for clips of a run to which nothing was done, and
    `recorded` for all others."""
    language: str = "en"
    """Of rows that name none."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("run", "corpus", "rows") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"found {' and '.join(given) or 'no source'}, expected exactly one of: run, corpus, rows"
            )
        of_a_run = [n for n in ("system", "only_datasets", "only_conditions") if getattr(self, n) is not None]
        if of_a_run and self.run is None:
            raise ValueError(f"found {of_a_run[0]!r}, which is for a run")
        if self.clean and self.corpus is None:
            raise ValueError(
                "found 'clean', which is for a corpus; of a run, select the condition as recorded"
            )
        return self

    @property
    def path(self) -> Path:
        """Where it is."""
        path = self.run or self.corpus or self.rows
        assert path is not None  # or it would have been refused
        return path


class LimitsSpec(Spec):
    """Which clips are fit for training, see `Limits`."""

    max_duration_s: Above0 = Limits().max_duration_s
    min_duration_s: Above0 = Limits().min_duration_s
    silence_dbfs: float = Limits().silence_dbfs

    def limits(self) -> Limits:
        return Limits(self.max_duration_s, self.min_duration_s, self.silence_dbfs)


class Split(Spec):
    """How rows are parted."""

    validation: Annotated[float, Field(ge=0)] = 0.1
    """Below 1: a share of the rows; from 1 up: so many."""
    test: Annotated[float, Field(ge=0)] = 0.0
    disjoint: tuple[Literal["speaker", "text"], ...] = ("speaker", "text")
    """What no two parts may have in common."""


class Selection(Spec):
    """Which rows of the training part are taken."""

    size: Annotated[int, Field(ge=1)] | None = None
    """How many degraded rows; `None`: as many as the shares allow."""
    strata: tuple[Literal["scenario", "severity"], ...] = ("scenario", "severity")
    severity_edges: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.25, 0.5, 0.75)
    """A clip's severity belongs to the range that ends above it; the last ends at 1 and includes it."""
    quota: Literal["as_is", "balanced"] = "as_is"
    """`as_is`: in the proportions that there are; `balanced`: equally many of each stratum."""
    bin_shares: tuple[Share, ...] | None = None
    """The share of each bin of the error rate, which enriches the harder ones; `None`: as they come."""
    share_clean: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Of the training part; `None`: all there are."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if list(self.severity_edges) != sorted(set(self.severity_edges)):
            raise ValueError(f"severity_edges: found {list(self.severity_edges)}, expected ascending numbers")
        if self.bin_shares is not None and abs(sum(self.bin_shares) - 1) > 1e-6:
            raise ValueError(f"bin_shares: they add up to {sum(self.bin_shares):g}, expected 1")
        return self


def _components(registry: Registry, by: str, found: dict[str, Any], folder: Any) -> Spec:
    """What a mapping describes; an error's text says what is wrong."""
    name = found.get(by)
    if not isinstance(name, str):
        raise ValueError(f"the key {by!r} is missing; known: {', '.join(registry.names())}")
    try:
        text = json.dumps({"id": name, **found}, default=repr)
        spec: Spec = registry.load(name).model_validate_json(text, context=folder)
    except UsageError as error:
        raise ValueError(str(error)) from None
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise ValueError(f"{where}: {problem['msg'].removeprefix('Value error, ')}") from None
    return spec


def _system(found: str | dict[str, Any], info: ValidationInfo) -> str | dict[str, Any]:
    if isinstance(found, str):
        known = [
            str(entry["id"])
            for document in packaged_documents()
            for entry in document.data.get("systems", ())
            if isinstance(entry, dict)
        ]
        if found not in known:
            raise ValueError(unknown("system", found, dict.fromkeys(known)))
        return found
    spec = _components(ENGINES, "engine", found, info.context)
    return spec.model_dump(mode="json", exclude_unset=True) | {"engine": found["engine"]}


def _dataset(found: str | dict[str, Any], info: ValidationInfo) -> str | dict[str, Any]:
    written = {"loader": found} if isinstance(found, str) else found
    spec = _components(DATASETS, "loader", written, info.context)
    return spec.model_dump(mode="json", exclude_unset=True)


def _normalizers(choice: NormalizerChoice | None) -> NormalizerChoice | None:
    for name in [choice] if isinstance(choice, str) else (choice or {}).values():
        if name not in NORMALIZERS:
            raise ValueError(unknown("normaliser", name, NORMALIZERS))
    return choice


def _tags(languages: tuple[str, ...] | None) -> tuple[str, ...] | None:
    for language in languages or ():
        unit_for(language)
    return languages


class Leaks(Spec):
    """Which evaluation sets must not be trained on."""

    against: tuple[Annotated[str | dict[str, Any], AfterValidator(_dataset)], ...] = ()
    """Datasets as a suite describes them, or the name of one that needs no more."""
    check: Annotated[tuple[Literal["audio", "text"], ...], Field(min_length=1)] = ("audio", "text")
    """By the samples of the clip and of what it was made of, and by the normalised text."""
    found: Literal["drop", "refuse"] = "drop"
    """Leave such rows out, or stop."""


class Messages(Spec):
    """The conversation that each row holds, for trainers that read one."""

    system: str | None = None
    user: str = "<audio>"
    answer: bool = True
    """Whether the solution is in it, as the assistant's turn."""


class DataRecipe(Recipe):
    """A recipe for `asrdiag train data`, checked."""

    step: Literal["data"]
    inputs: Annotated[tuple[Input, ...], Field(min_length=1)]
    base: Annotated[str | dict[str, Any], AfterValidator(_system)] | None = None
    """The system that grades what has no answer yet: a packaged one by name, or as a suite describes it."""
    normalizer: Annotated[NormalizerChoice | None, AfterValidator(_normalizers)] = None
    """`None`: of a run what it was scored with, else the language's own."""
    bins: Annotated[tuple[Above0, ...], Field(min_length=1)] = (0.3, 0.5, 0.7)
    """Thresholds of the error rate; what is not below the last is dropped."""
    languages: Annotated[tuple[str, ...] | None, AfterValidator(_tags)] = None
    """Rows in others are dropped; `None`: none are."""
    limits: LimitsSpec = LimitsSpec()
    split: Split = Split()
    select: Selection = Selection()
    leaks: Leaks = Leaks()
    max_bad_share: Share = 0.01
    """If a larger share of the rows cannot be used (not those too hard or leaking), the exit status is 1."""
    messages: Messages = Messages()
    paths: Literal["relative", "absolute", "copied"] = "relative"
    """How rows name audio: from their own folder, from the root, or copied into it."""
    formats: Annotated[tuple[Literal["jsonl", "parquet"], ...], Field(min_length=1)] = ("jsonl",)

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if list(self.bins) != sorted(set(self.bins)):
            raise ValueError(f"bins: found {list(self.bins)}, expected ascending numbers")
        shares = self.select.bin_shares
        if shares is not None and len(shares) != len(self.bins):
            raise ValueError(
                f"select.bin_shares: found {len(shares)} shares, expected {len(self.bins)}: one for each bin"
            )
        if self.split.validation < 1 and self.split.test < 1 and self.split.validation + self.split.test >= 1:
            raise ValueError(
                "split: validation and test are all there is, expected something left to train on"
            )
        return self

    def bin_names(self) -> tuple[str, ...]:
        """The bins' names, in their order: `<30`, `<50`, `<70`."""
        return tuple(f"<{100 * limit:g}" for limit in self.bins)
