"""Answers found by what they keep of the meaning, and what the pages say of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from judge.judge_server import JudgeServer
from made_runs import Said, make_run, score_run

from asrdiag.app.data.filters import Filters, from_parameters, to_parameters
from asrdiag.app.data.index import read_index
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.parts.case_meaning import marked
from asrdiag.cli.main import main
from asrdiag.judge import Stretch

CORPUS = (
    Said("flip", "you should not take it with water"),
    Said("number", "twenty people came to the old hall"),
    Said("fine", "the cat sat on the mat"),
)
ANSWERS = {
    "flip": "you should take it with water",
    "number": "thirty people came to the old hall *bold* <b>",
    "fine": "the cat sat on the mat",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one system; its two answers with errors are judged, and one clip was adapted by a router."""
    folder = tmp_path_factory.mktemp("meaning") / "run"
    folder.mkdir()
    run = make_run(folder, CORPUS, {"one/set/as_recorded": ANSWERS})
    samples = run / "cells" / "one" / "set" / "as_recorded" / "samples.jsonl"
    records = [json.loads(line) for line in samples.read_text().splitlines()]
    records[0]["details"] = {"route": "adapted", "p_degraded": 0.97}
    samples.write_text("".join(json.dumps(record) + "\n" for record in records))
    score_run(run)
    with JudgeServer() as server:
        words = ["judge", str(run), "--model", "m", "--base-url", server.url, "--progress", "none"]
        assert main(words) == 0
    return run


def found(run: Path, **parameters: list[str]) -> list[str]:
    index = read_index([OpenRun(run, "run")])
    filters, problems = from_parameters(parameters)
    assert not problems and not filters.unknown(index)
    assert from_parameters(to_parameters(filters)) == (filters, [])
    return [index.key(int(row)).sample_id for row in np.flatnonzero(filters.mask(index))]


def test_answers_are_found_by_what_went_wrong(judged: Path) -> None:
    assert found(judged, key=["negation_lost"]) == ["flip"]
    assert found(judged, key=["number_changed"]) == ["number"]
    assert found(judged, key=["negation_lost", "number_changed"]) == ["flip", "number"]
    assert found(judged, key_errors=["0..0"]) == ["fine"]
    assert found(judged, route=["adapted"]) == ["flip"]
    below = found(judged, meaning=["..99"])
    assert below == ["flip", "number"]  # "fine" is equal: 100 without a judge
    assert Filters(flags=("name_lost",)).unknown(read_index([OpenRun(judged, "run")])) == [
        "no answer with 'name lost' in the open runs"
    ]


def test_scores_from_before_have_no_such_columns(judged: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    old = tmp_path / "old"
    shutil.copytree(judged, old)
    shutil.rmtree(old / "judge")
    path = old / "cells" / "one" / "set" / "as_recorded" / "scores.parquet"
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["key_flags", "key_errors", "route", "semantic_similarity"]), path)
    index = read_index([OpenRun(old, "old")])
    assert len(index) == 3 and index.flags.names == () and index.problems == ()
    assert not any(index.measured(name) for name in ("key_errors", "semantic_similarity", "meaning"))


def test_a_similarity_may_be_below_zero(judged: Path, tmp_path: Path, explorer: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    measured = tmp_path / "measured"
    shutil.copytree(judged, measured)
    path = measured / "cells" / "one" / "set" / "as_recorded" / "scores.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("semantic_similarity")
    pq.write_table(table.set_column(place, "semantic_similarity", pa.array([0.95, -0.2, 1.0])), path)
    assert found(measured, semantic_similarity=["-1..0.5"]) == ["number"]
    at = explorer(measured, page="cases", semantic_similarity="-0.25..0.5")
    low, high = (field for field in at.number_input if "similarity" in field.key)
    assert (low.value, high.value, low.min, low.step) == (-0.25, 0.5, -1.0, 0.05)


def test_a_case_says_what_was_kept_and_what_the_judge_found(judged: Path, explorer: Any) -> None:
    at = explorer(judged, page="cases", key="negation_lost")
    shown = "\n".join(each.value for each in (*at.markdown, *at.caption))
    assert "adapted weights, p\\(degraded\\) 0\\.97" in shown
    tables = [frame.value for frame in at.dataframe if "status" in frame.value.columns]
    assert ("negation", "lost", "not") in {
        tuple(row) for row in tables[0][["kind", "status", "said"]].itertuples(index=False)
    }
    assert {metric.label for metric in at.metric} >= {"Meaning preserved", "Key recall"}
    assert ":orange-background[" in shown  # what the answer misses


def test_the_leaderboard_shows_what_is_known(judged: Path, explorer: Any) -> None:
    at = explorer(judged)
    columns = at.dataframe[0].value.columns
    assert {"n_negation_flips", "key_recall_pct", "judge_meaning", "routed_share_pct"} <= set(columns)
    assert "semantic_similarity" not in columns


def test_marks_hold_whatever_the_text_says() -> None:
    text = "]a :red[b] <i>"
    assert marked(text, [Stretch(1, 2, "a"), Stretch(1, 2, "a"), Stretch(9, 99, "?")], "red") == (
        "\\]:red-background[a] \\:red\\[b:red-background[\\] \\<i\\>]"
    )
