"""How answers fail: shares and counts of the failure modes, rates over tokens and over utterances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrdiag.metrics import MODES
from asrdiag.metrics.diagnosis.modes import HALLUCINATIONS, OMISSIONS

from .index import Index
from .proportions import Share, share

_WIDE = len(MODES)


@dataclass(frozen=True, slots=True)
class Answered:
    """Answers that were diagnosed, as columns; arrays are of shape [n_answers]."""

    index: Index
    rows: NDArray[np.int64]
    """Rows of the index, rising."""
    modes: NDArray[np.int64]
    """The mode of each, as a place in `MODES`."""
    n_failed: int
    """How many further answers never came."""


def answered(index: Index, rows: NDArray[np.int64]) -> Answered:
    """Those of some answers that came; an answer that never came has no mode."""
    labels = index.labels["failure_mode"]
    places = np.array([MODES.index(name) if name in MODES else -1 for name in labels.names] + [-1])
    modes = places[labels.codes[rows]]
    came = modes >= 0
    return Answered(index, rows[came], modes[came], int((~came).sum()))


def counts_by(found: Answered, column: str) -> dict[str, NDArray[np.int64]]:
    """How many answers are in each of `MODES`, by the texts of a column, in the order of the index."""
    labels = found.index.labels[column]
    codes = labels.codes[found.rows].astype(np.int64)
    known = codes >= 0
    table = np.bincount(
        codes[known] * _WIDE + found.modes[known], minlength=len(labels.names) * _WIDE
    ).reshape(-1, _WIDE)
    return {name: table[code] for code, name in enumerate(labels.names) if table[code].any()}


def by_system(found: Answered) -> dict[tuple[str, str], Answered]:
    """The answers of each system: by run and system."""
    labels = [found.index.labels[name] for name in ("run", "system")]
    codes = [each.codes[found.rows].astype(np.int64) for each in labels]
    keys = codes[0] * len(labels[1].names) + codes[1]
    return {
        (labels[0].names[key // len(labels[1].names)], labels[1].names[key % len(labels[1].names)]): Answered(
            found.index, found.rows[keys == key], found.modes[keys == key], 0
        )
        for key in np.unique(keys).tolist()
    }


def shares(found: Answered, groups: Mapping[str, Sequence[str]]) -> tuple[dict[str, Share], str]:
    """The shares of answers in modes, with intervals over speakers where all are known, else over clips.

    A clip is one, however many conditions it was heard under; so are all clips of a speaker.

    Args:
        found: answers of one system.
        groups: modes that are counted together, by what they are called.

    Returns:
        The shares, and what was taken as independent: `speaker` or `clip`.
    """
    units, of = _units(found)
    n = int(units.max()) + 1 if len(units) else 0
    totals = np.bincount(units, minlength=n)
    result = {}
    for name, modes in groups.items():
        chosen = np.isin(found.modes, [MODES.index(mode) for mode in modes])
        result[name] = share(np.bincount(units[chosen], minlength=n), totals)
    return result, of


def _units(found: Answered) -> tuple[NDArray[np.int64], str]:
    import pyarrow as pa

    speakers = found.index.labels["speaker"].codes[found.rows].astype(np.int64)
    if len(speakers) and speakers.min() >= 0:
        _, places = np.unique(speakers, return_inverse=True)
        if places.max() > 0:
            return places, "speaker"
    datasets = found.index.labels["dataset"].codes[found.rows].astype(np.int64)
    ids = found.index.sample_ids.take(pa.array(found.rows)).dictionary_encode().indices.to_numpy()
    _, places = np.unique(datasets * len(found.rows) + ids, return_inverse=True)
    return places, "clip"


RATES: Mapping[str, Sequence[str]] = {
    "omission": OMISSIONS,
    "hallucination": HALLUCINATIONS,
    "loop": ("repetition_loop",),
    "empty": ("empty",),
}
"""Rates over utterances: modes that count together."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Omission and hallucination in the answers of one unit: words and characters are counted apart."""

    unit: str
    n: int
    shares: Mapping[str, Share]
    """Over answers, each of `RATES`."""
    left_out: int
    ref_tokens: int
    made_up: int
    hyp_tokens: int

    @property
    def omission_pct(self) -> float | None:
        """Deletions in % of the reference tokens."""
        return 100 * self.left_out / self.ref_tokens if self.ref_tokens else None

    @property
    def hallucination_pct(self) -> float | None:
        """Insertions and hard substitutions in % of the answers' tokens."""
        return 100 * self.made_up / self.hyp_tokens if self.hyp_tokens else None


