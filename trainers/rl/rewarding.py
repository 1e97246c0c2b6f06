"""The reward of a recipe, on whole groups at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from asrdiag.errors import unknown
from asrdiag.metrics.rewards import DGWGPOReward, Values
from asrdiag.metrics.rewards.base import Reward, Term
from asrdiag.metrics.rewards.extraction import transcript

from .schema import RewardSpec

PRESETS: Mapping[str, str] = {"dg-wgpo": "paper", "dg-wgpo-appendix": "paper-appendix", "judge": "paper"}
"""A recipe's names where they differ from the reward's own. Beside a judge, the rules only measure."""

PARAMETERS = tuple(each.name for each in fields(DGWGPOReward) if each.name not in {*Reward.__slots__})
"""What a recipe may say of them; language and unit are those of the row."""


def make_rules(spec: RewardSpec) -> DGWGPOReward:
    """The reward by rule that a recipe names.

    Raises:
        ValueError: a parameter is unknown, of another type or out of range.
    """
    for name in spec.parameters:
        if name not in PARAMETERS:
            raise ValueError(f"parameters: {unknown('parameter', name, PARAMETERS)}")
    try:
        return DGWGPOReward.preset(PRESETS.get(spec.name, spec.name), **spec.parameters)
    except (TypeError, ValueError) as error:
        raise ValueError(f"parameters: {error}") from error


@contextmanager
def open_reward(spec: RewardSpec, answers: Path | None) -> Iterator[Term]:
    """What answers are scored by, until the end of the block.

    Args:
        answers: where a judge's answers are kept; `None`: in memory.

    Raises:
        UsageError: the judge cannot be asked here.
    """
    rules = make_rules(spec)
    if spec.judge is None:
        yield rules
        return
    from asrdiag.judge import JudgeReward

    with JudgeReward(spec.judge.settings(), answers=answers) as judge:
        yield JudgedAndMeasured(judge, rules)


@dataclass(frozen=True, slots=True)
class JudgedAndMeasured:
    """A judge's reward beside the rules' components, which a training is watched by."""

    judge: Term
    rules: Term

    def score(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> Values:
        """The judge's."""
        return self.judge.score(hypotheses=hypotheses, references=references, languages=languages)

    def components(
        self,
        *,
        hypotheses: Sequence[str],
        references: Sequence[str],
        languages: str | Sequence[str] | None = None,
    ) -> dict[str, Values]:
        """Of both; `reward` is the judge's."""
        found = self.rules.components(hypotheses=hypotheses, references=references, languages=languages)
        return found | self.judge.components(
            hypotheses=hypotheses, references=references, languages=languages
        )


@dataclass(frozen=True, slots=True)
class Rewarded:
    """What answers are worth; arrays of shape [clips, rollouts]."""

    transcripts: tuple[tuple[str, ...], ...]
    """What was scored: the text taken out of what the model wrote."""
    values: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    """NaN where a judge failed."""
    components: Mapping[str, np.ndarray[tuple[int, int], np.dtype[np.float64]]]


def reward_groups(
    reward: Term, written: Sequence[Sequence[str]], references: Sequence[str], languages: Sequence[str]
) -> Rewarded:
    """Score all answers to several clips in one call.

    Args:
        written: for each clip what the model wrote, tags and special tokens included.
        references: raw, one for each clip.
        languages: likewise.
    """
    k = len(written[0])
    texts = tuple(tuple(transcript(each) for each in group) for group in written)
    found = reward.components(
        hypotheses=[text for group in texts for text in group],
        references=[each for each in references for _ in range(k)],
        languages=[each for each in languages for _ in range(k)],
    )
    shaped = {name: np.asarray(each, dtype=np.float64).reshape(-1, k) for name, each in found.items()}
    return Rewarded(
        texts, shaped["reward"], {name: each for name, each in shaped.items() if name != "reward"}
    )
