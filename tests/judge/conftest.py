"""What the judge's tests share: a scored run with errors of every kind, and the command in this process."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from judge.judged_runs import BAD, CORPUS, GOOD, Done
from made_runs import make_run, score_run

from asrdiag.cli.main import main


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged") / "run"
    folder.mkdir()
    cells = {"good/set/as_recorded": GOOD, "bad/set/as_recorded": BAD, "worse/set/as_recorded": BAD}
    return score_run(make_run(folder, CORPUS, cells))


@pytest.fixture
def run(scored: Path, tmp_path: Path) -> Path:
    """A run of three systems, two of which say the same."""
    return Path(shutil.copytree(scored, tmp_path / "run"))


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs the command in this process."""

    def run_it(*words: object) -> Done:
        capsys.readouterr()
        try:
            status = main([str(word) for word in words])
        except SystemExit as ended:  # argparse
            status = int(ended.code or 0)
        said = capsys.readouterr()
        return Done(status, said.out, said.err)

    return run_it


@pytest.fixture
def judge(call: Callable[..., Done], run: Path) -> Callable[..., Done]:
    """Judges the run with the model m at a server."""
    return lambda server, *words: call(
        *("judge", run, "--model", "m", "--base-url", server.url, "--progress", "none"), *words
    )
