"""Noticing that a policy has found a way around its reward."""

from collections.abc import Mapping, Sequence
from typing import Any

from .schema import Collapse

SIGNS = {
    "empty": "answers are empty",
    "repetition": "answers loop",
    "overlong": "answers are cut at the limit",
    "same": "answers are one and the same text",
}


def collapsed(steps: Sequence[Mapping[str, Any]], spec: Collapse) -> str | None:
    """What has gone wrong in the last steps, in words; `None` if nothing has.

    >>> collapsed([{"empty": 0.5}, {"empty": 0.6}], Collapse(steps=2, empty=0.4))
    'over the last 2 steps 55 % of the answers are empty (collapse.empty allows 40 %)'
    """
    last = steps[-spec.steps :]
    if len(last) < spec.steps:
        return None
    for name, words in SIGNS.items():
        bound = getattr(spec, name)
        share = sum(each.get(name, 0.0) for each in last) / len(last)
        if share > bound:
            return (
                f"over the last {len(last)} steps {100 * share:.0f} % of the {words} "
                f"(collapse.{name} allows {100 * bound:.0f} %)"
            )
    return None
