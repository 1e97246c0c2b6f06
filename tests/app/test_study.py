"""Case studies: the file that people write by hand, and the page that is made of it."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from explorer_runs import SCRIPT, Runs
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import DOCS

from asrdiag.app.data.index import CaseKey, read_index
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.study.file import (
    Entry,
    Study,
    edit_study,
    read_study,
    study_names,
    study_path,
    write_study,
)
from asrdiag.app.study.find import find_all
from asrdiag.app.study.page import page_of
from asrdiag.errors import UsageError

FIRST = Entry("bad", "set", "noise", "u1", note="It stops.\nTwice.")
SECOND = Entry("good", "set", "noise", "u1")
THIRD = Entry("bad", "set", "noise", "z1")

# What YAML can hold: no surrogates; lines end in one way, as `write_study` makes them.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=60)
notes = texts.map(lambda text: text.strip("\n"))
names = texts.filter(bool)


@settings(max_examples=60)
@given(
    st.builds(
        Study,
        title=notes,
        about=notes,
        cases=st.lists(
            st.builds(Entry, names, names, names, names, run=texts, note=notes),
            max_size=4,
            unique_by=lambda entry: (entry.run, entry.system, entry.dataset, entry.condition, entry.sample),
        ).map(tuple),
    )
)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, study: Study) -> None:
    path = tmp_path_factory.getbasetemp() / "round.cases.yaml"
    write_study(path, study)
    assert read_study(path) == study


@pytest.mark.parametrize(
    "text", ["010", "1e5", "no", "null", "~", "2026-01-01", "- x", "a: b", "#", "yes", "x #y"]
)
def test_texts_that_yaml_might_take_for_something_else_stay_texts(tmp_path: Path, text: str) -> None:
    write_study(tmp_path / "s", Study(title=text, cases=(Entry(text, text, text, text, note=text),)))
    assert read_study(tmp_path / "s").cases[0].sample == text and read_study(tmp_path / "s").title == text


def test_a_file_as_people_write_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "# chosen on Monday\n"
        "title: Loss\n"
        "cases:\n"
        "- {system: bad, dataset: set, condition: noise, sample: u1}\n"
        "- system: bad\n"
        "  dataset: set\n"
        "  condition: noise\n"
        "  sample: z1\n"
        "  note: |\n"
        "    Two lines\n"
        "    of text.\n"
    )
    study = read_study(path)
    assert study == Study("Loss", "", (replace(FIRST, note=""), replace(THIRD, note="Two lines\nof text.")))
    assert [entry.line for entry in study.cases] == [4, 5]
    path.write_text("")
    assert read_study(path) == Study()


def test_the_documentation_shows_a_study(tmp_path: Path) -> None:
    text = (DOCS / "explorer.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    path = tmp_path / "shown.yaml"
    path.write_text(shown)
    study = read_study(path)
    assert study.title and study.about
    assert [(entry.run, bool(entry.note)) for entry in study.cases] == [("", True), ("quickstart", False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- x", ":1: expected `title`, `about` and `cases`, found a list"),
        ("titel: x", ":1: unknown key 'titel'; known: about, cases, title"),
        ("title: 3", ":1: title is 3, expected a text (quote it)"),
        ("title: x\ncases: u1", ":2: expected a list of cases, found 'u1'"),
        ("cases:\n- u1", ":2: found 'u1', expected a case: system, dataset, condition, sample"),
        ("cases:\n- {system: a, dataset: b, sample: c}", ":2: the case has no condition"),
        (
            "cases:\n- system: a\n  dataset: b\n  condition: c\n  sample: 007",
            ":5: sample is 7, expected a text",
        ),
        ("cases:\n- {system: a, dataset: b, condition: c, sample: d, nots: x}", ":2: unknown key 'nots'"),
        ("title: x\ntitle: y", ":2: the key 'title' is given twice"),
        ("title: [", ":1: not valid YAML"),
        ("cases: !!python/object:os.system []", "not valid YAML"),
        (f"title: {'x' * 10_001}", ":1: title has 10001 characters, expected at most 10000"),
        (
            "cases:\n" + "- {system: a, dataset: b, condition: c, sample: d}\n" * 2,
            ":3: this case is in line 2, too",
        ),
        ("cases:\n" + "- x\n" * 501, "found 501 cases, expected at most 500"),
    ],
)
def test_what_no_study_says_is_refused_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=re.escape(expected)):
        read_study(path)
    with pytest.raises(UsageError):
        edit_study(path, lambda study: Study())
    assert path.read_text() == text  # a file that somebody is writing is not written over


def test_cases_are_moved_noted_and_taken_out() -> None:
    study = Study(cases=(FIRST, SECOND, THIRD))
    assert study.moving(THIRD, -1).cases == (FIRST, THIRD, SECOND)
    assert study.moving(FIRST, -1) == study and study.moving(THIRD, 1) == study
    assert study.without(SECOND).cases == (FIRST, THIRD)
    assert study.noting(SECOND, "x\r\ny\n").cases[1].note == "x\ny"
    gone = Entry("gone", "set", "noise", "u1")
    assert study.without(gone) == study.moving(gone, 1) == study.noting(gone, "x") == study
    key = CaseKey("plain", "bad", "set", "noise", "u2")
    assert study.adding(key, name_run=False).cases[-1] == Entry("bad", "set", "noise", "u2")
    assert study.adding(key, name_run=True).cases[-1].run == "plain"
    assert (
        study.adding(CaseKey("other", "bad", "set", "noise", "u1"), name_run=True) == study
    )  # named without a run


def test_studies_are_beside_the_run(copy: Path) -> None:
    run = OpenRun(copy, "copy")
    assert study_path(run) == copy.parent / "copy.cases.yaml"
    write_study(study_path(run, "talk"), Study())
    for name in ("copy.Bad Name.cases.yaml", "copy.x.yaml", "copies.x.cases.yaml"):
        (copy.parent / name).touch()
    assert study_names(run) == ["", "talk"]
    for name in ("../x", "A", "x" * 41):
        with pytest.raises(UsageError, match="expected lower-case letters"):
            study_path(run, name)


def test_a_case_that_is_not_there_is_told_with_its_line_and_what_is_alike(runs: Runs, tmp_path: Path) -> None:
    run = OpenRun(runs.plain, "plain")
    index = read_index([run])
    wrong = (
        Entry("bad", "set", "noise", "u9", line=3),
        Entry("baad", "set", "noise", "u1", line=4),
        Entry("bad", "sat", "noise", "u1", line=5),
        Entry("bad", "set", "nois", "u1", line=6),
        Entry("bad", "set", "noise", "u1", run="plane", line=7),
        FIRST,
    )
    with pytest.raises(UsageError) as caught:
        find_all(Study(cases=wrong), Path("s.yaml"), [run], index)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("s.yaml:3: no sample 'u9' in bad/set/noise; nearest: u")
    assert [line.partition(";")[0] for line in lines[1:]] == [
        "s.yaml:4: unknown system 'baad' (did you mean 'bad'?)",
        "s.yaml:5: unknown dataset 'sat' (did you mean 'set'?)",
        "s.yaml:6: unknown condition 'nois' (did you mean 'noise'?)",
        "s.yaml:7: unknown run 'plane' (did you mean 'plain'?)",
    ]


def test_without_a_run_the_first_that_has_the_case_is_meant(runs: Runs) -> None:
    both = [OpenRun(path, path.name) for path in (runs.other, runs.plain)]
    study = Study(
        cases=(
            Entry("bad", "set", "as_recorded", "u1"),
            SECOND,
            Entry("bad", "set", "as_recorded", "u1", "plain"),
        )
    )
    assert [key.run for key in find_all(study, Path("s"), both, read_index(both))] == [
        "other",
        "plain",
        "plain",
    ]


class Page(HTMLParser):
    """What a page has: its elements, where they lead, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "data", "poster")]

    def handle_data(self, data: str) -> None:
        self.text += data


