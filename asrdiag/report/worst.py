"""The answers that cost each system most, with their alignments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import AsrdiagError
from ..metrics import ERROR_RATES
from ..store.folder import RunFolder
from .dataset_scores import DatasetScores

PER_CONDITION = 3
STEPS = 80

_COLUMNS = ("sample_id", "unit", "language", "reference_tokens", "hypothesis_tokens", "alignment")
_SAID = ("failure_mode", "evidence")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alignment: `C`, `s`, `S`, `D` or `I`, and the tokens; `None` where there is none."""

    letter: str
    reference: str | None
    hypothesis: str | None


@dataclass(frozen=True, slots=True)
class WorstCase:
    """An answer with many errors. `steps` are the first `STEPS` of its alignment, `n_more` the others."""

    dataset: str
    metric: str
    system: str
    condition: str
    sample_id: str
    speaker: str | None
    language: str
    failure_mode: str
    evidence: str
    n_errors: int
    ref_tokens: int
    steps: tuple[Step, ...]
    n_more: int

    @property
    def error_rate_pct(self) -> float | None:
        """`None` where nothing was said."""
        return 100 * self.n_errors / self.ref_tokens if self.ref_tokens else None


@dataclass(frozen=True, slots=True)
class _Pick:
    scores: DatasetScores
    cell: int
    clip: int
    n_errors: int


def worst_cases(folder: RunFolder, scores: Sequence[DatasetScores], per_system: int) -> list[WorstCase]:
    """The answers with most errors of each system: those that add most to its error rate.

    At most `PER_CONDITION` are of one dataset and condition, so that one hard condition does not hide the
    others. Of answers with equally many errors those to shorter references come first, then those that come
    first in the dataset.

    Args:
        folder: the run directory.
        scores: the scores of its datasets.
        per_system: how many at most.

    Raises:
        AsrdiagError: scores cannot be read.
    """
    picks: dict[str, list[_Pick]] = {}
    for dataset in scores:
        for number, cell in enumerate(dataset.cells):
            order = np.lexsort((cell.tokens, -cell.errors))[:PER_CONDITION]
            picks.setdefault(cell.system, []).extend(
                _Pick(dataset, number, int(clip), int(cell.errors[clip]))
                for clip in order
                if cell.errors[clip]
            )
    chosen: dict[str, list[_Pick]] = {}
    for found in picks.values():
        for pick in sorted(found, key=lambda pick: -pick.n_errors)[:per_system]:
            chosen.setdefault(pick.scores.cells[pick.cell].key, []).append(pick)
    cases = [case for key, group in chosen.items() for case in _read(folder, key, group)]
    order_of = {system: place for place, system in enumerate(picks)}
    return sorted(cases, key=lambda case: (order_of[case.system], -case.n_errors))


def _read(folder: RunFolder, key: str, picks: Sequence[_Pick]) -> Iterator[WorstCase]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = folder.scores(key)
    wanted = {pick.scores.sample_ids[pick.clip]: pick for pick in picks}
    try:
        table = pq.read_table(path, columns=[*_COLUMNS, *_SAID])
    except (OSError, pa.ArrowException) as error:
        raise AsrdiagError(f"{path}: cannot be read; `asrdiag score` makes it anew ({error})") from error
    for row in table.filter(pc.is_in(table["sample_id"], pa.array(list(wanted)))).to_pylist():
        pick = wanted[row["sample_id"]]
        cell = pick.scores.cells[pick.cell]
        yield WorstCase(
            dataset=pick.scores.dataset,
            metric=ERROR_RATES[pick.scores.unit],
            system=cell.system,
            condition=cell.condition,
            sample_id=row["sample_id"],
            speaker=pick.scores.speakers[pick.clip],
            language=row["language"],
            failure_mode=row["failure_mode"],
            evidence=row["evidence"],
            n_errors=pick.n_errors,
            ref_tokens=int(cell.tokens[pick.clip]),
            steps=tuple(_steps(row)),
            n_more=max(0, len(row["alignment"]) - STEPS),
        )


def _steps(row: Mapping[str, object]) -> Iterator[Step]:
    reference, hypothesis, letters = row["reference_tokens"], row["hypothesis_tokens"], row["alignment"]
    assert isinstance(reference, list) and isinstance(hypothesis, list) and isinstance(letters, str)
    said, heard = iter(reference), iter(hypothesis)
    for letter in letters[:STEPS]:
        yield Step(letter, None if letter == "I" else next(said), None if letter == "D" else next(heard))
