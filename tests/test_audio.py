import hashlib
import resource
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from asrdiag.audio import audio_duration_s, read_audio, sha256_of, to_pcm16_grid, write_flac
from asrdiag.errors import SampleError, SaveError

RATE = 16_000
FORMATS = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS", "mp3": "MPEG_LAYER_III"}
Samples = npt.NDArray[np.float32]


def tone(seconds: float, rate: int = RATE, frequency_hz: float = 440.0) -> Samples:
    return (0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate)) / rate)).astype(
        np.float32
    )


def write(path: Path, samples: Samples, rate: int = RATE, subtype: str | None = None) -> Path:
    soundfile.write(path, samples, rate, subtype=subtype or FORMATS[path.suffix[1:]])
    return path


@pytest.mark.parametrize("suffix", FORMATS)
def test_reads_every_format_and_seeks_to_the_stretch(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"clip.{suffix}", tone(3.0))
    whole = read_audio(path, RATE)
    assert whole.dtype == np.float32
    assert whole.shape == (48_000,)
    stretch = read_audio(path, RATE, offset_s=1.0, duration_s=0.5)
    np.testing.assert_allclose(stretch, whole[16_000:24_000], rtol=0, atol=1e-7)
    np.testing.assert_allclose(read_audio(path, RATE, offset_s=2.5), whole[40_000:], rtol=0, atol=1e-7)
    assert audio_duration_s(path) == 3.0


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_stretch_does_not_decode_the_whole_file(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"long.{suffix}", np.tile(tone(10.0), 4))
    tracemalloc.start()
    try:
        read_audio(path, RATE, offset_s=35.0, duration_s=1.0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000  # the whole file is 2.6 MB as float32, the stretch 64 kB


def test_channels_are_averaged(tmp_path: Path) -> None:
    stereo = np.stack([np.full(100, 0.5), np.full(100, -0.25)], axis=1).astype(np.float32)
    path = write(tmp_path / "stereo.wav", stereo)
    np.testing.assert_array_equal(read_audio(path, RATE), np.full(100, 0.125, np.float32))


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_a_tone_and_the_length(tmp_path: Path, rate: int) -> None:
    path = write(tmp_path / "tone.wav", tone(1.0, rate), rate)
    heard = read_audio(path, RATE)
    assert heard.shape == (16_000,)
    inner = slice(800, -800)  # the cut makes ripples at both ends
    np.testing.assert_allclose(heard[inner], tone(1.0)[inner], atol=2e-3)


def test_resampling_depends_on_the_stretch_only(tmp_path: Path) -> None:
    middle = tone(0.5, 44_100)
    loud = np.random.RandomState(0).standard_normal(22_050).astype(np.float32) * 0.2
    alone = write(tmp_path / "alone.wav", middle, 44_100)
    between = write(tmp_path / "between.wav", np.concatenate([loud, middle, loud]), 44_100)
    np.testing.assert_array_equal(
        read_audio(alone, RATE), read_audio(between, RATE, offset_s=0.5, duration_s=0.5)
    )


def test_ten_milliseconds_are_a_clip(tmp_path: Path) -> None:
    path = write(tmp_path / "short.wav", tone(0.01, 8_000), 8_000)
    assert read_audio(path, RATE).shape == (160,)


def test_one_millisecond_of_rounding_past_the_end_is_tolerated(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.wav", tone(1.0))
    assert len(read_audio(path, RATE, offset_s=0.5, duration_s=0.501)) == 8_000
    with pytest.raises(
        SampleError, match=r"clip.wav: the stretch ends at 1.002 s; expected no more than .* 1.000 s"
    ):
        read_audio(path, RATE, offset_s=0.5, duration_s=0.502)


@pytest.mark.parametrize(
    ("stretch", "message"),
    [
        ({"offset_s": 1.0}, r"begins at 1.0 s; expected under its length, 1.000 s"),
        ({"offset_s": -0.1}, r"begins at -0.1 s; expected 0 or more"),
        ({"offset_s": float("nan")}, r"begins at nan s; expected 0 or more"),
        ({"duration_s": -1.0}, r"lasts -1.0 s; expected more than 0"),
        ({"duration_s": 0.0}, r"lasts 0.0 s; expected more than 0"),
        ({"duration_s": float("inf")}, r"lasts inf s; expected more than 0"),
        ({"duration_s": 1e-6}, r"1e-06 s is less than one frame at 16000 Hz"),
    ],
)
def test_stretches_that_are_not_in_the_file(tmp_path: Path, stretch: dict[str, float], message: str) -> None:
    path = write(tmp_path / "clip.wav", tone(1.0))
    with pytest.raises(SampleError, match=message) as caught:
        read_audio(path, RATE, **stretch)
    assert str(path) in str(caught.value)


def test_files_that_are_not_audio(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.flac").write_text("not audio at all")
    (tmp_path / "header.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    (tmp_path / "headerless.raw").write_bytes(bytes(1000))
    (tmp_path / "folder.wav").mkdir()
    for name, message in {
        "gone.wav": "no such file; expected an audio file",
        "empty.wav": r"the file is empty \(0 bytes\); expected audio",
        "text.flac": "not readable as audio .*; expected wav, flac, ogg or mp3",
        "header.wav": "not readable as audio",
        "headerless.raw": "not readable as audio",
        "folder.wav": "not a file; expected an audio file",
        "text.flac/clip.wav": "Not a directory; expected an audio file",
    }.items():
        with pytest.raises(SampleError, match=message) as caught:
            read_audio(tmp_path / name, RATE)
        assert str(tmp_path / name) in str(caught.value)


def test_no_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "none.wav", np.zeros(0, np.float32))
    with pytest.raises(SampleError, match=r"none.wav: holds no audio \(0 frames\)"):
        read_audio(path, RATE)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("kept", [0.6, 0.98])
def test_a_truncated_file_is_an_error_not_a_shorter_clip(tmp_path: Path, suffix: str, kept: float) -> None:
    noise = np.random.RandomState(0).standard_normal(10 * RATE).astype(np.float32) * 0.1
    path = write(tmp_path / f"cut.{suffix}", noise)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(SampleError, match=rf"cut.{suffix}: damaged or cut short .*; expected the whole file"):
        read_audio(path, RATE)


@pytest.mark.parametrize("suffix", ["flac", "ogg"])
def test_a_damaged_file_is_an_error(tmp_path: Path, suffix: str) -> None:
    noise = np.random.RandomState(0).standard_normal(10 * RATE).astype(np.float32) * 0.1
    path = write(tmp_path / f"bad.{suffix}", noise)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = np.random.RandomState(1).bytes(20_000)
    path.write_bytes(content)
    with pytest.raises(SampleError, match="damaged or cut short"):
        read_audio(path, RATE)


def test_what_a_truncated_wav_still_holds_can_be_read(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.wav", tone(2.0))
    path.write_bytes(path.read_bytes()[: 44 + 2 * 24_000])  # 1.5 of 2 s
    assert len(read_audio(path, RATE, duration_s=1.5)) == 24_000
    for offset_s in (1.0, 1.7):
        with pytest.raises(SampleError, match="of 32000 frames could be read"):
            read_audio(path, RATE, offset_s=offset_s, duration_s=0.3 if offset_s > 1.5 else 0.7)


def test_a_wav_from_a_pipe_has_no_length_to_check_against(tmp_path: Path) -> None:
    path = write(tmp_path / "piped.wav", tone(1.0))
    content = bytearray(path.read_bytes())
    content[40:44] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(content)
    assert len(read_audio(path, RATE)) == RATE


def test_a_flac_from_a_pipe_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "piped.flac", tone(1.0))
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # the 36-bit number of frames in STREAMINFO
    content[22:26] = bytes(4)
    path.write_bytes(content)
    with pytest.raises(SampleError, match="the header does not say how long it is"):
        read_audio(path, RATE)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_numbers(tmp_path: Path, value: float) -> None:
    samples = tone(1.0)
    samples[8_000] = value
    path = write(tmp_path / "nan.wav", samples, subtype="FLOAT")
    with pytest.raises(SampleError, match=r"nan.wav: NaN or infinity at 0.500 s"):
        read_audio(path, RATE)
    assert len(read_audio(path, RATE, offset_s=0.6)) == 6_400


@settings(max_examples=50, deadline=None)
@given(samples=arrays(np.float32, st.integers(1, 300), elements=st.floats(-1.25, 1.25, width=32)))
def test_what_is_kept_is_what_was_heard_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, samples: Samples
) -> None:
    edges = np.array([1.0, -1.0, 32767 / 32768, -32767 / 32768, 0.5 / 32768, 0.0, 2.0, -2.0], np.float32)
    heard = to_pcm16_grid(np.concatenate([samples, edges]))
    path = tmp_path_factory.mktemp("kept") / "clip.flac"
    write_flac(path, heard, RATE)
    again = read_audio(path, RATE)
    assert again.tobytes() == (heard + 0.0).tobytes()
    assert sha256_of(again, RATE) == sha256_of(heard, RATE)
    np.testing.assert_array_equal(to_pcm16_grid(heard), heard)


def test_the_grid_by_hand() -> None:
    steps = np.array([1.0, -1.0, 2.0, -2.0, 0.5, 0.49 / 32768, 0.51 / 32768, -0.51 / 32768], np.float32)
    expected = np.array([32767, -32768, 32767, -32768, 16384, 0, 1, -1], np.float32)
    np.testing.assert_array_equal(to_pcm16_grid(steps) * 32768, expected)
    assert to_pcm16_grid(steps).dtype == np.float32


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_grid_refuses_what_is_not_a_number(tmp_path: Path, value: float) -> None:
    samples = np.array([0.0, value], np.float32)
    with pytest.raises(ValueError, match="NaN or infinity"):
        to_pcm16_grid(samples)
    with pytest.raises(ValueError, match="NaN or infinity"):
        write_flac(tmp_path / "nan.flac", samples, RATE)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "clip.flac"
    write_flac(path, tone(0.1), RATE)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = np.random.RandomState(0).standard_normal(RATE).astype(np.float32) * 0.1
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (1000, limits[1])
    )  # a write beyond 1000 bytes fails, as on a full disk
    try:
        with pytest.raises(SaveError, match=r"clip.flac: could not be written"):
            write_flac(path, noise, RATE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_writing_below_a_file_and_at_a_rate_that_flac_cannot_hold(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match="could not be written"):
        write_flac(tmp_path / "file" / "clip.flac", tone(0.1), RATE)
    with pytest.raises(SaveError, match="could not be encoded as 16-bit FLAC at 10000000 Hz"):
        write_flac(tmp_path / "clip.flac", tone(0.1), 10_000_000)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_hash_covers_samples_and_rate() -> None:
    samples = np.array([0.5, -1.0], np.float32)
    # 16000 = 0x3E80; 0.5 is 0x3F000000 and -1.0 is 0xBF800000 in IEEE 754
    content = bytes.fromhex("803e000000000000" + "0000003f" + "000080bf")
    assert sha256_of(samples, 16_000) == hashlib.sha256(content).hexdigest()
    assert sha256_of(samples, 8_000) != sha256_of(samples, 16_000)
    assert sha256_of(samples[::-1], 16_000) != sha256_of(samples, 16_000)
