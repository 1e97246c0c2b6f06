"""What each step of a chain does: decided and recorded the first time, replayed from its record afterwards.

A record holds the step's parameters and all that was measured or drawn on the way. Replaying needs nothing
else, save noise and measured rooms, which are drawn again from the same seeds.

Steps change the clip that they are given: a chain of any length needs room for one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ..audio_file import AudioFile
from ..blocks import A, Audio, Samples
from ..spec import Json
from .base import Source
from .effects import Value
from .noise import NoiseSource
from .primitives.bandwidth import resample_down_up
from .primitives.clip import peak_of, scaled
from .primitives.delay import echo
from .primitives.distortion import distort
from .primitives.filters import highpass, lowpass
from .primitives.loudness import loudness_gain, loudness_lufs
from .primitives.noise_mix import mixed, noise_gain, white_noise
from .primitives.reverberation import reverberate
from .primitives.stutter import draw_losses, stutter
from .seeding import draws

Record = dict[str, Json]
Clip: TypeAlias = Samples | AudioFile


class RoomSource(Protocol):
    """Measured rooms, to be used in place of the algorithmic reverberation."""

    def identity(self) -> dict[str, Json]:
        """All that can change the audio, save the seed."""
        ...

    def respond(
        self, samples: A, sample_rate_hz: int, source: Source, base_id: str, *, out: A | None = None
    ) -> tuple[A, dict[str, Json]]:
        """The clip in a room drawn for it, of the same length, and what was drawn.

        It goes to `out` if that is given, which may be the clip itself.
        """
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What the steps of one clip's chain draw on."""

    sample_rate_hz: int
    source: Source
    base_id: str
    noise: NoiseSource
    """The background of the effect `noise`."""
    room: RoomSource | None

    def noise_for(self, name: object, n_samples: int) -> tuple[Audio, Record]:
        """Noise of the clip's length, the same at every call, and what was drawn."""
        if name == "background":
            # One sample alone would be an offset and no noise.
            made = self.noise.make(max(2, n_samples), self.sample_rate_hz, self.source, self.base_id)
            return made.samples[:1] if n_samples == 1 else made.samples, dict(made.record)
        key = (self.source.seed, self.source.utterance.sample_id, self.base_id, "white noise")
        return white_noise(n_samples, lambda: draws(*key)), {"noise": "white"}

    def put_in_room(self, samples: Clip) -> Record:
        """Put the clip into its measured room, the same at every call; returns what was drawn."""
        assert self.room is not None
        _, drawn = self.room.respond(samples, self.sample_rate_hz, self.source, self.base_id, out=samples)
        return drawn


def run(primitive: str, values: Mapping[str, Value], samples: Clip, setting: Setting) -> Record:
    """Take a clip through a step with these parameters, in place; returns the step's record."""
    if primitive == "add_noise":
        return _add_noise(values, samples, setting)
    if primitive == "reverb" and setting.room is not None:
        return {"room": setting.put_in_room(samples)}
    record: Record = dict(values)
    if primitive in _DECISIONS:
        record |= _DECISIONS[primitive](values, samples, setting)
    replay(primitive, record, samples, setting)
    return record


def replay(primitive: str, record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    """Take a clip through a step as its record says, in place."""
    _ACTIONS[primitive](record, samples, setting)


def _add_noise(values: Mapping[str, Any], samples: Clip, setting: Setting) -> Record:
    asked: Record = {"source": values["noise"], "noise_db": values["noise_db"]}
    if peak_of(samples) == 0:  # nothing to set a level against
        return {**asked, "noise": None, "noise_gain": 0.0}
    noise, drawn = setting.noise_for(values["noise"], len(samples))
    gain = noise_gain(samples, setting.sample_rate_hz, noise, values["noise_db"])
    mixed(samples, noise, gain, out=samples)
    return {**asked, "noise": drawn, "noise_gain": gain}


def _same_noise(record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    if record["noise"] is not None:
        noise, _ = setting.noise_for(record["source"], len(samples))
        mixed(samples, noise, record["noise_gain"], out=samples)


def _reverb(record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    if "room" in record:
        setting.put_in_room(samples)
        return
    reverberate(
        samples,
        setting.sample_rate_hz,
        room_size=record["room_size"],
        damping=record["damping"],
        wet_level=record["wet_level"],
        dry_level=record["dry_level"],
        out=samples,
    )


def _echo(record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    echo(
        samples,
        setting.sample_rate_hz,
        delay_s=record["delay_s"],
        feedback=record["feedback"],
        mix=record["mix"],
        out=samples,
    )


def _distortion(record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    distort(samples, setting.sample_rate_hz, drive_db=record["drive_db"], out=samples)


def _decide_resample(values: Mapping[str, Any], samples: Clip, setting: Setting) -> Record:
    narrower = values["through_hz"] < setting.sample_rate_hz
    return {"resampled": narrower and values["gate"] >= values["threshold"]}


def _resample(record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    if record["resampled"]:
        resample_down_up(samples, setting.sample_rate_hz, through_hz=record["through_hz"], out=samples)


def _decide_cutoff(values: Mapping[str, Any], samples: Clip, setting: Setting) -> Record:
    highest_hz = setting.sample_rate_hz / 2
    if values["cutoff_hz"] <= highest_hz:
        return {}
    return {"cutoff_hz": highest_hz, "cutoff_asked_hz": values["cutoff_hz"]}


def _lowpass(record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    lowpass(
        samples,
        setting.sample_rate_hz,
        record["cutoff_hz"],
        passes=record["passes"],
        wet=record["wet"],
        out=samples,
    )


def _highpass(record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    highpass(
        samples,
        setting.sample_rate_hz,
        record["cutoff_hz"],
        passes=record["passes"],
        wet=record["wet"],
        out=samples,
    )


def _decide_losses(values: Mapping[str, Any], samples: Clip, setting: Setting) -> Record:
    losses = draw_losses(
        len(samples),
        setting.sample_rate_hz,
        draws(setting.source.seed, setting.source.utterance.sample_id, setting.base_id, "frames"),
        probability=values["probability"],
        longest=values["longest"],
        repeat_probability=values["repeat_probability"],
    )
    return {"events": losses.events, "frame_map": losses.frame_map}


def _stutter(record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    stutter(samples, setting.sample_rate_hz, record["frame_map"], out=samples)


def _decide_gain(values: Mapping[str, Any], samples: Clip, setting: Setting) -> Record:
    measured = loudness_lufs(samples, setting.sample_rate_hz)
    gain = 1.0 if measured is None else loudness_gain(measured, values["target_lufs"])
    return {"measured_lufs": measured, "gain": gain}


def _loudness(record: Mapping[str, Any], samples: Clip, setting: Setting) -> None:
    scaled(samples, record["gain"], out=samples)


_DECISIONS: Mapping[str, Callable[[Mapping[str, Any], Clip, Setting], Record]] = {
    "resample": _decide_resample,
    "lowpass": _decide_cutoff,
    "highpass": _decide_cutoff,
    "stutter": _decide_losses,
    "loudness": _decide_gain,
}
"""What is settled from the clip before a step acts; the other steps are settled by their parameters."""

_ACTIONS: Mapping[str, Callable[[Mapping[str, Any], Clip, Setting], None]] = {
    "add_noise": _same_noise,
    "reverb": _reverb,
    "echo": _echo,
    "distortion": _distortion,
    "resample": _resample,
    "lowpass": _lowpass,
    "highpass": _highpass,
    "stutter": _stutter,
    "loudness": _loudness,
}
