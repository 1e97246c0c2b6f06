"""A run's scores and tables say what became of its key content; names by rule or by a pipeline."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_runs import Said, make_run, score_run
from rich.console import Console

from asrdiag.cli.main import main
from asrdiag.errors import UsageError
from asrdiag.key_contents import key_arrays
from asrdiag.metrics import key_content, score_utterance
from asrdiag.ner import check_pipelines, find_names, load_recogniser
from asrdiag.report.outdated import outdated
from asrdiag.scoring import is_scored
from asrdiag.store.folder import RunFolder
from asrdiag.suite.load import load_suite
from asrdiag.transcripts.as_data import to_csv_text, to_document
from asrdiag.transcripts.as_table import render
from asrdiag.transcripts.formats import read_transcripts
from asrdiag.transcripts.pairing import pair_two
from asrdiag.transcripts.pairs import Reading
from asrdiag.transcripts.results import Results, score_pairs

PAGE = (Path(__file__).parents[1] / "docs" / "key-content.md").read_text()
CELL = "sys/set/clean"
CORPUS = [
    Said("a", "we do not open on Monday"),
    Said("b", "take twenty of them to anna"),
    Said("c", "nobody answers this"),
    Said("d", "来了三个人", language="zh"),
]
ANSWERS = {
    "a": "we do now open on Monday",
    "b": "take thirty of them to hannah",
    "c": None,
    "d": "没来了三个人",
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return score_run(make_run(tmp_path / "run", CORPUS, {CELL: ANSWERS}))


def leaderboard(run: Path) -> dict[str, dict[str, str]]:
    with (run / "leaderboard.csv").open(newline="", encoding="utf-8") as stream:
        return {row["language"]: row for row in csv.DictReader(stream)}


def test_scores_hold_the_items_of_each_clip(run: Path) -> None:
    table = pq.read_table(run / "cells" / CELL / "scores.parquet")
    rows: dict[str, dict[str, Any]] = {row["sample_id"]: row for row in table.to_pylist()}
    assert {name: row["key_flags"] for name, row in rows.items()} == {
        "a": ["negation_lost"],
        "b": ["number_changed"],
        "c": None,
        "d": ["negation_introduced"],
    }
    assert rows["c"]["key_items"] is None and rows["c"]["key_errors"] is None
    lost, monday = rows["a"]["key_items"]
    assert (lost["kind"], lost["reference"], lost["reference_start"], lost["reference_end"]) == (
        *("negation", "not"),
        *(6, 9),
    )
    assert (lost["hypothesis"], lost["hypothesis_start"], lost["hypothesis_end"]) == ("now", 6, 9)
    assert (monday["kind"], monday["status"], monday["hypothesis"]) == ("date", "kept", None)
    counts = ("key_reference", "key_hypothesis", "key_kept", "key_errors")
    assert [rows["a"][name] for name in counts] == [2, 1, 1, 1]
    assert [rows["d"][name] for name in counts] == [1, 2, 1, 1]


def test_the_leaderboard_adds_them_up(run: Path) -> None:
    english, chinese = (leaderboard(run)[language] for language in ("en", "zh"))
    # Not, Monday and twenty were said; now is none, Monday was kept, thirty is another number.
    numbers = ("n_key_reference", "n_key_hypothesis", "n_key_kept", "key_recall_pct", "key_precision_pct")
    assert [english[name] for name in numbers] == ["3", "2", "1", "33.3333", "50"]
    errors = ("n_negation_flips", "n_number_errors", "n_date_errors", "n_name_errors", "n_keyword_errors")
    assert [english[name] for name in errors] == ["1", "1", "0", "0", "0"]
    assert [chinese[name] for name in (*numbers, *errors)] == [
        *("1", "2", "1", "100", "50"),
        *("1", "0", "0", "0", "0"),
    ]
    assert english["names_by"] == "rules"
    summary = RunFolder(run).read_summary(CELL)
    assert summary is not None
    assert summary["rows"][0]["key_content"]["negation"] == {
        **dict.fromkeys(("kept", "changed", "introduced"), 0),
        "lost": 1,
    }


def test_a_run_of_an_earlier_version_says_that_it_lacks_them(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = RunFolder(run)
    assert outdated(folder) is None
    path = folder.summary(CELL)
    summary = json.loads(path.read_text())
    summary["made_from"]["scoring"] = 4
    path.write_text(json.dumps(summary))
    assert not is_scored(folder, CELL, folder.read_run()["cells"][CELL])
    assert main(["leaderboard", str(run)]) == 0
    said = capsys.readouterr().err
    assert "an earlier version scored 1 of 1 cells" in said and f"`asrdiag score {run}`" in said
    assert main(["score", str(run)]) == 0
    assert outdated(folder) is None


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline that knows two names and a date, whatever their letters."""
    spacy = pytest.importorskip("spacy")
    made = spacy.blank("en")
    ruler = made.add_pipe("entity_ruler")
    labels = {"anna": "PERSON", "hannah": "PERSON", "monday": "DATE"}
    ruler.add_patterns([{"label": label, "pattern": [{"LOWER": name}]} for name, label in labels.items()])
    made.meta["name"], made.meta["version"] = "names", "1.2"
    path = tmp_path_factory.mktemp("spacy") / "names"
    made.to_disk(path)
    return path


