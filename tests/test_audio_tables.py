import subprocess
import sys
import threading

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpora import hf
from fakes import FakeSpec
from hypothesis import given, settings
from hypothesis import strategies as st

import asrdiag.audio_tables
from asrdiag.audio import audio_duration_s, read_audio
from asrdiag.audio_tables import clip_in_table
from asrdiag.datasets.base import Utterance
from asrdiag.errors import SampleError
from asrdiag.runner.batching import Room
from asrdiag.runner.clip import Job, Task
from asrdiag.runner.dataset import pool_sha256
from asrdiag.runner.source import current_source, load, source_of
from asrdiag.runner.worker import Worker
from asrdiag.simulation.additive_noise import AdditiveNoiseSpec

RATE = 16000
CLIPS = [hf.clip(n) for n in range(6)]


def write(path, data, kind):
    if kind == "parquet":
        pq.write_table(data, path, row_group_size=2)
        return path
    new = pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file
    with pa.OSFile(str(path), "wb") as sink, new(sink, data.schema) as writer:
        writer.write_table(data, max_chunksize=2)
    return path


@pytest.fixture(params=["parquet", "stream", "file"])
def written(request, tmp_path):
    return lambda data, name="t": write(tmp_path / name, data, request.param)


def test_rows_are_read_in_any_order(written):
    path = written(hf.table(CLIPS))
    for row in (0, 1, 2, 3, 4, 5, 1, 5, 0, 4, 4):
        assert clip_in_table(path, row) == CLIPS[row]["bytes"]


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_audio_in_a_table_is_read_as_from_a_file(tmp_path, written, suffix):
    sound = hf.tone(3, seconds=1.0, suffix=suffix)
    file = tmp_path / f"a.{suffix}"
    file.write_bytes(sound)
    path = written(hf.table([CLIPS[0], {"bytes": sound, "path": file.name}]))
    np.testing.assert_array_equal(read_audio(path, RATE, row=1), read_audio(file, RATE))
    stretch = {"offset_s": 0.25, "duration_s": 0.5}
    np.testing.assert_array_equal(read_audio(path, 8000, row=1, **stretch), read_audio(file, 8000, **stretch))
    assert audio_duration_s(path, row=1) == audio_duration_s(file)


def test_the_column_is_given_by_name_and_may_be_plain_bytes(written):
    sounds = [hf.tone(n) for n in range(3)]
    data = hf.table(CLIPS[:3]).append_column("clean", pa.array(sounds, pa.binary()))
    path = written(data)
    assert clip_in_table(path, 2, "clean") == sounds[2]
    assert clip_in_table(path, 2) == CLIPS[2]["bytes"]


def test_a_path_without_bytes_is_that_of_a_file_beside_the_table(tmp_path, written):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips/a.wav").write_bytes(hf.tone(1))
    cells = [
        {"bytes": None, "path": name} for name in ("clips/a.wav", str(tmp_path / "clips/a.wav"), "gone.wav")
    ]
    path = written(hf.table(cells))
    for row in (0, 1):
        np.testing.assert_array_equal(
            read_audio(path, RATE, row=row), read_audio(tmp_path / "clips/a.wav", RATE)
        )
    with pytest.raises(SampleError, match=r"t: row 2: .*/gone\.wav: no such file; expected an audio file"):
        read_audio(path, RATE, row=2)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (None, r"t: row 1: the cell 'audio' is null; expected the bytes of an audio file, or its path"),
        (
            {"bytes": None, "path": None},
            "t: row 1: the cell 'audio' has neither bytes nor the path of a file",
        ),
        ({"bytes": b"", "path": "a.wav"}, "t: row 1: the cell 'audio' holds 0 bytes"),
        ({"bytes": b"no audio", "path": "a.wav"}, r"t: row 1: not readable as audio \(Format not recognised"),
        (
            {"bytes": hf.tone(1)[:-100], "path": "a.wav"},
            r"t: row 1: damaged or cut short \(1550 of 1600 frames",
        ),
    ],
)
def test_a_cell_without_whole_audio_is_an_error_that_names_the_row(written, cell, message):
    path = written(hf.table([CLIPS[0], cell, CLIPS[2]]))
    with pytest.raises(SampleError, match=message):
        read_audio(path, RATE, row=1)
    assert len(read_audio(path, RATE, row=2)) == 1600


