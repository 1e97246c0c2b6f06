"""`asrdiag datasets list | show | check`."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import Command
from corpora import clean, noizeus
from corpora.sounds import write_tone

from asrdiag.cli import datasets
from asrdiag.datasets import DATASETS
from asrdiag.datasets.show import describe
from asrdiag.errors import UsageError

OPTIONS = ("--option", "noises=[car]", "--option", "snrs_db=[0]")


def test_list_says_of_every_loader_what_it_is_and_whether_its_root_is_set(
    asrdiag: Command, tmp_path: Path
) -> None:
    variables = {"LIBRISPEECH_ROOT": str(tmp_path), "CHIME4_ROOT": str(tmp_path / "gone"), "NOIZEUS_ROOT": ""}
    ended = asrdiag("datasets", "list", **variables)
    assert ended.returncode == 0, ended.stderr
    lines = {line.split()[0]: line for line in ended.stdout.splitlines()}
    assert list(lines) == DATASETS.names()
    assert lines["librispeech"].endswith(f"LIBRISPEECH_ROOT={tmp_path}")
    assert lines["chime4"].endswith(f"CHIME4_ROOT={tmp_path}/gone, which is no folder")
    assert lines["noizeus"].endswith("NOIZEUS_ROOT is not set")
    assert " en, zh " in lines["vitw_bench"]


@pytest.mark.parametrize("name", DATASETS.names())
def test_show_says_what_it_is_and_its_example_is_read(name: str) -> None:
    kind = DATASETS.load(name)
    text = describe(name, kind)
    for key in kind.model_fields:
        assert key in ("id", "loader") or f"\n  {key}: " in text
    [entry] = yaml.safe_load(text.partition("in a suite\n")[2])["datasets"]
    given = {key: value for key, value in entry.items() if value != "..."}
    assert entry.keys() >= {key for key, field in kind.model_fields.items() if field.is_required()}
    assert given["loader"] == name
    if hasattr(kind, "card"):
        for part in (kind.card.title, "citation:", "licence:", "obtain:", "layout", "utterances:"):
            assert part in text


def test_a_dataset_of_the_packaged_suites_is_shown_and_checked_with_its_own_keys(
    asrdiag: Command, tmp_path: Path
) -> None:
    assert asrdiag("datasets", "show", "vitw").stdout == asrdiag("datasets", "show", "vitw_bench").stdout
    ended = asrdiag("datasets", "check", "commonvoice-zh", str(tmp_path))
    assert ended.returncode == 2
    assert f"commonvoice-zh: there is no table {tmp_path}/zh-CN/test.tsv" in ended.stderr


def test_show_sums_up_counts_and_keys(asrdiag: Command) -> None:
    ended = asrdiag("datasets", "show", "noizeus")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{describe('noizeus', DATASETS.load('noizeus'))}\n"
    assert "utterances:  960 by default (32 subsets: 32 of 30)" in ended.stdout
    assert "  snrs_db: list of 0 | 5 | 10 | 15; default [0, 5, 10, 15]" in ended.stdout
    assert "  include_clean: true | false; default false\n      Whether the sentences" in ended.stdout
    assert "5920 by default (16 subsets: 8 of 410, 8 of 330)" in describe("chime4", DATASETS.load("chime4"))
    assert "depend on locale" in describe("common_voice", DATASETS.load("common_voice"))


def test_a_complete_corpus(asrdiag: Command, tmp_path: Path) -> None:
    noizeus.build(tmp_path / "it", ("car",), (0,))
    ended = asrdiag("datasets", "check", "noizeus", "it", *OPTIONS)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[0] == "NOIZEUS: it"
    assert "complete and clean" in ended.stdout
    assert asrdiag("datasets", "check", "noizeus", *OPTIONS, NOIZEUS_ROOT="it").stdout == ended.stdout


def test_an_incomplete_corpus(asrdiag: Command, tmp_path: Path) -> None:
    noizeus.build(tmp_path / "it", ("car",), (0,))
    for path in (tmp_path / "it" / "car_0dB" / "wav").iterdir():
        write_tone(path, rate=16000)
    ended = asrdiag("datasets", "check", "noizeus", "it", *OPTIONS)
    assert ended.returncode == 1
    # Each clip is of the wrong rate, and all are the same tone: 30 + 29.
    assert "problem: audio of another format than documented (30)" in ended.stdout
    assert "problem: the same audio under several ids (29)" in ended.stdout
    assert "  and 10 more; --all shows them" in ended.stdout
    assert "59 problems" in ended.stdout.splitlines()[-1]
    assert "more; --all" not in asrdiag("datasets", "check", "noizeus", "it", *OPTIONS, "--all").stdout


def test_demo_and_manifests_are_checked_too(asrdiag: Command, tmp_path: Path) -> None:
    assert "15 clips: complete and clean" in asrdiag("datasets", "check", "demo").stdout
    (tmp_path / "m.csv").write_text("audio,text\ngone.wav,x\n")
    ended = asrdiag("datasets", "check", "manifest", "m.csv")
    assert ended.returncode == 1
    assert "gone.wav: no such file" in ended.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nozeus"], "unknown dataset loader 'nozeus' (did you mean 'noizeus'?)"),
        (["noizeus"], "give the root of NOIZEUS, or set NOIZEUS_ROOT"),
        (["noizeus", "/nowhere"], "there is no folder /nowhere"),
        (["manifest"], "dataset 'manifest': give ROOT"),
        (["manifest", "m.xlsx"], "path: found 'm.xlsx': found the suffix '.xlsx'"),
        (["demo", "x"], "the dataset 'demo' has no root; found 'x'"),
        (["common_voice", "."], "locale is required: give it with --option locale=VALUE"),
        (["noizeus", ".", "--option", "noise=[car]"], "unknown key 'noise'; known: "),
        (["noizeus", ".", "--option", "noises=[bus]"], "noises.0: found 'bus'"),
        (["noizeus", ".", "--option", "noises=[car"], "found '[car', expected a value as in a suite"),
        (["noizeus", ".", "--option", "noises"], "--option: found 'noises', expected KEY=VALUE"),
    ],
)
def test_bad_usage(words: list[str], message: str) -> None:
    # In this process: there are many, and starting takes longer than what they do.
    options = argparse.ArgumentParser()
    datasets.add_parser(options.add_subparsers())
    given = options.parse_args(["datasets", "check", *words])
    with pytest.raises(UsageError) as caught:
        given.handler(given)
    assert message in str(caught.value)


def test_bad_usage_ends_with_2(asrdiag: Command) -> None:
    ended = asrdiag("datasets", "check", "nozeus")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "error: unknown dataset loader 'nozeus'" in ended.stderr


STOPPED = """
import os, signal, sys, time
from asrdiag.cli.main import main
from asrdiag.datasets.check import audio, facts, sounds