def page(path: Path, study: Study) -> tuple[str, Page]:
    run = OpenRun(path, "plain")
    text = "".join(page_of(study, find_all(study, Path("s"), [run], read_index([run])), [run]))
    return text, Page(text)


def test_the_page_has_every_answer_the_audio_and_the_notes(runs: Runs) -> None:
    failed = Entry("bad", "set", "noise", "u4")
    text, found = page(runs.plain, Study("Loss & more", "Why?", (FIRST, THIRD, failed)))
    assert "Loss & more" in found.text and "It stops.\nTwice." in found.text
    # u1: "the cat" of nine words, seven left out; the other system wrote something else.
    assert "truncation" in found.text and "7 errors in 9 words (77.8 %): 7 del" in found.text
    assert found.tags.count("audio") == 2 and found.tags.count("svg") == 2
    assert 'class="D stretch"' in text and "good" in found.text
    assert 'class="steps character"' in text and "汽" in found.text
    assert "transcribe failed" in found.text and "no answer" in found.text
    assert "does not say where the recording is" in found.text  # of z1


def test_nothing_on_the_page_runs_or_leads_away(runs: Runs) -> None:
    study = Study(
        SCRIPT, SCRIPT, (Entry("bad", "set", "noise", "u3", note=f'{SCRIPT}"><img src=x onerror=1>'),)
    )
    text, found = page(runs.plain, study)
    assert not {"script", "iframe", "object", "embed", "form", "base"} & set(found.tags)
    assert not [name for name in found.attributes if name.startswith("on")]
    assert all(link.startswith(("data:", "#")) for link in found.links)
    assert "default-src 'none'" in text and "script-src" not in text and "\u202e" not in text
    assert found.text.count(SCRIPT) >= 4  # shown, as text


def test_a_long_clip_is_not_embedded_and_long_answers_are_cut(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asrdiag.app.study.section.LONGEST_S", 2.0)
    monkeypatch.setattr("asrdiag.app.study.rows.MOST_STEPS", 4)
    _, found = page(copy, Study(cases=(FIRST,)))
    assert "audio" not in found.tags and "3 s of audio are not embedded, 2 s are at most" in found.text
    assert "further steps not shown" in found.text


def test_a_study_without_cases_is_a_page(runs: Runs) -> None:
    text, found = page(runs.plain, Study())
    assert "No case has been chosen yet." in found.text and text.endswith("</html>\n")
