"""The filtered answers as files: equal to the table, harmless in a spreadsheet, with the audio."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import IO
from zipfile import ZipFile

import numpy as np
import pyarrow.parquet as pq
import pytest
from explorer_runs import BAD, Runs
from made_runs import Said, make_run, score_run

from asrdiag.app.data.archive import Archived, safe_name, save_zip
from asrdiag.app.data.export import AUDIO, COLUMNS, Cases, save_csv, save_jsonl
from asrdiag.app.data.index import CaseKey, read_index
from asrdiag.app.data.notes import Note
from asrdiag.app.data.runs import OpenRun
from asrdiag.errors import AsrdiagError


def cases_of(path: Path, rows: list[int] | None = None, note: str = "") -> Cases:
    run = OpenRun(path, "plain")
    index = read_index([run])
    chosen = np.arange(len(index)) if rows is None else np.array(rows, dtype=np.int64)
    notes = {CaseKey("plain", "bad", "set", "noise", "u1"): Note("check", note)} if note else {}
    return Cases({"plain": run}, index, chosen, notes)


def written(save: Callable[[IO[bytes], Cases], object], cases: Cases) -> bytes:
    stream = io.BytesIO()
    save(stream, cases)
    return stream.getvalue()


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_rows_are_those_of_the_table_in_its_order(runs: Runs) -> None:
    cases = cases_of(runs.plain)
    order = np.random.default_rng(0).permutation(len(cases.index))
    chosen = Cases(cases.runs, cases.index, order)
    keys = [cases.index.key(int(row)) for row in order]
    rows = table(written(save_csv, chosen))
    assert list(rows[0]) == list(COLUMNS)
    for key, row in zip(keys, rows, strict=True):
        assert (row["run"], row["system"], row["condition"], row["sample_id"]) == (
            *("plain", key.system, key.condition, key.sample_id),
        )
    lines = [json.loads(line) for line in written(save_jsonl, chosen).splitlines()]
    assert [line["sample_id"] for line in lines] == [key.sample_id for key in keys]
    for line, row in zip(lines, rows, strict=True):
        assert row["failure_mode"] == (line["failure_mode"] or "")
        if line["system"] == "bad":
            assert line["hypothesis_raw"] == BAD[line["sample_id"]]


def test_no_answer_is_no_empty_answer(runs: Runs) -> None:
    cases = cases_of(runs.plain)
    lines = [json.loads(line) for line in written(save_jsonl, cases).splitlines()]
    [line] = [
        line
        for line in lines
        if (line["sample_id"], line["system"], line["condition"]) == ("u4", "bad", "noise")
    ]
    assert line["hypothesis_raw"] is None and line["error"]["stage"] == "transcribe"
    assert line["n_errors"] is None and line["alignment"] is None
    [row] = [
        row for row in table(written(save_csv, cases)) if row["error_stage"] and row["condition"] == "noise"
    ]
    assert row["sample_id"] == "u4" and row["error_rate_pct"] == ""


def test_nothing_is_a_line_of_names(runs: Runs) -> None:
    assert written(save_csv, cases_of(runs.plain, [])) == f"{','.join(COLUMNS)}\n".encode()
    assert written(save_jsonl, cases_of(runs.plain, [])) == b""


@pytest.mark.parametrize("note", ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "＝1"])  # noqa: RUF001
def test_what_a_spreadsheet_would_run_is_made_text(runs: Runs, note: str) -> None:
    cases = cases_of(runs.plain, note=note)
    noted = [row for row in table(written(save_csv, cases)) if row["tag"]]
    assert [row["note"] for row in noted] == [f"'{note}"]
    lines = [json.loads(line) for line in written(save_jsonl, cases).splitlines()]
    assert [line["note"] for line in lines if line["tag"]] == [note]  # data stays as it is


def test_each_clip_is_in_the_zip_once(runs: Runs) -> None:
    stream = io.BytesIO()
    told = save_zip(stream, cases_of(runs.plain))
    with ZipFile(stream) as archive:
        names = archive.namelist()
        rows = table(archive.read("cases.csv"))
        lines = [json.loads(line) for line in archive.read("cases.jsonl").splitlines()]
        assert names == [
            "audio/set/noise/u1.flac",
            "audio/set/recordings/u1.flac",
            "cases.csv",
            "cases.jsonl",
        ]
        kept = next((runs.plain / "audio").iterdir())
        assert archive.read(names[0]) == kept.read_bytes()
        assert archive.read(names[1])[:4] == b"fLaC"
    with_audio = [row for row in rows if row["audio_heard"]]
    assert [(row["system"], row["sample_id"]) for row in with_audio] == [("bad", "u1")]
    assert [with_audio[0][name] for name in AUDIO] == names[:2]
    assert [line["audio_heard"] for line in lines] == [row["audio_heard"] for row in rows]
    assert told == Archived(2, {"the record does not say where the recording is": 19})
    again = io.BytesIO()
    save_zip(again, cases_of(runs.plain))
    assert again.getvalue() == stream.getvalue()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\\b", "C:x", "\0", ".hidden", "x" * 500, "LPT1.txt", "…"]
)
def test_no_name_leads_out_of_the_folder_or_is_reserved(name: str) -> None:
    safe = safe_name(name)
    assert safe and len(safe) <= 81 and not safe.startswith(".")
    assert not set(safe) & set('/\\:\0*?<>|"') and safe.lower().split(".")[0] != "lpt1"


def test_names_that_become_alike_stay_apart(tmp_path: Path) -> None:
    said = [Said("a/b", "one"), Said("a:b", "two")]
    run = make_run(
        tmp_path / "plain", said, {"s/set/noise": {each.sample_id: each.reference for each in said}}
    )
    path = run / "cells" / "s" / "set" / "noise" / "samples.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    (run / "audio").mkdir()
    for place, record in enumerate(records):
        name = f"audio/{str(place) * 64}.flac"
        (run / name).write_bytes(record["sample_id"].encode())
        record["audio"]["kept"] = name
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    stream = io.BytesIO()
    save_zip(stream, cases_of(score_run(run)))
    with ZipFile(stream) as archive:
        assert archive.read("audio/set/noise/a_b.flac") == b"a/b"
        assert archive.read("audio/set/noise/a_b-2.flac") == b"a:b"
        assert [row["audio_heard"] for row in table(archive.read("cases.csv"))] == archive.namelist()[:2]


def test_scores_that_changed_meanwhile_are_refused(copy: Path) -> None:
    cases = cases_of(copy)
    path = copy / "cells" / "bad" / "set" / "noise" / "scores.parquet"
    found = pq.read_table(path)
    pq.write_table(found.take(list(range(len(found)))[::-1]), path)
    with pytest.raises(AsrdiagError, match="has changed since it was opened"):
        written(save_csv, cases)
    path.write_bytes(b"PAR1")
    with pytest.raises(AsrdiagError, match="asrdiag score"):
        written(save_jsonl, cases)
