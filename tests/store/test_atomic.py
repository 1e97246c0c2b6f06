"""Files that are either the old one or the new one."""

from pathlib import Path

import pytest

from asrdiag.errors import SaveError
from asrdiag.store.atomic import (
    free_name,
    remove_leftovers,
    replacing,
    replacing_folder,
    write_json,
    write_text,
)


def test_a_failure_half_way_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_text(path, "old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["summary.json"]


def test_a_full_disk_leaves_the_old_file(tiny_disk: Path) -> None:
    path = tiny_disk / "leaderboard.csv"
    write_text(path, "old")
    with pytest.raises(SaveError, match=r"leaderboard\.csv: could not be written: No space left"):
        write_text(path, "x" * 2_000_000)
    assert path.read_text() == "old"
    assert [entry.name for entry in tiny_disk.iterdir()] == ["leaderboard.csv"]


def test_a_folder_is_replaced_whole_or_not_at_all(tiny_disk: Path) -> None:
    folder = tiny_disk / "adapter"
    (tiny_disk / ".adapter.asrdiag.tmp").mkdir()  # of a process that was killed
    with replacing_folder(folder) as temporary:
        (temporary / "weights").write_text("old")
        (temporary / "config").write_text("old")
    for size, error in ((2_000_000, SaveError), (10, KeyboardInterrupt)):
        with pytest.raises(error), replacing_folder(folder) as temporary:
            (temporary / "weights").write_bytes(b"x" * size)
            raise KeyboardInterrupt
        assert [entry.name for entry in tiny_disk.iterdir()] == ["adapter"]
        assert {entry.read_text() for entry in folder.iterdir()} == {"old"}
    with replacing_folder(folder) as temporary:
        (temporary / "weights").write_text("new")
    assert [(entry.name, entry.read_text()) for entry in folder.iterdir()] == [("weights", "new")]
    assert [entry.name for entry in tiny_disk.iterdir()] == ["adapter"]


def test_a_folder_that_cannot_be_renamed_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "adapter"
    with replacing_folder(folder) as temporary:
        (temporary / "weights").write_text("old")
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if path.name == ".adapter.asrdiag.tmp":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), replacing_folder(folder) as temporary:
        (temporary / "weights").write_text("new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["adapter"]
    assert (folder / "weights").read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_is_written_to_and_never_replaced() -> None:
    with pytest.raises(SaveError, match="/dev/full: could not be written: No space left"):
        write_text(Path("/dev/full"), "x")
    assert Path("/dev/full").is_char_device()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match=r"file/x\.json: could not be written"):
        write_json(tmp_path / "file" / "x.json", {})


def test_files_have_ordinary_permissions(tmp_path: Path) -> None:
    (tmp_path / "ordinary").write_text("")
    write_text(tmp_path / "ours", "")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_what_a_killed_process_left_behind_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (".summary.json.x1y2.asrdiag.tmp", "summary.json", ".lock", ".notes.tmp"):
        (tmp_path / name).write_text("")
    (tmp_path / ".folder.asrdiag.tmp").mkdir()
    (tmp_path / ".folder.asrdiag.tmp" / "half").touch()
    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path / "absent")
    assert {entry.name for entry in tmp_path.iterdir()} == {"summary.json", ".lock", ".notes.tmp"}


def test_free_names_are_numbered(tmp_path: Path) -> None:
    assert free_name(tmp_path / "a") == tmp_path / "a"
    (tmp_path / "a").mkdir()
    (tmp_path / "a-2").mkdir()
    assert free_name(tmp_path / "a") == tmp_path / "a-3"
