"""One case in full: records, steps, sound and notes."""

import json
from pathlib import Path

import pytest
from explorer_runs import Runs

from asrdiag.app.data import notes as notes_module
from asrdiag.app.data.case import Case, Step, beside, open_case, same_reference
from asrdiag.app.data.index import CaseKey
from asrdiag.app.data.notes import Note, notes_path, read_notes, write_note
from asrdiag.app.data.offsets import AllOffsets, Offsets
from asrdiag.app.data.runs import OpenRun
from asrdiag.app.data.sound import Refused, Sound, flac_of, heard, recorded, samples_of
from asrdiag.app.data.stack import stacked
from asrdiag.errors import AsrdiagError

KEY = CaseKey("plain", "bad", "set", "noise", "u1")


def opened(path: Path, key: CaseKey = KEY) -> Case:
    return open_case(OpenRun(path, "plain"), key, AllOffsets())


def test_a_case_has_its_steps_spans_and_times(runs: Runs) -> None:
    case = opened(runs.plain)
    assert "".join(step.letter for step in case.steps) == "CCDDDDDDD"
    assert [step.omitted for step in case.steps] == [False] * 2 + [True] * 7
    # The engine said when "The" and "cat." began; normalising drops the capital and the stop.
    assert [step.start_s for step in case.steps] == [0.25, 1.5] + [None] * 7
    assert case.record["hypothesis_raw"] == "the cat" and case.error is None and case.problems == ()


def test_no_time_is_made_up_for_a_word_that_the_engine_did_not_give(copy: Path) -> None:
    path = copy / "cells" / "bad" / "set" / "noise" / "samples.jsonl"
    record = json.loads(path.read_text().splitlines()[0])
    for words, expected in (
        ([["the", 0.25, 0.5], ["caterpillar", 1.5, 1.9]], [0.25, None]),
        ([["cat", 1.5, 1.9]], [None, 1.5]),
        ([["the", "soon", 0.5], ["cat", -1.0, 0.5]], [None, None]),
        ("the cat", [None, None]),
        ([1, ["the"]], [None, None]),
    ):
        path.write_text(json.dumps(record | {"details": {"words": words}}) + "\n")
        assert [step.start_s for step in opened(copy).steps[:2]] == expected


def test_an_answer_that_never_came_says_why(runs: Runs) -> None:
    case = opened(runs.plain, CaseKey("plain", "bad", "set", "noise", "u4"))
    assert not case.answered and case.steps == ()
    assert case.error is not None and case.error["stage"] == "transcribe"


def test_without_its_files_a_case_says_what_is_missing(copy: Path) -> None:
    folder = copy / "cells" / "bad" / "set" / "noise"
    (folder / "samples.jsonl").unlink()
    case = opened(copy)
    assert case.answered and case.record == {} and len(case.problems) == 1
    (folder / "scores.parquet").write_bytes(b"PAR1")
    case = opened(copy)
    assert not case.answered and len(case.problems) == 2


def test_all_systems_stand_under_one_reference(runs: Runs) -> None:
    run = OpenRun(runs.plain, "plain")
    places = beside([run], KEY)
    assert [key.system for _, key in places] == ["good", "bad"]
    good, bad = (open_case(run, key, AllOffsets()) for _, key in places)
    assert same_reference(good, bad)
    columns = stacked([good.steps, bad.steps])
    assert [column.reference for column in columns if column.reference] == list(bad.reference_tokens)


def step(letter: str, reference: str | None, hypothesis: str | None) -> Step:
    return Step(letter, reference, hypothesis, omitted=False, fabricated=False)


