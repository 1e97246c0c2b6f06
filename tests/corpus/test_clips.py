"""One clip's way, and its description."""

import errno
import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from troublesome import Trouble

from asrdiag.audio import read_audio, sha256_of, to_pcm16_grid
from asrdiag.audio_file import AudioFile
from asrdiag.corpus.clips import ClipMaker, Failed, Made, id_of, name_of
from asrdiag.corpus.formats import FORMATS, encoded, require_format
from asrdiag.corpus.recipe import Recipe
from asrdiag.corpus.source import entries_of
from asrdiag.corpus.spool import Spool, write_spool
from asrdiag.datasets.manifest_rows import Row
from asrdiag.errors import SampleError, SaveError, UsageError
from asrdiag.simulation import recreate
from asrdiag.simulation.noise_choice import noise_source
from asrdiag.simulation.noise_folder import NoiseFolder
from asrdiag.simulation.room_responses import RoomFolder
from asrdiag.simulation.speed import change_speed

from .conftest import recipe, voice

RATE = 16_000


@pytest.fixture
def maker(manifest: Callable[..., Path], tmp_path: Path) -> Callable[..., ClipMaker]:
    def make(one: Recipe, format: str = "flac", **listing: Any) -> ClipMaker:
        path = manifest(6, **listing)
        write_spool(tmp_path / "spool", entries_of(str(path), "en", tmp_path / "out"))
        return ClipMaker(Spool(tmp_path / "spool"), one, FORMATS[format])

    return make


def made(clip: Made | Failed) -> Made:
    assert isinstance(clip, Made), clip
    return clip


def test_a_row_is_a_manifest_row_and_says_how_to_make_the_clip_again(
    maker: Callable[..., ClipMaker], tmp_path: Path
) -> None:
    clip = made(maker(recipe(severity=None, mapping="linear", speed=(0.9, 1.1), per_clip=1)).make(2, 0))
    row = clip.row
    checked = Row.model_validate_json(json.dumps({"audio": "a.flac", **row}))
    assert (checked.text, checked.speaker, checked.language) == ("words 2", "s2", "en")
    how = row["simulation"]
    assert row["id"] == f"clip2+{how['condition']}"
    assert row["factors"] == {
        "scenario": how["degradation"]["scenario"],
        "severity": how["degradation"]["severity"],
    }
    (tmp_path / "a.flac").write_bytes(bytes(clip.audio))
    heard = read_audio(tmp_path / "a.flac", RATE)
    assert how["sha256"] == sha256_of(heard, RATE)
    assert how["file_sha256"] == hashlib.sha256(bytes(clip.audio)).hexdigest()
    assert row["duration"] == pytest.approx(len(heard) / RATE, abs=1e-6)
    # again, from the row alone
    source = how["source"]
    clean = read_audio(Path(source["path"]), how["sample_rate_hz"], offset_s=source["offset_s"])
    assert sha256_of(clean, RATE) == source["sha256"]
    assert 0.9 <= how["speed"] <= 1.1
    again = recreate(change_speed(clean, how["speed"]), RATE, how["degradation"])
    assert to_pcm16_grid(again).tobytes() == heard.tobytes()


def test_the_order_of_the_clips_does_not_matter(maker: Callable[..., ClipMaker]) -> None:
    one = maker(recipe(noise=noise_source("babble"), speed=(0.8, 1.2)))
    numbers = [(position, version) for position in range(6) for version in range(2)]
    forwards = [made(one.make(*number)) for number in numbers]
    backwards = [made(one.make(*number)) for number in reversed(numbers)]
    assert [(clip.row, bytes(clip.audio)) for clip in forwards] == [
        (clip.row, bytes(clip.audio)) for clip in reversed(backwards)
    ]
    talkers = forwards[0].row["simulation"]["degradation"]["steps"][0]["noise"]["talkers"]
    assert not {"clip0", "clip3"} & set(talkers)  # both are speaker s0's
    assert len({bytes(clip.audio) for clip in forwards}) == 12


def test_what_goes_wrong_is_recorded(maker: Callable[..., ClipMaker]) -> None:
    one = maker(recipe(noise=Trouble(raises_on=("clip4",))), damaged=[1])
    load, degrade = one.make(1, 0), one.make(4, 0)
    assert isinstance(load, Failed)
    assert isinstance(degrade, Failed)
    assert {
        key: load.record[key] for key in ("id", "sample_id", "condition", "stage", "type", "traceback")
    } == {
        "id": "clip1+noise.m050",
        "sample_id": "clip1",
        "condition": "noise.m050",
        "stage": "load",
        "type": "SampleError",
        "traceback": "",
    }
    assert re.search(r"c1\.wav: not readable as audio", load.record["message"])
    assert (degrade.record["stage"], degrade.record["message"]) == ("degrade", "cannot do clip4")
    assert "raise RuntimeError" in degrade.record["traceback"]
    assert isinstance(one.make(4, 1), Made)  # dropout has no noise
    assert one.lost(0, 0, RuntimeError("gone")).record["message"] == "gone"


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("format", ["flac", "wav"])
def test_lossless_formats_keep_every_sample(tmp_path: Path, format: str, rate: int) -> None:
    clip = to_pcm16_grid(np.concatenate([voice(rate=rate), [-1.0, 32767 / 32768, 0.0]]).astype(np.float32))
    path = tmp_path / f"a{FORMATS[format].suffix}"
    path.write_bytes(bytes(encoded(clip, rate, require_format(format, rate))))
    assert read_audio(path, rate).tobytes() == clip.tobytes()


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 48_000])
def test_opus_keeps_length_and_time(tmp_path: Path, rate: int) -> None:
    clip = to_pcm16_grid(voice(seconds=1.0, rate=rate))
    path = tmp_path / "a.opus"
    path.write_bytes(bytes(encoded(clip, rate, require_format("opus", rate))))
    heard = read_audio(path, rate)
    assert heard.shape == clip.shape
    assert len(path.read_bytes()) < clip.nbytes / 8
    correlation = float(heard @ clip / np.sqrt((heard @ heard) * (clip @ clip)))
    assert correlation > 0.95  # also says that nothing moved: the tone of 200 Hz turns in 5 ms


