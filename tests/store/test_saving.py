"""Errors of writing name the file and say what the system said, whoever wrote."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from asrdiag.errors import SaveError
from asrdiag.store.saving import disk_is_full, saving

torch = pytest.importorskip("torch", reason="needs the extra transformers")
safetensors = pytest.importorskip("safetensors.torch", reason="needs the extra transformers")

FULL = r"state: could not be written: No space left on device$"
MEGABYTE = {"weights": torch.zeros(250_000)}


def by_name(path: Path) -> None:
    torch.save(MEGABYTE, path)


def to_a_stream(path: Path) -> None:
    with path.open("wb") as stream:
        torch.save(MEGABYTE, stream)


def as_safetensors(path: Path) -> None:
    safetensors.save_file(MEGABYTE, path)


@pytest.mark.parametrize("write", [by_name, to_a_stream, as_safetensors])
@pytest.mark.parametrize("room", [600_000, 0])
def test_a_full_disk_is_said_to_be_full(tiny_disk: Path, write: Callable[[Path], None], room: int) -> None:
    (tiny_disk / "filler").write_bytes(b"x" * (600_000 - room))
    with pytest.raises(SaveError, match=FULL), saving(tiny_disk / "state"):
        write(tiny_disk / "weights")


@pytest.mark.parametrize("write", [by_name, as_safetensors])
def test_a_folder_that_is_gone_is_told(tmp_path: Path, write: Callable[[Path], None]) -> None:
    gone = tmp_path / "gone" / "weights"
    said = r"weights: could not be written: .*(does not exist|No such file)"
    with pytest.raises(SaveError, match=said), saving(gone):
        write(gone)


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA error: out of memory"), ValueError("x"), SaveError("told already")]
)
def test_other_errors_are_not_taken_for_errors_of_writing(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as raised, saving(tmp_path):
        raise error
    assert raised.value is error


def test_a_full_disk_is_seen_from_a_file_that_is_not_there_yet(tiny_disk: Path) -> None:
    assert not disk_is_full(tiny_disk / "folder" / "file")
    (tiny_disk / "filler").write_bytes(b"x" * (600_000 - 2 * os.statvfs(tiny_disk).f_bsize))
    assert disk_is_full(tiny_disk / "folder" / "file")
