"""What a recipe says of reward and clips is checked before any model is opened."""

import pytest

from asrdiag.errors import UsageError
from asrdiag.trainers.recipe import load_recipe
from asrdiag.trainers.rl.rewarding import make_rules
from asrdiag.trainers.rl.schema import RlRecipe

GIVEN = [("MODEL", "m"), ("START", "a"), ("TRAIN", "t.jsonl"), ("VALIDATION", "v.jsonl")]


def recipe(**settings):
    changes = [(name.replace("__", "."), value) for name, value in settings.items()]
    return load_recipe("dg_wgpo", RlRecipe, data=GIVEN, settings=changes).recipe


def test_every_parameter_of_the_reward_can_be_given():
    given = "{tau: 1, clip: true, min_repeats: 3, min_phrase_repeats: 2, ungated_fine_weight: 0.25}"
    rules = make_rules(recipe(reward__parameters=given).reward)
    assert (rules.tau, rules.clip, rules.min_repeats, rules.min_phrase_repeats) == (1, True, 3, 2)
    assert rules.ungated_fine_weight == 0.25


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("reward__parameters", "{taus: 1}", r"reward: .*unknown parameter 'taus' \(did you mean 'tau'\?\)"),
        ("reward__parameters", "{min_repeats: 2.5}", r"reward: .*2\.5 \(float\), expected an integer"),
        ("reward__parameters", "{tau: -1}", r"reward: .*tau is -1, expected a finite number of at least 0"),
        ("reward__parameters", "{unit: 1}", r"reward: .*unknown parameter 'unit'"),
        ("reward__name", "judge", r"reward: expected the key judge with the name judge"),
        ("train__enrich", "{hard: 1}", r"train\.enrich\.hard: found 'hard', expected 'clean', '<30'"),
        ("sampling__temperature", ".inf", r"sampling\.temperature: found inf, expected a finite number"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_what_would_do(key, value, message):
    with pytest.raises(UsageError, match=r"dg_wgpo\.yaml:\d+: " + message):
        recipe(**{key: value})
