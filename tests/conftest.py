"""What the harness's tests share: the installed command, small suites and small corpora of real speech."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import soundfile
import yaml

from asrdiag.datasets import DATASETS

# A busy machine is no failure.
hypothesis.settings.register_profile(
    "asrdiag", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("asrdiag")

ASRDIAG = Path(sys.executable).with_name("asrdiag")


@pytest.fixture(autouse=True, scope="session")
def _cache_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the tests index must not end up in the cache folder of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("ASRDIAG_CACHE", raising=False)
        yield


class Command:
    """Runs the installed `asrdiag` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, *words: object, timeout_s: float = 300, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ASRDIAG), *map(str, words)],
            cwd=self.folder,
            env=os.environ | {"COLUMNS": "200"} | environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    @contextmanager
    def start(self, *words: object) -> Iterator[subprocess.Popen[str]]:
        """Start the command in a process group of its own; it is killed at the end of the block."""
        with subprocess.Popen(
            [str(ASRDIAG), *map(str, words)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture
def asrdiag(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., Path]:
    """Writes a suite: moonshine on the demo corpus as recorded, with parts replaced by keyword."""

    def write(name: str = "small", **parts: Any) -> Path:
        data = {
            "schema": 1,
            "name": name,
            "seed": 7,
            "systems": [{"id": "moonshine-tiny", "engine": "moonshine"}],
            "datasets": [{"id": "demo", "loader": "demo"}],
            "conditions": [{"id": "as_recorded", "kind": "as_recorded"}],
        }
        data |= parts
        path = tmp_path / f"{name}.yaml"
        path.write_text(
            yaml.safe_dump({key: value for key, value in data.items() if value is not None}, sort_keys=False)
        )
        return path

    return write


@pytest.fixture(scope="session")
def utterances() -> Any:
    """The demo corpus's utterances."""
    return DATASETS.load("demo")(id="demo", loader="demo").utterances()


@pytest.fixture
def speech(tmp_path: Path, utterances: Any) -> Callable[[int, str], str]:
    """Writes the n-th demo utterance as a file and returns what is said in it."""

    def write(number: int, name: str) -> str:
        utterance = utterances[number]
        with soundfile.SoundFile(utterance.audio_path) as source:
            rate = source.samplerate
            source.seek(round(utterance.offset_s * rate))
            samples = source.read(round(utterance.duration_s * rate), dtype="float32")
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, rate)
        return str(utterance.reference)

    return write


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 kB; skips where this user may not mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if not done or done.returncode:
        pytest.skip("a small file system cannot be mounted by this user")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture(scope="session")
def real_moonshine(tmp_path_factory):
    """Folder with the real Moonshine Tiny for transformers, float32, from the packaged weights."""
    pytest.importorskip("transformers")
    from asrdiag.checkpoints.moonshine_tiny import import_moonshine_tiny

    return import_moonshine_tiny(tmp_path_factory.mktemp("checkpoints") / "moonshine-tiny").folder
