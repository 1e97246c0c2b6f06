import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpora import hf

from asrdiag.audio import read_audio
from asrdiag.datasets import DATASETS
from asrdiag.errors import UsageError
from asrdiag.suite.schema import Suite


def spec(root, **options):
    return DATASETS.load("hf_dataset")(id="it", loader="hf_dataset", root=Path(root), **options)


def load(root, **options):
    return spec(root, **options).utterances()


def places(utterances):
    return [(u.sample_id, u.audio_path.name, u.audio_row) for u in utterances]


def refused(root, **options):
    """The lines of the refusal, without the root."""
    with pytest.raises(UsageError) as caught:
        load(root, **options)
    return str(caught.value).replace(f"{root}/", "").replace(str(root), "ROOT").split("\n")


THREE = [hf.clips([0, 1]), hf.clips([2, 3, 4]), hf.clips([5])]


def test_parquet_shards(tmp_path):
    hf.parquet(tmp_path, THREE)
    utterances = load(tmp_path)
    assert places(utterances) == [
        ("clip_00", "test-00000-of-00003.parquet", 0),
        ("clip_01", "test-00000-of-00003.parquet", 1),
        ("clip_02", "test-00001-of-00003.parquet", 0),
        ("clip_03", "test-00001-of-00003.parquet", 1),
        ("clip_04", "test-00001-of-00003.parquet", 2),
        ("clip_05", "test-00002-of-00003.parquet", 0),
    ]
    assert [u.reference for u in utterances] == list(hf.WORDS)
    assert {(u.language, u.subset, u.speaker) for u in utterances} == {("en", "", None)}
    assert all(
        len(read_audio(u.audio_path, 16000, row=u.audio_row, column=u.audio_column)) == 1600
        for u in utterances
    )


@pytest.mark.parametrize("name", ["disk", "dict"])
def test_folders_that_save_to_disk_wrote(tmp_path, name):
    if name == "disk":
        root = hf.save_to_disk(tmp_path / "it", THREE, rows=6)
    else:
        root = hf.save_dict(tmp_path / "it", {"train": [hf.clips([0])], "test": THREE})
    utterances = load(root, split="test")
    assert [u.reference for u in utterances] == list(hf.WORDS)
    assert places(utterances)[3] == ("clip_03", "data-00001-of-00003.arrow", 1)
    assert len(read_audio(utterances[3].audio_path, 16000, row=1)) == 1600


def audio_folder(root, table="metadata.csv", text=None):
    (root / "clips").mkdir(parents=True)
    for number in range(3):
        (root / f"clips/{number}.wav").write_bytes(hf.tone(number))
    rows = [{"file_name": f"clips/{n}.wav", "transcription": hf.WORDS[n], "room": f"r{n}"} for n in range(3)]
    if text is None and table == "metadata.csv":
        text = "file_name,transcription,room\n" + "".join(",".join(row.values()) + "\n" for row in rows)
    (root / table).write_text(text or "".join(json.dumps(row) + "\n" for row in rows))
    return root


@pytest.mark.parametrize("table", ["metadata.csv", "metadata.jsonl"])
@pytest.mark.parametrize("split", [None, "test"])
def test_a_folder_of_audio_files(tmp_path, table, split):
    audio_folder(tmp_path / (split or ""), table)
    utterances = load(tmp_path, split=split, factors=("room",))
    assert [(u.sample_id, u.reference, u.audio_row) for u in utterances] == [
        (f"clips/{n}", hf.WORDS[n], None) for n in range(3)
    ]
    assert utterances[2].audio_path == tmp_path / (split or "") / "clips/2.wav"
    assert utterances[2].factors == {"room": "r2"}


def test_all_that_a_suite_can_say(tmp_path):
    columns = {
        "key": ["a", "b", "c"],
        "who": [7, None, 9],
        "lang": [0, 1, 1],
        "part": ["near", "far", None],
        "snr": [5, 0, -5],
        "level": [1.5, float("nan"), None],
        "indoors": [True, False, None],
        "room": ["hall", "", "car"],
    }
    cells = [hf.clip(n) for n in range(3)]
    shard = hf.table(
        cells, labels={"lang": ["en", "zh"]}, said=["one", "two", "三"], text=["1", "2", "3"], **columns
    )
    hf.parquet(tmp_path, [shard])
    utterances = load(
        tmp_path,
        split="test",
        audio_column="audio",
        text_column="said",
        id_column="key",
        speaker_column="who",
        language_column="lang",
        subset_column="part",
        factors=("snr", "level", "indoors", "room"),
    )
    assert [(u.sample_id, u.reference, u.speaker, u.language, u.subset) for u in utterances] == [
        ("a", "one", "7", "en", "near"),
        ("b", "two", None, "zh", "far"),
        ("c", "三", "9", "zh", ""),
    ]
    assert [dict(u.factors) for u in utterances] == [
        {"snr": 5.0, "level": 1.5, "indoors": "true", "room": "hall"},
        {"snr": 0.0, "indoors": "false"},
        {"snr": -5.0, "room": "car"},
    ]


