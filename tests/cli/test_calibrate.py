"""`asrdiag calibrate`: curves, crossings and grades of made-up runs, and of what is no such run."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from made_runs import Answers, Said, make_run, score_run

from asrdiag.metrics import bootstrap_interval
from asrdiag.report.calibration_columns import CALIBRATION_COLUMNS
from asrdiag.store.lock import RunLock

WORDS = ["red", "blue", "green", "black", "white", "brown", "pink", "gold", "grey", "lime"]
LEVELS = {"m000": 0.0, "m050": 0.5, "m100": 1.0}


def corpus(utterances: int, speakers: int = 1) -> list[Said]:
    """Utterances of ten words."""
    return [
        Said(f"u{number:02}", " ".join(WORDS), speaker=f"s{number % speakers}")
        for number in range(utterances)
    ]


def answers(said: Sequence[Said], omitted: Sequence[int]) -> Answers:
    """So many last words are missing, in turn."""
    return {
        each.sample_id: " ".join(WORDS[: len(WORDS) - omitted[number % len(omitted)]])
        for number, each in enumerate(said)
    }


def make(
    folder: Path, said: Sequence[Said], cells: Mapping[str, Answers], levels: Mapping[str, Any] | None = None
) -> Path:
    """A run with severities: a condition's is that of the end of its id."""
    make_run(folder, said, cells)
    path = folder / "run.json"
    run = json.loads(path.read_text())
    for key, cell in run["cells"].items():
        cell["severity"] = LEVELS.get(key.rpartition(".")[2])
        snr_db = key.partition(".snr")[2]
        cell["snr_db"] = float(snr_db) if snr_db else None
        cell["identity"] = {"condition": (levels or {}).get(key, {})}
    path.write_text(json.dumps(run))
    return folder


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def written(run: Path) -> list[dict[str, str]]:
    return rows((run / "calibration.csv").read_text())


