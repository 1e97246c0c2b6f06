"""Files and shards, read back by those who will read them."""

import io
import json
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import soundfile

from asrdiag.corpus.clips import Made
from asrdiag.corpus.formats import FORMATS, encoded
from asrdiag.corpus.writers import open_writer
from asrdiag.errors import SaveError

from .conftest import voice


def clip(number: int) -> Made:
    row = {
        "text": f"wörter {number}" if number else None,
        "id": f"s/c{number}+noise.m050",
        "duration": 0.5,
        "speaker": None,
        "language": "en",
        "subset": None,
        "factors": {"scenario": "noise", "severity": 0.5, "room": "hall"},
        "simulation": {"seed": 7},
    }
    return Made(f"s/c{number}+noise-m050", encoded(voice(seed=number), 16_000, FORMATS["flac"]), 0.5, row)


CLIPS = [clip(number) for number in range(150)]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / ".work"
    folder.mkdir()
    return folder


def test_loose_files(tmp_path: Path, work: Path) -> None:
    with open_writer(tmp_path, work, ".flac", None, 0) as writer:
        lines = [writer.add(made) for made in CLIPS[:3]]
    rows = [json.loads(line) for line in lines]
    assert rows[1]["audio"] == "audio/s/c1+noise-m050.flac"
    for made, row in zip(CLIPS, rows, strict=False):
        assert (tmp_path / row.pop("audio")).read_bytes() == bytes(made.audio)
        assert row == made.row
    assert not list(work.iterdir())


def test_a_tar_shard_is_what_webdataset_expects(tmp_path: Path, work: Path) -> None:
    with open_writer(tmp_path, work, ".flac", "tar", 12) as writer:
        lines = [writer.add(made) for made in CLIPS]
        assert not (tmp_path / "shards" / "000012.tar").exists()
    path = tmp_path / "shards" / "000012.tar"
    with tarfile.open(path) as tar:
        members = [(member.name, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    assert len(members) == 300
    for made, line, (audio, content), (text, row) in zip(
        CLIPS, lines, members[::2], members[1::2], strict=True
    ):
        # A sample is a run of members with one key: all up to the first dot of the base name.
        assert (audio, text) == (f"{made.name}.flac", f"{made.name}.json")
        assert content == bytes(made.audio)
        assert row == line
        assert json.loads(line)["audio"] == f"shards/000012.tar/{audio}"
    first = path.read_bytes()
    with open_writer(tmp_path, work, ".flac", "tar", 12) as writer:
        for made in CLIPS:
            writer.add(made)
    assert path.read_bytes() == first


def test_a_parquet_shard_is_what_datasets_expects(tmp_path: Path, work: Path) -> None:
    with open_writer(tmp_path, work, ".flac", "parquet", 0) as writer:
        lines = [writer.add(made) for made in CLIPS]
    table = pq.read_table(tmp_path / "shards" / "000000.parquet")
    rows = table.to_pylist()
    assert len(rows) == 150
    for made, line, row in zip(CLIPS, lines, rows, strict=True):
        assert row["audio"] == {"bytes": bytes(made.audio), "path": f"{made.name}.flac"}
        assert json.loads(row["factors"]) == made.row["factors"]
        assert json.loads(row["simulation"]) == made.row["simulation"]
        assert (row["scenario"], row["severity"], row["id"]) == ("noise", 0.5, made.row["id"])
        assert row["text"] == made.row["text"]
        assert json.loads(line)["audio"].startswith("shards/000000.parquet/s/c")
    samples, rate = soundfile.read(io.BytesIO(rows[3]["audio"]["bytes"]))
    assert (len(samples), rate) == (8000, 16_000)
    assert pq.ParquetFile(tmp_path / "shards" / "000000.parquet").num_row_groups == 3  # 64 + 64 + 22


@pytest.mark.parametrize("shards", [None, "tar", "parquet"])
def test_what_cannot_be_written_is_an_error(tmp_path: Path, work: Path, shards: str | None) -> None:
    (tmp_path / "audio").write_text("in the way")
    (tmp_path / "shards").write_text("in the way")
    with pytest.raises(SaveError, match="could not be written"):  # noqa: SIM117
        with open_writer(tmp_path, work, ".flac", shards, 0) as writer:  # type: ignore[arg-type]
            writer.add(CLIPS[0])


@pytest.mark.parametrize("shards", ["tar", "parquet"])
def test_a_shard_that_was_not_finished_is_not_there(tmp_path: Path, work: Path, shards: str) -> None:
    with pytest.raises(KeyError), open_writer(tmp_path, work, ".flac", shards, 0) as writer:  # type: ignore[arg-type]
        writer.add(CLIPS[0])
        raise KeyError
    assert not list((tmp_path / "shards").iterdir())
