"""`asrdiag judge` given what it cannot use: a message that says what was found and what was expected."""

import json
from pathlib import Path

import pytest
from judge.judged_runs import BAD, CORPUS
from made_runs import make_run, score_run

from asrdiag.cli.main import main

URL = ("--base-url", "http://127.0.0.1:9/v1")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judge") / "run"
    folder.mkdir()
    return score_run(make_run(folder, CORPUS, {"bad/set/as_recorded": BAD}))


def files(run: Path) -> list[Path]:
    return sorted(path for path in run.rglob("*") if path.name != ".lock")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "found no --model; expected --model NAME --base-url URL"),
        (("--model", "m"), "found no --base-url"),
        (
            ("--model", "m", "--base-url", "localhost:8000"),
            "found 'localhost:8000', expected an address such",
        ),
        (("--model", "m", "--base-url", "https://me:secret@host/v1"), "expected the address alone"),
        (("--model", "", *URL), "found no --model"),
        (("--model", "m", *URL, "--api-key-env", "NO_SUCH_KEY"), "NO_SUCH_KEY is not set"),
        (("--model", "m", *URL, "--prompt", "judge@0"), "unknown prompt 'judge@0' (did you mean 'judge@1'?)"),
        (("--model", "m", *URL, "--max-cost", "1"), "max_cost without a price"),
        (("--model", "m", *URL, "--extra-body", "[1]"), "--extra-body: found '[1]', expected a JSON object"),
        (("--model", "m", *URL, "--extra-body", '{"n": 2}'), "extra_body sets n, which asrdiag sets itself"),
        (
            ("--model", "m", *URL, "--extra-body", '{"max_tokens": 1001}'),
            "extra_body sets max_tokens to 1001, expected a whole number up to max_output_tokens (1000)",
        ),
        (("--model", "m", *URL, "--system", "god"), "unknown system 'god'; known: bad"),
        (("--model", "m", *URL, "--condition", "rain"), "unknown condition 'rain'; known: as_recorded"),
        (("--model", "m", *URL, "--sample", "1"), "found a sample of 1, expected 2 or more"),
        (("--model", "m", *URL, "--strata", "mood"), "unknown stratum 'mood'"),
        (("--model", "m", *URL, "--published"), "--published is for asrdiag judge report RUN"),
        (("again", "--model", "m", *URL), "found 2 run directories, expected one"),
        (("--model", "m", *URL, "--max-cost", "0"), "found '0', expected a number above 0"),
        (("--model", "m", *URL, "--modl", "x"), "did you mean --model?"),
    ],
)
def test_bad_usage(
    run: Path, words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(run)
    try:
        status = main(["judge", str(run), *words])
    except SystemExit as ended:
        status = int(ended.code or 0)
    assert status == 2
    assert message in capsys.readouterr().err
    assert files(run) == before


def test_runs_that_have_nothing_to_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def err(*words: object) -> str:
        assert main([*map(str, words), "--model", "m", *URL]) == 2
        return capsys.readouterr().err

    assert "is not a run directory: it has no run.json" in err("judge", tmp_path / "none")
    for name, cells, message in (
        ("unscored", {"bad/set/as_recorded": BAD}, "bad/set/as_recorded: not scored"),
        ("empty", {}, "nothing to judge: it has no answers"),
        ("failed", {"bad/set/as_recorded": dict.fromkeys(BAD)}, "nothing to judge: it has no answers"),
    ):
        (tmp_path / name).mkdir()
        run = make_run(tmp_path / name, CORPUS, cells)
        if name == "failed":
            score_run(run)
        assert message in err("judge", run)
    assert main(["judge", "report"]) == 2
    assert (
        "found none, expected one: asrdiag judge RUN, or asrdiag judge report RUN" in capsys.readouterr().err
    )
    assert main(["judge", "report", str(run), "--model", "m"]) == 2
    assert "--model is for asking a judge: asrdiag judge RUN" in capsys.readouterr().err


def test_everything_right_costs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run without an error takes no judge: nothing listens at this address."""
    good = {said.sample_id: said.reference for said in CORPUS}
    run = score_run(make_run(tmp_path, CORPUS, {"good/set/as_recorded": good}))
    assert main(["judge", str(run), "--model", "m", *URL]) == 0
    capsys.readouterr()
    assert main(["judge", "report", str(run), "--json", "-"]) == 0
    [line] = json.loads(capsys.readouterr().out)["lines"]
    assert line["judged"] == {
        "hallucination_pct": 0,
        "missed_pct": 0,
        "meaning": 100,
        "key_error_pct": 0,
    }
