"""Robustness: curves, heat map, changes and failure modes, and the way from them to cases."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from explorer_runs import Runs, charts, choose, touch
from made_sweeps import corpus, make_sweep, omitting

SAID = [
    type(each)(each.sample_id, each.reference, each.speaker, subset="<b>street</b>" if place < 2 else "home")
    for place, each in enumerate(corpus(4))
]
CELLS = {
    "sys/set/as_recorded": omitting(SAID, [0, 1, 0, 0]),
    "sys/set/echo.m000": omitting(SAID, [1, 1, 1, 3]),
    "sys/set/echo.m050": omitting(SAID, [4, 4, 9, 2]),
    "sys/set/echo.m100": omitting(SAID, [8, 8, None, 6]),
    "sys/set/lone.m050": omitting(SAID, [5, 5, 5, 5]),
    "two/set/as_recorded": omitting(SAID, [0, 0, 0, 0]),
    "two/set/echo.m100": omitting(SAID, [10, 10, 10, 10]),
}
STEPS = {"echo.m000": 0.1, "echo.m050": 0.25, "echo.m100": 0.9}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose effect `echo` varies one parameter alone."""
    run = make_sweep(tmp_path_factory.mktemp("sweeps") / "sweep", SAID, CELLS)
    path = run / "run.json"
    content = json.loads(path.read_text())
    for cell in content["cells"].values():
        if cell["condition"] in STEPS:
            mix = STEPS[cell["condition"]]
            cell["identity"]["condition"] |= {
                "steps": [{"primitive": "echo", "delay_s": 0.2, "mix": mix}],
                "vary": {"parameter": "hall.echo.mix", "value": mix, "rest": 0.0},
            }
    path.write_text(json.dumps(content))
    return run


def test_curves_are_those_of_the_scores(explorer: Any, sweep: Path) -> None:
    at = explorer(sweep, page="robustness", system="sys")
    table = at.dataframe[0].value
    assert list(table["effect"]) == ["echo"] * 3 and list(table["clips"]) == [3] * 3
    # Without clip 2: 1 + 1 + 3, 4 + 4 + 2 and 8 + 8 + 6 of 30 words.
    assert list(table["rate"]) == pytest.approx([100 * 5 / 30, 100 * 10 / 30, 100 * 22 / 30])
    assert list(table["value"]) == [0.1, 0.25, 0.9] and set(table["parameter"]) == {"hall.echo.mix"}
    chart = charts(at)["echo · set"]
    assert chart["data"][-1]["x"] == [0.1, 0.25, 0.9]
    at = explorer(sweep, page="robustness", system="sys", **{"robustness.against": "level"})
    assert charts(at)["echo · set"]["data"][-1]["x"] == [0.0, 0.5, 1.0]


