"""Words: what is counted, and the way from every word to the cases that hold it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from explorer_runs import Runs, choose
from made_runs import Said, make_run, score_run

from asrdiag.app.data.filters import Event, Filters, from_parameters, to_parameters
from asrdiag.app.data.happened import happened
from asrdiag.app.data.index import read_index
from asrdiag.app.data.keywords import count_keywords
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.data.tallies import TallyStore, count_words
from asrdiag.app.data.words import confusions
from asrdiag.app.data.words import invented as invented_words
from asrdiag.metrics import align

SCRIPT = "<script>document.title='hit'</script>"
CORPUS = (
    Said("e1", "the cat sat on the mat"),
    Said("e2", "we do not meet Anna at nine"),
    Said("e3", f"{SCRIPT} cat"),
    Said("z1", "今天天气很好", language="zh"),
    Said("z2", "我不去北京", language="zh"),
)
EXACT = {said.sample_id: said.reference for said in CORPUS}
CLEAN = {
    "e1": "the cap sat on mat",  # cat heard as cap, the second "the" left out
    "e2": "we do meet Hannah at nine",  # not left out, Anna heard as Hannah
    "e3": "cat cat",  # the markup heard as cat
    "z1": "今天天汽很好吗",  # 气 heard as 汽, 吗 put in
    "z2": "我去北京",  # 不 left out
}
NOISE = EXACT | {"e3": f"{SCRIPT} cat um"}  # um put in


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose words are left as they are, markup and capitals too."""
    cells = {"a/set/clean": CLEAN, "a/set/noise": NOISE, "b/set/clean": EXACT | {"e1": None}}
    run = make_run(tmp_path_factory.mktemp("words") / "said", CORPUS, cells)
    path = run / "run.json"
    content = json.loads(path.read_text())
    for cell in content["cells"].values():
        cell["normalizers"]["en"] = "none"
        cell["keywords"] = ["mat"]
    path.write_text(json.dumps(content))
    return score_run(run)


def table(at: Any, name: str) -> Any:
    """What the table of this name shows, as a dictionary of lists."""
    [found] = [each for each in at.dataframe if each.key.startswith(f"{name}.")]
    return {column: list(found.value[column]) for column in found.value}


def place(at: Any, name: str) -> int:
    return next(n for n, each in enumerate(at.dataframe) if each.key.startswith(f"{name}."))


def rows_where(run: Path, event: Event) -> list[tuple[str, str, str]]:
    """System, condition and id of the answers in which something happened."""
    opened = OpenRun(run, "said")
    index = read_index([opened])
    found = happened({"said": opened}, index, np.arange(len(index)), event)
    keys = [index.key(row) for row in found.tolist()]
    return [(key.system, key.condition, key.sample_id) for key in keys]


def test_words_are_counted_as_they_were_aligned(explorer: Any, said: Path) -> None:
    at = explorer(said, page="words", **{"words.unit": "word"})
    # Of 5 cats one was heard as cap: e1 and e3 under two conditions by a, e3 by b, whose e1 never came.
    assert table(at, "confusions") == {
        "said": [SCRIPT, "Anna", "cat"],
        "heard": ["cat", "Hannah", "cap"],
        "kind": ["hard", "soft", "soft"],
        "times": [1, 1, 1],
        "share_pct": [33.33, 33.33, 20.0],
    }
    assert table(at, "lost") == {"word": ["not", "the"], "left_out": [1, 1], "share_pct": [33.33, 25.0]}
    made_up = table(at, "invented")
    assert made_up["word"] == ["cat", "um"]
    assert (made_up["put_in"], made_up["in_place_of"]) == ([0, 1], [1, 0])
    # 8 answers have words: 6 + 6 of e1, 7 + 7 + 7 of e2, 2 + 2 + 2 of e3.
    assert "39 words were said in 8 answers, 13 different ones: **8**" in at.caption[0].value
    right = table(at, "accuracy")
    cat = right["word"].index("cat")
    assert (right["said"][cat], right["accuracy_pct"][cat], right["missed"][cat]) == (5, 80.0, 1)
    assert right["interval"][cat].endswith("(few)") and max(right["said"]) < 10


def test_numbers_names_negations_and_keywords(explorer: Any, said: Path) -> None:
    typed = {"words.unit": "word", "words.keywords": "do not, CAT; mat\nnobody said this"}
    at = explorer(said, page="words", **typed)
    entities = table(at, "entities")
    assert entities["text"][:2] == ["anna", "nine"] and entities["heard"][0] == "Hannah"
    assert (entities["kept"][0], entities["changed"][0], entities["recall_pct"][1]) == (2, 1, 100.0)
    assert table(at, "negations")["word"] == ["not"] and table(at, "negations")["accuracy_pct"] == [66.67]
    # This normaliser leaves capitals, so nobody said "CAT"; "do not" was said 3 times, once without not.
    mine = table(at, "keywords")
    assert mine["text"] == ["do not", "mat", "CAT", "nobody said this"]
    assert mine["said"] == [3, 2, 0, 0] and mine["kept"] == [2, 2, 0, 0]
    assert table(at, "suite_keywords")["text"] == ["mat"]
    choose(at, 0, place(at, "keywords"))
    assert at.query_params["said"] == "do not" and list(at.dataframe[0].value["case"]) == ["e2"]


