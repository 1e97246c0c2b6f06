"""Meaning judged by a language model: asked within a budget, checked against the texts, kept beside the run.

`prompt` and `fence` make what is asked, `verdict` and `checking` read what is answered; `ledger` writes down
every request and keeps the budget, `asking` brings one question to its end, `session` all of a run's;
`population`, `sampling` and `estimates` say which answers are asked about and what that tells of the others;
`reading` gives it back, `report` and `opinions` compare it. docs/judge.md has the commands.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..hosted.calling import Manner
    from .checking import KeyContentError, Stretch
    from .costs import Prices
    from .folder import judge_ids
    from .reading import Judged, JudgedAnswer, read_answers
    from .reward import JudgeReward, JudgeStopped
    from .settings import JudgeSettings

_HOME = {
    **dict.fromkeys(("JudgeReward", "JudgeStopped"), ".reward"),
    **dict.fromkeys(("Judged", "JudgedAnswer", "read_answers"), ".reading"),
    **dict.fromkeys(("KeyContentError", "Stretch"), ".checking"),
    **{"JudgeSettings": ".settings", "Prices": ".costs", "judge_ids": ".folder"},
    "Manner": "..hosted.calling",
}

__all__ = [
    "JudgeReward",
    "JudgeSettings",
    "JudgeStopped",
    "Judged",
    "JudgedAnswer",
    "KeyContentError",
    "Manner",
    "Prices",
    "Stretch",
    "judge_ids",
    "read_answers",
]


def __getattr__(name: str) -> Any:
    """Import a part when it is asked for: a command that only reads needs no reward."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name], __name__), name)
