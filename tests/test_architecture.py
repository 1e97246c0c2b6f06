"""Who may import whom, and how light the base is."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"asrdiag": "asrdiag", "metrics": "asrdiag.metrics", "suites": "asrdiag.suites"} | {
    "app": "asrdiag.app",
    "trainers": "asrdiag.trainers",
}
HEAVY = {"torch", "transformers", "vllm", "peft", "streamlit", "pandas", "plotly", "sentence_transformers"}


def sources(folder: str) -> list[Path]:
    """The Python files of a top-level folder, leaving out the links to its siblings."""
    return [path for path in (ROOT / folder).rglob("*.py") if ROOT / folder in path.resolve().parents]


def imported(path: Path, package: str, *, within_functions: bool = True) -> set[str]:
    """The full names of the modules that a file imports, anywhere or when it is imported itself."""
    names: set[str] = set()
    tree = ast.parse(path.read_text())
    if not within_functions:
        tree.body = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    base = [*package.split("."), *path.relative_to(ROOT / path.relative_to(ROOT).parts[0]).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(base[: len(base) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            names.update([module, *(f"{module}.{alias.name}" for alias in node.names)])
    return names


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("metrics", ("asrdiag.",)),
        ("asrdiag", ("asrdiag.app.", "asrdiag.trainers.")),
        ("app", ("asrdiag.trainers.",)),
        ("trainers", ("asrdiag.app.",)),
    ],
)
def test_imports_go_one_way(folder: str, forbidden: tuple[str, ...]) -> None:
    files = sources(folder)
    assert files
    for path in files:
        # A command of the explorer or the trainers imports them when it is run.
        is_verb = folder == "asrdiag" and path.parent.name == "cli"
        for name in imported(path, FOLDERS[folder], within_functions=not is_verb):
            ours = folder == "metrics" and f"{name}.".startswith("asrdiag.metrics.")
            assert ours or not f"{name}.".startswith(forbidden), (path, name)


def test_other_training_does_not_build_on_supervised_training() -> None:
    for path in sources("trainers"):
        if path.relative_to(ROOT / "trainers").parts[0] != "sft":  # what others need too is in `learning`
            for name in imported(path, FOLDERS["trainers"]):
                assert not f"{name}.".startswith("asrdiag.trainers.sft."), (path, name)


@pytest.mark.parametrize(
    "line",
    [
        "import asrdiag",
        "import asrdiag.audio",
        "from asrdiag import audio",
        "from .. import audio",
        "from ..audio import x",
    ],
)
def test_a_forbidden_import_would_be_seen(tmp_path: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "bad.py").write_text(line)
    with pytest.raises(AssertionError):
        test_imports_go_one_way("metrics", ("asrdiag.",))


def test_every_package_folder_is_installed() -> None:
    import tomllib

    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = set()
    for folder, package in FOLDERS.items():
        for path in sources(folder):
            found.add(".".join([package, *path.relative_to(ROOT / folder).parts[:-1]]))
    assert listed == found


def loaded_by(code: str) -> set[str]:
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(ended.stdout.splitlines()[-1])}


def test_the_whole_harness_runs_where_no_extra_is_installed(tmp_path: Path) -> None:
    for name in HEAVY:
        (tmp_path / f"{name}.py").write_text("raise ImportError('not installed')")
    ended = subprocess.run(
        [sys.executable, "-m", "asrdiag", "run", "quickstart", "--limit", "1", "--system", "moonshine-tiny"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},  # the workers inherit it
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_the_base_install_names_no_extra() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {requirement.split("=")[0].split(">")[0].split("<")[0] for requirement in project["dependencies"]}
    assert not names & {name.replace("_", "-") for name in HEAVY}


def test_help_imports_nothing_heavy() -> None:
    loaded = loaded_by("from asrdiag.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass")
    assert not loaded & {*HEAVY, "numpy", "pydantic", "yaml", "rich", "scipy", "pyarrow", "onnxruntime"}