def test_a_suite_names_it(tmp_path):
    hf.parquet(tmp_path, THREE)
    entry = {
        "id": "mine",
        "loader": "hf_dataset",
        "root": str(tmp_path),
        "factors": ["text"],
        "language": "en",
    }
    system = {"id": "moonshine-tiny", "engine": "moonshine"}
    suite = Suite.model_validate_json(
        json.dumps(
            {"schema": 1, "name": "s", "seed": 1, "systems": [system], "datasets": [entry], "conditions": []}
        )
    )
    assert len(suite.datasets[0].utterances()) == 6


# Ids


def test_ids_are_file_and_row_where_names_of_audio_are_not_unique_or_absent(tmp_path):
    cells = [hf.clip(0), hf.clip(0) | {"path": None}]
    hf.parquet(tmp_path, [hf.table(cells, text=["a", "b"]), hf.clips([3])])
    assert [u.sample_id for u in load(tmp_path)] == [
        "data/test-00000-of-00002:0",
        "data/test-00000-of-00002:1",
        "data/test-00001-of-00002:0",
    ]


def test_of_a_path_on_another_machine_the_name_is_the_id(tmp_path):
    cells = [hf.clip(n) | {"path": path} for n, path in enumerate(("/home/me/x/a.wav", "far/b.wav"))]
    hf.parquet(tmp_path, [hf.table(cells, text=["a", "b"])])
    assert [u.sample_id for u in load(tmp_path)] == ["a", "far/b"]


@pytest.mark.parametrize("keys", [["a", "b", "a"], ["a", "b", None], ["a", "b", "a\nb"]])
def test_a_column_of_ids_has_to_be_one(tmp_path, keys):
    hf.parquet(tmp_path, [hf.clips([0, 1, 2], key=keys)])
    [line] = refused(tmp_path, id_column="key")
    where = "data/test-00000-of-00001.parquet: row"
    assert line.startswith(f"{where} 2: key: found {keys[2]!r}")
    again = f" again, first in {where} 0; ids must be unique"
    assert line.endswith(again if keys[2] == "a" else ", expected an id without control characters")


# Splits and configurations


def test_splits_and_configurations_by_the_names_of_files_and_folders(tmp_path):
    shard = [hf.clips([0, 1])]
    hf.parquet(tmp_path, shard, split="real_noise", folder="en")
    hf.parquet(tmp_path, shard, split="validation", folder="data/zh")
    for folder in ("clean/test", "clean/train"):
        hf.parquet(tmp_path, shard, folder=folder)[0].rename(tmp_path / folder / "0000.parquet")
    hf.parquet(tmp_path, shard, folder=".cache")
    assert len(load(tmp_path, config="en", split="real_noise")) == 2
    assert load(tmp_path, config="zh")[0].audio_path.name == "validation-00000-of-00001.parquet"
    assert load(tmp_path, config="clean", split="test")[0].audio_path == tmp_path / "clean/test/0000.parquet"
    assert refused(tmp_path) == ["ROOT: found 3 configs, expected `config:` to say which: clean, zh, en"]
    assert refused(tmp_path, config="clean", split="tset") == [
        "ROOT: unknown split 'tset' (did you mean 'test'?); known: test, train"
    ]
    assert refused(tmp_path, config="fr")[0].startswith("ROOT: unknown config 'fr'; known: clean, zh, en")


CARD = """\
---
license: mit
configs:
- config_name: default
  data_files:
  - split: dev
    path: shards/a-*
  - split: test
    path: [shards/b-*, "more/*.parquet"]
- config_name: small
  data_files: shards/c-*
dataset_info:
- config_name: default
  splits:
  - name: dev
    num_bytes: 1
    num_examples: 2
---
# Mine
"""


def test_the_front_matter_says_what_belongs_together(tmp_path):
    for name, numbers in {"a": [0, 1], "b": [2], "c": [3]}.items():
        hf.parquet(tmp_path, [hf.clips(numbers)], split=name, folder="shards")
    hf.parquet(tmp_path, [hf.clips([4])], split="x", folder="more")
    (tmp_path / "README.md").write_text(CARD)
    assert [u.sample_id for u in load(tmp_path, split="dev")] == ["clip_00", "clip_01"]
    assert [u.sample_id for u in load(tmp_path, split="test")] == ["clip_04", "clip_02"]  # by path
    assert [u.sample_id for u in load(tmp_path, config="small")] == ["clip_03"]
    assert spec(tmp_path, split="dev").expected() == {("", "en"): 2}
    assert spec(tmp_path, split="test").expected() == {}
    (tmp_path / "README.md").write_text("---\nconfigs: [\n---\n")
    assert refused(tmp_path)[0].startswith("README.md: the front matter is no YAML")