def test_the_heat_map_is_the_leaderboard(explorer: Any, sweep: Path) -> None:
    with (sweep / "leaderboard.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["aggregate"] == "pooled" and not row["subset"]]
    rates = {(row["system"], row["condition"]): float(row["error_rate_pct"]) for row in rows}
    at = explorer(sweep, page="robustness")
    heat = charts(at)["Heat map by condition"]
    shown = {
        tuple(where): heat["data"][0]["z"][y][x]
        for where, x, y in zip(
            heat["data"][-1]["customdata"], heat["data"][-1]["x"], heat["data"][-1]["y"], strict=True
        )
    }
    assert shown == {key: pytest.approx(rate, abs=1e-4) for key, rate in rates.items()}


def test_changes_are_paired(explorer: Any, sweep: Path) -> None:
    at = explorer(sweep, page="robustness", system="sys", condition="echo.m100")
    table = at.dataframe[-1].value
    # Of the three clips that were answered under both: 22 of 30 words less 1 of 30.
    assert list(table["change"]) == pytest.approx([100 * 21 / 30])
    assert list(table["as recorded"]) == pytest.approx([100 / 30])


def test_a_subset_is_told_alone(explorer: Any, sweep: Path) -> None:
    at = explorer(sweep, page="robustness", system="sys", **{"robustness.subset": "home"})
    # Clip 3 alone, as clip 2 has no answer at the last level: 3, 2 and 6 of 10 words.
    assert list(at.dataframe[0].value["rate"]) == pytest.approx([30, 20, 60])
    heat = charts(at)["Heat map by condition"]
    # Both clips of the subset: 0 + 0, 1 + 3 and so on of 20 words.
    assert [line[0] for line in heat["data"][0]["z"]] == pytest.approx([0, 20, 55, 60, 50])


def test_points_cells_and_rows_lead_to_cases(explorer: Any, sweep: Path) -> None:
    at = explorer(sweep, page="robustness", system="sys")
    touch(at, "echo", (len(charts(at)["echo · set"]["data"]) - 1, 2))
    assert at.title[0].value == "Cases"
    assert (at.query_params["system"], at.query_params["condition"]) == ("sys", "echo.m100")
    at = explorer(sweep, page="robustness", system="sys")
    mode = charts(at)["Failure modes by condition"]["data"][0]
    touch(at, "Failure modes by condition", (0, 0))
    assert at.query_params["mode"] == mode["customdata"][0][2]
    at = explorer(sweep, page="robustness")
    cells = charts(at)["Heat map by subset"]["data"]
    touch(at, "Heat map by subset", (len(cells) - 1, 1))
    assert at.query_params["subset"] in {"home", "<b>street</b>"}
    assert at.query_params["condition"] == "as_recorded"
    at = explorer(sweep, page="robustness", system="sys")
    choose(at, 1)
    assert at.query_params["condition"] == "echo.m050"


def test_subsets_have_a_heat_map_and_their_names_stay_text(explorer: Any, sweep: Path) -> None:
    at = explorer(sweep, page="robustness")
    ticks = [
        text
        for chart in at.get("plotly_chart")
        for text in json.loads(chart.proto.spec)["layout"].get("yaxis", {}).get("ticktext", [])
    ]
    assert "&lt;b&gt;street&lt;/b&gt;" in ticks and not any("<b>" in text for text in ticks)


def test_filters_shrink_the_page_until_nothing_is_left(explorer: Any, sweep: Path) -> None:
    at = explorer(sweep, page="robustness", condition=["as_recorded", "lone.m050"])
    said = [info.value for info in at.info]
    assert any("No condition was run at several levels" in text for text in said)
    assert set(at.dataframe[0].value["condition"]) == {"lone.m050"}
    at = explorer(sweep, page="robustness", system="gone")
    assert "No cell passes" in at.info[0].value and not at.get("plotly_chart")


def test_without_levels_or_recordings_it_says_what_would_make_them(explorer: Any, tmp_path: Path) -> None:
    run = make_sweep(tmp_path / "run", SAID[:2], {"sys/set/echo.m050": omitting(SAID[:2], [1])})
    at = explorer(run, page="robustness")
    assert [info.value[:18] for info in at.info] == ["No condition was r", "There is nothing t"]


def test_two_runs_with_the_same_ids_are_told_apart(explorer: Any, sweep: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(sweep, tmp_path / "o*th<i>er"))
    at = explorer(sweep, other, page="robustness", condition=["echo.m000", "echo.m050", "echo.m100"])
    assert set(at.dataframe[0].value["system"]) == {"sys [sweep]", "sys [o*th<i>er]"}
    assert not any("<i>" in each.value.replace("\\<i\\>", "") for each in (*at.markdown, *at.caption))
    choose(at, 3)
    assert at.query_params["run"] == "o*th<i>er" and at.query_params["system"] == "sys"


def test_damaged_scores_are_left_out(explorer: Any, sweep: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(sweep, tmp_path / "copy"))
    (run / "cells" / "sys" / "set" / "echo.m050" / "scores.parquet").write_bytes(b"PAR1")
    at = explorer(run, page="robustness", system="sys")
    assert list(at.dataframe[0].value["level"]) == [0.0, 1.0]
    for path in (run / "cells").glob("*/*/*/scores.parquet"):
        path.write_bytes(b"")
    at = explorer(run, page="robustness")
    assert charts(at)["Heat map by condition"]


def test_characters_and_words_are_apart(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="robustness", **{"robustness.dataset": "set cer"})
    [heat] = [chart for name, chart in charts(at).items() if name == "Heat map by condition"]
    # 今天天汽很好吗: a substitution and an insertion of six characters.
    assert heat["data"][0]["z"][0] == [0.0, pytest.approx(100 * 2 / 6)]


def test_clips_in_no_subset_are_one_of_the_columns(explorer: Any, tmp_path: Path) -> None:
    said = [SAID[0], *corpus(4)[2:]]
    run = make_sweep(tmp_path / "run", said, {"sys/set/as_recorded": omitting(said, [1, 2])})
    at = explorer(run, page="robustness")
    heat = charts(at)["Heat map by subset"]
    assert heat["layout"]["yaxis"]["ticktext"] == ["&lt;b&gt;street&lt;/b&gt;", "(none)"]
    touch(at, "Heat map by subset", (len(heat["data"]) - 1, 1))
    assert at.query_params["subset"] == "" and list(at.dataframe[0].value["case"]) == ["u02", "u03"]
