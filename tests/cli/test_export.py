"""`asrdiag export`: answers and case studies as files, and what it refuses."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from explorer_runs import make_runs

from asrdiag.cli.main import main

Export = Callable[..., tuple[int, str, str]]
CASE = "- {system: bad, dataset: set, condition: noise, sample: %s}\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_runs(tmp_path_factory.mktemp("runs")).plain


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Export:
    """Runs the command in an empty folder; gives the exit status and what it said."""
    monkeypatch.chdir(tmp_path)

    def called(*words: object) -> tuple[int, str, str]:
        try:
            status = main(["export", *map(str, words)])
        except SystemExit as ended:
            status = int(ended.code or 0)
        return status, *capsys.readouterr()

    return called


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_without_options_it_is_a_table_in_the_run(export: Export, run: Path) -> None:
    status, said, complained = export(run)
    assert (status, said, complained) == (0, f"export: {run / 'cases.csv'} (20 cases)\n", "")
    found = rows((run / "cases.csv").read_text())
    (run / "cases.csv").unlink()
    errors = [float(row["n_errors"]) for row in found if row["n_errors"]]
    assert errors == sorted(errors, reverse=True) and len(found) == 20


def test_filters_are_those_of_an_address(export: Export, run: Path) -> None:
    status, text, _ = export(
        run, "--where", "system=bad&condition=noise", "--where", "rate=40..", "--out", "-"
    )
    assert status == 0 and [row["sample_id"] for row in rows(text)] == ["u1", "u3"]
    _, text, _ = export(run, "--where", "text=c(ap|old) town", "--where", "regex=1", "--out", "-")
    assert {row["sample_id"] for row in rows(text)} == {"u2"}
    _, text, _ = export(run, "--where", "system=bad", "--order", "least", "--out", "-")
    errors = [float(row["n_errors"]) for row in rows(text) if row["n_errors"]]
    assert errors == sorted(errors)
    status, text, complained = export(run, "--where", "mode=repetition_loop", "--out", "-")
    assert status == 0 and rows(text) == []
    assert complained == "asrdiag: no failure mode 'repetition_loop' in the open runs\n"


def test_the_ending_says_the_format(export: Export, run: Path, tmp_path: Path) -> None:
    assert export(run, "--out", "new/a.jsonl")[0] == 0
    lines = [json.loads(line) for line in (tmp_path / "new" / "a.jsonl").read_text().splitlines()]
    assert len(lines) == 20
    status, _, complained = export(run, "--out", "a.zip")
    assert status == 0 and "19 without audio: the record does not say" in complained
    with ZipFile(tmp_path / "a.zip") as archive:
        assert "audio/set/noise/u1.flac" in archive.namelist() and archive.testzip() is None
    _, text, _ = export(run, "--format", "jsonl", "--out", "-")
    assert [json.loads(line) for line in text.splitlines()] == lines


def test_a_study_is_a_page_or_a_table_of_its_cases(export: Export, run: Path, tmp_path: Path) -> None:
    study = tmp_path / "talk.cases.yaml"
    study.write_text("title: Talk\ncases:\n" + CASE % "z1" + CASE % "u1")
    status, said, complained = export(run, "--cases", study)
    assert (status, said, complained) == (0, f"page: {tmp_path / 'talk.cases.html'} (2 cases)\n", "")
    page = (tmp_path / "talk.cases.html").read_text()
    assert page.index("今天天气") < page.index("the cat".replace(" ", "</td><td>"))
    assert export(run, "--cases", study, "--out", "-")[1] == page
    _, text, _ = export(run, "--cases", study, "--out", "-", "--format", "csv")
    assert [row["sample_id"] for row in rows(text)] == ["z1", "u1"]


def test_an_unknown_case_is_told_with_its_line_and_nothing_is_written(
    export: Export, run: Path, tmp_path: Path
) -> None:
    study = tmp_path / "s.yaml"
    study.write_text("cases:\n" + CASE % "u1" + CASE % "u11")
    status, said, complained = export(run, "--cases", study)
    assert (status, said) == (2, "")
    assert "s.yaml:3: no sample 'u11' in bad/set/noise; nearest: u1" in complained
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--where", "mod=x"], "unknown filter 'mod' (did you mean 'mode'?)"),
        (["--where", "mode"], "expected a filter such as mode=empty"),
        (["--where", "system=goood"], "unknown system 'goood' (did you mean 'good'?)"),
        (["--where", "rate=x"], "expected a range such as 20..100"),
        (["--where", "text=(", "--where", "regex=1"], "cannot be used"),
        (["--out", "a.txt"], "known: .csv, .jsonl, .zip, .html"),
        (["--out", "a.html"], "--cases FILE"),
        (["--format", "html"], "--cases FILE"),
        (["--cases", "gone.yaml"], "gone.yaml: cannot be read"),
        (["--cases", "s.yaml", "--where", "mode=empty"], "the file says which"),
        (["--cases", "s.yaml", "--out", "s.yaml", "--format", "html"], "this is s.yaml, which is read"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    export: Export, run: Path, tmp_path: Path, words: list[str], expected: str
) -> None:
    (tmp_path / "s.yaml").write_text("cases:\n" + CASE % "u1")
    status, said, complained = export(run, *words)
    assert (status, said) == (2, "") and expected in complained
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]


def test_no_part_of_a_run_is_written_over(export: Export, run: Path, tmp_path: Path) -> None:
    assert export(run, "--out", run / "leaderboard.csv")[0] == 2
    assert export(tmp_path)[0] == 2  # no run
    assert export(run, "--out", run)[0] == 2


def test_cells_that_cannot_be_read_are_told(export: Export, tmp_path: Path) -> None:
    run = make_runs(tmp_path / "w").other
    assert export(run, "--out", "a.csv")[0] == 0
    (run / "cells" / "bad" / "set" / "as_recorded" / "scores.parquet").write_bytes(b"PAR1")
    status, _, complained = export(run, "--out", "a.csv")
    assert status == 1 and "asrdiag score" in complained
