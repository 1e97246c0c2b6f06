"""Noise from a folder of recordings."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..audio import audio_blocks, audio_duration_s
from ..blocks import Audio, blocks, gathered
from ..errors import SampleError
from ..spec import Json
from .base import Samples, Source
from .noise import SILENT_RMS, Noise, Part, divided, going_round, kept_if_short, rms_of
from .recordings import Recording, RecordingsFolder, digest_of, require_content
from .seeding import draws

ATTEMPTS = 8
"""How many stretches are drawn before a clip is given up: recordings hold silence, and some are damaged."""

_SPARE_S = 0.05  # resampling and mp3 padding may cost a few samples at the end of a stretch


class NoiseFolder(RecordingsFolder):
    """Noise from the recordings below a folder."""

    def source(self, owner: str) -> "NoiseFiles":
        """The noise.

        Raises:
            UsageError: the folder is missing or empty, or has no such category.
        """
        return NoiseFiles(self.folder, self.recordings(owner))


@dataclass(frozen=True)
class NoiseFiles:
    """The recordings of a folder. A clip gets a random one, from a random place on."""

    folder: Path
    recordings: tuple[Recording, ...]
    """At least one."""

    def identity(self) -> dict[str, Json]:
        return {"noise": "folder", "files": len(self.recordings), "sha256": self._sha256}

    @cached_property
    def _sha256(self) -> str:
        return digest_of(self.recordings)

    def draws_on_pool(self) -> bool:
        return False

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        sample_id = source.utterance.sample_id
        files = draws(source.seed, sample_id, base_id, "noise file")
        offsets = draws(source.seed, sample_id, base_id, "noise offset")
        left_out: list[dict[str, str]] = []
        for _ in range(ATTEMPTS):
            recording = self.recordings[int(files.random_sample() * len(self.recordings))]
            fraction = float(offsets.random_sample())
            try:
                offset_s, noise = _stretch(self.folder / recording.name, fraction, n_samples, sample_rate_hz)
            except SampleError as error:
                left_out.append({"noise_file": recording.name, "reason": str(error)})
                continue
            return Noise(
                noise,
                {
                    "noise": "folder",
                    "noise_folder": str(self.folder),
                    "noise_file": recording.name,
                    "noise_category": recording.category,
                    "noise_sha256": recording.sha256,
                    "noise_offset_s": offset_s,
                    "noise_fraction": fraction,
                    "noise_left_out": left_out,
                },
            )
        raise SampleError(
            f"{sample_id}: none of {ATTEMPTS} stretches drawn from the noise folder {self.folder} can be "
            f"used; the first: {left_out[0]['reason']}"
        )


@dataclass(frozen=True)
class RecordedStretch:
    """The stretch of a recording that a record names, and no other."""

    record: Mapping[str, Json]

    def identity(self) -> dict[str, Json]:
        return {
            "noise": "folder",
            "sha256": self.record["noise_sha256"],
            "fraction": self.record["noise_fraction"],
        }

    def draws_on_pool(self) -> bool:
        return False

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        path = Path(str(self.record["noise_folder"])) / str(self.record["noise_file"])
        require_content(path, str(self.record["noise_sha256"]))
        fraction = float(str(self.record["noise_fraction"]))
        _, noise = _stretch(path, fraction, n_samples, sample_rate_hz)
        return Noise(noise, self.record)


def _stretch(path: Path, fraction: float, n_samples: int, sample_rate_hz: int) -> tuple[float, Audio]:
    wanted_s = n_samples / sample_rate_hz + _SPARE_S
    length_s = audio_duration_s(path)
    if length_s > wanted_s:
        offset_s = fraction * (length_s - wanted_s)
        recording = gathered(audio_blocks(path, sample_rate_hz, offset_s=offset_s, duration_s=wanted_s))
        begin = 0
    else:
        offset_s = fraction * length_s
        recording = gathered(audio_blocks(path, sample_rate_hz))
        begin = int(fraction * len(recording))

    def heard(start: int, stop: int) -> Samples:
        return going_round(recording, begin + start, begin + stop)

    mean = _mean(n_samples, heard)  # an offset is no sound, but would count as power
    part = kept_if_short(n_samples, lambda start, stop: heard(start, stop) - mean)
    rms = rms_of(n_samples, part)
    if rms < SILENT_RMS:
        raise SampleError(f"{path}: silent from {offset_s:.2f} s on; expected noise")
    return offset_s, divided(n_samples, part, rms)


_BUFFER = 8192
"""NumPy adds up float32 in float64 so many at a time; in multiples of it, the same bits come out."""


def _mean(n_samples: int, part: Part) -> np.float64:
    added = np.float64(0)
    for where in blocks(n_samples, _BUFFER):
        added = np.add.reduce(part(where.start, where.stop), dtype=np.float64, initial=added)
    return np.float64(added / n_samples)
