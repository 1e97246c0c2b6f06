"""`asrdiag train data` on rows that have their answers: made, stopped, resumed, refused."""

import itertools
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
import soundfile

from asrdiag.audio import read_audio, sha256_of
from asrdiag.cli.main import main
from asrdiag.errors import SaveError
from asrdiag.trainers.data import checking, session
from asrdiag.trainers.data.clips import Limits, read_clip
from asrdiag.trainers.data.pool import Pool
from asrdiag.trainers.data.rows import RowFile
from asrdiag.trainers.learning.row_audio import read_clean

from .conftest import Maker, read_lines, sentence, write_clip, write_lines

KEYS: dict[str, Any] = {"inputs": [{"rows": "rows.jsonl"}], "split": {"validation": 0.2}}


def contents(out: Path) -> dict[str, bytes]:
    names = ("train.jsonl", "validation.jsonl", "test.jsonl", "dropped.jsonl", "leaks.jsonl")
    return {name: (out / name).read_bytes() for name in names if (out / name).exists()}


def test_rows_are_graded_parted_and_counted(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(**KEYS) == 0
    out = tmp_path / "out"
    train, validation = read_lines(out / "train.jsonl"), read_lines(out / "validation.jsonl")
    # Of forty rows the last twelve are dropped: seven to nine of their ten words are wrong.
    assert len(train) + len(validation) == 28
    assert {row["id"] for row in train + validation} == {f"r{number}" for number in range(28)}
    bins = {row["id"]: (row["base_wer"], row["meta"]["bin"]) for row in train + validation}
    assert [bins[f"r{number}"] for number in (0, 8, 12, 19, 20, 27)] == [
        *((0.0, "<30"), (0.2, "<30"), (0.3, "<50"), (0.4, "<50"), (0.5, "<70"), (0.6, "<70")),
    ]
    speakers = [{row["meta"]["speaker"] for row in part} for part in (train, validation)]
    texts = [{row["meta"]["text_id"] for row in part} for part in (train, validation)]
    assert not speakers[0] & speakers[1] and not texts[0] & texts[1] and all(speakers)
    record = json.loads((out / "data.json").read_text())
    assert record["status"] == "complete" and record["dropped"] == {"too_hard": 12} and record["clips"] == 40
    assert sum(cell["rows"] for cell in record["counts"]) == 28
    assert {name: file["rows"] for name, file in record["files"].items()} == {
        "train.jsonl": len(train),
        "validation.jsonl": len(validation),
    }
    dropped = read_lines(out / "dropped.jsonl")
    assert [(row["id"], row["reason"], row["base_wer"]) for row in dropped[:2]] == [
        *(("r28", "too_hard", 0.7), ("r29", "too_hard", 0.7)),
    ]
    assert not (out / ".work").exists()
    shown = capsys.readouterr().out
    assert f"out/train.jsonl: {len(train)} rows" in shown and "dropped: too_hard: 12" in shown


def test_the_same_command_has_nothing_to_do_and_a_removed_file_is_made_again(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(**KEYS)
    before = contents(tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert make(**KEYS) == 0 and "nothing to do" in capsys.readouterr().out
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    (tmp_path / "out" / "train.jsonl").unlink()
    assert make(**KEYS) == 0
    assert contents(tmp_path / "out") == before


def test_a_session_stopped_at_any_step_goes_on_and_comes_to_the_same(
    make: Maker, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaks = {"leaks": {"against": [{"loader": "manifest", "id": "own", "path": "eval.jsonl"}]}}
    write_lines(
        tmp_path / "eval.jsonl",
        [{"audio": "clips/3.wav", "text": "not said"}, {"audio": "x", "text": sentence(2)}],
    )
    make(**KEYS, **leaks)
    expected = contents(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "uninterrupted")

    monkeypatch.setattr(checking, "_AT_ONCE", 10)
    looked: list[int] = []
    look = checking._Look.__call__

    def stopped(self: Any, clip: Any) -> Any:
        looked.append(clip.n)
        if len(looked) == 25:
            raise KeyboardInterrupt
        return look(self, clip)

    monkeypatch.setattr(checking._Look, "__call__", stopped)
    assert make(**KEYS, **leaks) == 130
    assert json.loads((tmp_path / "out" / "data.json").read_text())["status"] == "interrupted"
    for step in ("read_evaluation_sets", "split", "choose", "write_parts", "write_dropped"):

        def stop(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(session, step, stop)
            assert make(**KEYS, **leaks) == 130
    # Clips that were looked at are not looked at again, save the ten of a transaction that was cut short.
    assert len(set(looked)) == 28 and len(looked) <= 28 + 10
    assert make(**KEYS, **leaks) == 0
    assert contents(tmp_path / "out") == expected


def test_a_changed_recipe_is_told_and_fresh_moves_aside(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(**KEYS)
    assert make("--set", "split.validation=0.4", **KEYS) == 2
    assert "made otherwise: recipe.split.validation: 0.2 -> 0.4" in capsys.readouterr().err
    with rows.open("a") as stream:
        stream.write("\n")
    assert make(**KEYS) == 2
    assert f"made otherwise: inputs.{rows}: " in capsys.readouterr().err
    assert make("--fresh", **KEYS) == 0
    [aside] = tmp_path.glob("out.*")
    assert (aside / "train.jsonl").read_bytes() == (tmp_path / "out" / "train.jsonl").read_bytes()


def test_another_recipe_may_go_on_where_one_came_to_no_end(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(rows, [row | {"meta": {"speaker": "s"}} for row in read_lines(rows)])
    assert make(**KEYS) == 2
    assert "all 28 rows are of one speaker" in capsys.readouterr().err
    assert len(read_lines(tmp_path / "out" / "dropped.jsonl")) == 12
    assert make("--set", "split.disjoint=[text]", **KEYS) == 0
    assert "begun anew" in capsys.readouterr().err


def test_a_folder_with_something_else_in_it_is_left_alone(make: Maker, rows: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    assert make(**KEYS) == 2 and make("--fresh", **KEYS) == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


def test_bad_rows_are_listed_and_decide_the_exit_status(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = read_lines(rows)
    soundfile.write(tmp_path / "silent.wav", [0.0] * 16000, 16000)
    bad: list[Any] = [
        good[0] | {"id": "gone", "audios": ["gone.wav"]},
        good[0] | {"id": "silent", "audios": ["silent.wav"]},
        good[0] | {"id": "empty", "solution": ""},
        good[1],
        '{"audios": ["clips/0.wav"], "solu',
    ]
    write_lines(rows, [*good, *bad])
    assert make(**KEYS) == 1
    assert "11.1 % of the clips cannot be used" in capsys.readouterr().err  # 5 of 45
    dropped = [row for row in read_lines(tmp_path / "out" / "dropped.jsonl") if row["reason"] != "too_hard"]
    assert [(row["id"], row["reason"]) for row in dropped] == [
        *(("gone", "missing_audio"), ("silent", "silent_audio"), ("empty", "empty_solution")),
        *(("r1", "duplicate_id"), (None, "not_json")),
    ]
    assert dropped[-1]["where"] == f"{rows}:45"
    assert make("--fresh", "--set", "max_bad_share=0.2", **KEYS) == 0


def test_audio_is_found_from_wherever_the_rows_are_moved_to(make: Maker, rows: Path, tmp_path: Path) -> None:
    for paths in ("relative", "absolute", "copied"):
        assert make("--fresh", "--set", f"paths={paths}", **KEYS) == 0
        found = RowFile(tmp_path / "out" / "train.jsonl")
        assert all(len(read_clip(row.audio, 16000)) == 4000 for row in found)
        [audio] = read_lines(tmp_path / "out" / "train.jsonl")[0]["audios"]
        assert audio.startswith({"relative": "../clips/", "absolute": "/", "copied": "audio/"}[paths])
    (tmp_path / "elsewhere").mkdir()
    moved = (tmp_path / "out").rename(tmp_path / "elsewhere" / "moved")
    for row in RowFile(moved / "train.jsonl"):
        number = int(row.id.removeprefix("r"))
        original = read_audio(tmp_path / "clips" / f"{number % 8}.wav", 16000)
        assert (read_clip(row.audio, 16000) == original).all()


def test_conversations_are_as_the_recipe_says(make: Maker, rows: Path, tmp_path: Path) -> None:
    messages = {"system": "You hear.", "user": "<audio>What is said?", "answer": False}
    make(**KEYS, messages=messages, formats=["jsonl", "parquet"])
    [first, *_] = read_lines(tmp_path / "out" / "train.jsonl")
    assert first["messages"] == [
        {"role": "system", "content": "You hear."},
        {"role": "user", "content": "<audio>What is said?"},
    ]
    lines, table = (RowFile(tmp_path / "out" / f"train.{suffix}") for suffix in ("jsonl", "parquet"))
    assert list(lines) == list(table)


def test_clean_rows_make_their_share(make: Maker, rows: Path, tmp_path: Path) -> None:
    found = read_lines(rows)
    for row in found[:20]:
        row["meta"] |= {"scenario": "clean", "severity": None}
    write_lines(rows, found)
    make(**KEYS, select={"share_clean": 0.2})
    record = json.loads((tmp_path / "out" / "data.json").read_text())
    train = RowFile(tmp_path / "out" / "train.jsonl")
    degraded = int((~train.clean).sum())
    assert int(train.clean.sum()) == round(degraded / 4) == record["selection"]["clean"]["taken"]


def test_a_full_disk_is_told_and_what_was_written_holds(
    make: Maker, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise SaveError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(session, "write_parts", full)
        assert make(**KEYS) == 1
    assert json.loads((tmp_path / "out" / "data.json").read_text())["status"] == "failed"
    assert make(**KEYS) == 0


def test_a_dry_run_writes_nothing(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make("--dry-run", **KEYS, leaks={"against": ["demo"]}, base="moonshine-tiny") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown == [
        "data: out (new)",
        f"rows: {rows}: 40 clips",
        "base system for clips without an answer: moonshine-tiny",
        "leaks: against demo (15 clips) by audio and text",
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"inputs": [{"rows": "gone.jsonl"}]}, "there is no file of rows"),
        ({"inputs": [{"run": "gone"}]}, "is not a run directory"),
        ({"inputs": [{"corpus": "gone"}]}, "there is no manifest"),
        ({"inputs": [{"rows": "a.jsonl", "run": "b"}]}, "recipe.yaml:2: inputs[0]: found run and rows"),
        ({"inputs": [{"rows": "a.jsonl", "system": "x"}]}, "found 'system', which is for a run"),
        ({**KEYS, "base": "moonshin"}, "unknown system 'moonshin' (did you mean 'moonshine-"),
        ({**KEYS, "base": {"engine": "nemo"}}, "unknown engine 'nemo'"),
        ({**KEYS, "leaks": {"against": ["noizeus"]}}, "root: Field required"),
        ({**KEYS, "bins": [0.5, 0.3]}, "bins: found [0.5, 0.3], expected ascending numbers"),
        ({**KEYS, "select": {"bin_shares": [0.5, 0.5]}}, "found 2 shares, expected 3"),
        ({**KEYS, "normalizer": "whisper"}, "unknown normaliser 'whisper'"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], keys: Any, message: str
) -> None:
    assert make(**keys) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_rows_without_an_answer_need_a_base_system(
    make: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clip(tmp_path / "a.wav", 0)
    write_lines(tmp_path / "rows.jsonl", [{"audios": ["a.wav"], "solution": "the cat"}])
    assert make(**KEYS) == 2
    assert "no prediction is given for 1 clip (the first: " in capsys.readouterr().err


def test_a_stated_rate_is_held_against_the_prediction(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = read_lines(rows)
    found[0]["base_wer"], found[8]["base_wer"] = 0.6, 0.2  # the first is 0.0
    found[12] |= {"prediction": None, "base_wer": 0.5}
    write_lines(rows, found)
    make(**KEYS)
    assert "1 row stated another error rate than the prediction has" in capsys.readouterr().out
    read = {
        row["id"]: (row["base_wer"], row["meta"]["bin"])
        for name in ("train", "validation")
        for row in read_lines(tmp_path / "out" / f"{name}.jsonl")
    }
    assert (read["r0"], read["r12"]) == ((0.0, "<30"), (0.5, "<70"))


@pytest.mark.parametrize("paths", ["relative", "absolute", "copied"])
def test_what_a_clip_was_made_of_is_found_from_the_rows(
    make: Maker, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: str
) -> None:
    digest = sha256_of(read_audio(write_clip(tmp_path / "clean" / "a.wav", 9, 2.0), 16000)[8000:16000], 16000)
    stretch = {"offset_s": 0.5, "duration_s": 0.5, "sha256": digest}
    found = read_lines(rows)[:4]
    sources = [
        {"path": "clean/a.wav"} | stretch,  # from the folder of these rows
        {"path": str(tmp_path / "clean/a.wav")} | stretch,
        {"path": "a name of no file"},
        {"path": "a" * 5000},
    ]
    for row, source in zip(found, sources, strict=True):
        row["meta"]["source"] = source
    write_lines(rows, found)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    keys = {**KEYS, "paths": paths, "formats": ["jsonl", "parquet"], "split": {"validation": 0}}
    assert make(**keys) == 0
    # Once more from what was written, as from another tool's rows, with the command given elsewhere.
    monkeypatch.chdir(elsewhere)
    recipe = (tmp_path / "recipe.yaml").read_text().replace("rows.jsonl", "../out/train.jsonl")
    (elsewhere / "recipe.yaml").write_text(recipe)
    assert main(["train", "data", "recipe.yaml", "--out", "again/out", "--progress", "none"]) == 0
    for out, name in itertools.product((tmp_path / "out", elsewhere / "again" / "out"), ("jsonl", "parquet")):
        with RowFile(out / f"train.{name}") as written:
            by_id = {row.id: row for row in written}
            for row_id in ("r0", "r1"):
                path = by_id[row_id].meta["source"]["path"]
                assert Path(path).is_absolute() == (paths != "relative")
                assert len(read_clean(by_id[row_id], written.path, Limits())) == 8000
            assert by_id["r2"].meta["source"]["path"] == "a name of no file"
            assert by_id["r3"].meta["source"]["path"] == "a" * 5000


def test_names_and_texts_that_are_no_utf8_are_told(make: Maker, rows: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.wav")
    write_clip(tmp_path / "a.wav", 0).rename(tmp_path / name)
    row = read_lines(rows)[0]
    odd = [row | {"id": "name", "audios": [name]}, row | {"id": "text", "prediction": "half a \ud800"}]
    write_lines(rows, [*read_lines(rows), *map(json.dumps, odd)])
    assert make(**KEYS, max_bad_share=1.0) == 0
    found = [(row["id"], row["reason"]) for row in read_lines(tmp_path / "out" / "dropped.jsonl")]
    assert found[-2:] == [("name", "bad_value"), ("text", "bad_value")]


def test_what_is_short_is_shown(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # There are eight rows of the hardest bin, some of them held out; twenty are wanted.
    assert make(**KEYS, select={"size": 20, "bin_shares": [0.0, 0.0, 1.0], "strata": ["scenario"]}) == 0
    cells = json.loads((tmp_path / "out" / "data.json").read_text())["selection"]["cells"]
    assert [cell["short"] for cell in cells if cell["bin"] != "<70"] == [0] * 4
    hard = [cell for cell in cells if cell["bin"] == "<70"]
    assert sum(cell["wanted"] for cell in hard) == 20
    assert all(cell["taken"] == cell["available"] == cell["wanted"] - cell["short"] for cell in hard)
    shown = capsys.readouterr().out
    assert "short: 2 cells with fewer rows than their share" in shown
    for cell in hard:
        words = (cell["stratum"], "<70", "%", cell["wanted"], cell["available"], cell["taken"])
        assert " ".join(map(str, words)) in " ".join(shown.split())


def test_shares_that_leave_nothing_are_refused(
    make: Maker, rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = {**KEYS, "bins": [0.31, 0.32, 0.5, 0.7]}  # no rate is between the first two
    assert make(**keys, select={"bin_shares": [0.25, 0.25, 0.25, 0.25]}) == 2
    assert "found [13, 0, 3, 6] degraded rows in the bins, too few for bin_shares" in capsys.readouterr().err


def test_speakers_may_be_numbers(make: Maker, rows: Path, tmp_path: Path) -> None:
    found = read_lines(rows)
    for row in found:
        row["meta"]["speaker"] = int(row["meta"]["speaker"][1:])
    write_lines(rows, found)
    assert make(**KEYS) == 0
    parts = ("train", "validation")
    said = [{row["meta"]["speaker"] for row in read_lines(tmp_path / "out" / f"{p}.jsonl")} for p in parts]
    assert not said[0] & said[1] and said[0] | said[1] == {"0", "1", "2", "3", "4"}


def test_what_another_tool_says_of_a_row_may_be_anything(make: Maker, rows: Path, tmp_path: Path) -> None:
    found = read_lines(rows)[:20]
    for row, (key, value) in zip(
        found, [("snr", math.nan), ("source", {"path": "x.wav", "offset_s": math.inf})], strict=False
    ):
        row["meta"][key] = value
    found[2]["meta"] |= {"seed": 2**80, "source": {"path": "x.wav", "sha256": [1]}}
    write_lines(rows, found)
    assert make(**KEYS, max_bad_share=1.0) == 0
    dropped = read_lines(tmp_path / "out" / "dropped.jsonl")
    assert [(row["id"], row["reason"]) for row in dropped] == [("r0", "bad_value"), ("r1", "bad_value")]
    assert "found NaN or infinity in what is known of it" in dropped[0]["detail"]
    written = [
        row for part in ("train", "validation") for row in read_lines(tmp_path / "out" / f"{part}.jsonl")
    ]
    assert [row["meta"]["seed"] for row in written if row["id"] == "r2"] == [2**80]


@pytest.mark.parametrize(
    ("key", "value"),
    [("offset_s", "0.5"), ("offset_s", math.nan), ("duration_s", 10**400), ("row", True), ("path", 1)],
)
def test_a_manifest_that_says_nonsense_of_its_sources_is_told(
    make: Maker, rows: Path, tmp_path: Path, key: str, value: object
) -> None:
    lines = []
    for number, row in enumerate(read_lines(rows)[:8]):
        clip, source = row["audios"][0], {"path": str(tmp_path / f"clean/{number}.wav")}
        write_clip(Path(source["path"]), 100 + number)
        made = {"condition": "noise", "sample_id": f"s{number}", "seed": 2**80, "source": source}
        lines.append({"id": row["id"], "audio": clip, "text": row["solution"], "simulation": made})
    lines[3]["simulation"]["source"][key] = value  # type: ignore[index]
    write_lines(tmp_path / "manifest.jsonl", lines)
    corpus = {"corpus": "manifest.jsonl", "clean": True}
    assert make(inputs=[corpus]) == 2  # nobody has graded them
    [dropped] = read_lines(tmp_path / "out" / "dropped.jsonl")
    assert (dropped["id"], dropped["reason"]) == ("r3", "bad_value")
    assert dropped["detail"].startswith(f"simulation.source.{key}: found ")


def test_a_full_disk_is_told_wherever_the_database_meets_it(tiny_disk: Path) -> None:
    path = tiny_disk / "pool.sqlite"
    with (
        pytest.raises(SaveError, match=r"pool\.sqlite: could not be written: No space left"),
        Pool(path, 0) as pool,
    ):
        pool.db.execute("CREATE TABLE large(content)")  # outside of a transaction of ours
        pool.db.execute("INSERT INTO large VALUES(zeroblob(2000000))")
    for left in tiny_disk.iterdir():
        left.unlink()
    (tiny_disk / "filler").write_bytes(bytes(580 * 1024))
    with pytest.raises(SaveError, match=r"pool\.sqlite: could not be opened: No space left"):
        Pool(path, 0)