def test_a_row_leads_to_the_cases_that_hold_it(explorer: Any, said: Path) -> None:
    at = explorer(said, page="words", system="a", **{"words.unit": "word"})
    choose(at, 2, place(at, "confusions"))
    assert at.title[0].value == "Cases"
    assert (at.query_params["said"], at.query_params["heard"]) == ("cat", "cap")
    assert (at.query_params["system"], at.query_params["unit"]) == ("a", "word")
    cases = at.dataframe[0].value
    assert list(cases["case"]) == ["e1"] and list(cases["condition"]) == ["clean"]
    link = {"said": "cat", "heard": "cap", "system": "a", "unit": "word"}
    at = explorer(said, page="cases", **link)  # as the address has it
    assert list(at.dataframe[0].value["case"]) == ["e1"]
    assert at.button(key="filter.event").label == "cat heard as cap"
    at.button(key="filter.event").click().run()
    assert len(at.dataframe[0].value) == 6 and "said" not in at.query_params


def test_markup_as_a_word_is_text_everywhere(explorer: Any, said: Path) -> None:
    at = explorer(said, page="words", **{"words.unit": "word", "words.word": SCRIPT})
    assert table(at, "heard_as")["heard"] == ["(right)", "cat"]
    shown = (*at.markdown, *at.caption, *at.subheader, *at.info)
    marks = [part for each in shown for part in each.value.split("<script")[:-1]]
    assert marks and all(part.endswith("\\") for part in marks)
    assert not any(each.proto.allow_html for each in at.markdown)
    choose(at, 1, place(at, "heard_as"))
    assert at.query_params["said"] == SCRIPT and list(at.dataframe[0].value["case"]) == ["e3"]
    assert "\\<script\\>" in at.button(key="filter.event").label


def test_one_word_by_system_and_condition(explorer: Any, said: Path) -> None:
    at = explorer(said, page="words", **{"words.unit": "word", "words.word": "CAT"})
    cells = table(at, "by_cell")
    assert list(zip(cells["system"], cells["condition"], cells["said"], cells["right_pct"], strict=True)) == [
        ("a", "clean", 2, 50.0),
        ("a", "noise", 2, 100.0),
        ("b", "clean", 1, 100.0),
    ]
    assert table(at, "heard_for")["said"] == [SCRIPT]
    assert {metric.label: metric.value for metric in at.metric}["Right"] == "80.0 %"
    choose(at, 1, place(at, "by_cell"))
    assert (at.query_params["said"], at.query_params["heard"]) == ("cat", "cat")
    assert set(at.dataframe[0].value["case"]) == {"e1", "e3"}
    at = explorer(said, page="words", **{"words.unit": "word", "words.word": "catt"})
    assert "None of these answers has “catt”" in at.info[0].value
    at.button[0].click().run()
    assert at.query_params["words.word"] == "cat" and table(at, "by_cell")["said"] == [2, 2, 1]


def test_chinese_is_counted_by_character(explorer: Any, said: Path) -> None:
    at = explorer(said, page="words", **{"words.unit": "character", "words.keywords": "天气、北京"})
    assert table(at, "confusions")["said"] == ["气"] and table(at, "lost")["word"] == ["不"]
    assert table(at, "invented")["word"] == ["吗", "汽"]
    assert table(at, "negations")["word"] == ["不"]
    # 天气 was said 3 times and right twice; 北京 three times.
    assert table(at, "keywords")["kept"] == [2, 3]
    choose(at, 0, place(at, "keywords"))
    assert at.query_params["said"] == "天 气" and list(at.dataframe[0].value["case"]) == ["z1"]


def test_filters_shrink_what_is_counted(explorer: Any, said: Path) -> None:
    at = explorer(said, page="words", condition="noise", **{"words.unit": "word"})
    assert table(at, "invented")["word"] == ["um"] and "confusions" not in str([d.key for d in at.dataframe])
    at = explorer(said, page="words", system="gone")
    assert "No answer that came passes" in at.info[0].value and not at.dataframe
    at.button(key="words.clear").click().run()
    assert "system" not in at.query_params and at.dataframe
    at = explorer(said, page="words", text="(", regex="1")
    assert "cannot be used" in at.error[0].value


