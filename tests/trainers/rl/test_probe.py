"""The temperature probe: interrupted or not it ends the same, and it does not train."""

import pytest

from asrdiag.errors import UsageError
from asrdiag.metrics.rewards.probing import Criterion
from asrdiag.rollouts.reading import read_rollouts
from asrdiag.trainers.learning.folder import TrainFolder
from asrdiag.trainers.probe.probing import report, sample
from asrdiag.trainers.progress import make_display
from asrdiag.trainers.recipe import load_recipe
from asrdiag.trainers.rl.schema import RlRecipe


@pytest.fixture
def tried(session, place, tmp_path):
    session(steps=1)  # writes the recipe
    loaded = load_recipe(str(place / "recipe.yaml"), RlRecipe)

    def run(name, temperatures=(0.5, 2.0)):
        folder = TrainFolder(tmp_path / name)
        folder.path.mkdir(exist_ok=True)
        return sample(loaded, folder, make_display("none"), "cpu", temperatures=temperatures, n_clips=4)

    return run


def test_cut_and_taken_up_again_it_is_the_same(tried, capsys, place):
    whole = tried("whole")
    groups = [found.group for found in read_rollouts(whole)]
    assert [group.temperature for group in groups] == [0.0] * 4 + [0.5] * 4 + [2.0] * 4
    assert {len(group.rollouts) for group in groups[:4]} == {1}
    assert {len(group.rollouts) for group in groups[4:]} == {3}
    assert len({group.sample_id for group in groups}) == 4
    cut = whole.parent.parent / "cut"
    lines = whole.read_bytes().splitlines(keepends=True)
    tried("cut", temperatures=(0.5,))  # 2.0 is asked for later
    (cut / "rollouts.jsonl").write_bytes(b"".join(lines[:6]) + lines[6][:50])
    assert tried("cut").read_bytes() == whole.read_bytes()
    recipe = load_recipe(str(place / "recipe.yaml"), RlRecipe).recipe
    assert report(recipe, whole, Criterion(least_valid=0)) in (0, 1)
    assert "rollouts.jsonl" in capsys.readouterr().out


def test_another_recipe_has_its_own_folder(tried, place):
    tried("one", temperatures=(0.5,))
    with pytest.raises(UsageError, match="holds another training"):
        folder = TrainFolder(place / "x")
        folder.path.mkdir()
        loaded = load_recipe(str(place / "recipe.yaml"), RlRecipe)
        for clips in (2, 3):
            sample(loaded, folder, make_display("none"), "cpu", temperatures=(1.0,), n_clips=clips)
