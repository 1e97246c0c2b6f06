"""The reward for TRL's GRPOTrainer and its kin. Imports nothing of TRL.

>>> from asrdiag.metrics.rewards.trl import TRLReward
>>> reward = TRLReward()
>>> reward.__name__
'DGWGPOReward'
>>> said = [{"role": "assistant", "content": "The cap sat on mat."}]
>>> [value] = reward(completions=[said], reference=["The cat sat on the mat."])
>>> round(value, 6)
0.715278
"""

from collections.abc import Callable, Sequence

import numpy as np

from .base import Term
from .columns import LANGUAGE_COLUMN, ColumnReward, to_list
from .extraction import texts, transcript


class TRLReward(ColumnReward):
    """A reward function for `GRPOTrainer(reward_funcs=...)`: one reward, or one of several with weights.

    It takes completions as texts or as lists of messages, and the references and languages from the columns
    of the dataset. A row without a reference gets `None`: TRL then leaves it out of its group. The mean of
    each component is logged as `<name>/<component>`, where TRL offers `log_metric`.

    Args:
        reward: what scores; without it, `DGWGPOReward()`.
        name: what TRL's logs call it; without it, the name of the reward's class.
        log_references: add a column `reference` to TRL's table of completions, so that `asrdiag rewards
            inspect` can read it. For one reward of several only: TRL appends what each of them gives.
        reference_column, language_column, extract: see `ColumnReward`.
    """

    def __init__(
        self,
        reward: Term | None = None,
        *,
        name: str | None = None,
        log_references: bool = False,
        reference_column: str | None = None,
        language_column: str = LANGUAGE_COLUMN,
        extract: Callable[[object], str] = transcript,
    ) -> None:
        super().__init__(
            reward, reference_column=reference_column, language_column=language_column, extract=extract
        )
        self.__name__ = type(self.reward).__name__ if name is None else name
        self.log_references = log_references

    def __call__(
        self,
        completions: Sequence[object],
        *,
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[str | None]], None] | None = None,
        **columns: object,
    ) -> list[float | None]:
        """Return a reward for each completion, `None` where its row has no reference.

        Raises:
            ValueError: There is no column of references (the message names those there are), a column has
                another length, or a language is no tag.
        """
        found = self.components(completions, columns)
        if self.log_references and log_extra is not None:
            references = self.references(completions, columns)
            log_extra("reference", [transcript(one) if texts(one) else None for one in references])
        rewards = found.pop("reward")
        for name, values in found.items():
            if log_metric is not None:
                log_metric(f"{self.__name__}/{name}", float(np.nanmean(values)))
        return to_list(rewards)
