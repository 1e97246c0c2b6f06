"""Holding small corpora against what is known of them."""

import json
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora import noizeus
from corpora.sounds import write_tone
from rich.console import Console

from asrdiag.corpus.progress import CorpusDisplay
from asrdiag.datasets import DATASETS
from asrdiag.datasets.check import audio, facts, sounds
from asrdiag.datasets.check.characters import LETTERS, unexpected_characters
from asrdiag.datasets.check.dataset import check_dataset
from asrdiag.datasets.check.rendering import render
from asrdiag.datasets.corpus import Listing, Problem
from asrdiag.errors import UsageError
from asrdiag.store.cache import cache_folder


@pytest.fixture(autouse=True)
def _old_files(tmp_path, monkeypatch):
    """A cache folder of its own, and files that are not taken for just changed."""
    monkeypatch.setenv("ASRDIAG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(facts, "SETTLED_NS", 0)


@pytest.fixture
def check(tmp_path):
    """Checks a corpus of 30 sentences with noise from a car at 0 dB, made at its first use."""
    root = tmp_path / "noizeus"

    def run(shown=20, **options):
        spec = DATASETS.load("noizeus")(
            id="noizeus", loader="noizeus", root=root, noises=("car",), snrs_db=(0,), **options
        )
        return check_dataset(spec, CorpusDisplay(Console(quiet=True)), shown)

    noizeus.build(root, ("car",), (0,), clean=False)
    run.folder = root / "car_0dB" / "wav"
    return run


@pytest.fixture
def looked_at(monkeypatch):
    """The files that are read, by name."""
    names = []

    def look(place):
        names.append(Path(os.fsdecode(place[0])).name)
        return audio.look_at(place)

    monkeypatch.setattr(sounds, "look_at", look)
    return names


def found(report):
    return {each.title: each.lines for each in report.findings if each.count}


def manifest(folder, rows, language="en"):
    path = folder / "m.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    spec = DATASETS.load("manifest")(id="m", loader="manifest", path=path, language=language)
    return check_dataset(spec, CorpusDisplay(Console(quiet=True)), 20)


# Each tone lasts 0.25 s, in which nobody says a sentence.
FAST = "more or fewer characters a second than one says"


def test_a_whole_corpus(check):
    report = check()
    assert found(report).keys() == {FAST}
    assert report.n_problems == 0
    [part] = report.parts
    assert (part.subset, part.clips, part.documented, part.readable) == ("car_0dB", 30, 30, 30)
    assert part.hours == pytest.approx(30 * 0.25 / 3600)
    assert (part.shortest_s, part.median_s, part.longest_s) == (0.25, 0.25, 0.25)
    assert report.formats == {"WAV PCM_16, 8000 Hz, 1 ch": 30}
    assert "30 clips: complete and clean; 1 kind of things worth a look" in render(report)


def test_the_content_says_whether_two_copies_are_the_same(check, tmp_path):
    whole = check().content
    assert whole is not None and check().content == whole
    write_tone(check.folder / "sp01_car_sn0.wav", rate=8000, seed=99)
    assert check().content not in (None, whole)
    (check.folder / "sp01_car_sn0.wav").unlink()
    assert check().content is None


def test_a_missing_file_is_told_once(check):
    (check.folder / "sp07_car_sn0.wav").unlink()
    report = check()
    [line] = found(report)["not as documented"]
    assert "sp07_car_sn0.wav" in line
    assert "audio files that are not there" not in found(report)
    assert report.parts[0].readable == 29


def test_a_missing_file_that_the_listing_does_not_tell_is_told(check, monkeypatch):
    (check.folder / "sp07_car_sn0.wav").unlink()
    kind = DATASETS.load("noizeus")
    listed = kind.read
    monkeypatch.setattr(kind, "read", lambda self: Listing(listed(self).utterances))
    [line] = found(check())["audio files that are not there"]
    assert line.endswith("sp07_car_sn0.wav: no such file; expected an audio file")


@pytest.mark.parametrize(
    ("damage", "title", "message"),
    [
        (lambda path: path.write_bytes(b""), "audio that cannot be read", "the file is empty"),
        (lambda path: path.write_bytes(b"no sound"), "audio that cannot be read", "not readable as audio"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-1000]),
            "audio that cannot be read",
            "damaged or cut short (1500 of 2000 frames could be read)",
        ),
        (
            lambda path: write_tone(path, rate=16000),
            "audio of another format than documented",
            "found 16000 Hz with 1 channel, expected 8000 Hz with 1 channel",
        ),
        (
            lambda path: write_tone(path, rate=8000, channels=2),
            "audio of another format than documented",
            "found 8000 Hz with 2 channels, expected 8000 Hz with 1 channel",
        ),
    ],
)
def test_audio_that_is_not_as_it_should_be(check, damage, title, message):
    damage(check.folder / "sp03_car_sn0.wav")
    report = check()
    [line] = found(report)[title]
    assert "sp03_car_sn0.wav" in line and message in line
    assert report.n_problems == 1
    assert "30 clips: 1 problems" in render(report)