def look(place):
    with open("read.txt", "a") as stream:
        stream.write(os.path.basename(place[0]).decode() + "\\n")
    if b"/sp25" in place[0] and "stop" in sys.argv:
        os.kill(os.getpid(), signal.NAME)
    time.sleep(0.02)  # as for a file of some length
    return audio.look_at(place)

sounds.look_at, sounds._THREADS, sounds._FILES_A_TASK = look, 1, 1
facts.SETTLED_NS = facts._COMMIT_S = 0
sys.exit(main(["datasets", "check", "noizeus", "it", "--option", "noises=[car]", "--option", "snrs_db=[0]"]))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_what_was_read_before_it_was_stopped_is_not_read_again(tmp_path: Path, name: str) -> None:
    noizeus.build(tmp_path / "it", ("car",), (0,), clean=False)
    (tmp_path / "script.py").write_text(STOPPED.replace("NAME", name))

    def run(*words: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        read = tmp_path / "read.txt"
        read.write_text("")
        ended = subprocess.run(
            [sys.executable, "script.py", *words],
            cwd=tmp_path,
            env=os.environ | {"ASRDIAG_CACHE": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        return ended, read.read_text().split()

    ended, before = run("stop")
    if name == "SIGINT":
        assert ended.returncode == 130, ended.stderr
        assert "interrupted; what was found in audio files is kept. To go on: asrdiag stop" in ended.stderr
    else:
        assert ended.returncode == -signal.SIGKILL
    ended, after = run()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(before) + len(after) <= 33  # of 30: those under way when it was stopped are read twice
    assert set(before) | set(after) == {f"sp{number:02}_car_sn0.wav" for number in range(1, 31)}


def test_a_common_voice_release(asrdiag: Command, tmp_path: Path) -> None:
    clean.common_voice(tmp_path / "cv")
    ended = asrdiag("datasets", "check", "common_voice", "cv", "--option", "locale=en")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 clips: MP3 MPEG_LAYER_III, 48000 Hz, 1 ch" in ended.stdout
