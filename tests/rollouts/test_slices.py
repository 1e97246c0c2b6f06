"""Groups by difficulty: every group is in one grade."""

from asrdiag.metrics.rewards.inspection import inspect_rollouts
from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup
from asrdiag.rollouts.slices import by_difficulty, difficulty


def test_a_limit_belongs_to_the_grade_above_it() -> None:
    rates = (0.0, 0.01, 0.29, 0.3, 0.5, 0.69, 0.7, 2.0)
    groups = inspect_rollouts(
        RolloutGroup(group=f"{rate}", reference="a", base_wer=rate, rollouts=(Rollout(transcript="a"),))
        for rate in rates
    ).groups
    assert difficulty(groups) == "base_wer"
    assert {
        label: groups.columns["base_wer"][chosen].tolist() for label, chosen in by_difficulty(groups)
    } == {
        "right": [0.0],
        "below 30 %": [0.01, 0.29],
        "30 to 50 %": [0.3],
        "50 to 70 %": [0.5, 0.69],
        "70 % and more": [0.7, 2.0],
    }
