"""The clips that a recipe names, with what is known of each."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from asrdiag.datasets.base import Utterance
from asrdiag.datasets.manifest import ManifestSpec
from asrdiag.datasets.utterance_table import UtteranceTable
from asrdiag.errors import UsageError

from ..data.line import TrainingRow
from ..data.rows import RowFile
from .recipe import Source

SCENARIO, SEVERITY = "scenario", "severity"
_CLEAN, _UNLABELLED = "clean", "recorded"


@dataclass(frozen=True, slots=True)
class Example:
    """A clip and its side."""

    utterance: Utterance
    pool: Sequence[Utterance]
    """The clips of its source, which babble is made of."""
    degraded: bool
    simulated: bool
    """Whether its audio is clean and is degraded when it is heard."""

    @property
    def id(self) -> str:
        """Unique within its source."""
        return f"{self.utterance.sample_id}{'+simulated' if self.simulated else ''}"

    @property
    def scenario(self) -> str | None:
        """What was done to it, as far as its source says; of a simulated one only its making tells."""
        found = self.utterance.factors.get(SCENARIO)
        return None if found is None or self.simulated else str(found)

    @property
    def severity(self) -> float | None:
        """How much, from 0 to 1, as far as its source says."""
        found = self.utterance.factors.get(SEVERITY)
        return None if self.simulated or not isinstance(found, int | float) else float(found)


@dataclass(frozen=True, slots=True)
class Examples(Sequence[Example]):
    """Clips of several sources in a fixed order; sixteen bytes for each, whatever its source holds of it."""

    tables: tuple[Sequence[Utterance], ...]
    table: npt.NDArray[np.int32]
    row: npt.NDArray[np.int64]
    degraded: npt.NDArray[np.bool_]
    simulated: npt.NDArray[np.bool_]
    content: tuple[str, ...] = field(default=())
    """What says whether the sources are as they were: a hash for each."""

    def __len__(self) -> int:
        return len(self.row)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        pool = self.tables[self.table[index]]
        return Example(
            pool[int(self.row[index])], pool, bool(self.degraded[index]), bool(self.simulated[index])
        )


def gather(sources: Sequence[Source], name: str) -> Examples:
    """The clips of all sources, each labelled.

    Args:
        sources: in the order of the recipe.
        name: what messages call them: `train`, `validation`, or a test set's name.

    Raises:
        UsageError: a file is missing or wrong, or a clip does not say which side it is on.
    """
    tables: list[Sequence[Utterance]] = []
    found: list[tuple[int, int, bool, bool]] = []
    content: list[str] = []
    for number, source in enumerate(sources):
        table, digest = _open(source)
        tables.append(table)
        content.append(digest)
        for row, degraded in _labelled(source, table, f"{name}.{number}"):
            found.append((number, row, degraded, False))
            if source.simulate and not degraded:
                found.append((number, row, True, True))
    columns = np.array(found, dtype=np.int64).reshape(-1, 4)
    return Examples(
        tuple(tables),
        columns[:, 0].astype(np.int32),
        columns[:, 1],
        columns[:, 2].astype(np.bool_),
        columns[:, 3].astype(np.bool_),
        tuple(content),
    )


def require_both_sides(examples: Examples, name: str) -> None:
    """Make sure that there is something to tell apart.

    Raises:
        UsageError: all clips are clean, or all are degraded.
    """
    n_degraded = int(examples.degraded.sum())
    if not 0 < n_degraded < len(examples):
        raise UsageError(
            f"{name}: found {len(examples) - n_degraded} clean clips and {n_degraded} degraded ones, "
            "expected some of each (`simulate: true` makes degraded ones of clean ones)"
        )


def _open(source: Source) -> tuple[Sequence[Utterance], str]:
    if source.rows is not None:
        with RowFile(source.rows) as rows:
            rows.require_usable()
            return UtteranceTable.of(map(_utterance, rows)), rows.sha256
    assert source.manifest is not None
    path = source.manifest
    spec = ManifestSpec(id="clips", loader="manifest", path=path, language=source.language)
    try:
        utterances = spec.utterances()
    except UsageError as error:
        if _has_rows(path):
            raise UsageError(f"{error}; training rows are named by `rows:` and not by `manifest:`") from error
        raise
    with path.open("rb") as stream:
        return utterances, hashlib.file_digest(stream, "sha256").hexdigest()


def _has_rows(path: Path) -> bool:
    """Whether what is no manifest begins like training rows in JSONL."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return b'"audios"' in stream.readline()


def _utterance(row: TrainingRow) -> Utterance:
    factors: dict[str, str | float] = {}
    if row.scenario is not None:
        factors[SCENARIO] = row.scenario
    if row.severity is not None:
        factors[SEVERITY] = row.severity
    return Utterance(
        row.id, row.audio, row.solution, row.language or "en", speaker=row.speaker, factors=factors
    )


def _labelled(source: Source, table: Sequence[Utterance], where: str) -> Iterator[tuple[int, bool]]:
    for row in range(len(table) if source.limit is None else min(source.limit, len(table))):
        utterance = table[row]
        scenario = utterance.factors.get(SCENARIO)
        said = None
        if scenario is not None and scenario != _UNLABELLED:
            said = "clean" if scenario == _CLEAN else "degraded"
        label = source.label or said
        file = source.rows or source.manifest
        if label is None:
            raise UsageError(
                f"{file}: clip {utterance.sample_id!r} does not say whether it is clean (no scenario); "
                f"expected `label: clean` or `label: degraded` in {where}"
            )
        if said is not None and said != label:
            raise UsageError(
                f"{file}: clip {utterance.sample_id!r} has the scenario {scenario!r}, and {where} says "
                f"`label: {label}`"
            )
        yield row, label == "degraded"