def test_what_is_not_there_is_an_error(tmp_path, written):
    path = written(hf.clips([0, 1]))
    with pytest.raises(SampleError, match=r"t: found 2 rows, expected a row 2 \(counted from 0\)"):
        read_audio(path, RATE, row=2)
    with pytest.raises(SampleError, match="t: found no column 'sound', only: audio, text"):
        read_audio(path, RATE, row=0, column="sound")
    with pytest.raises(SampleError, match="the cell 'text' is of the type string; expected the bytes"):
        read_audio(path, RATE, row=0, column="text")
    with pytest.raises(SampleError, match=r"gone\.parquet: no such file; expected a table of clips"):
        read_audio(tmp_path / "gone.parquet", RATE, row=0)
    with pytest.raises(SampleError, match="row 0: damaged or cut short, or no Parquet or Arrow table"):
        read_audio(tmp_path, RATE, row=0)


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True), kind=st.sampled_from(["parquet", "stream", "file"]))
def test_a_table_cut_short_gives_an_error_or_the_right_clip(tmp_path_factory, share, kind):
    folder = tmp_path_factory.mktemp("cut")
    whole = write(folder / "whole", hf.table(CLIPS), kind).read_bytes()
    path = folder / "cut"
    path.write_bytes(whole[: int(share * len(whole))])
    for row in (0, 5):
        try:
            assert clip_in_table(path, row) == CLIPS[row]["bytes"]
        except SampleError as error:
            assert str(error).startswith(str(path))
    with pytest.raises(SampleError):
        [clip_in_table(path, row) for row in range(7)]


def test_a_table_that_was_replaced_is_read_anew(written):
    path = written(hf.table(CLIPS))
    assert clip_in_table(path, 0) == CLIPS[0]["bytes"]
    written(hf.table(CLIPS[::-1]), "u").replace(path)
    assert clip_in_table(path, 0) == CLIPS[5]["bytes"]


class Counting:
    """Counts the slices that are read."""

    def __init__(self, monkeypatch):
        self.reads = []
        read = asrdiag.audio_tables._Parquet.read

        def counted(table, row):
            self.reads.append(row)
            return read(table, row)

        monkeypatch.setattr(asrdiag.audio_tables._Parquet, "read", counted)


def test_in_order_each_row_group_is_read_once_even_beside_random_draws(tmp_path, monkeypatch):
    path = write(tmp_path / "t", hf.table(CLIPS), "parquet")  # three groups of two rows
    counting = Counting(monkeypatch)
    for row in range(6):
        clip_in_table(path, row)
    assert counting.reads == [0, 2, 4]
    counting.reads.clear()
    other = write(tmp_path / "u", hf.table(CLIPS), "parquet")
    for row in range(6):
        clip_in_table(other, row)
        clip_in_table(path, 5)  # held from before, and again after each slice of the other
    assert counting.reads == [0, 2, 4]


def test_a_large_row_group_is_read_in_slices(tmp_path, monkeypatch):
    path = tmp_path / "t.parquet"
    # Ten clips of 3,244 bytes (0.1 s) in one row group of 39,262 bytes: 10 * 13,100 / 39,262 = 3.3.
    pq.write_table(hf.table([hf.clip(n) for n in range(10)]), path)
    monkeypatch.setattr(asrdiag.audio_tables, "SLICE_BYTES", 13_100)
    counting = Counting(monkeypatch)
    for row in (*range(10), 0):
        assert clip_in_table(path, row) == hf.clip(row)["bytes"]
    assert counting.reads == [0, 3, 6, 9, 0]


