"""The append-only log: nothing finished is lost, nothing torn is kept."""

from pathlib import Path

import pytest

from asrdiag.errors import AsrdiagError, SaveError
from asrdiag.store.log import JsonLog, read_log


def test_a_record_is_in_the_file_as_soon_as_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "cells" / "log.jsonl"
    with JsonLog(path) as log:
        log.append({"text": "naïve\nline"})
        assert path.read_bytes() == '{"text": "naïve\\nline"}\n'.encode()
        log.append({"n": 2})
    assert list(read_log(path)) == [{"text": "naïve\nline"}, {"n": 2}]


@pytest.mark.parametrize("torn", [b'{"n": 2', b"\x00" * 200_000, b'{"n": 2}', b"\xff\xfe"])
def test_a_torn_last_line_is_not_read_and_is_cut_before_appending(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"n": 1}\n' + torn)
    assert list(read_log(path)) == [{"n": 1}]
    with JsonLog(path) as log:
        assert log.bytes_cut == len(torn)
        log.append({"n": 3})
    assert path.read_bytes() == b'{"n": 1}\n{"n": 3}\n'


def test_a_file_that_is_one_torn_line_becomes_empty(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"x" * 100_000)
    with JsonLog(path):
        assert path.stat().st_size == 0


@pytest.mark.parametrize(("line", "said"), [(b"{nonsense}\n", "a damaged line"), (b"[1]\n", "found list")])
def test_damage_before_the_last_line_names_file_and_line(tmp_path: Path, line: bytes, said: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"n": 1}\n' + line + b'{"n": 3}\n')
    with pytest.raises(AsrdiagError, match=rf"log\.jsonl:2: .*{said}"):
        list(read_log(path))


def test_a_log_that_is_not_there_has_no_records(tmp_path: Path) -> None:
    assert list(read_log(tmp_path / "log.jsonl")) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.symlink_to("/dev/full")
    with (
        JsonLog(path) as log,
        pytest.raises(SaveError, match=r"log\.jsonl: could not be written: No space left"),
    ):
        log.append({"n": 1})


def test_a_record_that_finds_no_room_leaves_nothing_before_the_next(tiny_disk: Path) -> None:
    path = tiny_disk / "log.jsonl"
    with JsonLog(path) as log:
        log.append({"n": 1})
        with pytest.raises(SaveError, match=r"log\.jsonl: could not be written: No space left"):
            log.append({"text": "x" * 1_000_000})
        log.append({"n": 2})
    assert path.read_text() == '{"n": 1}\n{"n": 2}\n'


@pytest.mark.parametrize("replaced", [False, True])
def test_a_log_that_was_removed_takes_no_more(tmp_path: Path, replaced: bool) -> None:
    path = tmp_path / "log.jsonl"
    with JsonLog(path) as log:
        log.append({"n": 1})
        path.unlink()
        if replaced:
            path.write_text("of somebody else\n")
        with pytest.raises(SaveError, match=r"log\.jsonl: was removed or replaced while it was open"):
            log.append({"n": 2})


def test_nan_never_reaches_the_file(tmp_path: Path) -> None:
    with JsonLog(tmp_path / "log.jsonl") as log, pytest.raises(ValueError, match="not JSON compliant"):
        log.append({"x": float("nan")})
    assert (tmp_path / "log.jsonl").stat().st_size == 0