# What is missing or damaged


def test_a_shard_that_is_missing(tmp_path):
    hf.parquet(tmp_path, THREE)[1].unlink()
    lines = refused(tmp_path)
    assert lines[0] == "it: data/test-00001-of-00003.parquet: there is no such shard; expected 3 of them"
    assert "1 utterances are missing" in lines[1]
    # How many rows it had is known only where the dataset says so.
    (tmp_path / "README.md").write_text(
        "---\ndataset_info:\n  splits:\n  - name: test\n    num_examples: 6\n---\n".replace(
            "info:\n", "info:\n- x: 1\n"
        )
    )
    it = spec(tmp_path, allow_missing=3)
    assert len(it.utterances()) == 3
    assert it.shortfall(it.utterances()) == {("", "en"): 3}
    assert "ROOT: subset  (en): found 3 utterances, expected 6" in "\n".join(refused(tmp_path))


def test_numbered_files_have_no_gaps_either(tmp_path):
    for number in (0, 2):
        hf.parquet(tmp_path, [hf.clips([number])], folder="en/test")[0].rename(
            tmp_path / f"en/test/{number:04}.parquet"
        )
    assert refused(tmp_path)[0] == "it: en/test/0001.parquet: there is no such shard; expected 3 of them"


def test_shards_of_two_sets(tmp_path):
    hf.parquet(tmp_path, THREE)
    hf.parquet(tmp_path, THREE[:2])
    assert refused(tmp_path) == [
        "data: found shards of 2 sets (test-*-of-00002.parquet, test-*-of-00003.parquet), expected one"
    ]


@pytest.mark.parametrize("cut", [0.0, 0.5, 0.99])
def test_a_shard_that_is_cut_short(tmp_path, cut):
    path = hf.parquet(tmp_path, THREE)[1]
    path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])
    assert (
        "data/test-00001-of-00003.parquet: damaged, cut short or no Parquet or Arrow table"
        in refused(tmp_path)[0]
    )
    assert [u.sample_id for u in load(tmp_path, allow_missing=1)] == ["clip_00", "clip_01", "clip_05"]


def test_an_arrow_stream_that_is_cut_between_two_batches(tmp_path):
    root = hf.save_to_disk(tmp_path / "it", [hf.clips(range(6))])
    path = root / "data-00000-of-00001.arrow"
    with pa.OSFile(str(path)) as source:
        pa.ipc.open_stream(source).read_next_batch()
        end_of_first = source.tell()
    path.write_bytes(path.read_bytes()[:end_of_first])
    with pa.memory_map(str(path)) as source:
        assert pa.ipc.open_stream(source).read_all().num_rows == 2  # to Arrow it is whole
    assert "cut short: the mark at its end is missing" in refused(root)[0]


def test_a_pointer_of_git_lfs_is_no_shard(tmp_path):
    path = hf.parquet(tmp_path, THREE)[0]
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    assert "found a Git LFS pointer, expected the file itself: run `git lfs pull`" in refused(tmp_path)[0]


def test_a_row_without_text_is_a_problem(tmp_path):
    hf.parquet(tmp_path, [hf.table([hf.clip(0), hf.clip(1)], text=["a", None])])
    assert refused(tmp_path)[0] == (
        "it: data/test-00000-of-00001.parquet: row 1: text: found no text, expected what is said"
    )
    assert len(load(tmp_path, allow_missing=1)) == 1


def test_audio_files_that_are_missing_or_left_over(tmp_path):
    audio_folder(tmp_path)
    (tmp_path / "clips/1.wav").rename(tmp_path / "clips/9.wav")
    lines = refused(tmp_path)
    assert lines[:2] == [
        "it: metadata.csv:3: there is no audio file clips/1.wav",
        "it: clips/9.wav: audio without a transcript",
    ]
    assert len(load(tmp_path, allow_missing=2)) == 3


