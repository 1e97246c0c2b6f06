"""Suites that include others, from the command line to the run directory; the packaged adverse suite."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Command
from run_files import leaderboard

ROOTS = {f"{name}_ROOT": "" for name in ("CHIME4", "VOICES", "NOIZEUS", "VITW", "LIBRISPEECH", "AISHELL")}
CLEAN = [{"id": "as_recorded", "kind": "as_recorded"}]


@pytest.fixture
def including(suite: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """Writes a suite that includes `more/defs.yaml` and takes one of the systems there."""

    def write(**parts: Any) -> Path:
        (tmp_path / "more").mkdir(exist_ok=True)
        (tmp_path / "more" / "defs.yaml").write_text(
            yaml.safe_dump(
                {
                    "systems": [
                        {"id": "moonshine-tiny", "engine": "moonshine"},
                        {"id": "pocketsphinx", "engine": "pocketsphinx"},
                        {"id": "later", "engine": "volcengine", "model": "some/model"},
                    ],
                    "datasets": [{"id": "mine", "loader": "manifest", "path": "list.jsonl"}],
                    "conditions": [{"id": "dropout", "kind": "dropout", "severity": 0.5}],
                }
            )
        )
        return suite(**{"include": ["more/defs.yaml"], "systems": ["moonshine-tiny"]} | parts)

    return write


def scored(run: Path) -> list[str]:
    return [f"{row['system']}/{row['condition']}" for row in leaderboard(run) if row["error_rate_pct"]]


def test_what_is_added_is_run_when_named_and_stays_in_the_run(
    asrdiag: Command, including: Callable[..., Path], tmp_path: Path
) -> None:
    path, run = including(), tmp_path / "runs" / "small"
    words = ("run", path, "--limit", 1, "--progress", "none")
    assert asrdiag(*words).returncode == 0
    assert scored(run) == ["moonshine-tiny/as_recorded"]
    content = (tmp_path / "more" / "defs.yaml").read_bytes()
    assert (run / "suite.yaml").read_bytes() == path.read_bytes()
    assert (run / "includes" / "1-defs.yaml").read_bytes() == content
    resolved = yaml.safe_load((run / "suite.resolved.yaml").read_text())
    assert resolved["systems"] == [{"id": "moonshine-tiny", "engine": "moonshine"}]
    assert "include" not in resolved
    sha256 = hashlib.sha256(content).hexdigest()
    assert resolved["included"] == [
        {"path": str(tmp_path / "more/defs.yaml"), "sha256": sha256, "copy": "includes/1-defs.yaml"}
    ]

    added = asrdiag(*words, "--system", "pocketsphinx", "--condition", "dropout")
    assert added.returncode == 0, added.stderr
    assert scored(run) == ["moonshine-tiny/as_recorded", "pocketsphinx/dropout.m050"]
    assert json.loads((run / "run.json").read_text())["added"] == {
        "systems": ["pocketsphinx"],
        "datasets": [],
        "conditions": ["dropout"],
    }

    # The suite as it is, again: what was added is neither run further nor forgotten.
    again = asrdiag(*words)
    assert again.returncode == 0, again.stderr
    assert "nothing to do" in again.stdout
    assert scored(run) == ["moonshine-tiny/as_recorded", "pocketsphinx/dropout.m050"]

    # A suite that includes nothing any more leaves nothing of it behind.
    including(include=None, systems=[{"id": "moonshine-tiny", "engine": "moonshine"}])
    again = asrdiag(*words)
    assert "nothing to do" in again.stdout
    assert scored(run) == ["moonshine-tiny/as_recorded"]
    assert not (run / "includes").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--system", "later"), "defs.yaml:14: systems[2]: the engine 'volcengine' is not in this version"),
        (
            ("--system", "pocketsfinx"),
            "the suite has no system 'pocketsfinx' (did you mean 'pocketsphinx'?); it has: moonshine-tiny; "
            "included files define: pocketsphinx, later",
        ),
        (("--dataset", "mine"), "there is no manifest"),
        (("--allow-missing", 2), "--allow-missing 2: no selected dataset is a published corpus (demo)"),
        (("--allow-missing", -1), "found '-1', expected a whole number from 1 up"),
    ],
)
def test_what_cannot_be_added_runs_nothing(
    asrdiag: Command, including: Callable[..., Path], tmp_path: Path, words: tuple[object, ...], said: str
) -> None:
    ended = asrdiag("run", including(), *words)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "runs").exists()


def test_normalisers_by_language_are_written_in_every_row(
    asrdiag: Command, including: Callable[..., Path], speech: Callable[[int, str], str], tmp_path: Path
) -> None:
    rows = [
        {"id": "one", "audio": "one.wav", "text": speech(0, "more/one.wav"), "language": "en-GB"},
        {"id": "two", "audio": "two.wav", "text": speech(1, "more/two.wav"), "language": "fr"},
    ]
    path = including(
        datasets=["mine"],
        systems=["pocketsphinx"],
        normalizer={"en": "basic@1", "fr": "basic-marks@1", "zh": "none"},
    )
    (tmp_path / "more" / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = asrdiag("validate", path).stdout
    assert "normaliser en-GB: basic@1, fr: basic-marks@1" in shown
    asrdiag("run", path, "--progress", "none")
    [row, *_] = [row for row in leaderboard(tmp_path / "runs" / "small") if row["language"] == "en-GB"]
    assert row["normalizer"] == "basic@1"


def test_the_adverse_suite_without_any_corpus(asrdiag: Command, tmp_path: Path) -> None:
    words = ("adverse", "--condition", "as_recorded", "--limit", 1)
    plan = asrdiag("run", "adverse", "--dry-run", **ROOTS)
    assert plan.returncode == 0, plan.stderr
    assert "17 cells, 255 clips" in plan.stdout
    ended = asrdiag("run", *words, "--progress", "none", **ROOTS)
    assert ended.returncode == 0, ended.stderr
    checked = asrdiag("validate", *words, **ROOTS)
    assert checked.returncode == 0, checked.stdout
    rows = {row["dataset"]: row for row in leaderboard(tmp_path / "runs" / "adverse")}
    for name in ("chime4", "voices", "noizeus", "vitw"):
        reason = f"not run: set {name.upper()}_ROOT"
        assert f"not run: dataset {name}: set {name.upper()}_ROOT" in plan.stdout
        assert f"{name}: {reason}" in ended.stdout
        assert f"dataset {name}: {reason}" in checked.stdout
        row = rows[name]
        assert (row["condition"], row["complete"], row["note"]) == ("as_recorded", "false", reason)
    strict = asrdiag("run", "suites/adverse.yaml", "--strict", **ROOTS)
    assert strict.returncode == 2
    assert "dataset 'voices' cannot be run: set VOICES_ROOT" in strict.stderr
    assert "`asrdiag datasets show chime4` says where to get it" in strict.stderr