def test_insertions_at_one_place_share_columns() -> None:
    first = [step("I", None, "x"), step("I", None, "y"), step("C", "a", "a"), step("D", "b", None)]
    second = [step("C", "a", "a"), step("S", "b", "c"), step("I", None, "z")]
    columns = stacked([first, second])
    assert [column.reference for column in columns] == [None, None, "a", "b", None]
    shown = [[each.hypothesis if each else None for each in column.steps] for column in columns]
    assert shown == [["x", None], ["y", None], ["a", "a"], [None, "c"], [None, "z"]]
    assert stacked([]) == []
    with pytest.raises(ValueError, match="different references"):
        stacked([first, [step("C", "other", "other")]])


def lines(*records: object) -> str:
    return "".join(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records)


def test_the_last_record_counts_and_a_withdrawn_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text(
        lines(
            {"schema": 1, "sample_id": "a", "n": 1},
            {"schema": 1, "sample_id": 'ü "quoted" \\', "n": 2},
            "{damaged",
            {"schema": 1, "sample_id": "a", "n": 3},
            {"sample_id": "b", "withdrawn": True},
        )
        + '{"schema": 1, "sample_id": "torn"'
    )
    offsets = Offsets(path)
    assert offsets.record("a") == {"schema": 1, "sample_id": "a", "n": 3}
    assert (offsets.record('ü "quoted" \\') or {})["n"] == 2
    assert offsets.record("b") is None and offsets.record("torn") is None and offsets.record("gone") is None
    assert offsets.damaged == [3]


def test_what_is_added_is_found_and_another_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text(lines({"schema": 1, "sample_id": "a", "n": 1}))
    offsets = Offsets(path)
    assert (offsets.record("a") or {})["n"] == 1
    with path.open("a") as stream:
        stream.write(lines({"schema": 1, "sample_id": "b", "n": 2}))
    assert (offsets.record("b") or {})["n"] == 2
    other = tmp_path / "other"
    other.write_text(lines({"schema": 1, "sample_id": "c", "n": 3}, {"schema": 1, "sample_id": "d", "n": 4}))
    other.replace(path)
    assert offsets.record("a") is None and (offsets.record("d") or {})["n"] == 4


def test_audio_is_served_from_the_run_and_the_roots_that_it_names(runs: Runs) -> None:
    run = OpenRun(runs.plain, "plain")
    record = opened(runs.plain).record
    for sound in (heard(run, "set", record), recorded(run, "set", record)):
        assert isinstance(sound, Sound)
        assert flac_of(samples_of(sound, 16_000), 16_000)[:4] == b"fLaC"


@pytest.mark.parametrize(
    "kept",
    ["../../secret.flac", "/etc/passwd", f"audio/../{'ab' * 32}.flac", f"audio/{'cd' * 32}.flac", 7, ""],
)
def test_a_kept_clip_elsewhere_is_refused(runs: Runs, kept: object) -> None:
    run = OpenRun(runs.plain, "plain")
    (runs.plain.parent / "secret.flac").write_bytes(b"x")
    assert isinstance(heard(run, "set", {"audio": {"kept": kept}}), Refused)


def test_a_link_out_of_the_run_is_refused(copy: Path) -> None:
    secret = copy.parent / "secret.flac"
    secret.write_bytes(b"x")
    name = f"{'ef' * 32}.flac"
    (copy / "audio" / name).symlink_to(secret)
    assert isinstance(heard(OpenRun(copy, "copy"), "set", {"audio": {"kept": f"audio/{name}"}}), Refused)
    (copy / "audio" / name).unlink()
    (copy / "audio").rename(copy.parent / "moved")
    (copy / "audio").symlink_to(
        copy.parent
    )  # a folder that is a link is where it leads; nothing else is in it
    assert isinstance(heard(OpenRun(copy, "copy"), "set", {"audio": {"kept": f"audio/{name}"}}), Refused)


def source(path: object, **parts: object) -> dict[str, object]:
    return {"source": {"path": path, "offset_s": 0.0, "duration_s": 1.0} | parts}


