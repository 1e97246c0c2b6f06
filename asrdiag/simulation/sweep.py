"""Parameters that a suite gives once or as a list, and the ids of the conditions they expand to."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

_LEVEL = re.compile(r"\.(snr-?\d+(\.\d+)?|[^.]+)$")


def _one_or_more(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _distinct(values: tuple[float, ...]) -> tuple[float, ...]:
    if not values:
        raise ValueError("found an empty list, expected at least one value")
    for index, value in enumerate(values):
        if value in values[:index]:
            raise ValueError(f"{value:g} is listed twice; expected different values")
    return values


def _hundredths(value: float) -> float:
    if abs(value * 100 - round(value * 100)) > 1e-6:
        raise ValueError(f"found {value}, expected steps of 0.01 at the finest, because ids carry the value")
    return round(value, 2) + 0.0  # -0.0 becomes 0.0


_Snr = Annotated[float, Field(ge=-100, le=100), AfterValidator(_hundredths)]
_Severity = Annotated[float, Field(ge=0, le=1), AfterValidator(_hundredths)]

SnrSweep = Annotated[tuple[_Snr, ...], BeforeValidator(_one_or_more), AfterValidator(_distinct)]
"""One signal-to-noise ratio in dB, or a list of different ones."""

SeveritySweep = Annotated[tuple[_Severity, ...], BeforeValidator(_one_or_more), AfterValidator(_distinct)]
"""One severity m in [0, 1], or a list of different ones."""


def snr_id(base_id: str, snr_db: float) -> str:
    """The id of one level of a sweep over the SNR.

    >>> snr_id("babble", 5.0), snr_id("babble", -2.5)
    ('babble.snr5', 'babble.snr-2.5')
    """
    return f"{base_id}.snr{snr_db:.2f}".rstrip("0").rstrip(".")


def entry_id(condition_id: str) -> str:
    """The id of a condition without its level: that of the suite's entry, if it has levels.

    >>> entry_id("babble.snr-2.5"), entry_id("dropout.m050"), entry_id("echo.linear"), entry_id("as_recorded")
    ('babble', 'dropout', 'echo', 'as_recorded')
    """
    return _LEVEL.sub("", condition_id)


def severity_id(base_id: str, severity: float) -> str:
    """The id of one level of a sweep over the severity, in hundredths.

    >>> severity_id("dropout", 0.5), severity_id("dropout", 1.0)
    ('dropout.m050', 'dropout.m100')
    """
    return f"{base_id}.m{round(severity * 100):03d}"
