"""Components by name: asrdiag's own, and those of other packages."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Command
from run_files import records

from asrdiag.errors import UsageError
from asrdiag.registry import Registry

PLUGIN = """
from typing import Literal
from asrdiag.engines.base import EngineSpec, Transcript

class Parrot(EngineSpec):
    \"\"\"Says what it is told to.\"\"\"
    engine: Literal["parrot"]
    says: str

    def identity(self):
        return IDENTITY

    def open(self, device):
        return self

    def transcribe(self, clips):
        return [Transcript(self.says) for _ in clips]
"""
IDENTITY = '{"model": "parrot", "revision": "1", "decoding": {"says": self.says}}'


def install(folder: Path, source: str, name: str = "parrot") -> str:
    """An installed package with an engine, as pip would leave it; returns its place for PYTHONPATH."""
    site = folder / "site"
    info = site / "parrots-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "parrots.py").write_text(source)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parrots\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[asrdiag.engines]\n{name} = parrots:Parrot\n")
    return str(site)


def test_an_engine_of_another_package_runs(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    site = install(tmp_path, PLUGIN.replace("IDENTITY", IDENTITY))
    assert "Says what it is told to." in asrdiag("list", "engines", PYTHONPATH=site).stdout
    path = suite(systems=[{"id": "polly", "engine": "parrot", "says": "hello"}])
    ended = asrdiag("run", path, "--limit", 2, PYTHONPATH=site)
    assert ended.returncode == 0, ended.stderr
    found = records(tmp_path / "runs" / "small", "polly/demo/as_recorded")
    assert [record["hypothesis_raw"] for record in found] == ["hello", "hello"]


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        ('{"model": "parrot"}', "Parrot.identity() lacks decoding, revision"),
        ('{"model": "parrot", "revision": "1", "decoding": {1, 2}}', "gave what is no JSON"),
    ],
)
def test_an_identity_that_identifies_nothing_is_refused(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path, identity: str, said: str
) -> None:
    site = install(tmp_path, PLUGIN.replace("IDENTITY", identity))
    path = suite(systems=[{"id": "polly", "engine": "parrot", "says": "hello"}])
    ended = asrdiag("run", path, PYTHONPATH=site)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not (tmp_path / "runs").exists()


def test_an_engine_without_identity_is_refused(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    site = install(
        tmp_path, PLUGIN.replace("def identity(self)", "def somebody(self)").replace("IDENTITY", "{}")
    )
    path = suite(systems=[{"id": "polly", "engine": "parrot", "says": "hello"}])
    ended = asrdiag("run", path, PYTHONPATH=site)
    assert ended.returncode == 2
    assert "system 'polly': Parrot.identity() is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_engine_that_gives_no_transcripts_says_so(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path
) -> None:
    source = PLUGIN.replace("IDENTITY", IDENTITY).replace("Transcript(self.says)", "self.says")
    path = suite(systems=[{"id": "polly", "engine": "parrot", "says": "hello"}])
    ended = asrdiag("run", path, PYTHONPATH=install(tmp_path, source))
    assert ended.returncode == 1
    assert "stopped, since the recogniser failed on all of the first 5 clips" in ended.stderr
    assert "the engine gave 'hello', expected a Transcript with a text" in ended.stderr
    assert len(records(tmp_path / "runs" / "small", "polly/demo/as_recorded")) == 5


@pytest.mark.parametrize("source", ["import nothing_like_this", "raise RuntimeError('no GPU')", "Parot = 1"])
def test_a_package_that_cannot_be_imported_is_named_and_harms_nobody_else(
    asrdiag: Command, suite: Callable[..., Path], tmp_path: Path, source: str
) -> None:
    site = install(tmp_path, source)
    listed = asrdiag("list", "engines", PYTHONPATH=site)
    assert listed.returncode == 0
    assert "engine 'parrot' (parrots:Parrot) cannot be loaded: " in listed.stdout
    assert asrdiag("validate", "quickstart", PYTHONPATH=site).returncode == 0
    path = suite(systems=[{"id": "polly", "engine": "parrot", "says": "hello"}])
    ended = asrdiag("run", path, PYTHONPATH=site)
    assert ended.returncode == 2
    assert f"{path}:5: systems[0]: engine 'parrot' (parrots:Parrot) cannot be loaded: " in ended.stderr


def test_a_name_that_is_taken_is_refused(asrdiag: Command, tmp_path: Path) -> None:
    ended = asrdiag("list", "engines", PYTHONPATH=install(tmp_path, PLUGIN, name="moonshine"))
    assert ended.returncode == 2
    assert "parrots gives the engine 'moonshine' a second time" in ended.stderr


def test_an_unknown_name_lists_the_known() -> None:
    registry = Registry("colour", "asrdiag.none", {"red": "m:Red", "green": "m:Green"})
    with pytest.raises(
        UsageError, match=r"unknown colour 'gren' \(did you mean 'green'\?\); known: red, green"
    ):
        registry.load("gren")
