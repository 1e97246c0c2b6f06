"""Taking a clip through a scenario, and again from the record of what was done."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..blocks import A, copied
from ..datasets.base import Utterance
from ..errors import UsageError, unknown
from ..spec import Json
from .base import Samples, Source
from .chain import MERGES, Merge, chain_of
from .noise import ColouredNoise, NoiseSource
from .noise_choice import noise_from_record
from .primitives.clip import peak_of, require_clip, require_within, scaled
from .room_responses import room_from_record
from .scenarios import Ranges, Scenario, scenario_named
from .steps import Record, RoomSource, Setting, replay, run
from .vary import Vary, values_at

VERSION = 1
"""Of the algorithm: raised whenever the same scenario, severity and seed give other audio."""

DEFAULT_NOISE: NoiseSource = ColouredNoise("pink")
"""The background of the effect `noise` where nothing else is said: it needs no recordings and no other clips,
and like many places it has more low frequencies than high ones."""

CEILING = 32767 / 32768
"""The largest value of a 16-bit file."""


def degrade(
    samples: Samples,
    sample_rate_hz: int,
    scenario: str | Scenario,
    severity: float,
    seed: int,
    *,
    sample_id: str = "",
    base_id: str | None = None,
    merge: Merge = "standard",
    noise: NoiseSource = DEFAULT_NOISE,
    room: RoomSource | None = None,
) -> tuple[Samples, dict[str, Json]]:
    """Degrade a clip as a scenario does at a severity.

    What is drawn depends on `seed`, `sample_id` and `base_id` only: the same three give the same audio in any
    process and any order, and another severity changes the severity and nothing else. Give every clip of a
    corpus its own `sample_id`, or all get the same lost frames and the same noise.

    Args:
        samples: float32 of shape [n_samples], n_samples >= 1, mono, nominally in [-1, 1].
        sample_rate_hz: its rate, more than 3000.
        scenario: a name from `SCENARIOS`, or one of its values.
        severity: m in [0, 1].
        seed: any whole number.
        sample_id: what the clip is called.
        base_id: what the condition is called; `None`: as the scenario.
        merge: how the chains of several effects become one, see `chain_of`.
        noise: the background of the effect `noise`.
        room: measured rooms, in place of the algorithmic reverberation.

    Returns:
        The degraded clip, float32 of the same length; with `merge="literal"` its peaks may exceed full scale,
        else it is scaled down to stay within a 16-bit file. And the record, which can be written as JSON and
        from which `recreate` makes the same again.

    Raises:
        TypeError, ValueError: the clip, the rate or the severity is not as said.
        UsageError: there is no such scenario or way to merge.
        SampleError: there is no noise or no room for this clip.

    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000).astype(np.float32)
    >>> worse, record = degrade(tone, 16000, "far_field-noise", 0.5, seed=7)
    >>> [step["primitive"] for step in record["steps"]]
    ['reverb', 'lowpass', 'loudness', 'add_noise', 'loudness']
    >>> bool(np.array_equal(recreate(tone, 16000, record), worse))
    True
    """
    source = Source(Utterance(sample_id, Path(), ""), (), _no_other_clips, seed)
    if isinstance(scenario, str):
        scenario = scenario_named(scenario)
    return degrade_from(
        samples,
        sample_rate_hz,
        scenario,
        severity,
        source,
        base_id=scenario.name if base_id is None else base_id,
        merge=merge,
        noise=noise,
        room=room,
    )


def degrade_from(
    samples: A,
    sample_rate_hz: int,
    scenario: Scenario,
    severity: float,
    source: Source,
    *,
    base_id: str,
    merge: Merge = "standard",
    noise: NoiseSource = DEFAULT_NOISE,
    room: RoomSource | None = None,
    ranges: Ranges | None = None,
    vary: Vary | None = None,
) -> tuple[A, Record]:
    """Do what `degrade` does with a clip of a dataset, whose other utterances may be the noise.

    `ranges` says which part of the parameters' ranges severity runs through; `None`: the scenario's own. With
    `vary` one parameter follows severity alone.
    """
    _require_some(samples, sample_rate_hz)
    require_within("severity", severity, 0, 1)
    if merge not in MERGES:
        raise UsageError(unknown("way to merge", merge, MERGES))
    ranges = ranges or scenario.ranges
    setting = Setting(sample_rate_hz, source, base_id, noise, room)
    heard = copied(samples)
    steps: list[Record] = []
    for link in chain_of(scenario, merge):
        record = run(link.step.primitive, values_at(link, ranges, severity, vary), heard, setting)
        steps.append({"effect": link.effect, "primitive": link.step.primitive, **record})
    peak = peak_of(heard)
    guard_gain = CEILING / peak if merge != "literal" and peak > CEILING else 1.0
    _guard(heard, guard_gain)
    return heard, {
        "version": VERSION,
        "scenario": scenario.name,
        "severity": severity,
        **({} if vary is None else {"vary": vary.parameter, "rest": vary.rest}),
        "merge": merge,
        "seed": source.seed,
        "sample_id": source.utterance.sample_id,
        "base_id": base_id,
        "sample_rate_hz": int(sample_rate_hz),
        "n_samples": len(samples),
        "steps": steps,
        "guard_gain": guard_gain,
    }


def recreate(
    samples: A,
    sample_rate_hz: int,
    record: Mapping[str, Any],
    *,
    noise: NoiseSource | None = None,
    room: RoomSource | None = None,
    source: Source | None = None,
) -> A:
    """Make a degraded clip again from the clip it was made of and its record, bit for bit.

    Args:
        samples: the clip that was degraded.
        sample_rate_hz: its rate.
        record: what `degrade` or a run recorded of it.
        noise: where the noise came from, if it was other utterances. Recordings are found by the record.
        room: the measured rooms; `None`: found by the record.
        source: the clip's dataset, needed for noise from other utterances.

    Raises:
        TypeError, ValueError: the clip is not as said, or not the one of the record (its rate or length).
        UsageError: the record is of another version, or the noise or the rooms it names have to be given.
        SampleError: a recording of noise or of a room is gone, or another.
    """
    _require_some(samples, sample_rate_hz)
    if record["version"] != VERSION:
        raise UsageError(f"the record is of version {record['version']!r}, expected {VERSION}")
    if (len(samples), sample_rate_hz) != (record["n_samples"], record["sample_rate_hz"]):
        raise ValueError(
            f"the clip has {len(samples)} samples at {sample_rate_hz} Hz; expected {record['n_samples']} "
            f"at {record['sample_rate_hz']} Hz, as recorded of {record['sample_id']!r}"
        )
    steps = record["steps"]
    backgrounds = [step["noise"] for step in steps if step.get("source") == "background" and step["noise"]]
    if noise is None:
        noise = noise_from_record(backgrounds[0]) if backgrounds else DEFAULT_NOISE
    rooms = [step["room"] for step in steps if "room" in step]
    if room is None and rooms:
        room = room_from_record(rooms[0])
    if source is None:
        source = Source(Utterance(record["sample_id"], Path(), ""), (), _no_other_clips, record["seed"])
    setting = Setting(sample_rate_hz, source, record["base_id"], noise, room)
    heard = copied(samples)
    for step in steps:
        replay(step["primitive"], step, heard, setting)
    _guard(heard, record["guard_gain"])
    return heard


def _require_some(samples: A, sample_rate_hz: int) -> None:
    require_clip(samples, sample_rate_hz)
    if not len(samples):
        raise ValueError("the clip has no samples; expected at least one")


def _guard(samples: A, gain: float) -> None:
    if gain != 1.0:
        scaled(samples, gain, out=samples)


def _no_other_clips(utterance: Utterance, sample_rate_hz: int) -> Samples:
    raise UsageError(
        f"{utterance.sample_id}: found a clip without a dataset, expected one to take noise from"
    )