def numbers(row: Mapping[str, str], *names: str) -> list[float]:
    return [float(row[name]) for name in names]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Every clip alike: of ten words 1, 4 and 8 are missing at the three levels of `echo`."""
    said = corpus(10)
    cells = {f"sys/set/echo.{end}": answers(said, [n]) for end, n in zip(LEVELS, (1, 4, 8), strict=True)}
    return score_run(make(tmp_path / "made", said, cells))


def test_rates_and_crossings_by_hand(asrdiag: Command, made: Path) -> None:
    ended = asrdiag("calibrate", made)
    assert ended.returncode == 0, ended.stderr
    found = written(made)
    assert list(found[0]) == list(CALIBRATION_COLUMNS)
    assert [(row["effect"], row["condition"], row["level"]) for row in found] == [
        ("echo", "echo.m000", "0"),
        ("echo", "echo.m050", "0.5"),
        ("echo", "echo.m100", "1"),
    ]
    for row, rate in zip(found, (10, 40, 80), strict=True):
        names = ("capped_error_rate_pct", "error_rate_pct", "omission_rate_pct", "capped_low_pct")
        assert numbers(row, *names) == [rate] * 4
        assert (row["hallucination_rate_pct"], row["ref_tokens"], row["n_clips"]) == ("0", "100", "10")
        # 30 %: two thirds of the way from 10 to 40. 50 and 70 %: one and three quarters of 40 to 80.
        expected = [0.5 * 2 / 3, 0.5 + 0.5 / 4, 0.5 + 0.5 * 3 / 4]
        for end in ("", "_low", "_high"):  # all clips are alike, and so are all resamples
            found_at = numbers(row, *(f"crossing_{threshold}{end}" for threshold in (30, 50, 70)))
            assert found_at == pytest.approx(expected, abs=1e-4)
    assert "0.33 (0.33 to 0.33)" in ended.stdout


def test_errors_are_capped_by_clip(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(4)
    loop = " ".join(["xyzzy"] * 30)  # ten hard substitutions and twenty insertions: 30 errors of 10 words
    cells = {f"sys/set/noise.{end}": dict(answers(said, [0])) for end in LEVELS}
    cells["sys/set/noise.m100"]["u00"] = loop
    asrdiag("calibrate", score_run(make(tmp_path / "made", said, cells)))
    last = written(tmp_path / "made")[-1]
    # 40 words of reference, 30 + 30 written: 30 errors, 10 capped, 30 of 60 words made up.
    assert numbers(last, "capped_error_rate_pct", "error_rate_pct") == [25, 75]
    assert numbers(last, "hallucination_rate_pct", "omission_rate_pct") == [50, 0]
    assert (last["crossing_30"], last["crossing_30_high"]) == ("harder", "harder")
    # A resample of the four clips holds the loop three times or more in 5.1 % of draws, four times in 0.4 %:
    # the 2.5 % quantile has 75 % errors at m = 1, and 30 % at 0.5 + 0.5 * 30 / 75.
    assert last["crossing_30_low"] == "0.7"


def test_intervals_are_those_of_the_metrics_over_speakers(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(90, speakers=60)
    missing = {"m000": [0, 1, 2], "m050": [2, 3, 7], "m100": [6, 9, 10]}
    cells = {f"sys/set/echo.{end}": answers(said, omitted) for end, omitted in missing.items()}
    asrdiag("calibrate", score_run(make(tmp_path / "made", said, cells)))
    found = written(tmp_path / "made")
    for row, omitted in zip(found, missing.values(), strict=True):
        errors = [omitted[number % 3] for number in range(90)]
        expected = bootstrap_interval(errors, [10] * 90, blocks=[each.speaker for each in said])
        assert expected is not None
        ends = numbers(row, "capped_low_pct", "capped_high_pct")
        assert ends == pytest.approx([100 * expected.low, 100 * expected.high], abs=1e-4)
        assert numbers(row, "ci_low_pct", "ci_high_pct") == ends
        assert (row["unit"], row["n_units"]) == ("speaker", "60")
    # 10, 40, 83.3 %: 30 % at 0.5 * 2/3, and the interval of the crossing lies around it.
    low, at, high = numbers(found[0], "crossing_30_low", "crossing_30", "crossing_30_high")
    assert at == pytest.approx(1 / 3, abs=1e-4)
    assert 0.2 < low < at < high < 0.5


def test_a_clip_without_an_answer_at_one_level_is_left_out_at_all(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(10)
    cells = {f"sys/set/echo.{end}": dict(answers(said, [1])) for end in LEVELS}
    cells["sys/set/echo.m000"]["u00"] = " ".join(["xyzzy"] * 10)
    cells["sys/set/echo.m100"]["u00"] = None
    asrdiag("calibrate", score_run(make(tmp_path / "made", said, cells)))
    for row in written(tmp_path / "made"):
        assert (row["n_clips"], row["n_left_out"]) == ("9", "1")
        assert row["capped_error_rate_pct"] == "10"


def test_a_level_that_nothing_was_answered_at_is_left_out_and_named(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(3)
    cells = {f"sys/set/echo.{end}": dict(answers(said, [1])) for end in LEVELS}
    cells["sys/set/echo.m100"] = dict.fromkeys(cells["sys/set/echo.m100"])
    ended = asrdiag("calibrate", score_run(make(tmp_path / "made", said, cells)))
    assert "sys/set/echo.m100: left out, no clip was answered" in ended.stdout
    assert [row["condition"] for row in written(tmp_path / "made")] == ["echo.m000", "echo.m050"]


def test_an_snr_is_a_level_too_and_falls(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(10)
    missing = {"babble.snr-2.5": 9, "babble.snr0": 6, "babble.snr10": 1}
    cells = {f"sys/set/{name}": answers(said, [n]) for name, n in missing.items()}
    ended = asrdiag("calibrate", score_run(make(tmp_path / "made", said, cells)))
    found = written(tmp_path / "made")
    assert [row["effect"] for row in found] == ["babble"] * 3
    assert [row["level"] for row in found] == ["10", "0", "-2.5"]
    assert found[0]["parameter"] == "snr_db"
    # 10 % at 10 dB, 60 % at 0 dB, 90 % at -2.5 dB: 30 % after 2/5 of 10 dB, 70 % after 1/3 of 2.5 dB.
    assert numbers(found[0], "crossing_30", "crossing_70") == pytest.approx([6, -2.5 / 3], abs=1e-4)
    assert "-0.8 (-0.8 to -0.8)" in ended.stdout


def test_the_parameters_that_change_are_named(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(3)
    cells = {f"sys/set/noise.{end}": answers(said, [1]) for end in LEVELS}
    conditions = {
        f"sys/set/noise.{end}": {
            "kind": "scenario",
            "severity": m,
            "steps": [
                {"primitive": "add_noise", "noise_db": -5 + 15 * m},
                {"primitive": "highpass", "cutoff_hz": 50.0 + m},
                {"primitive": "highpass", "cutoff_hz": 100.0},
            ],
        }
        for end, m in LEVELS.items()
    }
    asrdiag("calibrate", score_run(make(tmp_path / "made", said, cells, conditions)))
    assert [row["parameters"] for row in written(tmp_path / "made")] == [
        "add_noise.noise_db=-5 highpass1.cutoff_hz=50",
        "add_noise.noise_db=2.5 highpass1.cutoff_hz=50.5",
        "add_noise.noise_db=10 highpass1.cutoff_hz=51",
    ]


def test_a_parameter_that_is_varied_alone_has_a_curve_over_its_values(
    asrdiag: Command, tmp_path: Path
) -> None:
    said = corpus(10)
    values = dict(zip(LEVELS, (2000.0, 1750.0, 1500.0), strict=True))
    curves = {"obstructed.lowpass.cutoff_hz": (1, 4, 8), "obstructed.reverb.wet_level": (2, 2, 3)}
    cells, conditions = {}, {}
    for curve, omitted in curves.items():
        for end, n in zip(LEVELS, omitted, strict=True):
            cells[f"sys/set/{curve}.{end}"] = answers(said, [n])
            vary = {"parameter": curve, "value": values[end], "rest": 0.25}
            key = f"sys/set/{curve}.{end}"
            conditions[key] = {"kind": "scenario", "base_id": "obstructed", "vary": vary, "steps": []}
    cells |= {
        f"sys/set/{effect}.{end}": answers(said, [1]) for effect in ("obstructed", "echo") for end in LEVELS
    }
    ended = asrdiag("calibrate", score_run(make(tmp_path / "made", said, cells, conditions)))
    assert ended.returncode == 0, ended.stderr
    found = {row["condition"]: row for row in written(tmp_path / "made")}
    for end, value in values.items():
        row = found[f"obstructed.lowpass.cutoff_hz.{end}"]
        assert (row["effect"], row["varied"]) == ("obstructed.lowpass.cutoff_hz",) * 2
        assert (row["level"], row["value"], row["rest"]) == (f"{LEVELS[end]:g}", f"{value:g}", "0.25")
        # 10, 40 and 80 %: 30, 50 and 70 % are reached at m = 1/3, 5/8 and 7/8; 500 Hz less for every 1.
        at = numbers(row, *(f"crossing_value_{threshold}" for threshold in (30, 50, 70)))
        assert at == pytest.approx([2000 - 500 / 3, 2000 - 500 * 5 / 8, 2000 - 500 * 7 / 8], abs=0.1)
        assert numbers(row, "rise_pct", "rise_low_pct", "rise_high_pct") == [70] * 3
    other = found["obstructed.reverb.wet_level.m100"]
    assert (other["crossing_30"], other["crossing_value_30"]) == ("1", "1500")
    assert (other["crossing_50"], other["crossing_value_50"]) == ("harder", "harder")
    together = found["obstructed.m100"]
    assert [together[name] for name in ("varied", "value", "rest", "crossing_value_30")] == [""] * 4
    assert together["rise_pct"] == "0"
    shown = " ".join(ended.stdout.split())
    assert "one parameter at a time, the others as at severity 0.25" in shown
    assert "obstructed. 0.33 (0.33 to 0.33) 0.62 (0.62 to 0.62)" in shown
    assert "lowpass. 1830 1690 1560 cutoff_hz (1830 to 1830) (1690 to 1690)" in shown
    # The dearest first, and none of the effect as a whole.
    ranking = shown.partition("capped rises by")[2]
    assert "obstructed.lowpass.cutoff_hz 2000 to 1500 70.0 (70 to 70) obstructed.reverb.wet_level" in ranking
    # The scenario's name stands for it and for the curves of its parameters.
    assert asrdiag("calibrate", tmp_path / "made", "--condition", "obstructed").returncode == 0
    assert {row["effect"] for row in written(tmp_path / "made")} == {"obstructed", *curves}


def test_words_and_characters_have_curves_of_their_own(asrdiag: Command, tmp_path: Path) -> None:
    said = [*corpus(2), Said("z", "你好世界", language="zh", speaker="s0")]
    cells = {f"sys/set/echo.{end}": answers(said[:2], [1]) | {"z": "你好"} for end in LEVELS}
    asrdiag("calibrate", score_run(make(tmp_path / "made", said, cells)))
    found = written(tmp_path / "made")
    rates = {(row["metric"], row["language"]): row["capped_error_rate_pct"] for row in found}
    assert rates == {("wer", "en"): "10", ("cer", "zh"): "50"}


def test_csv_and_selection(asrdiag: Command, made: Path, tmp_path: Path) -> None:
    shown = asrdiag("calibrate", made, "--csv", "-")
    assert rows(shown.stdout) == written(made)
    assert asrdiag("calibrate", made, "--csv", "out.csv", "--condition", "echo.m050").returncode == 0
    assert [row["condition"] for row in rows((tmp_path / "out.csv").read_text())] == ["echo.m050"]
    assert asrdiag("calibrate", made, "--condition", "echo", "--system", "sys").returncode == 0
    assert len(written(made)) == 3
    assert not [path.name for path in made.iterdir() if path.name.endswith(".tmp")]


def test_a_run_that_is_written_to_is_read_only(asrdiag: Command, made: Path) -> None:
    with RunLock(made):
        ended = asrdiag("calibrate", made)
    assert ended.returncode == 0
    assert "calibration.csv is not written" in ended.stderr
    assert not (made / "calibration.csv").exists()


def graded(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_samples_are_graded_by_their_error_rate(asrdiag: Command, tmp_path: Path) -> None:
    said = [*corpus(6), Said("u06", "", speaker="s0")]
    cells = {
        "sys/set/as_recorded": answers(said, [0]) | {"u06": ""},
        "sys/set/echo.m050": dict(answers(said, [2, 3, 4, 5, 7, 10])) | {"u06": "red"},
        "other/set/echo.m050": answers(said, [0]),
    }
    cells["sys/set/as_recorded"] = {**cells["sys/set/as_recorded"], "u05": None}
    run = make(tmp_path / "made", said, cells)
    samples = run / "cells/sys/set/echo.m050/samples.jsonl"
    lines = [json.loads(line) for line in samples.read_text().splitlines()]
    lines[1]["audio"]["kept"] = "audio/abc.flac"
    lines[2]["degradation"] = {"kind": "scenario", "severity": 0.44}
    samples.write_text("".join(json.dumps(line) + "\n" for line in lines))
    score_run(run)
    ended = asrdiag("calibrate", run, "--grade", "all.jsonl")
    assert ended.returncode == 2
    assert "found scores of sys, other, expected one system's: name it with --system" in ended.stderr
    assert not (tmp_path / "all.jsonl").exists()
    ended = asrdiag("calibrate", run, "--grade", "all.jsonl", "--system", "sys")
    assert ended.returncode == 0, ended.stderr
    found = graded(tmp_path / "all.jsonl")
    by_condition = {
        name: [line["grade"] for line in found if line["condition"] == name]
        for name in ("as_recorded", "echo.m050")
    }
    # No answer, and no words to be wrong, have no error rate.
    assert by_condition["as_recorded"] == ["<30"] * 5 + [None, None]
    assert by_condition["echo.m050"] == ["<30", "<50", "<50", "<70", "dropped", "dropped", None]
    degraded = [line for line in found if line["condition"] == "echo.m050"]
    assert [line["error_rate_pct"] for line in degraded] == [20, 30, 40, 50, 70, 100, None]
    assert [line["severity"] for line in degraded] == [0.5, 0.5, 0.44, 0.5, 0.5, 0.5, 0.5]
    assert degraded[1]["audio"] == str(run.resolve() / "audio/abc.flac")
    assert (degraded[0]["audio"], degraded[0]["effect"]) == (None, "echo")
    page = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text()
    for name in found[0]:
        assert f"`{name}`" in page, name
    asrdiag("calibrate", run, "--grade", "two.jsonl", "--system", "sys", "--bins", "25", "100.5")
    grades = [line["grade"] for line in graded(tmp_path / "two.jsonl") if line["condition"] == "echo.m050"]
    assert grades == ["<25"] + ["<100.5"] * 5 + [None]


def test_a_run_without_severities_can_be_graded_but_has_no_curves(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(3)
    run = score_run(make(tmp_path / "made", said, {"sys/set/as_recorded": answers(said, [1])}))
    ended = asrdiag("calibrate", run)
    assert ended.returncode == 2
    assert "no scored condition with a severity or an SNR" in ended.stderr
    assert "as_recorded" in ended.stderr
    assert not (run / "calibration.csv").exists()
    assert asrdiag("calibrate", run, "--grade", "g.jsonl").returncode == 0
    assert [line["grade"] for line in graded(tmp_path / "g.jsonl")] == ["<30"] * 3


def test_severities_drawn_by_clip_have_no_curve(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(3)
    conditions = {"sys/set/echo.linear": {"kind": "scenario", "severity": "linear"}}
    run = make(tmp_path / "made", said, {"sys/set/echo.linear": answers(said, [1])}, conditions)
    ended = asrdiag("calibrate", score_run(run))
    assert ended.returncode == 2
    assert "each clip has a severity of its own" in ended.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--system", "syst"], "unknown system 'syst' (did you mean 'sys'?)"),
        (["--dataset", "sets"], "unknown dataset 'sets' (did you mean 'set'?)"),
        (["--condition", "ecco"], "unknown condition 'ecco' (did you mean 'echo'?)"),
        (["--bins", "30"], "--bins is for --grade"),
        (["--grade", "g.jsonl", "--csv", "-"], "found --csv and --grade"),
        (["--grade", "g.jsonl", "--bins", "50", "30"], "found 50 30, expected rising percentages"),
        (["--grade", "g.jsonl", "--bins", "nan"], "found 'nan', expected a percentage above 0"),
        (["--grade", "g.jsonl", "--bins", "0"], "found '0', expected a percentage above 0"),
        (["--grade", "g.jsonl", "--system", "syst"], "unknown system 'syst' (did you mean 'sys'?)"),
    ],
)
def test_what_cannot_be_meant_is_refused(asrdiag: Command, made: Path, words: list[str], said: str) -> None:
    ended = asrdiag("calibrate", made, *words)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (made / "calibration.csv").exists()


def test_no_run_no_scores_and_damaged_scores(asrdiag: Command, tmp_path: Path) -> None:
    ended = asrdiag("calibrate", tmp_path)
    assert (ended.returncode, "is not a run directory" in ended.stderr) == (2, True)
    said = corpus(2)
    cells = {f"sys/set/echo.{end}": answers(said, [1]) for end in ("m000", "m050")}
    run = make(tmp_path / "made", said, cells)
    ended = asrdiag("calibrate", run)
    assert (ended.returncode, "no cell is scored yet; `asrdiag score" in ended.stderr) == (2, True)
    score_run(run)
    (run / "cells/sys/set/echo.m050/summary.json").unlink()
    ended = asrdiag("calibrate", run)
    assert (ended.returncode, "sys/set/echo.m050: no scores yet" in ended.stdout) == (0, True)
    score_run(run)
    (run / "cells/sys/set/echo.m050/scores.parquet").write_bytes(b"PAR1 but no table PAR1")
    for words in ((), ("--grade", "g.jsonl")):
        ended = asrdiag("calibrate", run, *words)
        assert ended.returncode == 1
        assert "scores.parquet: cannot be read; `asrdiag score` makes it anew" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert not (tmp_path / "g.jsonl").exists()
    (run / "run.json").write_text("{")
    assert asrdiag("calibrate", run).returncode == 2


def test_scores_of_different_normalisers_are_not_one_curve(asrdiag: Command, tmp_path: Path) -> None:
    said = corpus(2)
    cells = {f"sys/set/echo.{end}": answers(said, [1]) for end in ("m000", "m050")}
    run = make(tmp_path / "made", said, cells)
    path = run / "run.json"
    content = json.loads(path.read_text())
    content["cells"]["sys/set/echo.m050"]["normalizers"] = {"en": "basic@1"}
    path.write_text(json.dumps(content))
    ended = asrdiag("calibrate", score_run(run))
    assert ended.returncode == 2
    assert "normalizer of u00 differs between levels" in ended.stderr


def test_every_column_is_explained_as_the_program_does() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text()
    for name, text in CALIBRATION_COLUMNS.items():
        assert f"| `{name}` | {text} |" in page
