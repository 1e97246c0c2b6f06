"""Compare: two systems on the same samples, of one run and of two."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from explorer_runs import Runs, charts, choose, touch
from made_runs import Said, make_run, score_run

from asrdiag.app.data.index import read_index
from asrdiag.app.data.pairs import Side, gaps_of, pairs_of, rates_of
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.parts.pair_charts import MOST_POINTS, rates_chart
from asrdiag.report.page.chart import Style

SAID = [Said(f"c{n}", "red blue green black", speaker=f"s{n % 2}") for n in range(5)]
CLOSE = {
    "c0": "red blue green black",
    "c1": "red blue green",
    "c2": "red blue",
    "c3": "red",
    "c4": "red blue",
}
BEHIND = {"c4": "red blue", "c3": "red blue", "c2": "", "c1": None, "c9": "red"}


def other_run(folder: Path) -> Path:
    """A run that has three of the clips in another order, and one more."""
    corpus = [*reversed(SAID[1:]), Said("c9", "red blue", speaker="s1")]
    return score_run(make_run(folder, corpus, {"sys/set/as_recorded": BEHIND}))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pairs")
    close = make_run(folder / "close", SAID, {"sys/set/as_recorded": CLOSE, "sys/set/loud": CLOSE})
    return score_run(close), other_run(folder / "behind*<i>")


def test_pairs_are_matched_by_sample(two: tuple[Path, Path]) -> None:
    runs = [OpenRun(path, name) for path, name in zip(two, "ab", strict=True)]
    index = read_index(runs)
    sides = Side("sys [a]", "a", "sys"), Side("sys [b]", "b", "sys")
    pairs = pairs_of(index, sides, "set", "wer", ("as_recorded",))
    ids = index.sample_ids.take(pairs.first).to_pylist()
    assert ids == index.sample_ids.take(pairs.second).to_pylist() == ["c2", "c3", "c4"]
    # Both have c1, which the second did not answer; c0 and c9 are of one only.
    assert (pairs.only_first, pairs.only_second) == (1, 1)
    assert (pairs.unanswered_first, pairs.unanswered_second) == (0, 1)
    # Words missing: 2, 3 and 2 against 4, 2 and 2 of four.
    assert gaps_of(index, pairs).tolist() == [-2, 1, 0]
    assert [rates.tolist() for rates in rates_of(index, pairs)] == [[50, 75, 50], [100, 50, 50]]


def test_the_numbers_are_those_of_asrdiag_compare(explorer: Any, runs: Runs) -> None:
    with (runs.plain / "comparisons.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["metric"] == "wer"]
    at = explorer(runs.plain, page="compare")
    [table] = [each.value for each in at.dataframe if "holm" in each.value.columns]
    assert list(table["condition"]) == [row["group"] for row in rows] == ["as_recorded", "noise"]
    for shown, column in (("a", "error_rate_a_pct"), ("difference", "difference_pct")):
        assert list(table[shown]) == pytest.approx([float(row[column]) for row in rows], abs=1e-4)
    for shown, column in (("a_fewer", "a_fewer_errors"), ("same", "same_errors")):
        assert list(table[shown]) == [int(row[column]) for row in rows]
    [tests] = [each.value for each in at.dataframe if "test" in each.value.columns]
    assert list(tests["test"])[1:] == ["MAPSSWE", "McNemar"]


def test_wins_and_ties_are_counted(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="compare", condition="as_recorded")
    # u1, u2 and u3 are all worse in `bad`, which gave no answer to u4.
    said = " ".join(each.value for each in at.caption)
    assert "good made fewer errors in 3 answers, bad in 0, and in 0" in said
    assert "3 pairs of answers under 1 condition" in said and "bad has no answer to 1" in said
    bars = charts(at)["Fewer errors"]["data"]
    assert [bar["x"] for bar in bars] == [[3], [0], [0]]


def test_the_largest_differences_lead_to_their_case(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="compare", condition="as_recorded")
    place, table = next(
        (place, each.value) for place, each in enumerate(at.dataframe) if "errors_a" in each.value.columns
    )
    assert list(table["case"]) == ["u1", "u3", "u2"] and list(table["errors_b"]) == [7, 3, 1]
    choose(at, 0, place)
    assert at.title[0].value == "Cases" and at.query_params["sample"] == "u1"
    assert at.query_params["cell"] == "plain/bad/set/as_recorded"


def test_a_point_of_the_scatter_narrows_the_tables(explorer: Any, two: tuple[Path, Path]) -> None:
    at = explorer(*two, page="compare")
    scatter = charts(at)["Rates of sys [close] and sys [behind*<i>]"]["data"]
    trace, place = next(
        (trace, each["customdata"].index([50.0, 50.0, 100.0, 100.0]))
        for trace, each in enumerate(scatter)
        if [50.0, 50.0, 100.0, 100.0] in each.get("customdata", [])
    )
    touch(at, "Rates", (trace, place))
    assert at.query_params["compare.at"] == "50..50..100..100"
    assert any("1 pair with" in each.value for each in at.caption)
    again = explorer(*two, page="compare", **{"compare.at": "50..50..100..100"})
    tables = [each.value for each in again.dataframe if "errors_a" in each.value.columns]
    assert [list(table["case"]) for table in tables] == [["c2"]]
    again.button(key="compare.all").click().run()
    assert "compare.at" not in again.query_params


def test_two_runs_with_the_same_ids_are_compared(explorer: Any, two: tuple[Path, Path]) -> None:
    at = explorer(*two, page="compare")
    said = " ".join(each.value for each in (*at.caption, *at.markdown))
    assert "3 pairs of answers under 1 condition" in said
    assert "only sys \\[close\\] has 1 more sample" in said
    assert "sys \\[behind\\*\\<i\\>\\] has no answer to 1" in said and "<i>" not in said.replace(
        "\\<i\\>", ""
    )
    for chart in at.get("plotly_chart"):
        titles = json.dumps(json.loads(chart.proto.spec)["layout"])
        assert "<i>" not in titles
    at.button(key="compare.swap").click().run()
    assert [menu.value for menu in at.selectbox][:2] == ["behind*<i>/sys", "close/sys"]
    assert at.query_params["compare.a"] == "behind*<i>/sys"


def test_other_references_are_not_compared(explorer: Any, two: tuple[Path, Path], tmp_path: Path) -> None:
    corpus = [Said("c0", "red blue green"), Said("c1", "red blue green black")]
    third = score_run(make_run(tmp_path / "third", corpus, {"sys/set/as_recorded": CLOSE}))
    at = explorer(two[0], third, page="compare")
    assert "other references" in at.warning[0].value and "as\\_recorded" in at.warning[0].value
    assert "No sample was answered by both" in at.info[0].value


def test_filters_shrink_it_until_nothing_is_left(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="compare", condition="noise")
    [table] = [each.value for each in at.dataframe if "holm" in each.value.columns]
    assert list(table["condition"]) == ["noise"]
    at = explorer(runs.plain, page="compare", condition="gone")
    assert "no condition of set in common" in at.info[0].value


def test_one_system_alone_says_what_is_missing(explorer: Any, runs: Runs, two: tuple[Path, Path]) -> None:
    at = explorer(runs.other, page="compare")
    assert "takes two systems" in at.info[0].value and "asrdiag explore RUN RUN" in at.info[0].value


def test_systems_without_a_common_dataset(explorer: Any, runs: Runs, tmp_path: Path) -> None:
    run = score_run(make_run(tmp_path / "far", SAID, {"sys/elsewhere/as_recorded": CLOSE}))
    at = explorer(runs.other, run, page="compare")
    assert "no scored dataset in common" in at.info[0].value


def test_a_half_written_run_compares_what_is_there(explorer: Any, copy: Path) -> None:
    for name in ("summary.json", "scores.parquet"):
        (copy / "cells" / "bad" / "set" / "noise" / name).unlink()
    shutil.rmtree(copy / "cells" / "good" / "set" / "as_recorded")
    at = explorer(copy, page="compare")
    assert "no condition of set in common" in at.info[0].value


def test_breaking_down_by_speaker(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="compare", condition="as_recorded", **{"compare.by": "speaker"})
    [table] = [each.value for each in at.dataframe if "holm" in each.value.columns]
    # Ann said u1 and u3 (9 and 6 words, 7 and 3 errors), Bob u2 (8 words, 1 error); u4 has no answer.
    assert dict(zip(table["speaker"], table["b"], strict=True)) == {
        "ann": pytest.approx(100 * 10 / 15),
        "bob": pytest.approx(100 / 8),
    }


def test_many_different_points_become_a_density() -> None:
    styles = Style("#0072b2", "solid", "circle"), Style("#d55e00", "solid", "square")
    generator = np.random.default_rng(0)
    first, second = generator.uniform(0, 200, (2, MOST_POINTS + 500))
    figure = rates_chart(first, second, ("a", "<i>b"), styles)
    heat, over = figure["data"][1:]
    assert heat["type"] == "heatmap" and len(over["x"]) == len(over["customdata"])
    counted = sum(int(text.split("<br>")[-1].split()[0].replace(",", "")) for text in over["hovertext"])
    assert counted == len(first)
    assert figure["layout"]["yaxis"]["title"]["text"] == "&lt;i&gt;b, rate in %"
    few = rates_chart(first[:5], second[:5], ("a", "b"), styles)
    assert {trace["type"] for trace in few["data"]} == {"scatter"}
