"""Which checkpoint is the result: the lowest error rate among those that did no harm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .validation import CLEAN, Look


@dataclass(frozen=True, slots=True)
class Choice:
    """A checkpoint, and why it is the one."""

    look: Look
    harmless: bool
    """Whether nothing had risen at it by more than the recipe allows."""
    harms: Mapping[int, tuple[str, ...]]
    """By step, what had risen too far."""


def choose(before: Look, looks: Sequence[Look], max_rise: Mapping[str, float]) -> Choice:
    """The best of several looks.

    Args:
        before: the model before training.
        looks: at least one, in the order of their steps; of equals the earlier is chosen.
        max_rise: by `clean_wer`, `empty`, `hallucination` and `repetition`: how much more than before is
            allowed. If none of the looks keeps to it, the lowest error rate alone decides.
    """
    harms = {look.step: found for look in looks if (found := harm(before, look, max_rise))}
    harmless = [look for look in looks if look.step not in harms]
    best = min(harmless or looks, key=lambda look: look.score)
    return Choice(best, bool(harmless), harms)


def harm(before: Look, now: Look, max_rise: Mapping[str, float]) -> tuple[str, ...]:
    """What has risen by more than is allowed, in words."""
    found = []
    for name, allowed in max_rise.items():
        old, new = _value(before, name), _value(now, name)
        if old is not None and new is not None and new > old + allowed:
            found.append(f"{name} {100 * old:.1f} -> {100 * new:.1f} %")
    return tuple(found)


def _value(look: Look, name: str) -> float | None:
    return look.error_rate(CLEAN) if name == "clean_wer" else look.rates.get(name)
