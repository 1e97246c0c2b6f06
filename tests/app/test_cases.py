"""The cases: filters, the table, the open case, and links to it."""

import json
from pathlib import Path
from typing import Any

import pytest
from explorer_runs import SCRIPT, Runs, choose


def table(at: Any) -> Any:
    return at.dataframe[0].value


def drawn(at: Any) -> dict[str, Any]:
    """What the component that draws the alignment was given."""
    found: dict[str, Any] = json.loads(at.get("bidi_component")[0].proto.json)
    return found


def opened(at: Any) -> str:
    return str(at.subheader[0].value)


def test_the_worst_case_is_open_at_first(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases")
    assert len(table(at)) == 20
    assert list(table(at)["case"][:2]) == ["u1", "u1"]
    assert opened(at).startswith("u1 · ")


def test_filters_shrink_the_table_and_the_open_case_stays(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", system="bad", condition="noise")
    assert list(table(at)["case"]) == ["u1", "u3", "z1", "u2", "u4"]
    choose(at, 3)
    assert opened(at) == "u2 · bad" and at.query_params["sample"] == "u2"
    next(menu for menu in at.multiselect if menu.label == "Failure mode").select("minor").run()
    assert list(table(at)["case"]) == ["u2"] and opened(at) == "u2 · bad"
    assert at.query_params["mode"] == "minor"
    menu = next(menu for menu in at.multiselect if menu.label == "Failure mode")
    menu.set_value(["truncation"]).run()
    assert list(table(at)["case"]) == ["u1", "u3"] and opened(at) == "u2 · bad"
    assert "not among those that pass" in at.info[0].value


def test_next_and_previous_move_the_selection(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", system="bad", condition="noise")
    at.button(key="cases.Next").click().run()
    assert opened(at) == "u3 · bad"
    assert at.session_state[at.dataframe[0].key]["selection"]["rows"] == [1]
    at.button(key="cases.Previous").click().run()
    assert opened(at) == "u1 · bad" and at.button(key="cases.Previous").disabled


def test_a_link_opens_its_case(explorer: Any, runs: Runs) -> None:
    link = {"run": "plain", "system": "bad", "dataset": "set", "condition": "noise", "sample": "z1"}
    at = explorer(runs.plain, page="cases", **link)
    assert opened(at) == "z1 · bad"
    assert drawn(at)["unit"] == "character"
    letters = [step[0][1] for _, step in drawn(at)["columns"] if step[0]]
    assert letters == ["C", "C", "C", "S", "C", "C", "I"]  # 今天天气很好 heard as 今天天汽很好吗


@pytest.mark.parametrize("page", ["leaderboard", "cases", "compare", "health"])
def test_a_link_that_names_what_is_not_there_says_so(explorer: Any, runs: Runs, page: str) -> None:
    at = explorer(runs.plain, page=page, system="g*ne", condition="noise")
    assert [each.value for each in at.warning] == ["No system here is called g\\*ne. There are: good, bad"]
    assert not explorer(runs.plain, page=page, system="bad", condition="noise").warning


def test_a_link_to_a_case_that_is_gone_says_so(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", sample="*gone*")
    assert "There is no case" in at.warning[0].value and "\\*gone\\*" in at.warning[0].value
    assert len(table(at)) == 20 and not at.get("bidi_component")
    at = explorer(runs.plain, page="cases", sample="u1", cell="plain/bad/set/gone")
    assert "There is no case" in at.warning[0].value


def test_no_rows_say_which_filters_there_are(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", system="gone", rate="x")
    assert "makes no sense" in at.warning[0].value
    assert "no system 'gone'" in at.info[0].value
    at.button(key="cases.clear").click().run()
    assert len(table(at)) == 20 and "system" not in at.query_params


def test_rates_kinds_and_words_are_filters(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", system="bad", rate="40..", condition="noise")
    assert list(table(at)["case"]) == ["u1", "u3"]
    at = explorer(runs.plain, page="cases", kind=["soft"])
    assert set(table(at)["case"]) == {"u2"}
    at = explorer(runs.plain, page="cases", text="c(ap|old) town", regex="1")
    assert set(table(at)["case"]) == {"u2"} and set(table(at)["system"]) == {"bad"}
    at = explorer(runs.plain, page="cases", text="(", regex="1")
    assert "cannot be used" in at.error[0].value


def test_markup_in_a_transcript_stays_text(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", system="bad", condition="noise", sample="u3")
    assert SCRIPT in [text.value for text in at.text][2]
    assert "\u202e" not in "".join(text.value for text in at.text) + at.code[0].value
    assert all("<script" not in each.value for each in (*at.markdown, *at.caption, *at.subheader))
    assert not any(each.proto.allow_html for each in at.markdown)


def test_an_answer_that_never_came_says_why(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", system="bad", condition="noise", sample="u4")
    assert "transcribe failed" in at.error[0].value
    assert [line["name"] for line in drawn(at)["names"]] == ["good"]  # the other system's answer


def test_audio_and_times_are_given_where_there_are_any(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, page="cases", system="bad", condition="noise", sample="u1")
    data = drawn(at)
    assert [track["name"] for track in data["audio"]] == ["as heard", "as recorded"]
    assert [steps[0][3] for _, steps in data["columns"][:3]] == [0.25, 1.5, None]
    assert [line["open"] for line in data["names"]] == [True, False]
    at = explorer(runs.plain, page="cases", system="bad", condition="as_recorded", sample="u1")
    assert drawn(at)["audio"] == [] and "does not say where" in drawn(at)["silent"]


def test_runs_with_the_same_ids_stay_apart(explorer: Any, runs: Runs) -> None:
    link = {"system": "bad", "condition": "as_recorded", "sample": "u1"}
    at = explorer(runs.plain, runs.other, page="cases", run="other", **link)
    assert drawn(at)["names"][0] == {"name": "bad [other]", "note": "correct, 0.0 %", "open": True}
    assert {line["name"] for line in drawn(at)["names"]} == {"good", "bad [plain]", "bad [other]"}


def test_a_note_is_kept_beside_the_run(explorer: Any, copy: Path) -> None:
    at = explorer(copy, page="cases", system="bad", condition="noise", sample="u1")
    next(field for field in at.text_input if field.label == "Note").set_value("a *door* slams")
    next(button for button in at.button if button.label == "Save").click().run()
    [line] = (copy.parent / "copy.notes.jsonl").read_text().splitlines()
    assert json.loads(line)["note"] == "a *door* slams"
    assert table(at)["note"][0] == "a *door* slams"


def test_scores_that_cannot_be_read_leave_the_rest(explorer: Any, copy: Path) -> None:
    (copy / "cells" / "bad" / "set" / "noise" / "scores.parquet").write_bytes(b"PAR1")
    at = explorer(copy, page="cases")
    assert "1 file cannot be read" in at.expander[0].label or "1 file" in at.expander[1].label
    assert len(table(at)) == 15
