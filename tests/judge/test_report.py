"""What the judge found beside the rules, itself, another judge and people."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from judge.judge_server import Asked, JudgeServer, good, says, verdict
from judge.judged_runs import ASKED, BAD, CORPUS
from scripted_server import Say

from asrdiag.cli.main import main
from asrdiag.judge import judge_ids, read_answers
from asrdiag.judge.agreement import Agreement
from asrdiag.judge.report import JudgeReport, make_report
from asrdiag.store.folder import RunFolder


@pytest.fixture(scope="module")
def judged(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is judged, to be read."""
    folder = tmp_path_factory.mktemp("report") / "run"
    shutil.copytree(scored, folder)
    with JudgeServer() as server:
        words = "judge", str(folder), "--model", "m", "--base-url", server.url, "--progress", "none"
        assert main(words) == 0
    return folder


def agreement(report: JudgeReport, part: str, question: str, second: str = "") -> Agreement:
    [found] = [
        each
        for each in getattr(report, part)
        if isinstance(each, Agreement) and each.question == question and second in each.second
    ]
    return found


def test_the_table_in_the_papers_form(judged: Path, call: Any) -> None:
    """Words are invented in u1, and missing in u2, u3 and u4."""
    report = make_report(RunFolder(judged))
    lines = {line.system: line for line in report.lines}
    assert lines["good"].judged == {
        "hallucination_pct": 0,
        "missed_pct": 0,
        "meaning": 100,
        "key_error_pct": 0,
    }
    # The server takes z1 for one word that was replaced by another: neither missed nor invented, meaning 0.
    assert lines["bad"].judged == {
        "hallucination_pct": pytest.approx(20),
        "missed_pct": pytest.approx(60),
        "meaning": pytest.approx((69 + 90 + 0 + 86 + 0) / 5),
        "key_error_pct": pytest.approx(20),  # u3, by rule
    }
    # By rule u1 is a hallucination, u2 and u4 are omissions, u3 is empty and z1 cut off.
    assert lines["bad"].rules["hallucination_pct"] == 20
    assert lines["bad"].rules["missed_pct"] == 80
    shown = call("judge", "report", judged, "--published")
    assert shown.status == 0
    assert "Qwen3-ASR after SFT" in shown.out
    assert "by a judge that is not named" in shown.out.replace("\n", " ")
    row = next(line for line in shown.out.splitlines() if line.split()[:1] == ["bad,"])
    assert row.split()[1:] == ["set", "4+1/5", "20.0", "60.0", "49.0", "20.0"]


def test_the_rules_and_the_judge(judged: Path) -> None:
    report = make_report(RunFolder(judged))
    # Asked about u1, u2, u4 and z1, of two systems.
    found = agreement(report, "rules", "hallucinated")
    assert (found.n, found.labels, found.table) == (2 * ASKED, ("yes", "no"), ((2, 0), (0, 6)))
    assert found.kappa == 1
    found = agreement(report, "rules", "missed")  # the judge: u2 and u4; the rules: z1 too
    assert found.table == ((4, 2), (0, 2))
    assert found.kappa == pytest.approx(0.5)  # 6/8 alike; by chance 3/4 * 1/2 + 1/4 * 1/2 = 1/2
    assert {line.mode: line.n for line in report.modes}["hallucination"] == 2
    assert sum(line.n for line in report.modes) == 8


def test_the_judge_and_itself(judge: Any, run: Path) -> None:
    def moody(asked: Asked, time: int) -> Say:
        if asked.hypothesis == BAD["u1"] and time > 1:
            return says(verdict(asked) | {"hallucinated_spans": [], "meaning": 99})
        return good(asked)

    with JudgeServer(moody) as server:
        judge(server, "--repeat", "3")
    report = make_report(RunFolder(run))
    found = agreement(report, "repeats", "hallucinated", "time 2")
    assert (found.n, found.table) == (ASKED, ((0, 1), (0, 3)))
    assert found.kappa == 0
    assert agreement(report, "repeats", "missed", "time 3").kappa == 1
    meaning = [each.as_record() for each in report.repeats if not isinstance(each, Agreement)]
    assert [each["mean_difference"] for each in meaning] == [7.5, 7.5]  # 30 over 4


def test_two_judges(judged: Path, call: Any, tmp_path: Path) -> None:
    def kind(asked: Asked, time: int) -> Say:
        return says(verdict(asked) | {"missed_spans": [], "meaning": 100})

    run = shutil.copytree(judged, tmp_path / "run")
    with JudgeServer(kind) as server:
        call("judge", run, "--model", "kind", "--base-url", server.url, "--max-requests", "3")
    folder = RunFolder(run)
    assert [name.split(".")[0] for name in judge_ids(folder)] == ["m", "kind"]
    report = make_report(folder, "m")
    found = agreement(report, "others", "missed")
    assert (found.first, found.second) == ("m, judge@1", "kind, judge@1")
    assert sum(map(sum, found.table)) == found.n == 6  # three pairs, said by two systems each
    missed = [
        place
        for place, each in read_answers(folder, "m").answers.items()
        if each.by == "judge" and each.missed
    ]
    both = [place for place in missed if place in read_answers(folder, "kind").answers]
    assert found.agreement == pytest.approx(1 - len(both) / 6)
    shown = call("judge", "report", run, "--judge", "kin")
    assert "kind, judge@1" in shown.out
    unknown = call("judge", "report", run, "--judge", "mean")
    assert unknown.status == 2
    assert "unknown judge 'mean'" in unknown.err


