"""`asrdiag explore`: what it refuses, and what it would serve."""

from contextlib import suppress
from pathlib import Path

import pytest

from asrdiag.cli import explore
from asrdiag.cli.main import main


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The commands that would take the place of this process."""
    found: list[list[str]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(explore, "find_spec", lambda name: object())
    monkeypatch.setattr(explore.os, "execv", lambda program, words: found.append(words))
    return found


def start(*words: str) -> int | None:
    try:
        return main(["explore", *words])
    except TypeError:  # execv came back, which it never does
        return None


def test_it_serves_this_machine_only_and_says_where(
    served: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").mkdir()
    start("a", "--port", "8765", "--headless")
    [words] = served
    assert "--server.address=127.0.0.1" in words and "--server.port=8765" in words
    assert "--browser.gatherUsageStats=false" in words and "--server.headless=true" in words
    assert words[words.index("--") + 1 :] == ["a"]
    assert "http://127.0.0.1:8765" in capsys.readouterr().out


def test_the_newest_run_is_left_to_the_explorer(served: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / "runs" / "a").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "run.json").write_text("{}")
    start()
    assert served[0][-1] == "--"


def test_rollout_logs_are_handed_on_and_need_no_run(served: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").touch()
    start("--rollouts", "log.jsonl", "demo")
    assert served[0][served[0].index("--") + 1 :] == ["--rollouts", "log.jsonl", "demo"]
    assert main(["explore", "--rollouts", "gone.jsonl"]) == 2 and len(served) == 1


def test_without_a_run_a_small_one_is_made_once(
    served: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASRDIAG_CACHE", str(tmp_path / "cache"))
    made: list[list[str]] = []
    real = main

    def made_up(words: list[str]) -> int:
        made.append(words)
        return 0

    monkeypatch.setattr("asrdiag.cli.main.main", made_up)
    with suppress(TypeError):
        real(["explore"])
    place = str(tmp_path / "cache" / "demo-run" / "demo")
    assert made[0][0] == "run" and made[0][1].endswith("demo.yaml") and made[0][-1] == place
    assert served[0][-1] == place


def test_the_demo_suite_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.resources import files

    assert main(["validate", str(files("asrdiag.app") / "demo.yaml")]) == 0


def test_what_is_missing_is_said(
    served: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explore", "gone"]) == 2
    assert "gone: no such folder" in capsys.readouterr().err
    monkeypatch.setattr(explore, "find_spec", lambda name: None)
    assert main(["explore", "gone"]) == 2
    assert "asrdiag[app]" in capsys.readouterr().err
    assert served == []