def rates(found: Answered) -> list[Rates]:
    """The rates of each unit, over tokens and over answers."""
    labels, numbers = found.index.labels["unit"], found.index.numbers
    codes = labels.codes[found.rows]
    made = []
    for code in np.unique(codes[codes >= 0]).tolist():
        own = Answered(found.index, found.rows[codes == code], found.modes[codes == code], 0)
        left_out, added, hard, said, heard = (
            int(numbers[name][own.rows].sum(dtype=np.float64))
            for name in ("deletions", "insertions", "substitutions_hard", "ref_tokens", "hyp_tokens")
        )
        of_answers, _ = shares(own, RATES)
        unit = labels.names[code]
        made.append(Rates(unit, len(own.rows), of_answers, left_out, said, added + hard, heard))
    return made


@dataclass(frozen=True, slots=True)
class System:
    """How the answers of one system fail."""

    run: str
    system: str
    n: int
    shares: Mapping[str, Share]
    """Of each of `MODES`."""
    units: str
    """What intervals take as independent: `speaker` or `clip`."""
    rates: Sequence[Rates]
    counts: Mapping[str, NDArray[np.int64]]
    """How many answers are in each of `MODES`, by condition."""


@dataclass(frozen=True, slots=True)
class Modes:
    """How some answers fail, together and by system."""

    found: Answered
    systems: tuple[System, ...]
    counts: Mapping[str, NDArray[np.int64]]
    """Of all systems together, by condition."""


def modes_of(index: Index, rows: NDArray[np.int64]) -> Modes:
    """Count the modes of some answers; about a second for a million.

    Args:
        index: the scores.
        rows: rows of the index, rising.
    """
    found = answered(index, rows)
    groups: dict[str, Sequence[str]] = {mode: (mode,) for mode in MODES}
    systems = []
    for (run, system), own in by_system(found).items():
        of_modes, units = shares(own, groups)
        systems.append(
            System(run, system, len(own.rows), of_modes, units, rates(own), counts_by(own, "condition"))
        )
    return Modes(found, tuple(systems), counts_by(found, "condition"))


_LEFT_OUT = (("deletions",), "the most left out first")
_MADE_UP = (("insertions", "substitutions_hard"), "the most made up first")
_LONGEST = (("ref_tokens",), "the longest first")
_ANY = (("n_errors",), "the most errors first")
_STRENGTH: Mapping[str, tuple[tuple[str, ...], str]] = {
    "correct": _LONGEST,
    "word_confusion": (("substitutions_hard", "substitutions_soft"), "the most confused first"),
    "omission": _LEFT_OUT,
    "truncation": _LEFT_OUT,
    "empty": _LONGEST,
    "hallucination": _MADE_UP,
    "repetition_loop": _MADE_UP,
    "language_switch": _MADE_UP,
    "semantic_drift": _MADE_UP,
}
"""What makes a case of a mode a strong one."""


def strongest(found: Answered, mode: str, most: int) -> NDArray[np.int64]:
    """The rows of the strongest cases of a mode, of each clip the strongest one only.

    What counts is what the mode is about: tokens left out, made up, or confused; see `strength`.
    """
    import pyarrow as pa

    rows = found.rows[found.modes == MODES.index(mode)]
    weights = np.zeros(len(rows))
    for name in _STRENGTH.get(mode, _ANY)[0]:
        weights += found.index.numbers[name][rows]
    rows = rows[np.argsort(-weights, kind="stable")]
    seen: dict[tuple[int, str], int] = {}
    datasets = found.index.labels["dataset"].codes
    for start in range(0, len(rows), 512):
        part = rows[start : start + 512]
        names = found.index.sample_ids.take(pa.array(part)).to_pylist()
        for row, name in zip(part.tolist(), names, strict=True):
            seen.setdefault((int(datasets[row]), name), row)
            if len(seen) == most:
                return np.array(list(seen.values()), dtype=np.int64)
    return np.array(list(seen.values()), dtype=np.int64)


def strength(mode: str) -> str:
    """In which order `strongest` puts cases, in words.

    >>> strength("truncation"), strength("minor")
    ('the most left out first', 'the most errors first')
    """
    return _STRENGTH.get(mode, _ANY)[1]