@pytest.mark.parametrize(
    ("table", "text", "message"),
    [
        ("metadata.csv", "file_name,text\nclips/0.wav\n", "metadata.csv:2: found 1 fields, expected 2"),
        (
            "metadata.csv",
            "name,text\nclips/0.wav,a\n",
            "metadata.csv: found no column 'file_name', only: name, text",
        ),
        ("metadata.csv", "file_name,text\n,a\n", "metadata.csv:2: file_name: found '', expected a path"),
        (
            "metadata.jsonl",
            '{"file_name": "clips/0.wav", "text": "a"}\n[]\n',
            "metadata.jsonl:2: found [], expected an",
        ),
        (
            "metadata.jsonl",
            '{"file_name": "clips/0.wav", "text": "a"}\n{\n',
            "metadata.jsonl:2: found text that is not",
        ),
        (
            "metadata.jsonl",
            '{"file_name": "clips/0.wav", "text": 1}\n',
            "metadata.jsonl:1: text: found 1, expected text",
        ),
        (
            "metadata.jsonl",
            '{"file_name": "clips/0.wav", "text": "a"}\n{"file_name": "clips/1.wav"}\n',
            "metadata.jsonl:2: found no 'text', only: file_name",
        ),
    ],
)
def test_a_metadata_table_that_is_not_as_documented(tmp_path, table, text, message):
    audio_folder(tmp_path, table, text)
    assert refused(tmp_path)[0].startswith(message)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    audio_folder(tmp_path)
    path = tmp_path / "metadata.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert [u.reference for u in load(tmp_path)] == list(hf.WORDS[:3])


# Columns


def test_which_column_is_the_text_has_to_be_clear(tmp_path):
    words = ["a", "b"]
    hf.parquet(
        tmp_path, [hf.table([hf.clip(0), hf.clip(1)], raw_text=words, normalized_text=words, n=[1, 2])]
    )
    columns = "all columns: audio (Audio), raw_text (string), normalized_text (string), n (int64)"
    where = "data/test-00000-of-00001.parquet: "
    assert refused(tmp_path) == [
        f"{where}text_column: found 2 columns that may be it (normalized_text, raw_text), expected one; "
        + columns
    ]
    assert refused(tmp_path, text_column="text") == [
        f"{where}text_column: unknown column 'text' (did you mean 'raw_text'?); "
        f"known: raw_text, normalized_text; {columns}"
    ]
    assert refused(tmp_path, text_column="n") == [f"{where}text_column: unfit column 'n'; {columns}"]
    assert refused(tmp_path, text_column="raw_text", factors=("m",))[0].startswith(
        f"{where}unknown column 'm'"
    )
    assert refused(tmp_path, text_column="raw_text", factors=("audio",))[0].startswith(
        f"{where}row 0: audio: found {{"
    )


def test_which_column_is_the_audio_has_to_be_clear(tmp_path):
    cells = pa.array([hf.clip(0), hf.clip(1)], hf.AUDIO)
    words = pa.array(["a", "b"])
    (tmp_path / "data").mkdir()
    path = tmp_path / "data/test.parquet"
    pq.write_table(pa.table({"noisy": cells, "clean": cells, "text": words}), path)
    [line] = refused(tmp_path)
    assert "audio_column: found 2 columns that may be it (noisy, clean), expected one" in line
    assert {u.audio_column for u in load(tmp_path, audio_column="noisy")} == {"noisy"}
    pq.write_table(pa.table({"text": words}), path)
    assert "audio_column: found none, expected one; all columns: text (string)" in refused(tmp_path)[0]
    image = {"info": {"features": {"noisy": {"_type": "Image"}, "clean": {"_type": "Audio"}}}}
    told = pa.table({"noisy": cells, "clean": cells, "text": words})
    pq.write_table(told.replace_schema_metadata({"huggingface": json.dumps(image)}), path)
    assert {u.audio_column for u in load(tmp_path)} == {"clean"}


def test_a_shard_without_the_column(tmp_path):
    hf.parquet(tmp_path, [hf.clips([0, 1], room=["a", "b"]), hf.clips([2])])
    assert refused(tmp_path, factors=("room",)) == [
        "data/test-00001-of-00002.parquet: unknown column 'room'; known: audio, text"
    ]


def test_a_folder_that_is_no_dataset(tmp_path):
    assert refused(tmp_path)[0].startswith(
        "ROOT: found no Parquet or Arrow file, no metadata.csv and no metadata.jsonl"
    )
    assert "there is no folder" in refused(tmp_path / "gone")[0]
    (tmp_path / "state.json").write_text("{}")
    assert refused(tmp_path)[0].startswith("state.json: found no `_data_files`")
    (tmp_path / "dataset_dict.json").write_text('{"splits": 1}')
    assert refused(tmp_path)[0].startswith("dataset_dict.json: found no list `splits`")
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["test"]}')
    assert refused(tmp_path)[0].startswith("test/state.json: [Errno 2] No such file")
