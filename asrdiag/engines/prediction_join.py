"""Finding the utterance of each hypothesis, and saying what does not fit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from unicodedata import normalize

from ..datasets.base import Utterance
from ..errors import SampleError, UsageError
from .base import Failed, Given, Transcript
from .prediction_file import Prediction, Predictions, parts_of

_NEAR_S = 0.001
_LISTED = 3
_BY_ID = 1_000
"""The rank of equal ids: above any number of folders that two paths share."""


@dataclass(slots=True)
class _Fit:
    """What went to which utterance; of the rest, why not."""

    claims: dict[int, list[tuple[int, Prediction]]] = field(default_factory=dict)
    """By the utterance's position: how well a row fits, and the row."""
    surplus: list[Prediction] = field(default_factory=list)
    unsure: list[Prediction] = field(default_factory=list)
    """Of the surplus, what fits several utterances alike."""
    doubled: list[tuple[Prediction, Prediction, str]] = field(default_factory=list)
    """Two rows that fit an utterance equally well, and its id."""
    absent: list[str] = field(default_factory=list)
    by_id: int = 0
    by_path: int = 0


def join(
    predictions: Predictions, dataset: str, utterances: Sequence[Utterance], *, allow_surplus: bool
) -> Given:
    """Give each utterance the hypothesis with its id, or else the one that names its audio file.

    A file is named by its path or by the end of it, with or without the suffix. The row goes to the utterance
    with which it shares most folders, and an utterance takes the row that shares most with it. An offset
    that a row states has to be the utterance's. How Unicode writes an accent makes no difference.

    Args:
        predictions: the file.
        dataset: what messages call the dataset.
        utterances: all that it has.
        allow_surplus: leave out rows that belong to no one utterance.

    Raises:
        UsageError: two rows fit an utterance equally well; a row belongs to no one utterance, unless that is
            allowed; or no row to any.
    """
    fit = _fit(predictions, utterances)
    answers: dict[str, Transcript | Failed] = {}
    for index, utterance in enumerate(utterances):
        row = _best(fit, index, utterance.sample_id)
        if row is None:
            fit.absent.append(utterance.sample_id)
            reason = f"{utterance.sample_id}: {predictions.path} has no hypothesis of this utterance"
            answers[utterance.sample_id] = Failed(SampleError(reason))
        else:
            answers[utterance.sample_id] = row.answer(utterance.sample_id)
    if fit.doubled:
        raise UsageError(_doubled(fit.doubled))
    if len(fit.absent) == len(utterances):
        raise UsageError(_nothing_in_common(predictions, dataset, utterances, fit))
    fit.surplus.sort(key=lambda row: row.line)
    if fit.surplus and not allow_surplus:
        count = _several(len(fit.surplus), "hypothesis that belongs", "hypotheses that belong")
        raise UsageError(
            f"{fit.surplus[0].where}: found {count} to no one utterance of the dataset {dataset!r}: "
            f"{_listed(row.names[0] for row in fit.surplus)}{_unsure(fit)}; "
            "`allow_surplus: true` leaves such out"
        )
    problems = (*_unmatched(predictions, dataset, fit), *_suspicions(predictions, utterances, answers))
    return Given(answers, problems, tuple(_left_out(dataset, fit)))


def _fit(predictions: Predictions, utterances: Sequence[Utterance]) -> _Fit:
    by_id = {_plain(utterance.sample_id): index for index, utterance in enumerate(utterances)}
    by_name: dict[str, list[tuple[tuple[str, ...], float, int]]] = {}
    for index, utterance in enumerate(utterances):
        if utterance.audio_row is None:
            parts = parts_of(_plain(str(utterance.audio_path)))
            by_name.setdefault(parts[0], []).append((parts, utterance.offset_s, index))
    fit = _Fit()
    for row in predictions.rows:
        names = [_plain(name) for name in row.names]
        named = next((by_id[name] for name in names if name in by_id), None)
        claim = _by_path(row, names, by_name) if named is None else (_BY_ID, named)
        if claim is None:
            fit.surplus.append(row)
            if any(len(_candidates(row, parts_of(name), by_name)) > 1 for name in names):
                fit.unsure.append(row)
        else:
            fit.claims.setdefault(claim[1], []).append((claim[0], row))
    return fit


_ByName: TypeAlias = Mapping[str, Sequence[tuple[tuple[str, ...], float, int]]]
"""The utterances by the last part of their audio's path: all its parts, the offset and the position."""


def _by_path(row: Prediction, names: Iterable[str], by_name: _ByName) -> tuple[int, int] | None:
    """How many parts of the paths are equal, and the utterance; `None`: none fits, or several alike."""
    best: tuple[int, int] | None = None
    for name in names:
        ranked = _candidates(row, parts_of(name), by_name)
        alone = ranked and (len(ranked) == 1 or ranked[-2][0] < ranked[-1][0])
        if alone and (best is None or ranked[-1] > best):
            best = ranked[-1]
    return best


