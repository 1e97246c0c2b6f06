"""A training in a few words: whether it learns is to be seen at a glance."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

SPAN = 10
"""One step's mean says little; the first so many are compared with the last so many."""


def told(steps: Sequence[Mapping[str, Any]]) -> str:
    """The last steps against the first ones.

    Args:
        steps: lines of `steps.jsonl`, at least one.

    >>> first = {"reward": 0.5, "components": {"wer": 0.4}, "zero_variance": 0.0, "empty": 0, "repetition": 0}
    >>> last = first | {"reward": 0.6, "components": {"wer": 0.3}, "kl": 0.01, "empty": 0.25}
    >>> told([first, first | {"zero_variance": 0.5}, last, last])
    'reward 0.600 (+0.100), WER 30.0 % (-10.0), 12 % no variance, KL 0.010, 25 % empty, 0 % loops'
    """
    span = max(1, min(SPAN, len(steps) // 2))
    early, late = steps[:span], steps[-span:]

    def moved(of: Callable[[Mapping[str, Any]], float | None]) -> tuple[float, float] | None:
        old, new = _mean(early, of), _mean(late, of)
        return None if old is None or new is None else (new, new - old)

    words = []
    if found := moved(lambda step: step["reward"]):
        words.append(f"reward {found[0]:.3f} ({found[1]:+.3f})")
    if found := moved(lambda step: step["components"].get("wer")):
        words.append(f"WER {100 * found[0]:.1f} % ({100 * found[1]:+.1f})")
    recent = steps[-SPAN:]
    words.append(f"{100 * (_mean(recent, lambda step: step['zero_variance']) or 0):.0f} % no variance")
    if (kl := _mean(late, lambda step: step.get("kl"))) is not None:
        words.append(f"KL {kl:.3f}")
    for name, called in (("empty", "empty"), ("repetition", "loops")):
        words.append(f"{100 * sum(step[name] for step in late) / span:.0f} % {called}")
    return ", ".join(words)


def _mean(
    steps: Sequence[Mapping[str, Any]], of: Callable[[Mapping[str, Any]], float | None]
) -> float | None:
    values = [value for step in steps if (value := of(step)) is not None]
    return sum(values) / len(values) if values else None
