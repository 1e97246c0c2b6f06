"""The terms that the DG-WGPO reward is made of, each usable alone."""

from dataclasses import dataclass

import numpy as np

from ..repetition import MIN_REPEATS, MIN_REPEATS_OF_PHRASE, find_repetition_loop
from ..units import Unit, tokenize
from .base import Reward
from .measured import Measured, Values
from .parameters import require_count, require_flag, require_number

_EPSILON = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class WERReward(Reward):
    """R_wer = 1 - WER, by the unit of the language (for Chinese 1 - CER); at most 1 and without lower bound.

    `clip` floors it at 0. Over an empty reference the rate is that over one token: 1 for an empty
    hypothesis, else 1 minus its tokens.

    Source: Mega-ASR (arXiv 2605.19833), R_wer.

    >>> WERReward().score(hypotheses=["The cap sat on mat."], references=["The cat sat on the mat."]).round(6)
    array([0.666667])
    """

    clip: bool = False

    def __post_init__(self) -> None:
        Reward.__post_init__(self)
        require_flag("clip", self.clip)

    def values(self, measured: Measured) -> Values:
        """1 minus the error rate."""
        values: Values = 1 - measured.wer
        return np.maximum(values, 0.0) if self.clip else values


@dataclass(frozen=True, slots=True, kw_only=True)
class CERReward(WERReward):
    """1 - CER: as `WERReward`, by character in every language, white space left out.

    >>> CERReward().score(hypotheses=["the cap"], references=["the cat"]).round(6)
    array([0.833333])
    """

    unit: Unit | None = "character"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionGate(Reward):
    """R_rep: 0 where the hypothesis is caught in a repetition that the reference does not explain, else 1.

    An n-gram of up to 64 tokens counts if it stands in a row at least `min_repeats` times, or
    `min_phrase_repeats` times if it has three tokens or more, and more often than anywhere in the reference:
    the rule of `asrdiag.metrics.find_repetition_loop`, so the mean over a test set is 1 minus the repetition
    rate of the leaderboard.

    Source: Mega-ASR (arXiv 2605.19833), R_rep; the threshold is not published, docs/rewards.md gives the
    reason for ours.

    >>> gate = RepetitionGate()
    >>> gate.score(hypotheses=["thank you " * 4, "no no no no"], references=["thank you", "no no no no"])
    array([0., 1.])
    """

    min_repeats: int = MIN_REPEATS
    min_phrase_repeats: int = MIN_REPEATS_OF_PHRASE

    def __post_init__(self) -> None:
        Reward.__post_init__(self)
        require_count("min_repeats", self.min_repeats, 2)
        require_count("min_phrase_repeats", self.min_phrase_repeats, 2)

    def values(self, measured: Measured) -> Values:
        """0 for a loop, 1 for none."""
        looped = measured.column("loop_period") > 0
        if (self.min_repeats, self.min_phrase_repeats) != (MIN_REPEATS, MIN_REPEATS_OF_PHRASE):
            # What repeats more often than asked for here, repeats often enough for the usual rule.
            stricter = self.min_repeats >= MIN_REPEATS and self.min_phrase_repeats >= MIN_REPEATS_OF_PHRASE
            for index in np.flatnonzero(looped) if stricter else range(len(looped)):
                looped[index] = self._loops(measured, int(index))
        return np.where(looped, 0.0, 1.0)

    def _loops(self, measured: Measured, index: int) -> bool:
        unit = measured.units[index]
        sides = tokenize(measured.references[index], unit), tokenize(measured.hypotheses[index], unit)
        loop = find_repetition_loop(
            *sides, min_repeats=self.min_repeats, min_phrase_repeats=self.min_phrase_repeats
        )
        return loop is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinementReward(Reward):
    """R_fine = C / (C + n_hard + alpha_s * n_soft + 1e-8), in [0, 1].

    C are the correct tokens, `n_soft` the soft substitutions (character similarity of at least one half) and
    `n_hard` the other errors: hard substitutions, deletions and insertions. It is 1 where neither side
    holds a token, 0 where nothing is correct.

    Source: Mega-ASR (arXiv 2605.19833), R_fine. Which substitutions are soft depends on the alignment; this
    one is `asrdiag.metrics.align`'s, which of those with the fewest edits pairs the most similar tokens.

    >>> reward = RefinementReward(alpha_s=0.4)
    >>> reward.score(hypotheses=["the cap sat on mat"], references=["the cat sat on the mat"]).round(6)
    array([0.740741])
    """

    alpha_s: float = 0.4

    def __post_init__(self) -> None:
        Reward.__post_init__(self)
        require_number("alpha_s", self.alpha_s, 0, 1)

    def values(self, measured: Measured) -> Values:
        """Correct tokens over correct and wrong ones."""
        correct, soft, hard, deletions, insertions = measured.table[:, :5].T
        wrong = hard + deletions + insertions + self.alpha_s * soft
        return np.where(measured.both_empty, 1.0, correct / (correct + wrong + _EPSILON))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructionReward(Reward):
    """R_struc = 0.5 * LCS / len R + 0.5 * max(0, 1 - |len H - len R| / len R), in [0, 1].

    LCS is the longest common subsequence of the tokens. It is 1 where neither side holds a token, and 0 where
    only one of them does.

    Source: Mega-ASR (arXiv 2605.19833), R_struc.

    >>> reward = ReconstructionReward()
    >>> reward.score(hypotheses=["the cap sat on mat"], references=["the cat sat on the mat"]).round(6)
    array([0.75])
    """

    def values(self, measured: Measured) -> Values:
        """Half for the backbone that is kept, half for the length."""
        backbone = measured.column("lcs") / measured.lengths
        excess = abs(measured.hypothesis_tokens - measured.reference_tokens) / measured.lengths
        values: Values = 0.5 * backbone + 0.5 * np.maximum(0.0, 1 - excess)
        return np.where(measured.both_empty, 1.0, values)
