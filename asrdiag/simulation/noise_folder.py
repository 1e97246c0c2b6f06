"""Noise from a folder of recordings."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..audio import audio_duration_s, read_audio
from ..errors import SampleError, UsageError
from ..spec import Json, Spec, SuitePath
from .base import Samples, Source
from .noise import SILENT_RMS, Noise, looped
from .seeding import draws

_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
_SPARE_S = 0.05  # resampling and mp3 padding may cost a few samples at the end of a stretch


class NoiseFolder(Spec):
    """`{folder: PATH}`: every wav, flac, ogg and mp3 file below a folder."""

    folder: SuitePath

    def files(self) -> tuple[str, ...]:
        """Their names relative to the folder, sorted; hidden files are left out."""
        return tuple(
            sorted(
                path.relative_to(self.folder).as_posix()
                for path in self.folder.rglob("*")
                if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".") and path.is_file()
            )
        )


@dataclass(frozen=True)
class NoiseFiles:
    """The recordings of a folder. A clip gets a random one, from a random place on."""

    folder: Path
    files: tuple[str, ...]
    """Relative to `folder`, at least one."""

    def identity(self) -> dict[str, Json]:
        return {"noise": "folder", "files": len(self.files), "sha256": self._sha256}

    @cached_property
    def _sha256(self) -> str:
        """Of the names and contents; where the folder lies does not matter."""
        total = hashlib.sha256()
        for name in self.files:
            try:
                with (self.folder / name).open("rb") as stream:
                    content = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError as error:
                raise UsageError(
                    f"{self.folder / name}: {error.strerror or error}; expected a noise file"
                ) from error
            total.update(f"{content}  {name}\n".encode())
        return total.hexdigest()

    def make(self, n_samples: int, sample_rate_hz: int, source: Source, base_id: str) -> Noise:
        sample_id = source.utterance.sample_id
        chosen = draws(source.seed, sample_id, base_id, "noise file").random_sample()
        fraction = float(draws(source.seed, sample_id, base_id, "noise offset").random_sample())
        name = self.files[int(chosen * len(self.files))]
        path = self.folder / name
        wanted_s = n_samples / sample_rate_hz + _SPARE_S
        length_s = audio_duration_s(path)
        if length_s > wanted_s:
            offset_s = fraction * (length_s - wanted_s)
            noise = read_audio(path, sample_rate_hz, offset_s=offset_s, duration_s=wanted_s)[:n_samples]
        else:
            offset_s = fraction * length_s
            noise = looped(read_audio(path, sample_rate_hz), n_samples, fraction)
        return Noise(
            _unit_rms(noise, f"{sample_id}: the noise file {path} from {offset_s:.2f} s on"),
            {"noise": "folder", "noise_file": name, "noise_offset_s": offset_s},
        )


def _unit_rms(noise: Samples, name: str) -> Samples:
    centred = noise - np.mean(noise, dtype=np.float64)  # an offset is no sound, but would count as power
    rms = float(np.sqrt(np.mean(centred**2)))
    if rms < SILENT_RMS:
        raise SampleError(f"{name} is silent; expected noise")
    return (centred / rms).astype(np.float32)
