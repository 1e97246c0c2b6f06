"""Checks of what a reward is made with."""

import math
from numbers import Integral, Real


def require_number(name: str, value: object, lowest: float = -math.inf, highest: float = math.inf) -> None:
    """Raise unless the value is a finite number within the bounds.

    Raises:
        TypeError: It is no number; text that spells one is not, nor is a truth value.
        ValueError: It is not finite, or out of bounds.
    """
    expected = "a finite number"
    if lowest > -math.inf:
        expected = (
            f"a number from {lowest:g} to {highest:g}"
            if highest < math.inf
            else f"a finite number of at least {lowest:g}"
        )
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} is {value!r:.40} ({type(value).__name__}), expected {expected}")
    if not math.isfinite(value) or not lowest <= float(value) <= highest:
        raise ValueError(f"{name} is {value}, expected {expected}")


def require_count(name: str, value: object, lowest: int) -> None:
    """Raise unless the value is an integer of at least `lowest`.

    Raises:
        TypeError: It is no integer.
        ValueError: It is less.
    """
    expected = f"an integer of at least {lowest}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} is {value!r:.40} ({type(value).__name__}), expected {expected}")
    if value < lowest:
        raise ValueError(f"{name} is {value}, expected {expected}")


def require_flag(name: str, value: object) -> None:
    """Raise unless the value is `True` or `False`.

    Raises:
        TypeError: It is anything else; text such as 'false' would count as true.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {value!r:.40} ({type(value).__name__}), expected True or False")
