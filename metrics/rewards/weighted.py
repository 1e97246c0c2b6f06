"""Several rewards in one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .base import Term
from .measured import Values
from .parameters import require_number


@dataclass(frozen=True, slots=True)
class WeightedReward:
    """The weighted sum of rewards: `terms` maps a name to its weight and its reward.

    A weight may be negative. Each term keeps its own language, normaliser and unit.

    Raises:
        ValueError: There is no term, one is called `reward`, or a weight is not finite.
        TypeError: A term is no pair of a number and an object with `score` and `components`.

    >>> from asrdiag.metrics.rewards import CERReward, LengthReward
    >>> both = WeightedReward({"cer": (0.8, CERReward()), "length": (0.2, LengthReward())})
    >>> both.components(hypotheses=["a b c d"], references=["a b c d e"])
    {'reward': array([0.8]), 'cer': array([0.8]), 'length': array([0.8])}
    """

    terms: Mapping[str, tuple[float, Term]]

    def __post_init__(self) -> None:
        if not isinstance(self.terms, Mapping):
            raise TypeError(f"terms is a {type(self.terms).__name__}, expected a mapping of names to pairs")
        object.__setattr__(self, "terms", dict(self.terms))
        if not self.terms:
            raise ValueError("terms is empty, expected at least one reward")
        for name, pair in self.terms.items():
            if name == "reward":
                raise ValueError("a term is called 'reward', which is the name of the sum")
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise TypeError(f"terms[{name!r}] is {pair!r:.80}, expected a weight and a reward")
            weight, term = pair
            require_number(f"the weight of {name!r}", weight)
            if not all(callable(getattr(term, method, None)) for method in ("score", "components")):
                raise TypeError(
                    f"terms[{name!r}] is {term!r:.80}, expected an object with score and components"
                )

    def score(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> Values:
        """Return the sum for each utterance, a float64 array of shape (utterances,)."""
        return _sum(
            weight * term.score(hypotheses=hypotheses, references=references, languages=languages)
            for weight, term in self.terms.values()
        )

    def components(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> dict[str, Values]:
        """Return the sum under `reward`, each term under its name, and its parts as `name/part`."""
        found: dict[str, Values] = {}
        for name, (_, term) in self.terms.items():
            parts = term.components(hypotheses=hypotheses, references=references, languages=languages)
            found[name] = parts["reward"]
            found.update({f"{name}/{part}": values for part, values in parts.items() if part != "reward"})
        return {"reward": _sum(weight * found[name] for name, (weight, _) in self.terms.items())} | found


def _sum(summands: Iterable[Values]) -> Values:
    total: Values = np.sum(list(summands), axis=0, dtype=np.float64)
    return total
