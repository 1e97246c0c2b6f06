"""Text from transcripts, manifests and suites, made fit for a page."""

import json
from html import escape
from typing import Any

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def plain(text: str) -> str:
    """Text without characters that cannot be shown or that turn the text around them, marked where they were.

    What joins letters and emoji stays.

    >>> plain("a\\x00b\\u202ec")
    'a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c'
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in _JOINERS else "\N{REPLACEMENT CHARACTER}" for each in text
    )


def html(text: str) -> str:
    """Text as HTML, also within a quoted attribute.

    >>> html("<b title='x'>")
    '&lt;b title=&#x27;x&#x27;&gt;'
    """
    return escape(plain(text))


def label(text: str, longest: int = 34) -> str:
    """Text as plotly reads it, which knows entities and a few tags; the middle of a long one is left out.

    >>> label("a<b>"), label("far_field-recording-distortion-dropout.m050", 22)
    ('a&lt;b&gt;', 'far_field-r…ropout.m050')
    """
    text = plain(text)
    if len(text) > longest + 1:
        text = f"{text[: longest // 2]}…{text[-(longest // 2) :]}"
    return escape(text, quote=False)


def script_json(value: Any) -> str:
    """A value as JSON that cannot end the script element it stands in.

    >>> script_json({"name": "</script><!--"})
    '{"name":"\\\\u003c/script\\\\u003e\\\\u003c!--"}'
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def count(number: int, noun: str) -> str:
    """A number and what is counted.

    >>> count(1, "clip"), count(5000, "clip")
    ('1 clip', '5,000 clips')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rate(value: float | None, sign: str = "") -> str:
    """A rate in % as it is shown; a dash where there is none.

    >>> rate(7.563), rate(None), rate(104.2, "+")
    ('7.6', '-', '+104.2')
    """
    return "-" if value is None else f"{value:{sign}.1f}"
