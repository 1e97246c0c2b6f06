"""A reward as a bar of its weighted parts, from zero to the right and, where one is negative, to the left."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

from ..colours import REWARD

_WIDTH, _HEIGHT = 160, 24
LEAST = -1.0
"""How far to the left a bar goes; R_wer has no lower bound, so what is below is cut, with a mark."""


def scale(shares: Sequence[Mapping[str, float]]) -> tuple[float, float]:
    """The ends that hold all bars: from 0, or the lowest sum of negative parts, to 1."""
    lowest = min((sum(min(0.0, part) for part in each.values()) for each in shares), default=0.0)
    return max(LEAST, min(0.0, lowest)), 1.0


def reward_bar(parts: Mapping[str, float], ends: tuple[float, float]) -> str:
    """The bar as a `data:` URL of an SVG image; it reads on light and on dark ground.

    Args:
        parts: the weighted parts by the names of `colours.REWARD`.
        ends: the rewards at the left and at the right edge.
    """
    low, high = ends
    unit = _WIDTH / (high - low)
    zero = -low * unit
    drawn, right, left = [], zero, zero
    for name, colour in REWARD.items():
        wide = parts.get(name, 0.0) * unit
        if wide > 0:
            drawn.append(_block(right, min(wide, _WIDTH - right), colour))
            right += wide
        elif wide < 0:
            shown = min(-wide, left)
            left -= shown
            drawn.append(_block(left, shown, colour))
            if shown < -wide:
                drawn.append('<path d="M7 5l-6 7 6 7" stroke="#fff" stroke-width="2" fill="none"/>')
    if low < 0:
        drawn.append(f'<path d="M{zero:.1f} 1v22" stroke="#8f9aa8" stroke-width="1.5"/>')
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(drawn)}</svg>'
    )
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _block(at: float, wide: float, colour: str) -> str:
    return f'<rect x="{at:.1f}" y="4" width="{wide:.1f}" height="16" fill="{colour}"/>'