def _candidates(row: Prediction, parts: tuple[str, ...], by_name: _ByName) -> list[tuple[int, int]]:
    return sorted(
        (_common(parts, other), index)
        for other, starts_s, index in by_name.get(parts[0], ())
        if row.offset_s is None or abs(starts_s - row.offset_s) < _NEAR_S
    )


def _best(fit: _Fit, index: int, sample_id: str) -> Prediction | None:
    claims = fit.claims.get(index)
    if not claims:
        return None
    best = max(rank for rank, _ in claims)
    rows = [row for rank, row in claims if rank == best]
    if len(rows) > 1:
        fit.doubled.append((rows[0], rows[1], sample_id))
    fit.surplus += [row for rank, row in claims if rank < best]
    fit.by_id += best == _BY_ID
    fit.by_path += best < _BY_ID
    return rows[0]


def _unmatched(predictions: Predictions, dataset: str, fit: _Fit) -> Iterator[str]:
    if fit.absent:
        count = _several(len(fit.absent), "utterance", "utterances")
        yield (
            f"{predictions.path}: no hypothesis for {count} of {dataset!r}, counted as failed: "
            f"{_listed(fit.absent)}"
        )
    if fit.by_id and fit.by_path:
        yield (
            f"{predictions.path}: {fit.by_id} hypotheses have an id of {dataset!r}, {fit.by_path} have none "
            "and were joined by the names of audio files"
        )


def _left_out(dataset: str, fit: _Fit) -> Iterator[str]:
    if fit.surplus:
        count = _several(len(fit.surplus), "hypothesis that belongs", "hypotheses that belong")
        yield (
            f"{fit.surplus[0].where}: left out {count} to no one utterance of {dataset!r}: "
            f"{_listed(row.names[0] for row in fit.surplus)}"
        )


def _suspicions(
    predictions: Predictions, utterances: Sequence[Utterance], answers: Mapping[str, Transcript | Failed]
) -> Iterator[str]:
    null = [row for row in predictions.rows if row.text is None]
    if null:
        count = _several(len(null), "hypothesis is", "hypotheses are")
        yield f"{null[0].where}: {count} null, counted as failed"
    texts = {name: answer.text for name, answer in answers.items() if isinstance(answer, Transcript)}
    if texts and not any(text.strip() for text in texts.values()):
        yield f"{predictions.path}: every hypothesis is empty; have they been filled in?"
    elif len(texts) > 1 and all(
        texts.get(utterance.sample_id, utterance.reference) == utterance.reference for utterance in utterances
    ):
        yield (
            f"{predictions.path}: every hypothesis is its reference to the letter; is {predictions.column!r} "
            "the right column?"
        )


def _doubled(doubled: Sequence[tuple[Prediction, Prediction, str]]) -> str:
    one, other, sample_id = min(doubled, key=lambda found: found[1].line)
    more = f"; {_several(len(doubled) - 1, 'more utterance has', 'more utterances have')} two"
    first = f"{other.where}: found a second hypothesis of {sample_id!r}, first on line {one.line}"
    return first + (more if len(doubled) > 1 else "")


def _unsure(fit: _Fit) -> str:
    if not fit.unsure:
        return ""
    name = fit.unsure[0].names[0]
    return f"; {name!r} names the audio of several utterances: give more of its path, or the id"


def _nothing_in_common(
    predictions: Predictions, dataset: str, utterances: Sequence[Utterance], fit: _Fit
) -> str:
    ours = [utterance.sample_id for utterance in utterances]
    theirs = [row.names[0] for row in predictions.rows]
    folded = {name.casefold() for name in ours} & {name.casefold() for name in theirs}
    hint = "; ids differ in upper and lower case" if folded else ""
    return (
        f"{predictions.path}: found no hypothesis of the dataset {dataset!r}{hint}{_unsure(fit)}. "
        f"The file has {_listed(theirs)}; the dataset has {_listed(ours)}, "
        f"audio such as {utterances[0].audio_path.name}"
    )


def _plain(name: str) -> str:
    """The name as any system of files may write it: macOS takes an accent for a character of its own."""
    return normalize("NFC", name)


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """How many parts two paths share, from the end.

    >>> _common(parts_of("a/b/c.wav"), parts_of("x/b/c.flac"))
    2
    """
    pairs = enumerate(zip(first, second, strict=False))
    return next((n for n, (one, other) in pairs if one != other), min(len(first), len(second)))


def _several(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(repr(name[:80]) for name in names[:_LISTED]) + more