def labels(path: Path, *rows: dict[str, Any]) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    else:
        mark = "\t" if path.suffix == ".tsv" else ","
        lines = [list(rows[0]), *(list(map(str, row.values())) for row in rows)]
        path.write_text("\n".join(mark.join(line) for line in lines) + "\n")
    return path


@pytest.mark.parametrize("name", ["people.csv", "people.tsv", "people.jsonl"])
def test_people(judged: Path, call: Any, tmp_path: Path, name: str) -> None:
    cell = {"system": "bad", "dataset": "set", "condition": "as_recorded"}
    path = labels(
        tmp_path / name,
        {
            **cell,
            "sample_id": "u1",
            "hallucinated": "yes",
            "missed": 0,
            "meaning": 60,
            "mode": "hallucination",
        },
        {
            **cell,
            "sample_id": "u2",
            "hallucinated": "no",
            "missed": "true",
            "meaning": 80,
            "mode": "omission",
        },
        {**cell, "sample_id": "u3", "hallucinated": "no", "missed": "true", "meaning": 0, "mode": "empty"},
        {**cell, "sample_id": "u4", "hallucinated": "no", "missed": 1, "meaning": 10, "mode": ""},
        {**cell, "sample_id": "u9", "hallucinated": "no", "missed": 1, "meaning": 10, "mode": ""},
    )
    report = make_report(RunFolder(judged), human=path)
    judge_missed = agreement(report, "human", "missed", "judge")
    assert (judge_missed.n, judge_missed.table) == (4, ((3, 0), (0, 1)))
    rules_missed = agreement(report, "human", "missed", "rules")
    assert rules_missed.table == ((3, 0), (0, 1))
    modes = agreement(report, "human", "mode")
    assert modes.n == 3
    [meaning] = [each for each in report.human if not isinstance(each, Agreement)]
    assert meaning.mean_difference == pytest.approx((69 - 60 + 90 - 80 + 0 + 86 - 10) / 4)
    assert [note for note in report.notes if "1 labels are of no answer of this run" in note]
    shown = call("judge", "report", judged, "--human", path, "--json", "-")
    record = json.loads(shown.out)
    assert record["agreement"]["human"][0]["question"] == "hallucinated"
    assert call("judge", "report", judged, "--human", path).status == 0


def test_labels_by_texts_count_for_every_answer_that_has_them(judged: Path, tmp_path: Path) -> None:
    row = {"reference": CORPUS[0].reference, "hypothesis": BAD["u1"], "hallucinated": True}
    found = agreement(
        make_report(RunFolder(judged), human=labels(tmp_path / "people.jsonl", row)),
        "human",
        "hallucinated",
        "judge",
    )
    assert (found.n, found.table) == (2, ((2,),))  # of both systems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found nothing, expected a line with the names of columns"),
        ("sample_id\nu1\n", "found no label; expected one of the columns hallucinated, missed"),
        ("system,missed\nbad,1\n", "found the columns system, missed; expected sample_id"),
        ("sample_id,missed\nu1,1\n", "'u1' is in 3 cells"),
        ("sample_id,system,missed\nu1,bad,perhaps\n", "missed is 'perhaps', expected yes or no"),
        ("sample_id,system,meaning\nu1,bad,101\n", "meaning is '101', expected a number from 0 to 100"),
        ("sample_id,system,mode\nu1,bad,mess\n", "unknown mode 'mess'"),
        ("sample_id,system,missed\nu1,bad\n", "found 2 cells, expected 3"),
        ("sample_id,system,missed\nu1,bad,1\nu1,bad,0\n", "this answer has another label on line 2"),
    ],
)
def test_labels_that_cannot_be_used(judged: Path, call: Any, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text)
    done = call("judge", "report", judged, "--human", path)
    assert done.status == 2
    assert message in done.err
    assert str(path) in done.err


def test_what_is_missing_is_said(judge: Any, run: Path) -> None:
    refuse = says(None, refusal="no")
    with JudgeServer(lambda asked, _: refuse if asked.hypothesis == BAD["u1"] else good(asked)) as server:
        judge(server, "--max-requests", "3")
    notes = " ".join(make_report(RunFolder(run)).notes)
    assert "not judged yet; the command that asked goes on" in notes
    with JudgeServer(lambda asked, _: refuse if asked.hypothesis == BAD["u1"] else good(asked)) as server:
        judge(server)
    report = make_report(RunFolder(run))
    assert any("2 answers of the sample got no verdict" in note for note in report.notes)
    assert any("bad on set: whole strata are not judged yet" in note for note in report.notes)


def test_every_answer_can_be_looked_up(judged: Path) -> None:
    found = read_answers(RunFolder(judged))
    assert found is not None
    assert len(found.answers) == 15
    u1 = found.answers["bad", "set", "as_recorded", "u1"]
    [place] = u1.hallucinated
    assert BAD["u1"][place.start : place.end] == place.text == "thank you for watching"
    assert (u1.by, u1.meaning, u1.missed, u1.in_sample, u1.repeats) == ("judge", 69, (), True, 1)
    u3 = found.answers["bad", "set", "as_recorded", "u3"]
    assert (u3.by, u3.meaning, u3.has_omission, u3.has_key_error) == ("rule", 0, True, True)
    assert u3.missed[0].text == CORPUS[2].reference
    only = read_answers(RunFolder(judged), cells=["good/set/as_recorded"])
    assert only is not None
    assert {place[0] for place in only.answers} == {"good"}


def test_a_run_without_a_judge(call: Any, run: Path) -> None:
    assert read_answers(RunFolder(run)) is None
    done = call("judge", "report", run)
    assert done.status == 2
    assert "no judge was asked yet" in done.err
