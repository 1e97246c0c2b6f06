"""Failure modes: shares, counts, rates, and the cases that show a mode best."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from explorer_runs import Runs, charts, touch
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.app.data.evidence import evidence, findings
from asrdiag.app.data.index import read_index
from asrdiag.app.data.modes import answered, counts_by, modes_of, strongest
from asrdiag.app.data.proportions import share, wilson
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.parts.mode_panel import MEANS
from asrdiag.metrics import MODES

# In the plain run `bad` answers alike under both conditions: u1 and u3 cut short, u2 with one word alike, u4
# not at all, and z1 with one character wrong and one put in. `good` makes up a text for u1 in noise.
BAD = {"truncation": 2, "minor": 1, "word_confusion": 1}


def counted(figure: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What the cells of the heat map say, by condition and mode."""
    points = figure["data"][-1]
    return {tuple(where): text for where, text in zip(points["customdata"], points["text"], strict=True)}


def test_every_answer_is_in_one_mode(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="failure_modes")
    assert "18 answers, each in exactly one mode. 2 further answers never came" in at.caption[0].value
    cells = counted(charts(at)["Counts of failure modes, by condition"])
    assert cells == {
        ("as_recorded", "correct"): "5<br>56 %",
        ("noise", "correct"): "4<br>44 %",
        ("noise", "hallucination"): "1<br>11 %",
        **{
            (name, mode): f"{n}<br>{100 * n / 9:.0f} %"
            for name in ("as_recorded", "noise")
            for mode, n in BAD.items()
        },
    }
    points = {trace["name"]: trace for trace in charts(at)["Shares of failure modes, by system"]["data"]}
    by_mode = dict(zip((mode for _, mode in points["bad"]["customdata"]), points["bad"]["x"], strict=True))
    assert by_mode["truncation"] == 50 and by_mode["empty"] == 0  # 4 of 8
    at = explorer(runs.plain, page="failure_modes", **{"modes.system": "good"})
    cells = counted(charts(at)["Counts of failure modes, by condition"])
    assert cells == {
        ("as_recorded", "correct"): "5<br>100 %",
        ("noise", "correct"): "4<br>80 %",
        ("noise", "hallucination"): "1<br>20 %",
    }


def test_rates_over_tokens_stand_beside_those_over_answers(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="failure_modes", condition="noise")
    table = at.dataframe[0].value.set_index(["system", "unit"])
    assert dict(table["answers"]) == {
        **{("good", "words"): 4, ("good", "characters"): 1, ("bad", "words"): 3, ("bad", "characters"): 1}
    }
    # good: u1 is made up, 1 of 4 answers. bad: u1 and u3 are cut short, 2 of 3.
    assert table.loc[("good", "words"), "hallucination_pct"] == 25
    assert table.loc[("bad", "words"), "omission_pct"] == pytest.approx(200 / 3, abs=0.01)
    # Of the 6 characters of z1 none is left out; of the 7 that are heard one is wrong and one put in.
    assert table.loc[("bad", "characters"), "token_omission_pct"] == 0
    assert table.loc[("bad", "characters"), "token_hallucination_pct"] == pytest.approx(200 / 7, abs=0.01)
    assert table.loc[("good", "characters"), "token_hallucination_pct"] == 0
    # Of the 9 words of u1 seven are left out, of the 8 of u2 one is heard as something alike.
    only = {"system": "bad", "condition": "noise", "text": "^(the cat|it rained)", "regex": "1"}
    table = explorer(runs.plain, page="failure_modes", **only).dataframe[0].value
    assert list(table["token_omission_pct"]) == [round(100 * 7 / 17, 2)]
    assert list(table["token_hallucination_pct"]) == [0] and list(table["omission_pct"]) == [50]


def test_charts_lead_to_the_cases(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="failure_modes")
    figure = charts(at)["Counts of failure modes, by condition"]
    place = figure["data"][-1]["customdata"].index(["noise", "truncation"])
    touch(at, "Counts", (1, place))
    assert at.title[0].value == "Cases"
    assert (at.query_params["mode"], at.query_params["condition"]) == ("truncation", "noise")
    assert set(at.dataframe[0].value["case"]) == {"u1", "u3"} and "system" not in at.query_params
    at = explorer(runs.plain, runs.other, page="failure_modes", condition="as_recorded")
    figure = charts(at)["Shares of failure modes, by system"]
    assert [trace["name"] for trace in figure["data"]] == ["good", "bad [plain]", "bad [other]"]
    touch(at, "Shares", (1, [mode for _, mode in figure["data"][1]["customdata"]].index("minor")))
    assert (at.query_params["run"], at.query_params["system"]) == ("plain", "bad")
    assert list(at.dataframe[0].value["case"]) == ["u2"]


def test_the_strongest_cases_say_what_decided(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="failure_modes", **{"modes.mode": "truncation"})
    said = [text.value for text in at.text]
    assert said[0] == "left out: sat on the mat by the door"
    assert len([text for text in said if text.startswith("left out: sat")]) == 1  # one clip, two conditions
    assert any(each.value.startswith("**truncation**: The end is missing") for each in at.markdown)
    assert any("The end is missing\\: 7 words" in each.value for each in at.caption)
    next(button for button in at.button if button.label == "Open").click().run()
    assert at.query_params["sample"] == "u1" and at.query_params["mode"] == "truncation"
    at = explorer(runs.plain, page="failure_modes", **{"modes.mode": "language_switch"})
    assert any("None of these answers is in this mode" in each.value for each in at.caption)


