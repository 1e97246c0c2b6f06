"""One clip through everything, with a page to hear and see it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ..audio import to_pcm16_grid
from ..datasets.base import Utterance
from ..errors import SampleError, UsageError, unknown
from ..runner.source import load
from ..simulation.base import Samples, Source
from ..simulation.scenarios import SCENARIOS
from ..store.atomic import replacing, write_json, write_text
from .formats import AudioFormat, encoded, require_format
from .page import Panel, page_of
from .recipe import Recipe
from .source import Entry, entries_of, entry_of_file
from .spectrogram import spectrogram_png
from .spool import TALKERS

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The severities at which a single effect is heard; compounds are heard at the one in the middle."""

_WIDTH, _HEIGHT = 480, 128


@dataclass(frozen=True, slots=True)
class Listening:
    """What to hear, and where to write it."""

    clip: str
    """A file; or a clip's id in `given`."""
    given: str | None
    """A folder, a manifest, or a dataset by name."""
    language: str
    out: Path
    recipe: Recipe
    """Of it only the scenarios, the severity (`None`: `LEVELS`), noise, rooms, seed and rate count."""
    format: str


def listen(order: Listening) -> Path:
    """Write a clip degraded in every way, and a page; returns the page's path.

    What cannot be done to the clip is on the page, with the reason.

    Raises:
        UsageError: there is no such clip, or the folder holds something else.
        SampleError: the clip cannot be read.
        SaveError: something could not be written.
    """
    chosen = require_format(order.format, order.recipe.sample_rate_hz)
    entry, pool = _clip(order)
    if order.out.exists() and not (order.out / "listen.json").is_file() and any(order.out.iterdir()):
        raise UsageError(
            f"{order.out} has files in it but is no page that was made before; choose another --out"
        )
    clean = load(entry.utterance, order.recipe.sample_rate_hz)
    write_json(order.out / "listen.json", {"clip": entry.utterance.sample_id, "seed": order.recipe.seed})
    panels = [_written(order, chosen, clean, Panel("clean", "as recorded", None))]
    source = Source(entry.utterance, pool, load, order.recipe.seed)
    panels.extend(_written(order, chosen, *made) for made in _takes(order.recipe, clean, source))
    page = order.out / "index.html"
    text = entry.utterance.reference if entry.text_known else None
    write_text(page, page_of(entry.utterance.sample_id, text, order.recipe.seed, panels))
    return page


def _clip(order: Listening) -> tuple[Entry, tuple[Utterance, ...]]:
    if order.given is None:
        return entry_of_file(Path(order.clip), order.language), ()
    seen: list[str] = []
    found: Entry | None = None
    pool: list[Utterance] = []
    for entry in entries_of(order.given, order.language, order.out):
        seen.append(entry.utterance.sample_id)
        if entry.utterance.sample_id == order.clip:
            found = entry
        if len(pool) < TALKERS:
            pool.append(entry.utterance)
    if found is None:
        raise UsageError(f"{order.given}: {unknown('clip', order.clip, islice(seen, 1000))}")
    return found, tuple(pool)


def _takes(recipe: Recipe, clean: Samples, source: Source) -> Iterator[tuple[Samples | None, Panel]]:
    for name in recipe.scenarios:
        effects = len(SCENARIOS[name].effects)
        levels = LEVELS if effects == 1 else (0.5,)
        for severity in levels if recipe.severity is None else (recipe.severity,):
            one = replace(
                recipe, scenarios=(name,), severity=severity, mapping=None, per_clip=None, speed=None
            )
            condition = one.take(source.utterance.sample_id, 0).condition
            panel = Panel(condition.id, name if effects == 1 else f"{effects} effects", severity)
            try:
                degraded = condition.apply(clean, recipe.sample_rate_hz, source)
            except (SampleError, ValueError) as error:
                yield None, replace(panel, problem=str(error))
            else:
                yield degraded.samples, replace(panel, record=degraded.record)


def _written(order: Listening, chosen: AudioFormat, samples: Samples | None, panel: Panel) -> Panel:
    if samples is None:
        return panel
    rate = order.recipe.sample_rate_hz
    heard = to_pcm16_grid(samples)
    audio, image = f"audio/{panel.id}{chosen.suffix}", f"images/{panel.id}.png"
    for name, content in (
        (audio, bytes(encoded(heard, rate, chosen))),
        (image, spectrogram_png(heard, rate, width=_WIDTH, height=_HEIGHT)),
    ):
        with replacing(order.out / name) as temporary:
            temporary.write_bytes(content)
    return replace(panel, audio=audio, image=image)
