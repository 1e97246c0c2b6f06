"""Texts and numbers on pages: transcripts are shown, never interpreted, and numbers look alike everywhere."""

import math
import re

from asrdiag.report.page.text import count, plain, rate

__all__ = ["count", "markdown", "percent", "plain", "rate", "seconds", "shown"]

LONGEST = 300
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:$<>&^=])")


def shown(text: str | None, longest: int = LONGEST) -> str:
    """A text from outside for a table's cell or `st.text`: nothing that turns others around, not too long.

    >>> shown("a\\u202eb"), shown("abcdef", 3), shown(None)
    ('a\N{REPLACEMENT CHARACTER}b', 'abc…', '')
    """
    if text is None:
        return ""
    return plain(text[:longest]) + ("…" if len(text) > longest else "")


def markdown(text: str | None, longest: int = LONGEST) -> str:
    """A text from outside within Markdown, which is what labels, captions and headings of Streamlit are.

    >>> print(markdown("*a* <b> [c](d) :smile: $x$"))
    \\*a\\* \\<b\\> \\[c\\]\\(d\\) \\:smile\\: \\$x\\$
    """
    return _MARKS.sub(r"\\\1", " ".join(shown(text, longest).split()))


def percent(value: float | None, decimals: int = 1) -> str:
    """A rate in %, a dash where there is none.

    >>> percent(7.56), percent(None), percent(math.nan)
    ('7.6 %', '-', '-')
    """
    return "-" if value is None or math.isnan(value) else f"{value:.{decimals}f} %"


def seconds(value: float | None) -> str:
    """A length of time.

    >>> seconds(3.734), seconds(None)
    ('3.73 s', '-')
    """
    return "-" if value is None or math.isnan(value) else f"{value:.2f} s"
