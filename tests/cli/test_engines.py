"""`asrdiag engines`, and what `asrdiag list systems` says without a network."""

from pathlib import Path

import pytest
from conftest import Command

PARROT = '''
from asrdiag.engines.base import EngineSpec, Package

class Parrot(EngineSpec):
    """Says what it is told to."""
    requires = (Package("cracker", "cracker"),)
    install = "pip install cracker"
'''


def test_engines_shows_each_with_its_packages_and_exits_0(asrdiag: Command, tmp_path: Path) -> None:
    info = tmp_path / "site" / "parrots-1.0.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site" / "parrots.py").write_text(PARROT)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parrots\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[asrdiag.engines]\nparrot = parrots:Parrot\n")
    key = "sk-never-shown-0123456789"
    ended = asrdiag(
        "engines", PYTHONPATH=str(tmp_path / "site"), OPENAI_API_KEY=key, GEMINI_API_KEY="", COLUMNS="100"
    )
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    cells = {line.split()[0]: line.split()[1:3] for line in lines if line.strip()}
    assert cells["moonshine"] == ["yes", "cpu"]
    assert cells["predictions"] == ["yes", "-"]
    assert cells["parrot"][0] == "no"
    assert "moonshine-voice 0.1.0" in ended.stdout
    assert "parrot: cannot be used here: cracker is not installed: pip install cracker" in lines
    assert "OPENAI_API_KEY: set; the key for gpt-4o-transcribe" in lines
    assert "GEMINI_API_KEY: not set; the key for gemini-3-flash" in lines
    assert key not in ended.stdout + ended.stderr
    assert any(line.startswith("Python 3.") and "cores" in line for line in lines)


@pytest.mark.parametrize("verb", [("engines",), ("list", "systems")])
def test_neither_imports_torch_nor_asks_the_hub(
    asrdiag: Command, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    # A module that cannot be imported but is found, in the place of torch; and an address that nobody has.
    torch, info = tmp_path / "site" / "torch", tmp_path / "site" / "torch-9.9.9+cpu.dist-info"
    torch.mkdir(parents=True)
    info.mkdir()
    (torch / "__init__.py").write_text("raise AssertionError('torch was imported')")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 9.9.9+cpu\n")
    ended = asrdiag(*verb, PYTHONPATH=str(tmp_path / "site"), HF_ENDPOINT="http://127.0.0.1:9")
    assert ended.returncode == 0, ended.stderr
    assert "torch was imported" not in ended.stdout + ended.stderr
    assert "127.0.0.1" not in ended.stdout + ended.stderr
