"""`asrdiag rewards`, as a user meets it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from asrdiag.cli.main import main
from asrdiag.metrics.rewards.groups import GROUP_COLUMNS
from asrdiag.metrics.rewards.registration import TRAINERS, how_to_register

REFERENCE = "we saw a cat sit on the old red mat"
TEXTS = (REFERENCE, "we saw a cat sit on the old", "\x1b[31mwe saw [bold]a[/bold]")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")


def log(name: str, *groups: dict[str, Any], rest: str = "") -> None:
    Path(name).write_text("".join(f"{json.dumps(each)}\n" for each in groups) + rest)


def group(number: int, texts: tuple[str, ...] = TEXTS, **fields: Any) -> dict[str, Any]:
    rollouts = [{"transcript": text, "finish_reason": "stop"} for text in texts]
    return {
        "group": f"g{number}",
        "sample_id": f"s{number}",
        "reference": REFERENCE,
        "rollouts": rollouts,
    } | fields


def test_path_prints_what_goes_into_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    for trainer in TRAINERS:
        assert main(["rewards", "path", trainer]) == 0
        assert capsys.readouterr().out == how_to_register(trainer) + "\n"
    assert main(["rewards", "path", "NeMo-RL"]) == 0
    assert capsys.readouterr().out == how_to_register("nemo_rl") + "\n"
    assert main(["rewards", "path", "verll"]) == 2
    assert "unknown trainer 'verll' (did you mean 'verl'?); known: trl, verl" in capsys.readouterr().err


def test_inspect_shows_numbers_components_and_cases(capsys: pytest.CaptureFixture[str]) -> None:
    # The second group prefers ten wrong words (R_struc: the length is right) to silence; the third is flat.
    filler = " ".join(["so well"] * 6)
    last = group(3, (REFERENCE,) * 2, step=2, used=False)
    log("a.jsonl", group(1, step=0, used=True), group(2, ("", filler), step=1, used=True), last)
    assert main(["rewards", "inspect", "a.jsonl"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "3 groups of 2 to 3 rollouts, 7 in all" in said.out
    assert "1 of 3 groups have no variance and teach nothing: 1 all right, 0 one wrong text" in said.out
    assert "the updates used 2 of 3 groups" in said.out
    assert "by step" in said.out and "by mean WER" in said.out
    assert "CPI" not in said.out  # no base is known
    # 3 + 1 + 0 pairs of different error rates.
    assert "1 of 4 pairs (25.0 %) ranked against WER, by: " in said.out
    assert "a.jsonl:2, s2: r_" in said.out
    assert "better    (nothing)" in said.out


def test_texts_cannot_move_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    log("a.jsonl", group(2, ("", "\x1b[31m[bold]so\n well " * 6)))
    assert main(["rewards", "inspect", "a.jsonl"]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\N{REPLACEMENT CHARACTER}[31m[bold]so well" in said


def test_json_has_everything_and_csv_a_row_for_each_group(capsys: pytest.CaptureFixture[str]) -> None:
    log(
        "a.jsonl", group(1, base_wer=0.2, temperature=0.7), group(2, TEXTS[:2], base_wer=0.2, temperature=0.7)
    )
    words = ["rewards", "inspect", "a.jsonl", "--json", "--csv", "groups.csv", "--tau", "0.5"]
    assert main(words) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["reward"]["tau"] == 0.5
    assert data["summary"]["n_rollouts"] == 5
    assert (data["summary"]["potential"], data["summary"]["k"]) == (pytest.approx((2 / 3 + 1) / 2), 2)
    rows = list(csv.DictReader(io.StringIO(Path("groups.csv").read_text())))
    assert list(rows[0]) == ["where", "group", "prompt", *GROUP_COLUMNS]
    assert [(row["where"], row["prompt"], row["n_rollouts"]) for row in rows] == [
        ("a.jsonl:1", "s1", "3"),
        ("a.jsonl:2", "s2", "2"),
    ]
    assert rows[0]["step"] == "" and rows[0]["base_wer"] == "0.2"
    assert main(["rewards", "inspect", "a.jsonl", "--csv", "-"]) == 0
    assert capsys.readouterr().out.startswith("where,group,prompt,step")
    assert main(["rewards", "inspect", "a.jsonl", "--out", "report.txt"]) == 0
    assert "5 in all" in Path("report.txt").read_text()
    assert capsys.readouterr().out == ""


def test_bad_lines_are_named_and_the_status_tells(capsys: pytest.CaptureFixture[str]) -> None:
    log("a.jsonl", group(1), rest='{"oops"\n' * 12 + json.dumps(group(2)) + '\n{"schema')
    assert main(["rewards", "inspect", "a.jsonl"]) == 1
    said = capsys.readouterr()
    assert "2 groups of 3 rollouts" in said.out
    assert said.err.count("expected a JSON object") == 10
    assert "asrdiag: a.jsonl:2: found '{\"oops\"'" in said.err
    assert "and 2 more lines that cannot be used" in said.err
    assert "the last line of 1 file(s) is half written; it is left out" in said.err
    log("b.jsonl", group(1), rest='{"schema')
    assert main(["rewards", "inspect", "b.jsonl"]) == 0


def test_logged_rewards_that_differ_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    rollouts = [{"transcript": text, "reward": reward} for text, reward in ((TEXTS[0], 0.1), (TEXTS[1], 0.9))]
    log("a.jsonl", group(1) | {"rollouts": rollouts})
    assert main(["rewards", "inspect", "a.jsonl"]) == 0
    assert "2 of 2 logged rewards are not what this reward computes (by up to 0.9)" in capsys.readouterr().out
    assert main(["rewards", "inspect", "a.jsonl", "--logged", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["tau_b"] == -1.0
    log("a.jsonl", group(1))
    assert main(["rewards", "inspect", "a.jsonl", "--logged"]) == 2
    assert "found no group whose rewards were logged" in capsys.readouterr().err


def test_probe_chooses_a_temperature(capsys: pytest.CaptureFixture[str]) -> None:
    base = (TEXTS[1],)
    log("greedy.jsonl", group(1, base), group(2, base))
    log("cool.jsonl", group(1, base * 2), group(2, base * 2))
    log("warm.jsonl", group(1, base + TEXTS[:1]), group(2, base + TEXTS[:1]))
    files = ["greedy.jsonl", "cool.jsonl", "warm.jsonl"]
    assert main(["rewards", "probe", *files, "--temperatures", "0", "0.3", "0.7", "--csv", "t.csv"]) == 0
    said = capsys.readouterr().out
    assert "temperature 0.7: highest CPI (100.0 %) of the 2 with BAP" in said
    assert "2 prompts do not tell it apart, by CPI, from 0.3 (p = 0.50)" in said
    rows = list(csv.DictReader(io.StringIO(Path("t.csv").read_text())))
    assert [(row["temperature"], row["potential"], row["chosen"]) for row in rows] == [
        ("0.0", "0.0", "False"),
        ("0.3", "0.0", "False"),
        ("0.7", "1.0", "True"),
    ]
    assert main(["rewards", "probe", *files[1:], "--temperatures", "0.3", "0.7", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["chosen"], data["temperatures"][0]["refused"]) == (None, "no base error rate")
    assert main(["rewards", "probe", *files]) == 2
    assert "no group has a temperature; give --temperatures" in capsys.readouterr().err
    assert main(["rewards", "probe", *files, "--temperatures", "0.3"]) == 2
    assert "found 1 temperatures for 3 files, expected one for each" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--tau", "-1"], "tau is -1.0, expected a finite number of at least 0"),
        (["--preset", "papr"], "unknown preset 'papr'; known: paper"),
        (["--normalizer", "nope"], "nope"),
        (["--language", "English"], "'English' is not a language tag"),
        (["--field", "refrence=x"], "unknown field 'refrence'"),
        (["--csv", "a.jsonl"], "--csv a.jsonl: this is a.jsonl, which is read"),
        (["--csv", "-", "--json"], "found the report and --csv for standard output"),
        (["b.jsonl"], "b.jsonl: no such file"),
    ],
)
def test_what_cannot_be_is_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log("a.jsonl", group(1))
    assert main(["rewards", "inspect", "a.jsonl", *words]) == 2
    assert message in capsys.readouterr().err


def test_temperatures_are_numbers_from_zero_up(capsys: pytest.CaptureFixture[str]) -> None:
    log("a.jsonl", group(1))
    for wrong in ("nan", "-1", "hot", "inf"):
        with pytest.raises(SystemExit, match="2"):
            main(["rewards", "probe", "a.jsonl", f"--temperatures={wrong}"])
        assert f"found '{wrong}', expected a temperature from 0 up" in capsys.readouterr().err


def test_a_log_in_a_folder_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    Path("logs").mkdir()
    log("logs/a.jsonl", group(1))
    assert main(["rewards", "inspect", "logs", "--out", "logs/a.jsonl"]) == 2
    assert "--out logs/a.jsonl: this is logs/a.jsonl, which is read" in capsys.readouterr().err


def test_a_file_without_rollouts_is_refused_with_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log("a.jsonl", {"text": "x"})
    assert main(["rewards", "inspect", "a.jsonl"]) == 2
    said = capsys.readouterr().err
    assert "a.jsonl: found no group of rollouts\na.jsonl:1: found the columns text, expected one of" in said
