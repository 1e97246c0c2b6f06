"""Rows that were read are kept, and read anew as soon as anything they depend on changed."""

import os
import time
from pathlib import Path

import pytest

from asrdiag.datasets import cache
from asrdiag.datasets.base import Utterance
from asrdiag.datasets.cache import kept_rows
from asrdiag.datasets.utterance_table import fields_of
from asrdiag.errors import UsageError
from asrdiag.store.cache import cache_folder


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A file with a row on each line that lay there for an hour; `read` says how often it was read."""
    monkeypatch.setenv("ASRDIAG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_SHORT_BYTES", 0)
    # The time of a file's entry cannot be set back, so the clock is set forward.
    now = time.time_ns
    monkeypatch.setattr(cache.time, "time_ns", lambda: now() + 3_600_000_000_000)
    return Source(tmp_path / "rows.txt")


class Source:
    def __init__(self, path):
        self.path, self.times_read = path, 0
        path.write_text("a\nb\n")

    def rows(self):
        self.times_read += 1
        for line in self.path.read_text().splitlines():
            yield fields_of(Utterance(line, Path(line), line))

    def ids(self, **key):
        return [utterance.sample_id for utterance in kept_rows(self.path, key, self.rows)]


def kept():
    folder = cache_folder("rows")
    return sorted(folder.iterdir()) if folder.exists() else []


def test_the_second_time_they_come_from_the_cache(source):
    assert source.ids() == source.ids() == ["a", "b"]
    assert source.times_read == 1
    assert [path.suffix for path in kept()] == [".arrow"]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("a\nc\n"),
        lambda path: path.write_text("a\n"),
        lambda path: os.utime(path, (1, 1)),
        lambda path: path.rename(path.with_name("x")) and path.with_name("x").rename(path),
    ],
    ids=["same size", "size", "time", "renamed twice"],
)
def test_any_change_of_the_file_is_noticed(source, change):
    source.ids()
    time.sleep(0.02)  # a file system's clock ticks every few milliseconds
    change(source.path)
    assert source.ids() == source.path.read_text().split()
    assert source.times_read == 2


def test_so_is_another_key_and_another_version(source, monkeypatch):
    source.ids()
    source.ids(sets=["net"])
    monkeypatch.setattr(cache, "__version__", "99")
    source.ids()
    assert source.times_read == 3


@pytest.mark.parametrize("damage", [lambda data: data[:-100], lambda data: data[:300] + b"?" + data[301:]])
def test_a_damaged_file_is_read_anew_and_replaced(source, damage):
    source.ids()
    [path] = kept()
    path.write_bytes(damage(path.read_bytes()))
    assert source.ids() == source.ids() == ["a", "b"]
    assert source.times_read == 2
    assert len(kept()) == 1


def test_a_file_that_just_changed_is_not_kept(source, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(cache, "_SHORT_BYTES", 0)
    monkeypatch.setenv("ASRDIAG_CACHE", str(source.path.parent / "cache"))
    assert source.ids() == source.ids() == ["a", "b"]
    assert source.times_read == 2
    assert kept() == []


def test_a_short_file_is_not_kept(source, monkeypatch):
    monkeypatch.setattr(cache, "_SHORT_BYTES", 5)
    source.ids()
    assert kept() == []


def test_a_cache_folder_that_cannot_be_made_is_no_error(source, monkeypatch):
    blocked = source.path.parent / "file"
    blocked.write_text("")
    monkeypatch.setenv("ASRDIAG_CACHE", str(blocked))
    assert source.ids() == source.ids() == ["a", "b"]


def test_nor_is_a_full_disk(source, monkeypatch):
    def full(sink, rows):
        list(rows)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "write_fields", full)
    assert source.ids() == ["a", "b"]
    assert kept() == []


def test_an_error_in_the_file_leaves_nothing_behind(source):
    def broken():
        yield from source.rows()
        raise UsageError("line 3")

    with pytest.raises(UsageError, match="line 3"):
        kept_rows(source.path, {}, broken)
    assert kept() == []


def test_what_nobody_used_for_a_month_is_removed(source):
    source.ids()
    [old] = kept()
    leftover = old.with_name(".x.asrdiag.tmp")
    leftover.write_text("")
    for path, days in ((old, 31), (leftover, 2)):
        os.utime(path, (time.time() - days * 86400,) * 2)
    source.ids(other=1)
    assert len(kept()) == 1 and old not in kept()


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("ASRDIAG_CACHE", "a")
    assert cache_folder("rows") == Path("a/rows").absolute()
    monkeypatch.delenv("ASRDIAG_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("rows") == tmp_path / "asrdiag" / "rows"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder("rows") == tmp_path / ".cache" / "asrdiag" / "rows"
