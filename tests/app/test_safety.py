"""Runs from strangers: what they say of themselves neither leads elsewhere, nor hangs or breaks a page."""

import json
import os
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asrdiag.app.data import picture
from asrdiag.app.data.case import open_case
from asrdiag.app.data.export import json_line
from asrdiag.app.data.index import CaseKey, read_index
from asrdiag.app.data.offsets import AllOffsets
from asrdiag.app.data.rows import parts
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.data.sound import Refused, Sound, heard, recorded, roots
from asrdiag.cli.explore import command
from asrdiag.errors import SampleError

CELL = "bad/set/noise"
KEY = CaseKey("copy", "bad", "set", "noise", "u1")
DEEP = "[" * 2000


def run_of(path: Path) -> OpenRun:
    return OpenRun(path, "copy")


def record_of(path: Path) -> dict[str, Any]:
    return dict(open_case(run_of(path), KEY, AllOffsets()).record)


def test_a_name_made_to_mean_this_machine_is_no_way_in(tmp_path: Path) -> None:
    # Streamlit takes a page for its own if it has the name that was asked for; DNS makes any mean 127.0.0.1.
    server = tomllib.loads(files("asrdiag.app").joinpath(".streamlit/config.toml").read_text())["server"]
    assert server["address"] == "127.0.0.1" and server["allowedHosts"] == ["127.0.0.1", "localhost"]
    assert server["enableCORS"] is True and server["enableXsrfProtection"] is True
    words = command([tmp_path], 8501, headless=True)
    assert [word for word in words if "allowedHosts" in word] == [
        f"--server.allowedHosts={host}" for host in server["allowedHosts"]
    ]
    assert {"--server.enableCORS=true", "--server.enableXsrfProtection=true"} <= set(words)
    assert words[1:3] == ["-P", "-m"]  # a streamlit.py in the folder that one is in is not run