@pytest.mark.parametrize("format", ["flac", "wav", "opus"])
def test_long_clips_are_worked_on_in_files_and_come_out_the_same(
    maker: Callable[..., ClipMaker], format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("echo-recording-distortion-dropout-noise", "far_field")
    one = recipe(scenarios=names, noise=noise_source("babble"), speed=(0.9, 1.1))
    # A random number stands for an Opus stream: it is decoded for the comparison.
    path = tmp_path / f"a{FORMATS[format].suffix}"

    def everything(clip: Made) -> tuple[dict[str, Any], bytes]:
        path.write_bytes(bytes(clip.audio))
        row = json.loads(json.dumps(clip.row))
        if format == "opus":
            del row["simulation"]["file_sha256"]
        return row, read_audio(path, RATE).tobytes()

    numbers = [(0, 0), (0, 1), (1, 0)]
    short = maker(one, format)
    whole = [everything(made(short.make(*number))) for number in numbers]
    assert max(clip["duration"] for clip, _ in whole) < 1
    monkeypatch.setattr("asrdiag.blocks.BLOCK", 1000)
    monkeypatch.setattr("asrdiag.corpus.clips.MOST_IN_MEMORY", 2000)
    monkeypatch.setattr("asrdiag.corpus.encoded_clip.MOST_IN_MEMORY", 100)
    long = ClipMaker(Spool(tmp_path / "spool"), one, FORMATS[format], tmp_path)
    assert [everything(made(long.make(*number))) for number in numbers] == whole
    assert long._held is not None
    assert isinstance(long._held[2], AudioFile)


def test_a_full_disk_is_noticed_though_the_encoder_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, content: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", lambda *_, **__: Full())
    with pytest.raises(SaveError, match="a clip could not be written: No space left on device"):
        encoded(voice(), RATE, FORMATS["flac"])


def test_formats_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"opus has no sample rate of 44100 Hz; expected one of: 8000, "):
        require_format("opus", 44_100)
    monkeypatch.setattr("soundfile.available_subtypes", lambda container: {"PCM_16": ""})
    with pytest.raises(UsageError, match="cannot write opus; expected one of: flac, wav"):
        require_format("opus", 16_000)
    with pytest.raises(SampleError, match="could not be encoded as PCM_16 at 1000000000 Hz"):
        encoded(voice(), 1_000_000_000, FORMATS["flac"])


@given(sample_id=st.text(max_size=300).filter(lambda text: text.isprintable()), other=st.text(max_size=20))
def test_names_are_safe_and_apart(sample_id: str, other: str) -> None:
    name = name_of(sample_id, "far_field-noise.v1.gaussian-mid")
    assert "." not in name
    parts = name.split("/")
    assert all(part and len(part.encode()) <= 255 for part in parts)
    assert not {"..", "."} & set(parts)
    assert Path("audio", *parts).parts[0] == "audio"
    if other != sample_id and other.isprintable():
        assert name_of(other, "noise.m050") != name_of(sample_id, "noise.m050")


def test_an_id_that_ends_like_a_scenario_is_another_clip() -> None:
    names = [("a-noise", "dropout.m050"), ("a", "noise-dropout.m050"), ("a+noise", "dropout.m050")]
    assert len({name_of(*name) for name in names}) == 3
    assert len({id_of(*name) for name in names}) == 3


def test_recordings_are_found_again_by_the_record(maker: Callable[..., ClipMaker], tmp_path: Path) -> None:
    rng = np.random.RandomState(0)
    for folder, names in (("noises", ("short.wav", "long.wav")), ("rooms", ("hall.wav", "hut.wav"))):
        (tmp_path / folder).mkdir()
        for number, name in enumerate(names):
            samples = 0.05 * rng.standard_normal(4_001 + 20_000 * number)
            samples[0] = 1.0
            soundfile.write(tmp_path / folder / name, samples, RATE, subtype="FLOAT")
    noise = noise_source(NoiseFolder(folder=tmp_path / "noises"), owner="test")
    room = RoomFolder(folder=tmp_path / "rooms").room("test")
    one = maker(recipe(scenarios=("far_field-noise",), noise=noise, room=room))
    seen = set()
    for position in range(6):
        how = json.loads(json.dumps(made(one.make(position, 0)).row["simulation"]))
        seen |= {
            step[kind][f"{kind}_file"]
            for step in how["degradation"]["steps"]
            for kind in ("noise", "room")
            if kind in step
        }
        clean = read_audio(Path(how["source"]["path"]), RATE)
        again = recreate(clean, RATE, how["degradation"])
        assert sha256_of(to_pcm16_grid(again), RATE) == how["sha256"]
    assert seen == {"short.wav", "long.wav", "hall.wav", "hut.wav"}
    soundfile.write(tmp_path / "noises" / "short.wav", rng.standard_normal(100), RATE)
    soundfile.write(tmp_path / "noises" / "long.wav", rng.standard_normal(100), RATE)
    with pytest.raises(SampleError, match=r"(short|long).wav: found content with the hash .*, as recorded"):
        recreate(clean, RATE, how["degradation"])
