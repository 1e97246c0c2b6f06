"""The reward for ms-swift: a class for its table of reward functions. Imports nothing of ms-swift.

`plugin.py`, in a folder of its own since ms-swift puts a plugin's folder on the path, registers it.

>>> from asrdiag.metrics.rewards.swift import DGWGPO
>>> [round(value, 6) for value in DGWGPO()(["The cap sat on mat."], solution=["The cat sat on the mat."])]
[0.715278]
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from ..base import Term
from ..columns import LANGUAGE_COLUMN, ColumnReward, to_list
from ..extraction import transcript
from ..settings import make_reward, settings_from_environment

NAME = "dgwgpo"
"""What `--reward_funcs` calls it."""


class SwiftReward(ColumnReward):
    """A reward function (ORM) around any reward; subclass it, since ms-swift's logs show the class's name.

    >>> from asrdiag.metrics.rewards import WERReward
    >>> class WordErrors(SwiftReward):
    ...     def __init__(self, args=None):
    ...         super().__init__(args, reward=WERReward())
    """

    def __init__(
        self,
        args: object = None,
        *,
        reward: Term | None = None,
        reference_column: str | None = None,
        language_column: str = LANGUAGE_COLUMN,
        extract: Callable[[object], str] = transcript,
    ) -> None:
        super().__init__(
            reward, reference_column=reference_column, language_column=language_column, extract=extract
        )
        self.args = args

    def __call__(self, completions: Sequence[object], **columns: object) -> list[float | None]:
        """Return a reward for each completion, `None` where its row has no reference.

        Raises:
            ValueError: There is no column of references (the message names those there are), a column has
                another length, or a language is no tag.
        """
        return to_list(self.components(completions, columns)["reward"])


class DGWGPO(SwiftReward):
    """`DGWGPOReward` by `reference` or else `solution`, with the settings in `ASRDIAG_REWARD`.

    These are a JSON object: parameters of `DGWGPOReward` or a `preset`, `reference_column` and
    `language_column`. Keywords win over them.
    """

    def __init__(self, args: object = None, **settings: Any) -> None:
        chosen = settings_from_environment() | settings
        columns = {
            name: chosen.pop(name) for name in ("reference_column", "language_column") if name in chosen
        }
        super().__init__(args, reward=make_reward(chosen), **columns)


def register(name: str = NAME) -> None:
    """Put `DGWGPO` into ms-swift's table of reward functions."""
    import_module("swift.rewards").orms[name] = DGWGPO
