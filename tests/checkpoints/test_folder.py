import pytest

from asrdiag.checkpoints.folder import new_folder
from asrdiag.errors import SaveError, UsageError


@pytest.mark.parametrize("exists", [False, True])
def test_the_folder_appears_when_it_is_whole(tmp_path, exists):
    out = tmp_path / "deep" / "out"
    if exists:
        out.mkdir(parents=True)
    with new_folder(out) as folder:
        (folder / "a").write_text("a")
        assert not (out / "a").exists()
    assert [path.name for path in out.iterdir()] == ["a"]
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    (tmp_path / "ordinary").mkdir()
    assert out.stat().st_mode == (tmp_path / "ordinary").stat().st_mode


@pytest.mark.parametrize(
    ("raised", "shown"),
    [
        (OSError(28, "No space left on device"), SaveError),
        (UsageError("no"), UsageError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_nothing_is_left_of_half_a_folder(tmp_path, raised, shown):
    with pytest.raises(shown), new_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("a")
        raise raised
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_overwritten(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("a")
    (tmp_path / "file").write_text("a")
    for name, message in (("full", "the folder is not empty"), ("file", "this is not a folder")):
        with pytest.raises(UsageError, match=message), new_folder(tmp_path / name):
            raise AssertionError("not reached")
    assert (tmp_path / "full" / "a").read_text() == "a"


def test_what_appeared_meanwhile_is_not_overwritten(tmp_path):
    with pytest.raises(SaveError), new_folder(tmp_path / "out"):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs").write_text("a")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "theirs"]
