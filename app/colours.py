"""Colours that all readers can tell apart, on light and on dark ground; a letter or a name is beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from asrdiag.report.page.chart import Style
from asrdiag.report.page.chart import styles as _of_report
from asrdiag.report.page.mode_charts import COLOURS as MODES
from asrdiag.report.page.mode_charts import MEANINGS

__all__ = ["ERRORS", "LETTERS", "MEANINGS", "MODES", "REWARD", "SAID", "Style", "styles"]

ERRORS: Mapping[str, str] = {"soft": "#e9b44c", "hard": "#d5532a", "del": "#2a7fb8", "ins": "#a35fb0"}
"""For areas, such as bars. Not all differ enough from every ground, so numbers or letters are beside them."""
REWARD: Mapping[str, str] = {"static": "#0072b2", "fine": "#e69f00", "struc": "#009e73"}
"""The weighted parts of a reward."""
LETTERS: Mapping[str, str] = {"s": "soft", "S": "hard", "D": "del", "I": "ins"}
"""The letters of an alignment and the errors that they stand for."""
SAID: Mapping[str, str] = {
    "soft": "replaced by something alike",
    "hard": "replaced by something else",
    "del": "left out",
    "ins": "put in",
}

_INK, _GREY = "#333a45", "#7d8794"


def styles(systems: Sequence[str]) -> dict[str, Style]:
    """A style for each system, as in reports; what is nearly black there is grey, to be seen on dark ground.

    >>> "#333a45" in {style.colour for style in styles([f"system-{n}" for n in range(21)]).values()}
    False
    """
    found = _of_report(systems).items()
    return {name: replace(style, colour=_GREY) if style.colour == _INK else style for name, style in found}
