"""What every reward is computed from: the counts of a batch, found as the evaluation finds them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..batch import COLUMNS, analyze
from ..inputs import as_list
from ..normalizers import AnyNormalizer, default_normalizer, normalize_all
from ..units import Unit, unit_for

Values = NDArray[np.float64]
"""One number for each utterance, of shape (utterances,)."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Hypotheses aligned with their references: one entry, or row of `table`, for each utterance.

    `references` and `hypotheses` are normalised, `answers` are the hypotheses as they came. `table` is the
    int64 array of shape (utterances, 10) that `asrdiag.metrics.analyze` gives, with the columns `COLUMNS`.
    """

    references: Sequence[str]
    hypotheses: Sequence[str]
    answers: Sequence[str]
    units: Sequence[Unit]
    table: NDArray[np.int64] = field(repr=False)

    def column(self, name: str) -> NDArray[np.int64]:
        """One column of `table`, as a view."""
        return self.table[:, COLUMNS.index(name)]

    @cached_property
    def reference_tokens(self) -> NDArray[np.int64]:
        """Tokens of each reference: correct, substituted and deleted."""
        return _over_columns(self.table[:, :4])

    @cached_property
    def hypothesis_tokens(self) -> NDArray[np.int64]:
        """Tokens of each hypothesis: correct, substituted and inserted."""
        return _over_columns(self.table[:, [0, 1, 2, 4]])

    @cached_property
    def both_empty(self) -> NDArray[np.bool_]:
        """Where neither side holds a token: an exact match of nothing."""
        empty: NDArray[np.bool_] = _over_columns(self.table[:, :5]) == 0
        return empty

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """What rates are over: the reference tokens, or 1 where there are none."""
        return np.maximum(self.reference_tokens, 1)

    @cached_property
    def wer(self) -> Values:
        """Errors over `lengths`: the error rate of the evaluation wherever that one exists."""
        return _over_columns(self.table[:, 1:5]) / self.lengths


def measure(
    hypotheses: Sequence[str],
    references: Sequence[str],
    languages: str | Sequence[str],
    *,
    normalizer: AnyNormalizer | None = None,
    unit: Unit | None = None,
) -> Measured:
    """Normalise, align and count as `asrdiag.metrics.score` does, without keeping the alignments.

    Raises:
        TypeError: A text is not a string (the message names its index), or the texts come as one text, a
            mapping, a set or a table.
        ValueError: The lengths differ, or a language, `normalizer` or `unit` is unknown.
    """
    answers = _texts(hypotheses, "hypotheses")
    expected = _texts(references, "references")
    if len(answers) != len(expected):
        raise ValueError(f"{len(answers)} hypotheses but {len(expected)} references")
    if isinstance(languages, str):
        groups = {languages: list(range(len(answers)))}
    else:
        groups = _groups(_texts(languages, "languages"), len(answers))

    normalised = list(expected), list(answers)
    by_unit: dict[Unit, list[int]] = {}
    for language, indices in groups.items():
        by_unit.setdefault(unit or unit_for(language), []).extend(indices)
        rule = default_normalizer(language) if normalizer is None else normalizer
        if rule == "none":
            continue
        texts = normalize_all([side[index] for side in normalised for index in indices], rule)
        for place, index in enumerate(indices):
            normalised[0][index] = texts[place]
            normalised[1][index] = texts[place + len(indices)]

    units: list[Unit] = ["word"] * len(answers)
    table = np.zeros((len(answers), len(COLUMNS)), np.int64)
    for each, indices in by_unit.items():
        found = analyze([normalised[0][i] for i in indices], [normalised[1][i] for i in indices], unit=each)
        table[indices] = found.table
        for index in indices:
            units[index] = each
    return Measured(*normalised, answers, units, table)


def _over_columns(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    total: NDArray[np.int64] = counts.sum(axis=1)
    return total


def _groups(languages: list[str], expected: int) -> dict[str, list[int]]:
    if len(languages) != expected:
        raise ValueError(f"{expected} hypotheses but {len(languages)} languages")
    groups: dict[str, list[int]] = {}
    for index, language in enumerate(languages):
        groups.setdefault(language, []).append(index)
    return groups


def _texts(values: Sequence[str], name: str) -> list[str]:
    texts = as_list(values, name)
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"{name}[{index}] is {text!r:.80} ({type(text).__name__}), expected a string")
    return texts