def test_a_recording_outside_the_roots_is_refused(copy: Path) -> None:
    run, root = OpenRun(copy, "copy"), copy.parent / "root"
    root.mkdir()
    (copy / "suite.resolved.yaml").write_text(f"datasets:\n- {{id: set, loader: voices, root: {root}}}\n")
    inside, outside = root / "a.wav", copy.parent / "b.wav"
    for path in (inside, outside):
        path.write_bytes(b"x")
    (root / "link.wav").symlink_to(outside)
    assert isinstance(recorded(run, "set", source(str(inside))), Sound)
    for path in (outside, root / "link.wav", f"{root}/../b.wav", "/etc/passwd", root, "", "a\0b", 7, None):
        assert isinstance(
            recorded(run, "set", source(str(path) if isinstance(path, Path) else path)), Refused
        )
    assert isinstance(recorded(run, "other", source(str(inside))), Refused)
    assert isinstance(recorded(run, "set", source(str(inside), offset_s="0")), Refused)
    (copy / "suite.resolved.yaml").write_text("datasets:\n- {id: set, loader: voices, root: /}\n")
    assert isinstance(recorded(run, "set", source(str(outside))), Refused)
    (copy / "suite.resolved.yaml").write_text("{not: [yaml")
    assert isinstance(recorded(run, "set", source(str(inside))), Refused)


def test_a_recording_that_the_manifest_lists_is_served(copy: Path) -> None:
    run, manifest = OpenRun(copy, "copy"), copy.parent / "lists" / "set.jsonl"
    manifest.parent.mkdir()
    for name in ("listed.wav", "other.wav"):
        (copy.parent / name).write_bytes(b"x")
    manifest.write_text(json.dumps({"audio": "../listed.wav"}) + "\n")
    (copy / "suite.resolved.yaml").write_text(
        f"datasets:\n- {{id: set, loader: manifest, path: {manifest}}}\n"
    )
    assert isinstance(recorded(run, "set", source(str(copy.parent / "listed.wav"))), Sound)
    assert isinstance(recorded(run, "set", source(str(copy.parent / "other.wav"))), Refused)


def test_notes_are_beside_the_run_and_never_in_it(copy: Path) -> None:
    run = OpenRun(copy, "plain")
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    path = write_note(run, KEY, "check", "a door slams")
    assert path == copy.parent / "copy.notes.jsonl"
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before
    [note] = read_notes(run).values()
    assert (note.tag, note.text) == ("check", "a door slams")
    write_note(run, KEY, "", "only this")
    assert read_notes(run)[KEY].text == "only this" and read_notes(run)[KEY].tag == ""
    write_note(run, KEY, "", "")
    assert read_notes(run) == {}


def test_a_torn_note_is_cut_and_the_others_stay(copy: Path) -> None:
    run = OpenRun(copy, "plain")
    path = write_note(run, KEY, "check", "first")
    with path.open("a") as stream:
        stream.write('{"schema": 1, "tag"')
    assert [note.text for note in read_notes(run).values()] == ["first"]
    other = CaseKey("plain", "bad", "set", "noise", "u2")
    write_note(run, other, "", "second")
    assert {key: note.text for key, note in read_notes(run).items()} == {KEY: "first", other: "second"}


def test_notes_on_an_earlier_run_are_left_out(copy: Path) -> None:
    write_note(OpenRun(copy, "plain"), KEY, "check", "")
    path = copy / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"run_id": "later"}))
    assert read_notes(OpenRun(copy, "plain")) == {}


def test_where_nothing_can_be_written_notes_are_kept_at_home(
    copy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(notes_module.os, "access", lambda path, mode: False)
    run = OpenRun(copy, "plain")
    path = write_note(run, KEY, "check", "")
    assert path == notes_path(run) and path.parent == tmp_path / "state" / "asrdiag" / "notes"
    assert read_notes(run)[KEY] == Note("check", "", read_notes(run)[KEY].written)


def test_a_note_without_end_is_refused(copy: Path) -> None:
    with pytest.raises(AsrdiagError, match="at most"):
        write_note(OpenRun(copy, "plain"), KEY, "", "x" * 10_001)
