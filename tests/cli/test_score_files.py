"""`asrdiag score --ref R --hyp H`, as a user meets it."""

import csv
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ASRDIAG, Command
from run_files import leaderboard

REFERENCE = "the cat sat on the mat (s1-a)\nHello, there! (s1-b)\n"
HYPOTHESIS = "the cap sat on mat (s1-a)\nhello there (s1-b)\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    reference, hypothesis = tmp_path / "r.trn", tmp_path / "h.trn"
    reference.write_text(REFERENCE)
    hypothesis.write_text(HYPOTHESIS)
    return reference, hypothesis


def test_two_files_are_scored_and_shown(asrdiag: Command, files: tuple[Path, Path]) -> None:
    ended = asrdiag("score", "--ref", "r.trn", "--hyp", "h.trn")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "h.trn against r.trn" in ended.stdout
    assert "2 of 2 utterances scored" in ended.stdout
    # 1 soft substitution and 1 deletion of 6 + 2 words.
    assert "25.0" in ended.stdout


def test_a_missing_hypothesis_is_no_answer_unless_it_is_said_to_be_empty(
    asrdiag: Command, files: tuple[Path, Path]
) -> None:
    files[1].write_text(HYPOTHESIS.splitlines()[0] + "\nwhat (s9-z)\n")
    ended = asrdiag("score", "--ref", "r.trn", "--hyp", "h.trn", "--report", "json")
    assert ended.returncode == 1
    assert "no hypothesis for these utterances, which are in no rate (1): 's1-b'" in ended.stderr
    assert "no reference for these hypotheses, which are in no rate (1): 's9-z'" in ended.stderr
    document = json.loads(ended.stdout)
    assert (document["missing"], document["extra"]) == (["s1-b"], ["s9-z"])
    assert document["totals"][0]["error_rate_pct"] == pytest.approx(100 * 2 / 6)
    empty = asrdiag("score", "--ref", "r.trn", "--hyp", "h.trn", "--report", "json", "--missing-as-empty")
    assert empty.returncode == 0
    assert "no hypothesis for these utterances, taken as empty (1): 's1-b'" in empty.stderr
    # Two words more, both left out.
    assert json.loads(empty.stdout)["totals"][0]["error_rate_pct"] == pytest.approx(100 * 4 / 8)


def test_many_ids_are_cut_on_the_terminal_only(asrdiag: Command, files: tuple[Path, Path]) -> None:
    files[0].write_text(REFERENCE + "".join(f"word (x-{number:02})\n" for number in range(25)))
    ended = asrdiag("score", "--ref", "r.trn", "--hyp", "h.trn", "--out", "scores.json")
    assert ended.returncode == 1
    assert ended.stderr.count("x-") == 10
    assert "(25): 'x-00'" in ended.stderr
    assert ended.stderr.endswith("'x-09' and 15 more\n")
    assert ended.stdout == "scores.json: WER 25.00 %, 2 utterances\n"
    assert len(json.loads((files[0].parent / "scores.json").read_text())["missing"]) == 25


@pytest.mark.parametrize(
    ("options", "begins"),
    [
        (["--out", "a.json"], '{\n  "schema": 1,'),
        (["--out", "a.csv"], "id,language,speaker,"),
        (["--out", "a.txt"], "\nh.trn against r.trn\nWER %, language en"),
        (["--out", "a.txt", "--report", "sclite"], "h.trn against r.trn\nWER, language en"),
    ],
)
def test_reports_go_to_a_file(
    asrdiag: Command, files: tuple[Path, Path], options: list[str], begins: str
) -> None:
    ended = asrdiag("score", "--ref", "r.trn", "--hyp", "h.trn", *options)
    assert ended.returncode == 0, ended.stderr
    text = (files[0].parent / options[1]).read_text()
    assert text.startswith(begins)
    assert "\x1b" not in text


