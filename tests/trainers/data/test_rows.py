"""Files of rows: what is read, what is refused and why, and reading at random."""

import json
import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.errors import UsageError
from asrdiag.trainers.data.clips import Limits
from asrdiag.trainers.data.line import ROW_REASONS, RowRefused, TrainingRow, parse_line, row_of
from asrdiag.trainers.data.rows import Refusal, RowFile, read_rows
from asrdiag.trainers.data.tables import write_table

from .conftest import write_lines

GOOD = {"audios": ["a.wav"], "solution": "the cat"}


def ids_of(path: Path) -> list[str]:  # at the top level, so that another process finds it
    with RowFile(path) as rows:
        return [row.id for row in rows]


def solution_of(rows: RowFile) -> str:
    return rows[1].solution


def test_a_row_says_what_its_line_says(tmp_path: Path) -> None:
    meta = {"scenario": "clean", "severity": None, "speaker": "s1", "text_id": "ab"}
    line = {
        "id": "r1",
        "messages": [{"role": "user", "content": "<audio>"}],
        "audios": ["clips/../clips/a.wav"],
        "solution": "the cat",
        "prediction": "",
        "base_wer": 1.5,
        "language": "English",
        "duration_s": 2,
        "meta": meta,
    }
    row = RowFile(write_lines(tmp_path / "rows.jsonl", [line]))[0]
    assert (row.id, row.audio, row.prediction, row.base_wer) == ("r1", tmp_path / "clips/a.wav", "", 1.5)
    assert (row.language, row.duration_s, row.messages, row.meta) == (
        "en",
        2.0,
        tuple(line["messages"]),
        meta,
    )  # type: ignore[arg-type]
    assert (row.clean, row.severity, row.speaker, row.text_id) == (True, None, "s1", "ab")


@pytest.mark.parametrize("audio", ["a.wav", {"path": "a.wav", "bytes": None}])
def test_other_tools_names_for_audio_and_text_are_known(tmp_path: Path, audio: object) -> None:
    for text in ("text", "reference", "answer"):
        row = row_of({"audio": audio, text: "the cat"}, tmp_path, "default")
        assert (row.id, row.audio, row.solution, row.base_wer) == (
            "default",
            tmp_path / "a.wav",
            "the cat",
            None,
        )


REFUSED = {
    "not_json": '{"audios": ["a.wav"], "solution": "torn',
    "not_an_object": '["a.wav", "the cat"]',
    "bad_value": json.dumps(GOOD | {"base_wer": -0.5}),
    "no_audio": json.dumps({"audios": [], "solution": "the cat"}),
    "several_audios": json.dumps(GOOD | {"audios": ["a.wav", "b.wav"]}),
    "empty_solution": json.dumps(GOOD | {"solution": " \n"}),
    "wrong_language": json.dumps(GOOD | {"solution": "今天天气很好"}, ensure_ascii=False),
    "too_long": json.dumps(GOOD | {"duration_s": 2400.0}),
    "duplicate_id": json.dumps(GOOD | {"id": "first"}),
}


def test_what_cannot_be_used_is_refused_with_line_and_reason(tmp_path: Path) -> None:
    assert set(REFUSED) == set(ROW_REASONS)
    path = write_lines(tmp_path / "rows.jsonl", [GOOD | {"id": "first"}, "", *REFUSED.values(), GOOD])
    with RowFile(path, limits=Limits()) as rows:
        assert [row.id for row in rows] == ["first", "rows-12"]
        assert dict(rows.refused) == dict.fromkeys(REFUSED, 1)
        by_line = {refusal.where: refusal.reason for refusal in rows.refusals}
        # Line 1 is good and line 2 blank; the refused ones follow.
        assert by_line == {f"{path}:{line}": reason for line, reason in enumerate(REFUSED, start=3)}
        with pytest.raises(
            UsageError, match=rf"9 of 11 rows cannot be used(.|\n)*{path}:3: not_json: found text"
        ):
            rows.require_usable(max_share=0.8)
        rows.require_usable(max_share=0.82)  # 9 / 11 = 0.818


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("prediction", 3), ("messages", "hi"), ("meta", []), ("base_wer", "0.5"), ("base_wer", True)),
        *(("duration_s", float("nan")), ("solution", 5), ("base_wer", float("inf"))),
        *(("base_wer", 1e308), ("duration_s", 10**400)),
    ],
)
def test_values_of_the_wrong_kind_are_named(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(RowRefused, match=f"^bad_value: {key}: found .*, expected "):
        row_of(GOOD | {key: value}, tmp_path, "x")


@given(st.binary(max_size=200))
def test_no_line_of_bytes_does_more_than_be_refused(line: bytes) -> None:
    try:
        row_of(parse_line(line), Path(), "x")
    except RowRefused as error:
        assert error.reason in ROW_REASONS


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from([*GOOD, "id", "meta", "language", "base_wer", "prediction"]), json_values)
)
def test_no_value_does_more_than_be_refused(record: dict[str, object]) -> None:
    try:
        row = row_of(record, Path("/d"), "x")
    except RowRefused as error:
        assert error.reason in ROW_REASONS
    else:
        assert row.solution.strip() and row.audio.is_absolute()
        assert (row.severity, row.scenario, row.speaker, row.text_id) is not None


