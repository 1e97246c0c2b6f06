"""Audio of any length: what is done a block at a time is what is done at once, bit for bit."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrdiag import blocks as module
from asrdiag.audio import audio_blocks, read_audio, sha256_of, to_pcm16_grid, write_flac
from asrdiag.audio_file import AudioFile
from asrdiag.blocks import Samples, blocks, copied, gathered, total
from asrdiag.errors import SaveError
from asrdiag.levels import active_speech_level, rms_level_db

RATE = 16_000
CLIP = (0.1 * np.random.RandomState(0).standard_normal(50_021)).astype(np.float32)
CLIP[20_000:30_000] *= 0.01  # a pause


@pytest.fixture(params=[1_000, 8_192, 10_007])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", request.param)


def in_file(samples: Samples) -> AudioFile:
    file = AudioFile(None)
    file.append(samples)
    return file


def test_blocks_cover_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 10)
    assert [part.stop for part in blocks(45)] == [10, 20, 30, 40, 45]
    assert [part.start for part in blocks(45)] == [0, 10, 20, 30, 40]
    assert [part.stop for part in blocks(41, multiple=7)] == [7, 14, 21, 28, 35, 41]
    assert [part.stop for part in blocks(50, multiple=12)] == [12, 24, 36, 48, 50]
    assert list(blocks(40, multiple=7)) == [slice(0, 40)]  # not long
    assert list(blocks(0)) == []


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_samples", [1, 999, 1_001, 50_021])
def test_a_sum_in_parts_is_numpys_own(dtype: type, n_samples: int) -> None:
    numbers = CLIP[:n_samples].astype(dtype)
    found = total(n_samples, lambda part: np.sum(numbers[part]))
    assert found.dtype == dtype
    assert found == np.sum(numbers)


def test_a_file_is_read_and_written_as_an_array(tmp_path: Path) -> None:
    file = in_file(CLIP)
    assert len(file) == len(CLIP)
    assert file[:].tobytes() == CLIP.tobytes()
    assert file[10:20].tobytes() == CLIP[10:20].tobytes()
    assert len(file[60_000:]) == 0
    assert file[50_000:60_000].tobytes() == CLIP[50_000:].tobytes()
    file[10:20] = np.zeros(10)
    assert not file[10:20].any()
    assert file[20:].tobytes() == CLIP[20:].tobytes()
    with pytest.raises(ValueError, match="9 samples for a stretch of 10"):
        file[10:20] = np.zeros(9)
    with pytest.raises(SaveError, match="gone: no temporary file could be made: No such file"):
        AudioFile(tmp_path / "gone")
    other = copied(file)
    other[:1] = np.ones(1)
    assert file[0:1] == CLIP[0]


def test_what_comes_in_parts_stays_in_memory_while_it_is_short() -> None:
    parts = [CLIP[:30_000], CLIP[30_000:30_000], CLIP[30_000:]]
    array, file = gathered(parts, most=len(CLIP)), gathered(parts, most=len(CLIP) - 1)
    assert isinstance(array, np.ndarray)
    assert isinstance(file, AudioFile)
    assert array.tobytes() == file[:].tobytes() == CLIP.tobytes()
    assert len(gathered([])) == 0


def encoded(path: Path) -> Path:
    stereo = np.stack([CLIP, 0.3 * CLIP[::-1]], axis=1)
    soundfile.write(path, stereo, RATE)
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050])
def test_files_are_read_in_blocks_as_at_once(
    tmp_path: Path, suffix: str, rate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encoded(tmp_path / f"clip.{suffix}")
    keys = ({}, {"offset_s": 1.0, "duration_s": 1.5}, {"channel": 1})
    whole = [read_audio(path, rate, **key) for key in keys]  # type: ignore[arg-type]
    monkeypatch.setattr(module, "BLOCK", 5_003)
    for samples, key in zip(whole, keys, strict=True):
        parts = list(audio_blocks(path, rate, **key))  # type: ignore[arg-type]
        assert len(parts) > 1
        assert np.concatenate(parts).tobytes() == samples.tobytes()
        assert read_audio(path, rate, **key).tobytes() == samples.tobytes()  # type: ignore[arg-type]


def test_files_are_written_in_blocks_as_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_flac(tmp_path / "whole.flac", CLIP, RATE)
    grid, digest = to_pcm16_grid(CLIP), sha256_of(CLIP, RATE)
    monkeypatch.setattr(module, "BLOCK", 10_007)
    write_flac(tmp_path / "blocks.flac", CLIP, RATE)
    assert (tmp_path / "blocks.flac").read_bytes() == (tmp_path / "whole.flac").read_bytes()
    assert to_pcm16_grid(CLIP).tobytes() == to_pcm16_grid(in_file(CLIP))[:].tobytes() == grid.tobytes()
    assert sha256_of(in_file(CLIP), RATE) == sha256_of(CLIP, RATE) == digest


@pytest.mark.usefixtures("small")
def test_levels_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = active_speech_level(CLIP, RATE), rms_level_db(CLIP)
    monkeypatch.setattr(module, "BLOCK", 1 << 18)
    assert found == (active_speech_level(CLIP, RATE), rms_level_db(CLIP))