def test_events_find_exactly_their_answers(said: Path) -> None:
    assert rows_where(said, Event("cat", "cap")) == [("a", "clean", "e1")]
    assert rows_where(said, Event("the", "")) == [("a", "clean", "e1")]
    assert rows_where(said, Event("cat")) == [("a", "clean", "e1")]
    assert rows_where(said, Event("", "um")) == [("a", "noise", "e3")]
    assert rows_where(said, Event(heard="cat")) == [("a", "clean", "e3")]
    assert rows_where(said, Event(heard="cap")) == []  # it is like what was said
    assert [row[:2] for row in rows_where(said, Event("mat", "mat"))] == [("a", "clean"), ("a", "noise")]
    assert rows_where(said, Event("anna", None, "name")) == [("a", "clean", "e2")]
    assert (
        rows_where(said, Event("anna", "", "name")) == [] == rows_where(said, Event("anna", None, "number"))
    )
    assert len(rows_where(said, Event("anna", "anna", "name"))) == 2
    assert rows_where(said, Event("do not", "do not")) == [("a", "noise", "e2"), ("b", "clean", "e2")]
    for event in (Event("a", ""), Event("", "b"), Event("a"), Event(heard="b"), Event("x", "x", "name")):
        filters = Filters(event=event)
        assert from_parameters(to_parameters(filters)) == (filters, [])


def test_counts_are_those_of_the_alignments() -> None:
    """Random texts counted step by step, and as columns."""
    from collections import Counter

    from asrdiag.app.data.tokens import tokens_of
    from asrdiag.app.data.words import words_of

    generator = np.random.default_rng(0)
    texts = [
        [["abcde"[n] for n in generator.integers(0, 5, size)] for size in pair]
        for pair in generator.integers(0, 7, (60, 2)).tolist()
    ]
    letters = [align(reference, hypothesis).letters for reference, hypothesis in texts]
    scores = pa.table(
        {
            "alignment": [*letters, None],
            "reference_tokens": pa.array([*(pair[0] for pair in texts), None], pa.list_(pa.string())),
            "hypothesis_tokens": pa.array([*(pair[1] for pair in texts), None], pa.list_(pa.string())),
        }
    )
    found = words_of(tokens_of(scores))
    pairs: Counter[tuple[str, str]] = Counter()
    added: Counter[str] = Counter()
    for (reference, hypothesis), steps in zip(texts, letters, strict=True):
        said_, heard = iter(reference), iter(hypothesis)
        for letter in steps:
            word = next(said_) if letter != "I" else ""
            answer = next(heard) if letter != "D" else ""
            pairs[word, answer] += letter in "sS"
            added[answer] += letter == "I"
    told = confusions(found).to_pylist()
    assert {(row["said"], row["heard"]): row["times"] for row in told} == dict(+pairs)
    assert {row["word"]: row["put_in"] for row in invented_words(found).to_pylist() if row["put_in"]} == dict(
        +added
    )


def test_cells_are_read_once_and_again_when_they_changed(copy: Path) -> None:
    run = OpenRun(copy, "copy")
    index, store = read_index([run]), TallyStore()
    read: list[tuple[int, int]] = []

    def count(**arguments: Any) -> Any:
        rows = np.arange(len(index))
        return count_words(
            store, {"copy": run}, index, rows, progress=lambda *step: read.append(step), **arguments
        )

    first = count(unit="word")
    assert read == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert count(unit="word").words.counts.sum() == first.words.counts.sum()
    assert len(read) == 4
    path = run.scores("bad/set/noise")
    scores = pq.read_table(path)
    letters = ["C", *scores["alignment"].to_pylist()[1:]]
    changed = scores.set_column(scores.schema.get_field_index("alignment"), "alignment", pa.array(letters))
    pq.write_table(changed, path)
    again = count(unit="word")
    assert len(read) == 5 and len(again.tallies) == 3
    assert "other tokens than its texts" in again.problems[0].what
    keywords = count_keywords({"copy": run}, index, again.rows, ["old town"], unit="word")
    assert keywords.tolist() == [[3, 2]]  # of 4 cells one cannot be read, and one heard a cold town
    small = TallyStore(kept_bytes=1)
    small.of({"copy": run}, index, again.rows)
    small.of({"copy": run}, index, again.rows, lambda *step: read.append(step))
    assert read[5:] == [(1, 3), (2, 3), (3, 3)]  # of the four only the last that could be read was kept


def test_a_run_that_is_being_written(explorer: Any, copy: Path) -> None:
    for name in ("scores.parquet", "summary.json"):
        (copy / "cells" / "bad" / "set" / "noise" / name).unlink()
    at = explorer(copy, page="words", **{"words.unit": "word"})
    assert table(at, "confusions")["times"] and "bad" in str(at.multiselect[0].options)
    for path in copy.glob("cells/*/*/*/scores.parquet"):
        path.unlink()
    at = explorer(copy, page="words")
    assert "No answer has scores yet" in at.info[-1].value


def test_two_runs_with_the_same_ids(explorer: Any, runs: Runs) -> None:
    at = explorer(runs.plain, runs.other, page="words", **{"words.unit": "word", "words.word": "cold"})
    assert table(at, "by_cell")["condition"] == ["as_recorded", "noise"]
    choose(at, 1, place(at, "by_cell"))
    assert (at.query_params["run"], at.query_params["condition"]) == ("plain", "noise")
