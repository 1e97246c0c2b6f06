"""Runs for the explorer, made once, and the explorer itself without a browser."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from explorer_runs import Runs, make_runs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return make_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def copy(runs: Runs, tmp_path: Path) -> Path:
    """The plain run, to be damaged."""
    return Path(shutil.copytree(runs.plain, tmp_path / "copy"))


Explorer = Callable[..., Any]


@pytest.fixture
def explorer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Explorer:
    """Opens runs on a page: `explorer(run, page="cases", mode=["empty"], sample="u1")`."""
    testing = pytest.importorskip("streamlit.testing.v1")
    monkeypatch.chdir(tmp_path)

    def start(*paths: Path, page: str = "leaderboard", **query: str | list[str]) -> Any:
        monkeypatch.setattr(sys, "argv", ["main.py", *map(str, paths)])
        at = testing.AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=300)
        at.switch_page(f"views/{page}.py")
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception, at.exception
        return at

    return start