def test_markup_in_what_was_found_stays_text(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="failure_modes", system="bad", **{"modes.mode": "truncation"})
    assert not any(each.proto.allow_html for each in at.markdown)
    assert "\u202e" not in "".join(each.value for each in (*at.text, *at.markdown, *at.caption))


def test_filters_narrow_the_answers_and_the_modes(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="failure_modes", mode=["minor", "truncation"])
    cells = counted(charts(at)["Counts of failure modes, by condition"])
    assert {mode for _, mode in cells} == {"minor", "truncation"}
    assert cells["noise", "minor"] == "1<br>11 %"  # still of all 9
    assert "whichever modes are chosen" in at.caption[0].value
    at = explorer(runs.plain, page="failure_modes", system="gone")
    assert "No answer passes" in at.info[0].value and not at.get("plotly_chart")
    at.button(key="modes.clear").click().run()
    assert at.get("plotly_chart")
    at = explorer(runs.plain, page="failure_modes", stage="transcribe")
    assert "None of these answers came: 2 failed" in at.info[0].value


def test_a_run_that_is_being_written(explorer: Any, copy: Path) -> None:
    (copy / "cells" / "bad" / "set" / "noise" / "scores.parquet").write_bytes(b"PAR1")
    at = explorer(copy, page="failure_modes")
    assert "14 answers" in at.caption[0].value or "14 answers" in at.caption[1].value
    for path in copy.glob("cells/*/*/*/scores.parquet"):
        path.unlink()
    at = explorer(copy, page="failure_modes")
    assert "No answer has scores yet" in at.info[-1].value


def test_counts_add_up(runs: Runs) -> None:
    run = OpenRun(runs.plain, "plain")
    index = read_index([run])
    found = answered(index, np.arange(len(index)))
    assert sum(table.sum() for table in counts_by(found, "speaker").values()) == len(found.rows) == 18
    systems = {each.system: each for each in modes_of(index, np.arange(len(index))).systems}
    assert sum(systems["bad"].shares[mode].hits for mode in MODES) == 8
    assert [(each.unit, each.n, each.shares["omission"].hits) for each in systems["bad"].rates] == [
        ("word", 6, 4),
        ("character", 2, 0),
    ]
    assert systems["bad"].units == "speaker"
    rows = strongest(found, "truncation", 8)
    told, problems = evidence({"plain": run}, index, rows)
    assert [each.key.sample_id for each in told] == ["u1", "u3"] and not problems
    assert set(MEANS) == set(MODES)


def test_what_was_found_is_what_the_mode_is_about() -> None:
    texts = {"reference_tokens": ["a", "b", "c"], "hypothesis_tokens": ["a", "x", "x", "x"], "unit": "word"}
    loop = texts | {"failure_mode": "repetition_loop", "loops": [{"period": 1, "repeats": 3, "start": 1}]}
    assert findings(loop) == ["3 times: x"]
    switch = {
        "language_switch": {"expected": "en", "found": "de"},
        "fabricated_spans": [{"start": 1, "end": 4}],
    }
    assert findings(texts | switch | {"failure_mode": "language_switch"}) == [
        "en expected, de found",
        "made up: x x x",
    ]
    names = [{"kind": "name", "text": "Anna", "status": "changed", "heard": "hannah"}]
    matters = {
        "failure_mode": "word_confusion",
        "rule": "what_matters",
        "entities": names,
        "alignment": "CSsI",
    }
    assert findings(texts | matters) == ["name Anna: hannah", "b heard as x", "c heard as x"]
    assert findings(texts | {"failure_mode": "correct"}) == []


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30))
def test_an_interval_holds_its_share(units: list[tuple[int, int]]) -> None:
    hits = np.array([min(pair) for pair in units])
    of = np.array([max(pair) for pair in units])
    found = share(hits, of)
    if found.low_pct is None or found.high_pct is None:
        return
    assert found.pct is not None
    assert 0 <= found.low_pct <= found.pct + 0.06 and found.pct - 0.06 <= found.high_pct <= 100
    # Units that are alike within themselves never tell more than cases that are independent.
    low, high = wilson(np.array([hits.sum()]), np.array([of.sum()]))
    assert found.low_pct <= low[0] + 0.06 and found.high_pct >= high[0] - 0.06


def test_an_interval_by_hand() -> None:
    # One clip of four fails under all three conditions, one under one: 4 of 12. Influences (x - n / 3) / 12
    # are 1/6, -1/12, -1/12 and 0; variance 4/3 * (4 + 1 + 1) / 144 = 1/18, three times the 2/9 / 12 of
    # independent cases. So Wilson's interval for 1/3 of 4, with Student's t for 3 degrees of freedom, 3.182.
    found = share(np.array([3, 0, 0, 1]), np.array([3, 3, 3, 3]))
    t, n = 3.18245, 4
    middle = (1 / 3 + t * t / (2 * n)) / (1 + t * t / n)
    reach = t / (1 + t * t / n) * (2 / 9 / n + t * t / (4 * n * n)) ** 0.5
    assert (found.low_pct, found.high_pct) == (
        round(100 * (middle - reach), 1),
        round(100 * (middle + reach), 1),
    )
    assert share(np.array([1]), np.array([2])).low_pct is None  # one clip tells nothing of how others differ
    assert share(np.array([0, 0]), np.array([0, 0])).pct is None
