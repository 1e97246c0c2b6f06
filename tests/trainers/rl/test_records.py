"""One line of numbers a step, by hand."""

import pytest

from asrdiag.metrics.rewards.rollouts import Rollout, RolloutGroup
from asrdiag.trainers.rl.records import of_step
from asrdiag.trainers.rl.update import Learnt


def rollout(text, reward, wer, r_rep=1.0, n_tokens=4, end="stop"):
    parts = {"wer": wer, "r_rep": r_rep}
    return Rollout(
        transcript=text, n_tokens=n_tokens, finish_reason=end, reward=reward, components=parts, advantage=0.0
    )


def group(name, reference, used, bin_name, *rollouts):
    return RolloutGroup(
        group=name, reference=reference, rollouts=rollouts, used=used, metadata={"bin": bin_name}
    )


def test_a_step_in_numbers():
    groups = [
        group("a", "go on", True, "<30", rollout("go on", 1.0, 0.0), rollout("go", 0.4, 0.5, n_tokens=2)),
        group(
            "b", "no", True, "<50", rollout("", 0.0, 1.0), rollout("no " * 9, -0.5, 8.0, 0.0, 20, "length")
        ),
        group("c", "stop", False, "<50", rollout("go", 0.2, 1.0), rollout("go", 0.2, 1.0)),
        # A judge failed on one of two, so that nothing is known of the spread.
        group("d", "come in", False, "<30", rollout("go", None, 1.0), rollout("come", 0.6, 0.5)),
    ]
    learnt = Learnt(26, 1.5, [0.0, 0.25], [0.0, 0.125], [0.0, 0.5], [0.1, 0.2], [3.0, 4.0])
    found = of_step(7, groups, learnt, resamples=1, seconds={"rollout": 2.0, "update": 3.00001})
    assert found["step"] == 7
    # 1 + 0.4 + 0 - 0.5 + 0.2 + 0.2 + 0.6 over the seven that have one
    assert found["reward"] == pytest.approx(1.9 / 7)
    # Of two: the difference over the root of 2; of a, b and c
    assert found["reward_std_in_group"] == pytest.approx((0.6 + 0.5 + 0) / 2**0.5 / 3)
    assert found["best_of_group"] == pytest.approx((1 + 0 + 0.2 + 0.6) / 4)
    assert found["components"] == {"wer": pytest.approx(13 / 8), "r_rep": pytest.approx(7 / 8)}
    assert found["wer_by_bin"] == {"<30": pytest.approx(2 / 4), "<50": pytest.approx(11 / 4)}
    assert (found["empty"], found["repetition"], found["overlong"]) == (1 / 8, 1 / 8, 1 / 8)
    assert found["same"] == 4 / 8  # "go", said to three references
    assert (found["groups"], found["zero_variance"], found["resamples"]) == (2, 0.5, 1)
    assert (found["answers"], found["tokens"], found["tokens_per_s"]) == (8, 46, 23)
    assert found["seconds"] == {"rollout": 2.0, "update": 3.0}
    last = {"kl": 0.25, "clipped_low": 0.125, "clipped_high": 0.5, "loss": 0.2, "grad_norm": 4.0}
    assert {name: found[name] for name in last} == last
    assert (found["tokens_learnt"], found["entropy"]) == (26, 1.5)