def test_a_pipeline_tells_names_where_no_capital_letter_does(run: Path, pipeline: Path) -> None:
    assert main(["score", str(run), "--ner", str(pipeline), "--keywords", "open"]) == 0
    english, chinese = (leaderboard(run)[language] for language in ("en", "zh"))
    assert (english["n_key_reference"], english["n_name_errors"]) == ("5", "1")  # anna and the keyword, too
    assert (english["names_by"], chinese["names_by"]) == ("en_names-1.2", "rules")
    assert english["keyword_recall_pct"] == "100"
    folder = RunFolder(run)  # the suite names none, so what was made with one is not what it asks for
    assert not is_scored(folder, CELL, folder.read_run()["cells"][CELL])


def test_each_text_is_read_once_and_only_in_its_language(pipeline: Path) -> None:
    records = [
        {"language": tag, "reference_raw": "we met anna on monday", "hypothesis_raw": text}
        for tag, text in (("en", "we met hannah"), ("en_GB", None), ("de", "anna"))
    ]
    found = find_names(records, [str(pipeline)])
    assert [each.names for each in found] == [([(7, 11)], [(7, 13)]), ([(7, 11)], []), None]
    with pytest.raises(UsageError, match="one pipeline for each language"):
        find_names(records, [str(pipeline)] * 2)


def test_pipelines_that_are_of_no_use(tmp_path: Path, pipeline: Path) -> None:
    with pytest.raises(ValueError, match="found 'nowhere', expected an installed spaCy pipeline"):
        check_pipelines(("nowhere",))
    with pytest.raises(UsageError, match="cannot be loaded"):
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "config.cfg").write_text("[nlp]\n")
        load_recogniser(str(tmp_path / "broken"))
    spacy = pytest.importorskip("spacy")
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(UsageError, match="holds nothing; expected a component that recognises named"):
        load_recogniser(str(tmp_path / "blank"))


def test_a_suite_names_pipelines(tmp_path: Path, pipeline: Path) -> None:
    text = (
        "name: s\nsystems: [{id: p, engine: pocketsphinx}]\ndatasets: [{id: demo, loader: demo}]\n"
        "conditions: [{id: c, kind: as_recorded}]\nreport:\n  ner: [NAME]\n"
    )
    path = pipeline.parent / "suite.yaml"
    path.write_text(text.replace("NAME", "names"))  # beside the suite
    assert load_suite(path, {}).suite.report.ner == (str(pipeline),)
    path.write_text(text.replace("NAME", "nowhere"))
    with pytest.raises(UsageError, match="found 'nowhere', expected an installed spaCy pipeline"):
        load_suite(path, {})


def scored_files(folder: Path, pairs: list[tuple[str, str, str]]) -> Results:
    files = []
    for place, name in enumerate(("ref", "hyp"), start=1):
        path = folder / f"{name}.trn"
        path.write_text("".join(f"{pair[place]} ({pair[0]})\n" for pair in pairs))
        files.append(read_transcripts(path))
    return score_pairs(files, pair_two(files[0], files[1], Reading()))


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    [shown] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    pairs = re.findall(r"^(\w) \(.*\n  REF (.*)\n  HYP (.*)\n", shown, re.MULTILINE)
    assert len(pairs) == 2
    results = scored_files(tmp_path, pairs)
    console = Console(file=io.StringIO(), width=110, highlight=False)
    with console.capture() as captured:
        console.print(render(results, 110))
    printed = [line.rstrip() for line in captured.get().splitlines()]
    head, *listed = shown.splitlines()
    assert head in printed
    assert printed[-len(listed) :] == listed


def test_files_say_it_in_every_report(tmp_path: Path) -> None:
    results = scored_files(tmp_path, [("u-1", "do not pay 20", "do pay 30"), ("u-2", "hello", "hello")])
    document = to_document(results)
    assert document["totals"][0]["n_negation_flips"] == 1
    assert document["totals"][0]["key_content"]["number"]["changed"] == 1
    assert [item["status"] for item in document["utterances"][0]["key_items"]] == ["lost", "changed"]
    rows = list(csv.DictReader(io.StringIO(to_csv_text(results))))
    assert [row["key_flags"] for row in rows] == ["negation_lost number_changed", ""]
    assert [row["key_errors"] for row in rows] == ["2", "0"]


def test_columns_of_nothing_and_of_no_answer() -> None:
    assert pa.table(key_arrays([], pa)).num_rows == 0
    answered = key_content(score_utterance("no", "no"))
    rows = pa.table(key_arrays([None, answered, None], pa)).to_pylist()
    assert [row["key_items"] and len(row["key_items"]) for row in rows] == [None, 1, None]
    assert [row["key_kept"] for row in rows] == [None, 1, None]
