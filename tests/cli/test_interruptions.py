"""An interruption is not lost, wherever in a command it comes."""

import os
import signal
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from running import LONG_S

from asrdiag.cli import main as command


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


class Interrupted:
    """Something that is destroyed just when the signal comes."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


def wait(_: Any) -> int:
    Interrupted()
    deadline = time.monotonic() + LONG_S
    while time.monotonic() < deadline:
        time.sleep(0.01)
    return 0


def test_one_that_comes_while_an_object_is_destroyed_comes_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verb = SimpleNamespace(add_parser=lambda verbs: verbs.add_parser("wait").set_defaults(handler=wait))
    monkeypatch.setattr(command, "_VERBS", (verb,))
    assert command.main(["wait"]) == 130
    assert capsys.readouterr().err == ""
