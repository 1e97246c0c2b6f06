"""Colours that all readers can tell apart, on light and on dark ground; a letter or a name is beside them."""

from collections.abc import Mapping

from asrdiag.report.page.chart import Style, styles
from asrdiag.report.page.mode_charts import COLOURS as MODES
from asrdiag.report.page.mode_charts import MEANINGS

__all__ = ["ERRORS", "LETTERS", "MEANINGS", "MODES", "SAID", "Style", "styles"]

ERRORS: Mapping[str, str] = {"soft": "#e9b44c", "hard": "#d5532a", "del": "#2a7fb8", "ins": "#a35fb0"}
"""For areas, such as bars. Not all differ enough from every ground, so numbers or letters are beside them."""
LETTERS: Mapping[str, str] = {"s": "soft", "S": "hard", "D": "del", "I": "ins"}
"""The letters of an alignment and the errors that they stand for."""
SAID: Mapping[str, str] = {
    "soft": "replaced by something alike",
    "hard": "replaced by something else",
    "del": "left out",
    "ins": "put in",
}
