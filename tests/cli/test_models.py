"""`asrdiag models import`, within this process: starting torch anew takes seconds."""

import resource
import signal
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path

import pytest

from asrdiag.cli.main import main

pytest.importorskip("transformers", reason="needs the extra transformers")
from checkpoints import original_checkpoints as original


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Exit status, standard output and standard error of a command given in `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)

    def run(*words: str) -> tuple[int, str, str]:
        status = main(["models", "import", *words])
        return status, *capsys.readouterr()

    yield run
    signal.signal(signal.SIGTERM, before)


def test_a_checkpoint_and_its_adapter(command: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    original.qwen3_asr(tmp_path / "Qwen3-ASR-1.7B")
    original.mega_asr(tmp_path / "mega-asr-merged")
    first = command("qwen3-asr", "Qwen3-ASR-1.7B", "--out", "base")
    assert first == (0, "base: 69 tensors, 35,664 numbers\n", "")
    again = command("qwen3-asr", "Qwen3-ASR-1.7B", "--out", "base")
    assert again[0] == 2
    assert again[2] == "asrdiag: error: base: the folder is not empty; --out takes a new or an empty one\n"
    status, printed, _ = command("mega-asr", ".", "--out", "adapter", "--base", "base")
    assert status == 0
    assert printed.splitlines()[1:] == [
        "note: 14 modules had a pair under each of two names; the pairs are joined"
    ]
    assert (tmp_path / "adapter" / "adapter_config.json").is_file()


@pytest.mark.parametrize("limit_bytes", [0, 4096, 50_000, 100_000])
def test_a_file_that_cannot_be_written_leaves_nothing(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path, limit_bytes: int
) -> None:
    # The two shards have some 70 kB each.
    original.qwen3_asr(tmp_path / "original", shards=2)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        status, _, message = command("qwen3-asr", "original", "--out", "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    if limit_bytes == 100_000:
        assert status == 0
    else:
        assert (status, message) == (1, "asrdiag: error: out: could not be written: File too large\n")
        assert [path.name for path in tmp_path.iterdir()] == ["original"]


@pytest.mark.parametrize(("name", "missing"), [("qwen3-asr", "torch"), ("mega-asr", "torch, peft")])
def test_where_the_extra_is_missing_it_is_named(
    command: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, name: str, missing: str
) -> None:
    found = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name in ("torch", "peft") else found(name))
    status, _, message = command(name, "x", "--out", "out")
    assert status == 2
    assert message == (
        f"asrdiag: error: importing checkpoints needs {missing}: pip install 'asrdiag[transformers]'\n"
    )