def test_a_root_with_a_dot_in_its_name_is_no_file(copy: Path, tmp_path: Path) -> None:
    for name in ("corpus.v2", "secret"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.wav").touch()
    suite = copy / "suite.resolved.yaml"
    suite.write_text(f"datasets:\n- {{id: set, loader: librispeech, root: {tmp_path}/corpus.v2}}\n")
    assert roots(run_of(copy), "set") == [tmp_path / "corpus.v2"]
    sources = [
        {"source": {"path": f"{tmp_path}/{name}/a.wav", "offset_s": 0.0}} for name in ("corpus.v2", "secret")
    ]
    found = [recorded(run_of(copy), "set", source) for source in sources]
    assert isinstance(found[0], Sound) and isinstance(found[1], Refused)


def test_a_linked_folder_of_clips_does_not_lead_out_of_the_run(copy: Path, tmp_path: Path) -> None:
    record = record_of(copy)
    assert isinstance(heard(run_of(copy), "set", record), Sound)
    (copy / "audio").rename(tmp_path / "elsewhere")
    (copy / "audio").symlink_to(tmp_path / "elsewhere")
    assert isinstance(heard(run_of(copy), "set", record), Refused)


def test_a_suite_that_changes_names_other_roots(copy: Path, tmp_path: Path) -> None:
    before = roots(run_of(copy), "set")
    (copy / "suite.resolved.yaml").write_text(f"datasets:\n- {{id: set, root: {tmp_path}/another-root}}\n")
    assert before != roots(run_of(copy), "set") == [tmp_path / "another-root"]


def test_a_clip_that_is_too_long_is_not_read_on(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = heard(run_of(copy), "set", record_of(copy))
    assert isinstance(sound, Sound)
    assert picture.read_clip(sound, 16_000).duration_s == 3.0
    monkeypatch.setattr(picture, "LONGEST_S", 2.4)
    with pytest.raises(SampleError, match=r"longer than 0.04 minutes"):
        picture.read_clip(sound, 16_000)


@pytest.mark.parametrize("name", ["run.json", "summary.json", "scores.parquet", "samples.jsonl", "suite"])
def test_a_pipe_instead_of_a_file_is_not_waited_for(copy: Path, name: str) -> None:
    places = {"run.json": copy / "run.json", "suite": copy / "suite.resolved.yaml"}
    path = places.get(name, copy / "cells" / CELL / name)
    path.unlink()
    os.mkfifo(path)
    run = run_of(copy)
    index = read_index([run])
    case = open_case(run, KEY, AllOffsets())
    said = [problem.place for problem in (*run.problems, *index.problems, *case.problems)]
    # A summary that is no file is one that is not there yet, and without the suite there are no roots.
    assert (str(path) in said) == (name not in ("summary.json", "suite"))
    assert roots(run, "set") == [] or name != "suite"


@pytest.mark.parametrize("name", ["run.json", "summary.json", "samples.jsonl", "suite"])
def test_brackets_within_brackets_are_damage(copy: Path, name: str) -> None:
    places = {"run.json": copy / "run.json", "suite": copy / "suite.resolved.yaml"}
    path = places.get(name, copy / "cells" / CELL / name)
    start = '{"schema": 1, "sample_id": "u1", "x": '
    path.write_text(f"{start}{DEEP}}}\n" if name == "samples.jsonl" else DEEP)
    run = run_of(copy)
    case = open_case(run, KEY, AllOffsets())
    said = [problem.place for problem in (*run.problems, *case.problems)]
    assert str(path) in said or (name == "suite" and roots(run, "set") == [])


def _without(name: str) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.drop_columns([name])


def _as(name: str, values: Any) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(
        table.column_names.index(name), name, pa.array([values] * len(table))
    )


@pytest.mark.parametrize(
    "change", [_as("duration_s", "long"), _as("sample_id", 7), _as("speaker", 1.5), _without("correct")]
)
def test_scores_of_other_kinds_are_damage(copy: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    path = copy / "cells" / CELL / "scores.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    index = read_index([run_of(copy)])
    assert [problem.place for problem in index.problems] == [str(path)]
    assert len(index.cells) == 3


@pytest.mark.parametrize(
    "change",
    [_as("alignment", "CCCCCCCCCCCC"), _as("alignment", "xx"), _without("hypothesis_tokens")],
)
def test_an_alignment_that_fits_no_text_is_damage(copy: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    path = copy / "cells" / CELL / "scores.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    case = open_case(run_of(copy), KEY, AllOffsets())
    assert [problem.place for problem in case.problems] == [str(path)] and case.steps == ()


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("severity",), {"a": {}}),
        (("snr_db",), 10**400),
        (("n_expected",), {"": {"en": "many"}}),
        (("normalizers",), ["whisper-english@1"]),
        (("identity",), None),
    ],
)
def test_an_odd_cell_of_run_json_is_left_out(copy: Path, at: tuple[str, ...], value: object) -> None:
    path = copy / "run.json"
    said = json.loads(path.read_text())
    said["cells"][CELL][at[0]] = value
    path.write_text(json.dumps(said))
    run = run_of(copy)
    assert CELL not in run.cells and len(run.cells) == 3
    assert [problem.place for problem in run.problems] == [str(path)]


@pytest.mark.parametrize(
    ("column", "value"),
    [("system", -1), ("error_rate_pct", "7"), ("n_scored", None), ("ci_low_pct", {}), ("subset", None)],
)
def test_an_odd_row_of_a_summary_is_damage(copy: Path, column: str, value: object) -> None:
    path = copy / "cells" / CELL / "summary.json"
    said = json.loads(path.read_text())
    said["rows"][0][column] = value
    path.write_text(json.dumps(said))
    run = run_of(copy)
    assert len(run.scored) == 3 and [problem.place for problem in run.problems] == [str(path)]


def test_a_record_in_no_language_and_a_run_of_no_name_are_shown(copy: Path, explorer: Any) -> None:
    path, said = copy / "run.json", json.loads((copy / "run.json").read_text())
    path.write_text(json.dumps(said | {"run_id": {"a": 1}}))
    samples = copy / "cells" / CELL / "samples.jsonl"
    records = [json.loads(line) for line in samples.read_text().splitlines()]
    records[0] |= {"language": "<script>", "source": {"path": "/x", "offset_s": 10**400}}
    records[0]["details"] = {"words": [["the", 10**400, 1]]}
    samples.write_text("".join(json.dumps(record) + "\n" for record in records))
    at = explorer(copy, page="cases", system="bad", dataset="set", condition="noise", sample="u1")
    assert "u1" in at.subheader[0].value and run_of(copy).read_run()["run_id"] == "{'a': 1}"


def test_lines_that_are_no_records_are_named(copy: Path) -> None:
    samples = copy / "cells" / CELL / "samples.jsonl"
    samples.write_text("{torn\n" + "".join(samples.read_text().splitlines(keepends=True)[1:]))
    [problem] = open_case(run_of(copy), KEY, AllOffsets()).problems
    assert problem.place == str(samples) and problem.what.endswith("; damaged lines: 1")


def test_an_unknown_count_of_errors_has_no_part() -> None:
    row = {"ref_tokens": 10, "deletions": None, "insertions": 1}
    assert parts(row | {"substitutions_soft": 0, "substitutions_hard": 2}) == {}


def test_a_number_that_json_has_not_is_exported_as_none() -> None:
    assert json_line({"a": [float("nan"), 1.5]}) == b'{"a": [null, 1.5]}\n'


def test_odd_parameters_of_a_link_do_no_harm(copy: Path, explorer: Any) -> None:
    odd = {
        "sample": "\0" * 5,
        "cell": "../../../x",
        "rate": "1e999..",
        "embed": "true",
        "order": "[",
        "said": ":red[x]",
    }
    at = explorer(copy, page="cases", **odd)
    assert any("There is no case" in each.value for each in at.warning)
