"""What evaluation sets and rows have in common is found, named, and dropped or refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asrdiag.audio import read_audio, sha256_of

from .conftest import Maker, read_lines, sentence, write_lines


def against(*check: str, found: str = "drop") -> dict[str, Any]:
    own = {"loader": "manifest", "id": "held-out", "path": "eval.jsonl"}
    return {
        "inputs": [{"rows": "rows.jsonl"}],
        "split": {"validation": 0.2},
        "leaks": {"against": [own], "check": list(check or ("audio", "text")), "found": found},
    }


def leaking(out: Path) -> set[str]:
    return {row["id"] for row in read_lines(out / "dropped.jsonl") if row["reason"] == "leak"}


@pytest.mark.parametrize(("suffix", "subtype"), [("flac", "PCM_24"), ("wav", "FLOAT"), ("wav", "PCM_16")])
def test_the_same_samples_are_found_in_another_container(
    make: Maker, rows: Path, tmp_path: Path, suffix: str, subtype: str
) -> None:
    samples, rate = soundfile.read(tmp_path / "clips" / "3.wav")
    copy = tmp_path / f"copy.{suffix}"
    with soundfile.SoundFile(copy, "w", rate, 1, subtype) as sound:
        sound.title = "another header"
        sound.write(samples)
    # The longer recording around the clip is found where the evaluation set names the stretch.
    around = np.concatenate([np.zeros(1600), soundfile.read(tmp_path / "clips" / "5.wav")[0], np.zeros(800)])
    soundfile.write(tmp_path / "around.wav", around, rate)
    stretch = {"audio": "around.wav", "offset": 0.1, "duration": 0.25, "text": "nobody says this"}
    write_lines(tmp_path / "eval.jsonl", [{"audio": copy.name, "text": "nor this"}, stretch])
    assert make(**against()) == 0
    # Rows share eight clips: number % 8; those from 28 on are too hard and dropped before.
    assert leaking(tmp_path / "out") == {f"r{n}" for n in range(28) if n % 8 in (3, 5)}
    report = json.loads((tmp_path / "out" / "data.json").read_text())["leaks"]
    assert report["hits"] == {"audio": 7} and report["checked_by"] == ["audio", "text"]
    assert report["against"] == [{"id": "held-out", "loader": "manifest", "clips": 2, "unreadable": 0}]
    listed = read_lines(tmp_path / "out" / "leaks.jsonl")
    assert listed[0] == {"id": "r3", "by": "audio", "dataset": "held-out", "sample_id": "copy"}


def test_a_clip_that_was_cut_out_and_converted_is_found(
    make: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The demo reading is at 48 kHz: what is cut out of it for training is converted, and rounded to 16 bits.
    from asrdiag.datasets.demo import DemoSpec

    [first, second, *_] = DemoSpec(id="demo", loader="demo").utterances()
    for name, utterance in (("a", first), ("b", second)):
        line = {"audio": str(utterance.audio_path), "id": name, "text": sentence(int(name == "b"))}
        line |= {"offset": utterance.offset_s, "duration": utterance.duration_s}
        write_lines(tmp_path / f"{name}.jsonl", [line])
    leaks = {"against": ["demo"], "check": ["audio"]}
    assert make(inputs=[{"corpus": "a.jsonl"}, {"corpus": "b.jsonl"}], leaks=leaks) == 2
    assert leaking(tmp_path / "out") == {"a", "b"}
    assert "no row is left to split" in capsys.readouterr().err


def test_texts_are_compared_as_they_are_normalised(make: Maker, rows: Path, tmp_path: Path) -> None:
    said = [{"audio": f"{n}.wav", "text": sentence(n).upper() + "!"} for n in (2, 2, 6)]
    write_lines(tmp_path / "eval.jsonl", [line | {"id": f"e{n}"} for n, line in enumerate(said)])
    assert make(**against()) == 0
    assert leaking(tmp_path / "out") == {f"r{n}" for n in range(28) if n % 10 in (2, 6)}
    record = json.loads((tmp_path / "out" / "data.json").read_text())
    assert record["leaks"]["against"][0]["unreadable"] == 3  # there is no such audio, and it is said
    note = "of the 3 clips of held-out 3 could not be read: no row was compared with their audio"
    assert note in record["notes"]
    assert {row["sample_id"] for row in read_lines(tmp_path / "out" / "leaks.jsonl")} == {"e0", "e2"}
    assert make("--fresh", **against("audio")) == 0
    assert leaking(tmp_path / "out") == set()


def test_the_clip_that_a_degraded_one_was_made_of_is_compared(
    make: Maker, rows: Path, tmp_path: Path
) -> None:
    digest = sha256_of(read_audio(tmp_path / "clips" / "7.wav", 16000), 16000)
    found = read_lines(rows)
    found[0]["meta"]["source"] = {"path": "/gone/clean.wav", "sha256": digest}
    write_lines(rows, found)
    write_lines(tmp_path / "eval.jsonl", [{"audio": "clips/7.wav", "text": "nobody says this"}])
    assert make(**against()) == 0
    assert leaking(tmp_path / "out") == {"r0", "r7", "r15", "r23"}
    by = {row["id"]: row["by"] for row in read_lines(tmp_path / "out" / "leaks.jsonl")}
    assert by == {"r0": "source_audio", "r7": "audio", "r15": "audio", "r23": "audio"}


def test_a_recipe_may_refuse_them(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(tmp_path / "eval.jsonl", [{"audio": "clips/3.wav", "text": sentence(3)}])
    assert make(**against(found="refuse")) == 2
    told = capsys.readouterr().err
    # By audio r3, r11, r19, r27, by text r3, r13, r23: six rows.
    assert (
        "6 clips are in an evaluation set too (the first: 'r3' has the audio of 'clips/3' in 'held-out')"
        in told
    )
    assert not (tmp_path / "out" / "train.jsonl").exists()
    assert len(read_lines(tmp_path / "out" / "leaks.jsonl")) == 7


def test_an_evaluation_set_that_is_not_there_is_told_before_anything_is_made(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(**against()) == 2
    assert "'held-out' cannot be read: there is no manifest" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_evaluation_set_that_grew_is_not_taken_for_checked(
    make: Maker, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [{"audio": "clips/3.wav", "text": sentence(3), "id": "e3"}]
    write_lines(tmp_path / "eval.jsonl", said)
    assert make(**against("text")) == 0
    assert leaking(tmp_path / "out") == {"r3", "r13", "r23"}
    write_lines(tmp_path / "eval.jsonl", [*said, said[0] | {"text": sentence(4), "id": "e4"}])
    assert make(**against("text")) == 2
    assert "holds data that was made otherwise: evaluation.against[0] held-out: " in capsys.readouterr().err
    assert make("--fresh", **against("text")) == 0
    assert leaking(tmp_path / "out") == {f"r{n}" for n in range(28) if n % 10 in (3, 4)}
