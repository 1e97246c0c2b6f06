"""Terms that judge the shape of an answer: its length, and the form of the raw output."""

import re
from dataclasses import dataclass

import numpy as np

from .base import Reward
from .measured import Measured, Values
from .parameters import require_number


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthReward(Reward):
    """1 within `tolerance` of the reference's length, less the further off, in [0, 1].

    With the excess e = |len H - len R| / len R in tokens: max(0, 1 - max(0, e - tolerance)). An empty
    reference counts as one token long, and an empty hypothesis of it earns 1.

    >>> reward = LengthReward(tolerance=0.2)
    >>> reward.score(hypotheses=["a b c d", "a b", ""], references=["a b c d e"] * 3)
    array([1. , 0.6, 0.2])
    """

    tolerance: float = 0.0

    def __post_init__(self) -> None:
        Reward.__post_init__(self)
        require_number("tolerance", self.tolerance, 0)

    def values(self, measured: Measured) -> Values:
        """1 minus what the length is off beyond the tolerance."""
        excess = abs(measured.hypothesis_tokens - measured.reference_tokens) / measured.lengths
        values: Values = np.maximum(0.0, 1 - np.maximum(0.0, excess - self.tolerance))
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatReward(Reward):
    r"""1 where the whole answer, as the model wrote it, matches a regular expression, else 0.

    The answer is not normalised: give it the raw output, not the transcript taken from it. A dot matches
    line ends too.

    Raises:
        ValueError: `pattern` is no regular expression.

    >>> reward = FormatReward(pattern=r"language [A-Z][a-z]+<asr_text>.+")
    >>> reward.score(hypotheses=["language English<asr_text>Hello.", "Hello."], references=["hello"] * 2)
    array([1., 0.])
    """

    pattern: str

    def __post_init__(self) -> None:
        Reward.__post_init__(self)
        if not isinstance(self.pattern, str):
            raise TypeError(f"pattern is {self.pattern!r:.40}, expected a regular expression as a string")
        try:
            re.compile(self.pattern, re.DOTALL)
        except re.error as error:
            raise ValueError(f"pattern {self.pattern!r} is no regular expression: {error}") from error

    def values(self, measured: Measured) -> Values:
        """1 for a match, 0 for none."""
        matches = re.compile(self.pattern, re.DOTALL).fullmatch
        return np.array([1.0 if matches(answer) else 0.0 for answer in measured.answers])
