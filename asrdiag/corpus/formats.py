"""The audio formats that clips are written in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import soundfile

from ..audio import write_pcm16
from ..blocks import Audio
from ..errors import SampleError, UsageError
from .encoded_clip import EncodedClip


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A file format as libsndfile names it."""

    suffix: str
    container: str
    coding: str
    rates_hz: tuple[int, ...] | None = None
    """The only sample rates that it knows; `None`: any."""
    lossless: bool = True


FORMATS: Mapping[str, AudioFormat] = {
    "flac": AudioFormat(".flac", "FLAC", "PCM_16"),
    "wav": AudioFormat(".wav", "WAV", "PCM_16"),
    "opus": AudioFormat(".opus", "OGG", "OPUS", (8000, 12000, 16000, 24000, 48000), lossless=False),
}


def require_format(name: str, sample_rate_hz: int) -> AudioFormat:
    """A format that this installation can write at this rate.

    Raises:
        UsageError: the installed libsndfile cannot write it, or the format has no such rate.
    """
    chosen = FORMATS[name]
    if chosen.coding not in soundfile.available_subtypes(chosen.container):
        raise UsageError(
            f"libsndfile {soundfile.__libsndfile_version__}, which soundfile {soundfile.__version__} uses, "
            f"cannot write {name}; expected one of: {', '.join(other for other in FORMATS if other != name)}"
        )
    if chosen.rates_hz and sample_rate_hz not in chosen.rates_hz:
        rates = ", ".join(map(str, chosen.rates_hz))
        raise UsageError(f"{name} has no sample rate of {sample_rate_hz} Hz; expected one of: {rates}")
    return chosen


def encoded(
    samples: Audio, sample_rate_hz: int, chosen: AudioFormat, folder: Path | None = None
) -> EncodedClip:
    """A clip as a file. Its samples are what 16 bits can hold (`to_pcm16_grid`); FLAC and WAV keep them all.

    Raises:
        SampleError: the encoder refuses the clip.
        SaveError: the file is large and there is no room for it in `folder`.

    >>> import numpy as np
    >>> bytes(encoded(np.zeros(160, np.float32), 16000, FORMATS["wav"]))[:4]
    b'RIFF'
    """
    file = EncodedClip(folder)
    try:
        write_pcm16(file, samples, sample_rate_hz, chosen.container, chosen.coding)
    except soundfile.SoundFileError as error:
        raise SampleError(
            f"could not be encoded as {chosen.coding} at {sample_rate_hz} Hz: {error}"
        ) from error
    file.finish()
    return file