def test_threads_may_read_one_table(tmp_path):
    path = write(tmp_path / "t", hf.table(CLIPS), "parquet")
    wrong = []

    def read(first):
        wrong.extend(r for n in range(60) if clip_in_table(path, r := (first + n) % 6) != CLIPS[r]["bytes"])

    threads = [threading.Thread(target=read, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_audio_without_tables_does_not_load_pyarrow():
    code = "import sys, asrdiag.audio; sys.exit('pyarrow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# What a run records


def utterance(path, row, sample_id="a"):
    return Utterance(sample_id, path, "words", audio_row=row)


def answered(spoken):
    source = source_of(spoken) | {"sha256": asrdiag.audio.sha256_of(load(spoken, RATE), RATE)}
    return {"source": source, "language": "en"}


def test_the_source_says_table_and_row(tmp_path):
    path = write(tmp_path / "t.parquet", hf.table(CLIPS), "parquet")
    source = source_of(utterance(path, 3))
    assert (source["path"], source["row"], source["column"]) == (str(path), 3, "audio")
    assert source["bytes"] == path.stat().st_size
    assert "row" not in source_of(utterance(path, None))


def test_a_record_is_stale_when_the_audio_of_its_row_changed(tmp_path):
    path = write(tmp_path / "t.parquet", hf.table(CLIPS), "parquet")
    third, fourth = answered(utterance(path, 3)), answered(utterance(path, 4))
    assert current_source(third, utterance(path, 3), RATE) == third["source"]

    write(path, hf.table([*CLIPS[:3], hf.clip(9), *CLIPS[4:]]), "parquet")
    assert current_source(third, utterance(path, 3), RATE) is None
    # Its neighbour is what it was, only the table has another time.
    assert current_source(fourth, utterance(path, 4), RATE)["sha256"] == fourth["source"]["sha256"]


def test_a_record_follows_its_clip_to_another_row_or_table_or_file(tmp_path):
    path = write(tmp_path / "t.parquet", hf.table(CLIPS), "parquet")
    record = answered(utterance(path, 3))
    other = write(tmp_path / "u.arrow", hf.table(CLIPS[3:]), "stream")
    assert current_source(record, utterance(other, 0), RATE)["row"] == 0
    assert current_source(record, utterance(path, 2), RATE) is None
    (tmp_path / "a.wav").write_bytes(CLIPS[3]["bytes"])
    assert "row" not in current_source(record, utterance(tmp_path / "a.wav", None), RATE)


def test_the_pool_of_babble_depends_on_the_rows_that_are_in_it(tmp_path):
    path = write(tmp_path / "t.parquet", hf.table(CLIPS), "parquet")
    other = write(tmp_path / "u.arrow", hf.table(CLIPS[::-1]), "stream")
    pool = pool_sha256([utterance(path, n, str(n)) for n in range(3)])
    assert pool == pool_sha256([utterance(other, 5 - n, str(n)) for n in range(3)])  # the same clips
    assert pool != pool_sha256([utterance(path, n + 1, str(n)) for n in range(3)])
    gone = tmp_path / "gone.parquet"
    assert pool_sha256([utterance(gone, 0)]) != pool_sha256([utterance(path, 0)])


def test_a_worker_takes_clips_and_their_babble_from_a_table(tmp_path):
    path = write(tmp_path / "t.parquet", hf.table([*CLIPS[:2], None]), "parquet")
    conditions = AdditiveNoiseSpec(
        id="babble", kind="additive_noise", noise="babble", snr_db=5, talkers=2
    ).expand()
    job = Job(
        engine=FakeSpec(id="fake"),
        device="cpu",
        seed=0,
        utterances={"set": tuple(Utterance(str(n), path, str(n), audio_row=n) for n in range(3))},
        conditions={condition.id: condition for condition in conditions},
        normalizers={("set", "en"): "none"},
        room=Room(8),
        retry=0,
        save_audio="none",
        run_folder=tmp_path,
    )
    condition = conditions[0].id
    first, second, third = Worker(job).process(Task("fake/set", "set", condition, (0, 1, 2)))
    assert (first.record["source"]["row"], second.record["source"]["row"]) == (0, 1)
    assert first.record["hypothesis_raw"] == "0"
    assert set(first.record["degradation"]["talkers"]) == {"1"}
    error = third.record["error"]
    assert (error["stage"], error["type"]) == ("load", "SampleError")
    assert error["message"].startswith(f"{path}: row 2: the cell 'audio' is null")
