"""What the documentation shows is what happens: commands, suites, Python and tables."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import ASRDIAG
from pydantic import BaseModel

from asrdiag.report.columns import COLUMNS
from asrdiag.simulation import CONDITIONS
from asrdiag.suite import Suite
from asrdiag.suite.load import load_suite

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[str]:
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines), "a console block shows commands only"
    return [line.removeprefix("$ ").split("  #")[0].strip() for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_works_in_the_order_shown(page: Path, tmp_path: Path) -> None:
    path = f"{ASRDIAG.parent}{os.pathsep}{os.environ['PATH']}"
    demo = ROOT / "runs" / "quickstart"
    if page.name == "README.md" and demo.exists():  # what `make demo` left: the same run goes on from there
        shutil.copytree(demo, tmp_path / "runs" / "quickstart")
    for command in commands(page):
        assert command.split()[0] in ("asrdiag", "make"), command
        if command.startswith("make "):  # CI calls these; here it is enough that they exist
            words, folder = ["make", "-n", *command.split()[1:]], ROOT
        else:
            words, folder = command.split(), tmp_path
        ended = subprocess.run(
            words, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, (command, ended.stderr)


def test_the_readme_shows_both_commands_and_every_page() -> None:
    assert {"make demo", "make test"} <= set(commands(PAGES[0]))
    text = PAGES[0].read_text()
    for page in PAGES[1:]:
        assert f"](docs/{page.name})" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_closed(page: Path) -> None:
    fences = [line for line in page.read_text().splitlines() if "```" in line]
    for opening, closing in zip(fences[::2], fences[1::2], strict=True):
        assert re.fullmatch(r"```\w*", opening), opening
        assert closing == "```", opening


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https://)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_readme_python_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    [code] = blocks(PAGES[0], "python")
    exec(compile(code, "README.md", "exec"), {})
    said = re.findall(r"# ([\d.]+)", code)
    assert capsys.readouterr().out.split() == said


def test_the_suite_page_shows_a_valid_suite_with_every_key(tmp_path: Path) -> None:
    page = ROOT / "docs" / "suites.md"
    text, definitions, including, normalizer = blocks(page, "yaml")
    path = tmp_path / "kitchen.yaml"
    path.write_text(text)
    suite = load_suite(path, {"KITCHEN_ROOT": str(tmp_path)}).suite
    table = page.read_text()
    for name, field in type(suite).model_fields.items():
        value = getattr(suite, name)
        keys = type(value).model_fields if isinstance(value, BaseModel) else None
        for key in [f"{name}.{part}" for part in keys] if keys else [field.alias or name]:
            assert f"| `{key}` |" in table, key
    written = yaml.safe_load(text)
    assert suite.report.groups == tuple(written["report"]["groups"])
    (tmp_path / "mine.yaml").write_text(definitions)
    path.write_text(including + normalizer)
    loaded = load_suite(path, {"KITCHEN_ROOT": str(tmp_path), "NOIZEUS_ROOT": str(tmp_path)})
    assert [system.id for system in loaded.suite.systems] == ["moonshine-tiny", "classical"]
    assert loaded.suite.normalizer == yaml.safe_load(normalizer)["normalizer"]


def test_the_conditions_page_shows_valid_conditions_of_every_kind() -> None:
    entries = [
        entry for block in blocks(ROOT / "docs" / "conditions.md", "yaml") for entry in yaml.safe_load(block)
    ]
    assert {entry["kind"] for entry in entries} == set(CONDITIONS.names())
    suite = {
        "name": "page",
        "systems": [{"id": "moonshine-tiny", "engine": "moonshine"}],
        "datasets": [{"id": "demo", "loader": "demo"}],
        "conditions": entries,
    }
    # Not expanded: the folder of noise that the page names is a reader's own.
    checked = Suite.model_validate_json(json.dumps(suite), context={"folder": ROOT})
    assert [spec.id for spec in checked.conditions] == [entry["id"] for entry in entries]


def test_every_column_is_explained_as_the_program_does() -> None:
    table = (ROOT / "docs" / "runs.md").read_text()
    for name, text in COLUMNS.items():
        assert f"| `{name}` | {text} |" in table


def test_the_options_of_run_are_those_documented() -> None:
    shown = subprocess.run([str(ASRDIAG), "run", "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"--[a-z-]+", shown)) - {"--help"}
    table = (ROOT / "docs" / "suites.md").read_text()
    assert options == set(re.findall(r"`(--[a-z-]+)", table))
