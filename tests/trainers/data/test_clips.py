"""Audio that nothing should be trained on is refused with its reason."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrdiag.trainers.data.clips import REASONS, ClipRefused, Limits, read_clip

from .conftest import write_clip


def test_a_clip_is_read_at_the_rate_wanted(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.wav", 0, seconds=0.5, rate=8000)
    samples = read_clip(path, 16000)
    assert samples.dtype == np.float32 and len(samples) == 8000


def with_sample(value: float) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        samples = np.full(16000, 0.1, np.float32)
        samples[500] = value
        soundfile.write(path, samples, 16000, subtype="FLOAT")

    return write


def write_long(path: Path) -> None:
    """Forty minutes at 8 kHz, of silence: by its length it is refused before it is decoded."""
    soundfile.write(path, np.zeros(40 * 60 * 8000, np.int16), 8000)


BROKEN: dict[str, tuple[str, Callable[[Path], object]]] = {
    "gone": ("missing_audio", lambda path: None),
    "folder": ("missing_audio", lambda path: path.mkdir()),
    "empty": ("unreadable_audio", lambda path: path.write_bytes(b"")),
    "text": ("unreadable_audio", lambda path: path.write_text("no audio")),
    "cut": ("unreadable_audio", lambda path: path.write_bytes(write_clip(path, 0).read_bytes()[:2000])),
    "nan": ("nan_audio", with_sample(float("nan"))),
    "infinite": ("nan_audio", with_sample(float("-inf"))),
    "silent": ("silent_audio", lambda path: soundfile.write(path, np.zeros(16000), 16000)),
    # One step of 16 bits is -90 dBFS.
    "dither": ("silent_audio", lambda path: soundfile.write(path, np.ones(16000, np.int16), 16000)),
    "40 minutes": ("too_long", write_long),
    "a click": ("too_short", lambda path: write_clip(path, 0, seconds=0.05)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_audio_is_refused(tmp_path: Path, name: str) -> None:
    reason, write = BROKEN[name]
    path = tmp_path / f"{name}.wav"
    write(path)
    with pytest.raises(ClipRefused) as caught:
        read_clip(path, 16000)
    assert caught.value.reason == reason
    assert str(path) in caught.value.detail
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.reason, again.detail) == (reason, caught.value.detail)


def test_every_reason_has_a_case() -> None:
    assert {reason for reason, _ in BROKEN.values()} == set(REASONS)


def test_one_loud_word_in_silence_is_no_silence(tmp_path: Path) -> None:
    samples = np.zeros(160_000)
    samples[80_000:81_600] = 0.002  # one window of 0.1 s at 20 log10(0.002) = -54 dBFS
    soundfile.write(tmp_path / "a.wav", samples, 16000)
    assert len(read_clip(tmp_path / "a.wav", 16000)) == 160_000
    with pytest.raises(ClipRefused, match=r"its loudest 0\.1 s has -5[34]\.\d dBFS, expected at least -50"):
        read_clip(tmp_path / "a.wav", 16000, Limits(silence_dbfs=-50))
