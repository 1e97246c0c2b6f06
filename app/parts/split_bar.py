"""An error rate as a bar split into its four kinds, the interval as a line: a picture for a table's cell."""

from base64 import b64encode
from collections.abc import Mapping

from ..colours import ERRORS

_WIDTH, _HEIGHT = 160, 24


def split_bar(parts: Mapping[str, float], low: float | None, high: float | None, top: float) -> str:
    """The bar as a `data:` URL of an SVG image; it reads on light and on dark ground.

    Args:
        parts: the kinds of `ERRORS` in % of the reference; those of no kind are drawn as one grey bar.
        low: lower end of the interval in %; `None` without one.
        high: its upper end.
        top: the rate in % at the right edge; what is above is cut off.
    """
    scale = _WIDTH / max(top, 1e-9)
    drawn, at = [], 0.0
    for kind, share in parts.items():
        wide = min(share * scale, _WIDTH - at)
        if wide > 0:
            colour = ERRORS.get(kind, "#8f9aa8")
            drawn.append(f'<rect x="{at:.1f}" y="4" width="{wide:.1f}" height="16" fill="{colour}"/>')
            at += wide
    if low is not None and high is not None:
        ends = [min(end * scale, _WIDTH - 1) for end in (low, high)]
        for width, colour in ((4, "#ffffff"), (2, "#1b2430")):
            drawn.append(
                f'<path d="M{ends[0]:.1f} 12H{ends[1]:.1f}M{ends[0]:.1f} 8v8M{ends[1]:.1f} 8v8" '
                f'stroke="{colour}" stroke-width="{width}" fill="none"/>'
            )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(drawn)}</svg>'
    )
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