def test_samples_that_are_no_numbers(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.array([0.0, np.nan]), 16000, subtype="FLOAT")
    found = audio.look_at((os.fsencode(path), None, "audio"))
    assert found.problem == f"{path}: found NaN or infinity, expected finite samples"


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_compressed_audio_is_decoded_to_its_end(tmp_path, suffix):
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 80_000)
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, noise, 16000)
    place = (os.fsencode(path), None, "audio")
    assert audio.look_at(place).header.frames == 80_000
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert audio.look_at(place).problem


def test_the_same_audio_under_two_ids(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_tone(tmp_path / f"{name}.wav", seconds=2, seed=seed)
    long = [{"audio": "c.wav", "text": "ab", "id": str(at), "offset": at, "duration": 1} for at in (0, 1)]
    again = {"audio": "c.wav", "text": "xy", "id": "again", "offset": 1, "duration": 1}
    report = manifest(tmp_path, [*({"audio": f"{n}.wav", "text": "the birch"} for n in "ab"), *long, again])
    assert found(report) == {
        "the same audio under several ids": ["a = b", "1 = again, with different references"]
    }


def test_texts_and_lengths_that_are_worth_a_look(tmp_path):
    write_tone(tmp_path / "short.wav", seconds=0.05)
    write_tone(tmp_path / "long.wav", seconds=61)
    write_tone(tmp_path / "usual.wav", seconds=2)
    rows = (("short", "ab"), ("long", "yes"), ("usual", "un caf\u00e9 \x1b[31m<noise>"))
    report = manifest(tmp_path, [{"audio": f"{name}.wav", "text": text} for name, text in rows])
    assert report.n_problems == 0
    assert found(report) == {
        "characters outside the expected set of their language": [
            "'\u00e9' U+00E9 LATIN SMALL LETTER E WITH ACUTE: once in en, first in usual",
            "'\\x1b' U+001B without a name: once in en, first in usual",
            "'[' U+005B LEFT SQUARE BRACKET: once in en, first in usual",
            "'<' U+003C LESS-THAN SIGN: once in en, first in usual",
            "'>' U+003E GREATER-THAN SIGN: once in en, first in usual",
        ],
        "clips under 0.1 s or over 60 s": ["short: 0.050 s", "long: 61.000 s"],
        # 2 / 0.05 = 40 and 3 / 61 = 0.05
        FAST: [
            "short: 2 characters in 0.05 s, 40.0 a second",
            "long: 3 characters in 61.00 s, 0.0 a second",
        ],
    }


def test_empty_references_stretches_outside_and_absent_files(tmp_path):
    write_tone(tmp_path / "a.wav", seconds=2)
    report = manifest(
        tmp_path,
        [
            {"audio": "a.wav", "text": " ", "id": "silent"},
            {"audio": "a.wav", "text": "the birch", "id": "late", "offset": 1.5, "duration": 1},
            {"audio": "b.wav", "text": "canoe"},
        ],
    )
    path = tmp_path / "a.wav"
    assert found(report) == {
        "audio files that are not there": [f"{tmp_path}/b.wav: no such file; expected an audio file"],
        "stretches that are not inside their audio": [
            f"late: {path}: has 2.000 s, the stretch ends at 2.500 s"
        ],
        "empty references": ["silent"],
    }
    assert report.n_problems == 3
    assert [(part.clips, part.readable) for part in report.parts] == [(3, 1)]


def test_a_language_that_is_no_tag(tmp_path):
    write_tone(tmp_path / "a.wav", seconds=2)
    report = manifest(tmp_path, [{"audio": "a.wav", "text": "the birch", "language": "Klingon"}])
    assert found(report) == {
        "languages that are not named by a tag": [
            "a: found 'Klingon', expected a tag such as 'en' or 'zh-CN'"
        ]
    }


def test_a_corpus_without_utterances_is_not_complete(check, monkeypatch):
    kind = DATASETS.load("noizeus")
    monkeypatch.setattr(kind, "read", lambda self: Listing(()))
    monkeypatch.setattr(kind, "expected", lambda self: {})
    report = check()
    assert found(report).keys() == {"not as documented"}
    assert report.content is None
    assert render(report).endswith("0 clips: 1 problems")


def test_what_is_not_shown_is_counted(check):
    for path in check.folder.iterdir():
        path.write_bytes(b"")
    [unreadable] = [each for each in check(shown=3).findings if each.title == "audio that cannot be read"]
    assert (unreadable.count, len(unreadable.lines), unreadable.left_out) == (30, 3, 27)
    assert "  and 27 more; --all shows them" in render(check(shown=3))
    assert "more; --all" not in render(check(shown=None))


def test_no_text_of_a_corpus_reaches_the_terminal_as_a_command(check, monkeypatch):
    kind = DATASETS.load("noizeus")
    listed = kind.read
    problem = Problem("\x1b]0;title\x07.trn:1", "found\nnothing")
    monkeypatch.setattr(kind, "read", lambda self: Listing(listed(self).utterances, (problem,)))
    assert r"  \x1b]0;title\x07.trn:1: found\nnothing" in render(check()).split("\n")


def test_a_second_check_reads_only_what_is_new_or_changed(check, looked_at):
    first = check()
    assert len(looked_at) == 30
    looked_at.clear()
    assert check() == first
    assert looked_at == []
    (check.folder / "sp01_car_sn0.wav").write_bytes(b"")
    write_tone(check.folder / "sp02_car_sn0.wav", rate=8000, seed=99)
    os.utime(check.folder / "sp03_car_sn0.wav", (1, 1))
    check()
    assert looked_at == [f"sp0{number}_car_sn0.wav" for number in (1, 2, 3)]
    looked_at.clear()
    check()
    assert looked_at == ["sp01_car_sn0.wav"]  # what is wrong may have another reason by now


def test_a_file_that_just_changed_is_looked_at_again(check, looked_at, monkeypatch):
    monkeypatch.setattr(facts, "SETTLED_NS", 3_600_000_000_000)
    check()
    check()
    assert len(looked_at) == 60


def test_what_was_read_before_an_interrupt_is_kept(check, looked_at, monkeypatch):
    look = sounds.look_at

    def stop(place):
        if b"/sp20" in place[0]:
            raise KeyboardInterrupt
        return look(place)

    with monkeypatch.context() as patch:
        patch.setattr(sounds, "look_at", stop)
        with pytest.raises(KeyboardInterrupt):
            check()
    before = set(looked_at)
    looked_at.clear()
    check()
    assert before and len(looked_at) < 30
    assert set(looked_at) | before == {f"sp{number:02}_car_sn0.wav" for number in range(1, 31)}


@pytest.mark.parametrize("damage", [b"", b"no database", None])
def test_a_damaged_database_is_made_anew(check, looked_at, damage):
    check()
    [path] = cache_folder("audio").glob("*.sqlite")
    if damage is None:
        data = bytearray(path.read_bytes())
        data[100:3000] = b"\xff" * 2900
        damage = bytes(data)
    path.write_bytes(damage)
    looked_at.clear()
    assert check().n_problems == 0
    assert len(looked_at) == 30
    looked_at.clear()
    check()
    assert looked_at == []


def test_a_database_that_another_check_writes_is_left_alone(check, looked_at):
    check()
    [path] = cache_folder("audio").glob("*.sqlite")
    with sqlite3.connect(path) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert check().n_problems == 0
    other.close()
    looked_at.clear()
    check()
    assert looked_at == []


def test_a_cache_folder_that_cannot_be_made_is_no_error(check, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ASRDIAG_CACHE", str(tmp_path / "file"))
    assert check().n_problems == 0


def test_another_folder_is_not_this_corpus(tmp_path):
    (tmp_path / "empty").mkdir()
    spec = DATASETS.load("librispeech")(id="l", loader="librispeech", root=tmp_path / "empty")
    with pytest.raises(UsageError, match="there is no folder"):
        check_dataset(spec, CorpusDisplay(Console(quiet=True)), 20)


@pytest.mark.parametrize(
    ("language", "text", "unexpected"),
    [
        ("en", "Don't \u2013 \u201cwell\u201d, 5 (%)!", ""),
        ("en-GB", "na\u00efve [laughs]", "\u00ef[]"),
        ("de", "Stra\u00dfe \u00c4 \u00f1", "\u00f1"),
        ("zh", "\u4f60\u597d\uff0cOK\u3002", ""),
        ("zh-en", "\u4f60\u597d hello \u0434", "\u0434"),
        ("yue", "\u5622\ufffd", "\ufffd"),
        ("ru", "\u0451\u0436 dog", "dog"),
        ("sw", "chochote \u00e9 \ufeff", "\ufeff"),
        ("fr", "e\u0301", "\u0301"),  # decomposed
    ],
)
def test_unexpected_characters(language, text, unexpected):
    assert "".join(unexpected_characters(text, language)) == unexpected


@pytest.mark.parametrize("language", LETTERS)
def test_the_letters_of_a_language_are_expected_in_both_cases(language):
    letters = LETTERS[language]
    assert unexpected_characters(letters + letters.upper(), language) == []


def test_a_file_of_twenty_thousand_rows_is_read_once(tmp_path, looked_at):
    write_tone(tmp_path / "long.wav", seconds=500)
    rows = [
        {"audio": "long.wav", "text": "the birch canoe", "id": f"u{at}", "offset": at / 50, "duration": 1}
        for at in range(20_000)
    ]
    report = manifest(tmp_path, rows)
    assert looked_at == ["long.wav"]
    assert report.parts[0].readable == 20_000
    assert report.n_problems == 0