def test_columns_are_of_the_rows_that_are_used(tmp_path: Path) -> None:
    clean, noise = {"scenario": "clean"}, {"scenario": "noise", "severity": 0.5}
    lines = [
        GOOD | {"id": "a", "base_wer": 0.25, "duration_s": 1.5, "meta": clean},
        "no row",
        GOOD | {"id": "a", "base_wer": 0.75, "meta": clean},  # the id again: refused
        GOOD | {"id": "b", "meta": noise},
    ]
    rows = RowFile(write_lines(tmp_path / "rows.jsonl", lines))
    np.testing.assert_array_equal(rows.base_wer, np.float32([0.25, np.nan]))
    np.testing.assert_array_equal(rows.duration_s, np.float32([1.5, np.nan]))
    np.testing.assert_array_equal(rows.severity, np.float32([np.nan, 0.5]))
    assert rows.clean.tolist() == [True, False]
    assert [row.id for row in rows] == ["a", "b"]


def test_rows_are_read_at_random_from_threads_and_other_processes(tmp_path: Path) -> None:
    # Lines longer than a block of the reader among short ones, and a byte order mark at the start.
    texts = ["cat " * (4000 if number % 3 == 0 else 2) + str(number) for number in range(30)]
    path = write_lines(tmp_path / "rows.jsonl", [GOOD | {"solution": text} for text in texts])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    with RowFile(path) as rows:
        assert not rows.refused
        order = np.random.default_rng(0).permutation(30).tolist() * 5
        with ThreadPoolExecutor(4) as threads:
            read = list(threads.map(lambda index: rows[index].solution, order))
        assert read == [texts[index] for index in order]
        assert [row.solution for row in rows[-2:]] == texts[-2:]
        with pytest.raises(IndexError, match="row 30 of 30"):
            rows[30]
        copy = pickle.loads(pickle.dumps(rows))
        assert copy[7].solution == texts[7]
        copy.close()
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.apply(solution_of, (rows,)) == texts[1]
    assert rows[3].solution == texts[3]  # opened again where it is needed
    rows.close()


def test_parquet_and_jsonl_give_the_same_rows(tmp_path: Path) -> None:
    lines = [
        {
            "id": f"r{number}",
            "messages": [{"role": "user", "content": "<audio>"}],
            "audios": [f"{number}.wav"],
            "solution": "the cat",
            "prediction": None if number % 2 else "",
            "base_wer": number / 10,
            "language": "en",
            "duration_s": None,
            "meta": {"scenario": "noise", "severity": 0.5, "deep": {"list": [1, None]}},
        }
        for number in range(5)
    ]
    path = write_lines(tmp_path / "rows.jsonl", lines)
    assert write_table(tmp_path / "rows.parquet", lines) == 5
    assert list(read_rows(path)) == list(read_rows(tmp_path / "rows.parquet"))
    with RowFile(path) as of_lines, RowFile(tmp_path / "rows.parquet") as of_table:
        assert list(of_lines) == list(of_table)
        assert pickle.loads(pickle.dumps(of_table))[4].id == "r4"


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_text("no table")
    with pytest.raises(UsageError, match=r"rows\.parquet: not readable as Parquet"):
        list(read_rows(tmp_path / "rows.parquet"))
    with pytest.raises(UsageError, match=r"there is no file of rows .*gone\.jsonl"):
        RowFile(tmp_path / "gone.jsonl")
    with pytest.raises(UsageError, match=r"found the suffix '\.csv', expected one of: \.jsonl, \.parquet"):
        RowFile(tmp_path / "rows.csv")
    with pytest.raises(UsageError, match="found no rows, expected at least one"):
        RowFile(write_lines(tmp_path / "empty.jsonl", [])).require_usable()


def test_a_stream_tells_rows_and_refusals_in_order(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [GOOD, "no row", GOOD | {"language": "zh", "solution": "好"}])
    found = list(read_rows(path, languages=["en"]))
    assert [type(each) for each in found] == [TrainingRow, Refusal, Refusal]
    assert isinstance(found[2], Refusal) and found[2].detail == "found the language 'zh', expected one of: en"
