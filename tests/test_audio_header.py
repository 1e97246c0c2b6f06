"""Headers that are read without libsndfile say what libsndfile would."""

import io
import os
import random
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.audio_encoded import encoded_audio
from asrdiag.audio_header import AudioHeader, parse_wav, plain_wav, read_header
from asrdiag.errors import SampleError

SUBTYPES = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]


def wav(subtype="PCM_16", frames=50, rate=16000, channels=1) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, np.full((frames, channels), 0.1), rate, format="WAV", subtype=subtype)
    return stream.getvalue()


def by_libsndfile(path: Path) -> AudioHeader | str:
    try:
        encoded = encoded_audio(path, None, "audio")
        with encoded.opened() as sound:
            frames = encoded.promised_frames(sound)
            return AudioHeader(frames, sound.samplerate, sound.channels, f"{sound.format} {sound.subtype}")
    except SampleError as error:
        return str(error)


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_plain_wav_needs_no_libsndfile(subtype, channels):
    data = wav(subtype, frames=51, rate=8000, channels=channels)
    assert parse_wav(data, len(data)) == AudioHeader(51, 8000, channels, f"WAV {subtype}")


def test_other_formats_are_left_to_it(tmp_path):
    soundfile.write(tmp_path / "a.flac", np.zeros(160), 16000)
    assert plain_wav(tmp_path / "a.flac") is None
    assert read_header(tmp_path / "a.flac") == AudioHeader(160, 16000, 1, "FLAC PCM_16")
    assert read_header(tmp_path / "a.flac").duration_s == 0.01


@pytest.mark.parametrize("size", [0, 11, 43, 60])
def test_a_wav_that_is_cut_short_is_left_to_it(size):
    assert parse_wav(wav()[:size], size) is None


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(SampleError, match="not a file"):
        read_header(tmp_path / "pipe.wav")


@given(st.integers(0, 2**32), st.sampled_from(SUBTYPES), st.integers(1, 3), st.integers(0, 60))
@settings(max_examples=300, deadline=None)
def test_however_damaged_it_is_libsndfile_agrees(tmp_path_factory, seed, subtype, channels, frames):
    draw = random.Random(seed)
    data = bytearray(wav(subtype, frames, draw.choice([8000, 44100]), channels))
    if draw.random() < 0.3:
        body = draw.randbytes(2 * draw.randrange(20))
        name = draw.choice([b"LIST", b"JUNK", b"fact", b"PEAK", b"smpl", b"data", b"fmt "])
        data[36:36] = name + len(body).to_bytes(4, "little") + body
    for _ in range(draw.randrange(3)):
        data[draw.randrange(min(60, len(data)))] = draw.choice([0, 1, 2, 255, draw.randrange(256)])
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    path.write_bytes(data[: draw.choice([len(data), len(data), draw.randrange(len(data))])])
    found = plain_wav(path)
    assert found is None or found == by_libsndfile(path)
