"""What all charts share: a figure for plotly, its words, and colours that all readers can tell apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .text import html, label

INK, MUTED, RULE = "#1b2430", "#5b6675", "#e4e8ee"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#b58900", "#3d9fd8", "#333a45")
_DASHES = {"solid": "", "dash": "6 4", "dot": "2 3"}
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
"""Okabe and Ito's palette, darker where it is too pale for lines on white."""

NAMES = {"wer": "WER", "cer": "CER", "mer": "MER"}
TOKENS = {"wer": "word", "cer": "character", "mer": "token"}


@dataclass(frozen=True, slots=True)
class Style:
    """How a system is drawn: never by colour alone."""

    colour: str
    dash: str
    symbol: str

    @property
    def band(self) -> str:
        """The colour of an interval, as rgba."""
        red, green, blue = (int(self.colour[place : place + 2], 16) for place in (1, 3, 5))
        return f"rgba({red},{green},{blue},0.13)"


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure as plotly.js takes it, under its name in a list of choices, with the line below it.

    `widths` are the least and the most pixels that it should take; it scrolls where there is less room.
    """

    name: str
    caption: str
    figure: Mapping[str, Any]
    widths: tuple[int, int] = (0, 0)


def styles(systems: Sequence[str]) -> dict[str, Style]:
    """A style for each system; after 21 they repeat.

    >>> found = styles([f"system-{n}" for n in range(21)])
    >>> len(set(found.values()))
    21
    """
    found = {}
    for place, system in enumerate(dict.fromkeys(systems)):
        lap, colour = divmod(place, len(_COLOURS))
        symbol = _SYMBOLS[(colour + 2 * lap) % len(_SYMBOLS)]
        found[system] = Style(_COLOURS[colour], tuple(_DASHES)[lap % len(_DASHES)], symbol)
    return found


def layout(height: int, **parts: Any) -> dict[str, Any]:
    """A figure's layout; axes are named in `parts`."""
    base = {
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "font": {"family": FONT, "size": 12.5, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hoverlabel": {
            "bgcolor": "#ffffff",
            "bordercolor": "#aeb8c4",
            "align": "left",
            "font": {"color": INK},
        },
        "dragmode": False,
    }
    return base | parts


def numbers_axis(title: str, **parts: Any) -> dict[str, Any]:
    """An axis of numbers."""
    axis = {
        "title": {"text": title, "font": {"size": 12, "color": MUTED}, "standoff": 8},
        "gridcolor": RULE,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        "tickfont": {"color": MUTED},
    }
    return axis | parts


def names_axis(names: Sequence[str], **parts: Any) -> dict[str, Any]:
    """An axis of names, at 0, 1, 2 and so on: plotly would take some names for numbers or dates."""
    axis = {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [label(name) for name in names],
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        "ticks": "outside",
        "ticklen": 6,
        "tickcolor": "rgba(0,0,0,0)",
    }
    return axis | parts


def downwards(n_rows: int) -> list[float]:
    """The range of an axis of names that begins at the top."""
    return [n_rows - 0.5, -0.5]


def legend(of_systems: Mapping[str, Style]) -> str:
    """Line, marker and name of each system, each a button that shows and hides it."""
    keys = "".join(
        f'<button type="button" class="key" aria-pressed="true" data-system="{html(system)}">'
        f'<svg width="34" height="14" viewBox="0 0 34 14" aria-hidden="true">'
        f'<path d="M1 7H33" stroke="{style.colour}" stroke-width="2.2" '
        f'stroke-dasharray="{_DASHES[style.dash]}"/>'
        f"{_MARKERS[style.symbol].format(colour=style.colour)}</svg>"
        f"<span>{html(system)}</span></button>"
        for system, style in of_systems.items()
    )
    return f'<div class="legend" role="group" aria-label="Systems: press to hide or show">{keys}</div>'


_MARKERS = {
    "circle": '<circle cx="17" cy="7" r="4" fill="{colour}"/>',
    "square": '<path d="M13 3h8v8h-8z" fill="{colour}"/>',
    "diamond": '<path d="M17 2l5 5-5 5-5-5z" fill="{colour}"/>',
    "triangle-up": '<path d="M17 2l5 9h-10z" fill="{colour}"/>',
    "cross": '<path d="M15 2h4v3h3v4h-3v3h-4v-3h-3v-4h3z" fill="{colour}"/>',
    "x": '<path d="M13 3l8 8M21 3l-8 8" stroke="{colour}" stroke-width="3"/>',
    "star": '<path d="M17 1l2 4 4 .5-3 3 1 4.500-4-2.200-4 2.200 1-4.500-3-3 4-.5z" fill="{colour}"/>',
}
