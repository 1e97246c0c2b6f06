"""What was heard, embedded in a page: a player, the waveform, and the spectrogram with its axes."""

from base64 import b64encode
from collections.abc import Sequence

from asrdiag.corpus.spectrogram import FLOOR_DB, TOP_DB
from asrdiag.report.page.text import html

from ..data.picture import Clip, scale_png

LONGEST_S = 300.0
"""Longer clips are not embedded: a page is to be mailed."""
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)
_PEAKS = (1, 2, 5, 10, 20, 50, 100)
_TICKS = 8


def takes_of(clips: Sequence[tuple[str, Clip]]) -> str:
    """The versions of a clip side by side, on the same scales, as HTML.

    Args:
        clips: what each version is called, and the version; none longer than `LONGEST_S`.
    """
    longest = max((clip.duration_s for _, clip in clips), default=0.0) or 0.01
    loudest = max((abs(value) for _, clip in clips for value in (*clip.lowest, *clip.highest)), default=0.0)
    peak = next((each for each in _PEAKS if each >= loudest), 100)
    return f"<div class=takes>{''.join(_take(name, clip, longest, peak) for name, clip in clips)}</div>"


def _take(name: str, clip: Clip, longest: float, peak: int) -> str:
    top = clip.top_hz / 1000
    loud = "silence" if clip.peak_db is None else f"peak {clip.peak_db:.1f} dB"
    share = 100 * clip.duration_s / longest
    scale = f'{FLOOR_DB:g} dB <img src="{_data(scale_png(), "image/png")}" alt="to"> {TOP_DB:g} dB'
    picture = (
        f'<img src="{_data(clip.spectrogram, "image/png")}" '
        f'alt="Spectrogram, {html(name)}: 0 to {top:g} kHz, {clip.duration_s:.2f} s">'
    )
    return f"""<figure class=take>
<figcaption><b>{html(name)}</b> {clip.duration_s:.2f} s, {loud} <span class=scale>{scale}</span></figcaption>
<div class=plot>
<div class="side wave"><span>{peak} %</span><span>0</span><span>&minus;{peak} %</span></div>
<div class=side><span>{top:g} kHz</span><span>{top / 2:g}</span><span>0</span></div>
<div class=field><div class=area style="width:{share:.2f}%">{_wave(clip, peak)}{picture}</div>
<div class=ticks>{_ticks(longest)}</div></div></div>
<audio controls preload=metadata src="{_data(clip.flac, "audio/flac")}"></audio></figure>
"""


def _wave(clip: Clip, peak: int) -> str:
    """The envelope as a shape; thin places keep the width of a line."""
    upper = [f"{place} {100 - 100 * value / peak:.1f}" for place, value in enumerate(clip.highest)]
    lower = [f"{place} {100.5 - 100 * value / peak:.1f}" for place, value in enumerate(clip.lowest)]
    shape = f"M{'L'.join([*upper, *reversed(lower)])}Z" if upper else ""
    width = max(1, len(upper) - 1)
    return (
        f'<svg viewBox="0 0 {width} 200" preserveAspectRatio="none" aria-hidden=true>'
        f'<path d="{shape}"/></svg>'
    )


def _ticks(longest: float) -> str:
    step = next((each for each in _STEPS if longest / each <= _TICKS), 60)
    marks = []
    place = 0
    while place * step <= longest + 1e-9:
        at = place * step
        text = f"{at:.1f}" if step < 1 else f"{at:g}"
        marks.append(f'<span style="left:{100 * at / longest:.2f}%">{text}</span>')
        place += 1
    return "".join(marks)[: -len("</span>")] + " s</span>"


def _data(content: bytes, mimetype: str) -> str:
    return f"data:{mimetype};base64,{b64encode(content).decode()}"
