"""What the page says of the judge is what happens."""

import re
import shlex
import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
from judge.judge_server import JudgeServer

from asrdiag.cli.judge import add_parser
from asrdiag.judge import asking, verdict
from asrdiag.judge.human import read_labels
from asrdiag.judge.population import read_population
from asrdiag.judge.reward import WEIGHTS
from asrdiag.judge.sampling import DEFAULT, DIMENSIONS
from asrdiag.store.folder import RunFolder

PAGE = (Path(__file__).parents[2] / "docs" / "judge.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_every_command_that_asks_works_in_the_order_shown(
    call: Any, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(run, tmp_path / "runs" / "quickstart")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    [block] = blocks("bash")
    with JudgeServer() as server:
        for line in block.splitlines():
            assert line.startswith("asrdiag "), line
            words = [server.url if word.startswith("http") else word for word in shlex.split(line)[1:]]
            done = call(*words)
            assert done.status == 0, (line, done.err)
    assert (tmp_path / "judged.json").is_file()


def test_every_option_and_nothing_else_is_in_the_table() -> None:
    parsers = ArgumentParser()
    add_parser(parsers.add_subparsers())
    [verbs] = [action for action in parsers._actions if action.choices]
    parser = verbs.choices["judge"]  # type: ignore[index]
    options = {name for action in parser._actions for name in action.option_strings} - {"-h", "--help"}
    table = PAGE.partition("| option |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(--[a-z-]+)", table)) == options
    assert f"`{' '.join(DEFAULT)}`" in table
    for name in DIMENSIONS:
        assert name in table


def test_every_failure_and_weight_is_named() -> None:
    for kind in (*asking._FINAL, asking.TooLong, asking.UnreadableAnswer, verdict.Malformed):
        assert f"`{kind.__name__}`" in PAGE
    weights = {name: value for name, value in WEIGHTS.items() if name != "meaning"}
    assert "R = meaning" + "".join(f" - {value} · {name}" for name, value in weights.items()) in PAGE
    assert f"more than {asking.LONGEST_TEXT:,} characters" in PAGE


def test_the_python_prints_what_it_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [code] = blocks("python")
    exec(compile(code, "judge.md", "exec"), {})
    said = [line.partition("  # ")[2] for line in code.splitlines() if "  # " in line]
    assert capsys.readouterr().out.splitlines() == said


def test_the_labels_shown_can_be_read(run: Path, tmp_path: Path) -> None:
    [text] = blocks("csv")
    path = tmp_path / "people.csv"
    path.write_text(
        text.replace("moonshine-tiny,two-cities-01", "bad,u1").replace(
            "moonshine-tiny,two-cities-02", "bad,u2"
        )
    )
    found = read_labels(path, read_population(RunFolder(run)).answers)
    assert (len(found.labels), found.n_without_answer) == (2, 0)