def test_a_samples_file_is_scored_as_its_run_was(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    assert asrdiag("run", suite(), "--limit", 5).returncode == 0
    run = tmp_path / "runs" / "small"
    samples = run / "cells/moonshine-tiny/demo/as_recorded/samples.jsonl"
    row = leaderboard(run)[0]
    for options in (["--ref", samples], ["--hyp", samples], ["--ref", samples, "--hyp", samples]):
        ended = asrdiag("score", *options, "--report", "json")
        assert ended.returncode == 0, ended.stderr
        [total] = json.loads(ended.stdout)["totals"]
        # The run knows of the 10 clips that the limit left out.
        shared = [name for name in row if name in total and name != "n_expected"]
        assert len(shared) > 15
        for name in shared:
            value = "" if total[name] is None else total[name]
            assert row[name] == (
                f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
            )


def test_language_normaliser_and_groups_are_options(asrdiag: Command, files: tuple[Path, Path]) -> None:
    pair = ("score", "--ref", "r.trn", "--hyp", "h.trn", "--report", "json")
    options = ("--language", "zh", "--normalizer", "none", "--speaker-separator", "-", "--by", "speaker")
    ended = asrdiag(*pair, *options)
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    [total] = document["totals"]
    assert (total["metric"], total["normalizer"], total["language"]) == ("cer", "none", "zh")
    assert [(group["factor"], group["value"]) for group in document["groups"]] == [("speaker", "s1")]


def test_formats_are_options_and_pipes_are_files(asrdiag: Command, tmp_path: Path) -> None:
    (tmp_path / "ref").write_text("one red\ntwo\n")
    (tmp_path / "hyp").write_text("one read\ntwo\n")
    bare = ("--ref-format", "lines", "--hyp-format", "lines")
    ended = asrdiag("score", "--ref", "ref", "--hyp", "hyp", *bare, "--report", "csv", "--normalizer", "none")
    assert ended.returncode == 0, ended.stderr
    assert [row["alignment"] for row in csv.DictReader(ended.stdout.splitlines())] == ["Cs", "C"]
    os.mkfifo(tmp_path / "pipe")
    with asrdiag.start("score", "--ref", "ref", "--hyp", "pipe", *bare, "--report", "csv") as process:
        (tmp_path / "pipe").write_text("one red\ntwo\n")
        text = process.communicate(timeout=300)[0]
    assert [row["alignment"] for row in csv.DictReader(text.splitlines())] == ["CC", "C"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "found neither RUN nor --ref and --hyp"),
        (["r.trn"], "r.trn: found a file, expected a run directory; files go to --ref and --hyp"),
        (
            ["r.trn", "--ref", "r.trn"],
            "found RUN and --ref, which is for files; expected a run or files, not",
        ),
        (["runs", "--missing-as-empty"], "found RUN and --missing-as-empty, which is for files"),
        (["runs", "--unit", "word"], "found RUN and --unit, which is for files"),
        (["--ref", "-", "--hyp", "-"], "found standard input as --ref and as --hyp, which can be read once"),
        (
            ["--ref", "r.trn", "--hyp", "h.trn", "--out", "./h.trn"],
            "--out h.trn: this is h.trn, which is read",
        ),
        (["--ref", "r.trn", "--hyp", "h.trn", "--language", ""], "--language: language '' is not a language"),
        (["--ref", "r.trn", "--hyps", "h.trn"], "(did you mean --hyp?)"),
        (["--ref", "r.trn"], "r.trn: found only 'id', 'text', expected either --ref and --hyp, or one file"),
        (["--ref", "r.trn", "--hyp", "h.trn", "--normalizer", "whisper"], "unknown normaliser 'whisper'"),
        (
            ["--ref", "r.trn", "--hyp", "h.trn", "--language", "Chinese"],
            "--language: language 'Chinese' is not",
        ),
        (["--ref", "r.trn", "--hyp", "h.trn", "--ref-format", "xml"], "unknown format 'xml'"),
        (
            ["--ref", "r.trn", "--hyp", "h.trn", "--by", "room"],
            "unknown column 'room'; known: id, text, language",
        ),
        (["--ref", "/dev/null", "--hyp", "h.trn"], "/dev/null: found no utterance in it"),
    ],
)
def test_bad_usage_scores_nothing(
    asrdiag: Command, files: tuple[Path, Path], words: list[str], message: str
) -> None:
    ended = asrdiag("score", *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_report_that_cannot_be_written_is_a_failure(asrdiag: Command, files: tuple[Path, Path]) -> None:
    ended = asrdiag("score", "--ref", "r.trn", "--hyp", "h.trn", "--out", "r.trn/scores.json")
    assert ended.returncode == 1
    assert "could not be written" in ended.stderr
    assert files[0].read_text() == REFERENCE


def test_no_part_of_a_run_is_written_over(asrdiag: Command, files: tuple[Path, Path], tmp_path: Path) -> None:
    cell = tmp_path / "run/cells/a/b/c"
    cell.mkdir(parents=True)
    (tmp_path / "run/run.json").write_text("{}")
    (tmp_path / "link").symlink_to(cell / "samples.jsonl")
    pair = ("score", "--ref", "r.trn", "--hyp", "h.trn", "--out")
    for path in ("run/run.json", "run/leaderboard.csv", cell / "samples.jsonl", "link", "run/audio/x.flac"):
        ended = asrdiag(*pair, path)
        assert ended.returncode == 2, path
        assert f"--out {path}: this is part of the run {tmp_path / 'run'}" in ended.stderr
    assert (tmp_path / "run/run.json").read_text() == "{}"
    assert asrdiag(*pair, cell / "scores.json").returncode == 0


def test_standard_streams_have_a_name(asrdiag: Command, files: tuple[Path, Path]) -> None:
    for given, other in (("--ref", "--hyp"), ("--hyp", "--ref")):
        path, partner = files if given == "--ref" else files[::-1]
        ended = subprocess.run(
            [str(ASRDIAG), "score", given, "-", other, str(partner), "--out", "-", "--report", "json"],
            input=path.read_text(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        assert json.loads(ended.stdout)["totals"][0]["error_rate_pct"] == 25
    assert asrdiag("score", "--ref", "r.trn", "--hyp", "h.trn", "--out", "-").stdout.startswith(
        "\nh.trn against"
    )


def test_what_programs_read_is_utf_8_whatever_the_locale_is(asrdiag: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,reference,hypothesis\na,caf\xe9 \u4f60,caf\xe9\n", encoding="utf-8")
    latin = os.environ | {"PYTHONIOENCODING": "latin-1", "LC_ALL": "C"}
    for report in ("json", "csv"):
        ended = subprocess.run(
            [str(ASRDIAG), "score", "--ref", "a.csv", "--report", report],
            cwd=tmp_path,
            env=latin,
            capture_output=True,
            check=True,
        )
        assert "caf\xe9 \u4f60" in ended.stdout.decode("utf-8")


def test_the_unit_wins_over_the_language(asrdiag: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,reference,hypothesis,lang\na,cat,cap,en\nb,oui,ou,fr\n")
    report = ("--report", "json")
    totals = json.loads(asrdiag("score", "--ref", "a.csv", *report).stdout)["totals"]
    assert [(total["metric"], total["ref_tokens"]) for total in totals] == [("wer", 2)]
    ended = asrdiag("score", "--ref", "a.csv", "--unit", "character", *report)
    [total] = json.loads(ended.stdout)["totals"]
    # One letter of "cat" is another one, one of "oui" is left out.
    assert (total["metric"], total["ref_tokens"], total["error_rate_pct"]) == (
        "cer",
        6,
        pytest.approx(100 / 3),
    )


def test_text_that_is_taken_for_english_but_is_not_is_remarked_on(asrdiag: Command, tmp_path: Path) -> None:
    (tmp_path / "zh.csv").write_text("id,reference,hypothesis\na,\u4f60\u597d\u5417,\u4f60\u597d\n")
    ended = asrdiag("score", "--ref", "zh.csv")
    assert ended.returncode == 0
    assert "the references are mostly in Han script, but no language is stated" in ended.stderr
    assert "such as --language zh" in ended.stderr
    assert asrdiag("score", "--ref", "zh.csv", "--language", "zh").stderr == ""


@pytest.mark.parametrize("columns", range(40, 121, 16))
def test_tables_in_pipes_are_not_cut(asrdiag: Command, files: tuple[Path, Path], columns: int) -> None:
    ended = asrdiag("score", "--ref", "r.trn", "--hyp", "h.trn", COLUMNS=str(columns))
    lines = ended.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert all(line == line.rstrip() for line in lines)
    shown = [part for line in lines if line.split()[:1] == ["all"] for part in line.split()[1:]]
    assert [*shown[:3], *shown[4:]] == ["2", "8", "25.0", "1", "0", "1", "0", "12.5", "0.0"]


def test_a_file_name_that_is_not_utf_8_does_not_stop_the_report(asrdiag: Command, tmp_path: Path) -> None:
    path = os.fsdecode(b"caf\xe9.csv")
    (tmp_path / path).write_text("id,reference,hypothesis\na,hi,hi\n")
    ended = asrdiag("score", "--ref", path, "--out", "scores.json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads((tmp_path / "scores.json").read_text())["files"][0]["path"] == "caf\ufffd.csv"
