"""`asrdiag leaderboard`: published rows, and both shapes of CSV."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Command
from made_runs import Said, make_run, score_run

from asrdiag.cli.main import main
from asrdiag.datasets.noizeus import NoizeusSpec
from asrdiag.runner.cells import cell_entry
from asrdiag.runner.plan import Selection, make_plan
from asrdiag.suite.load import load_suite
from asrdiag.suite.packaged import find_suite

NOISES, SNRS_DB = (
    ("airport", "babble", "car", "exhibition", "restaurant", "station", "street", "train"),
    (0, 5, 10, 15),
)
SUBSETS = [f"{noise}_{snr_db}dB" for noise in NOISES for snr_db in SNRS_DB]
NAMED = {f"{snr_db}dB": [f"{noise}_{snr_db}dB" for noise in NOISES] for snr_db in SNRS_DB}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A system that hears half of every sentence, on a benchmark in NOIZEUS' subsets."""
    said = [
        Said(f"sp{number:02}_{subset}", "old trees shade lazy dogs under", f"s{number % 2}", subset=subset)
        for subset in SUBSETS
        for number in range(4)
    ]
    answers = {each.sample_id: "old trees shade" for each in said}
    cells = {"mega-asr/noise/as_recorded": answers}
    return score_run(make_run(tmp_path / "run", said, cells, benchmark="noizeus", aggregates=NAMED))


def written(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_tidy_rows_end_with_the_published_ones(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["leaderboard", str(run), "--csv", str(tmp_path / "plain.csv")]) == 0
    assert main(["leaderboard", str(run), "--csv", str(tmp_path / "both.csv"), "--published"]) == 0
    plain, both = written(tmp_path / "plain.csv"), written(tmp_path / "both.csv")
    assert both[: len(plain)] == plain
    assert {row["source"] for row in plain} == {"measured"}
    published = both[len(plain) :]
    assert {row["source"] for row in published} == {"published"}
    assert len(published) == 3 * 32 + 13 * 5
    assert {row["complete"] + row["n_scored"] + row["ref_tokens"] + row["run_id"] for row in published} == {
        ""
    }
    mine, theirs = (
        {
            (row["subset"], row["aggregate"]): row["error_rate_pct"]
            for row in rows
            if row["system"] == "mega-asr" and row["aggregate"] != "pooled"
        }
        for rows in (plain, published)
    )
    assert mine.keys() == theirs.keys()
    assert set(mine.values()) == {"50"} and theirs["5dB", "macro"] == "6.61"
    assert capsys.readouterr().err == ""


def test_wide_has_a_row_for_each_system(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wide.csv"
    assert main(["leaderboard", str(run), "--csv", str(path), "--wide", "robust", "--published"]) == 0
    first, *others = written(path)
    assert (first["system"], first["access"], first["source"]) == ("mega-asr", "open", "measured")
    assert (first["noizeus_0db"], first["noizeus"], first["chime4"], first["overall"]) == ("50", "50", "", "")
    assert len(others) == 13 and others[-1]["overall"] == "6.76"
    assert capsys.readouterr().err == ""
    assert main(["leaderboard", str(run), "--csv", str(path), "--wide", "vitw"]) == 0
    assert written(path) == []
    assert "--wide vitw: these runs have none of its benchmarks as recorded" in capsys.readouterr().err


def test_the_terminal_shows_both(run: Path, asrdiag: Command) -> None:
    ended = asrdiag("leaderboard", run, "--published")
    assert ended.returncode == 0, ended.stderr
    assert "† Mega-ASR w/ router" in ended.stdout and "19.80" in ended.stdout
    ended = asrdiag("leaderboard", run)
    assert "†" not in ended.stdout and "50.00" in ended.stdout


def test_wide_is_for_csv(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", str(run), "--wide", "robust"]) == 2
    assert "--wide: found no --csv" in capsys.readouterr().err


def test_the_page_has_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["leaderboard", "--help"])
    options = set(re.findall(r"--[a-z]+", capsys.readouterr().out)) - {"--help"}
    page = (Path(__file__).parents[2] / "docs" / "leaderboard.md").read_text()
    assert options == set(re.findall(r"^\| `(--[a-z]+)[ `].* \|$", page, re.MULTILINE))


def test_a_cell_says_which_benchmark_it_is() -> None:
    loaded = load_suite(find_suite("quickstart"), {})
    cell = make_plan(loaded, Selection(conditions=["as_recorded"])).cells[0]
    entry = cell_entry(loaded.suite, cell)
    assert (entry["benchmark"], entry["aggregates"]) == (None, {})
    spec = NoizeusSpec(id="noise", loader="noizeus", root=Path("/nowhere"), snrs_db=(0, 5))
    entry = cell_entry(loaded.suite, replace(cell, dataset=replace(cell.dataset, spec=spec)))
    assert entry["benchmark"] == "noizeus"
    assert entry["aggregates"] == {name: NAMED[name] for name in ("0dB", "5dB")}
