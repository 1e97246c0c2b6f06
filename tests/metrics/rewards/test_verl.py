"""The function that verl calls, one sample at a time. verl's own reward loop is in real_trainers."""

import asyncio
import functools
import inspect
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from asrdiag.metrics.rewards.verl import compute_score

SAMPLE: dict[str, Any] = {
    "data_source": "clips",
    "solution_str": "language English<asr_text>The cap sat on mat.",
    "ground_truth": "The cat sat on the mat.",
}
WORKED_EXAMPLE = 0.715278  # 0.4 * 2/3 + 0.6 * (0.25 * 4/5.4 + 0.75 * 0.75)
KEYS = ["score", "wer", "r_wer", "r_rep", "r_static", "r_fine", "r_struc", "r_dynamic", "gate"]


def test_the_value_is_that_computed_by_hand() -> None:
    found = compute_score(**SAMPLE, extra_info={"num_turns": 1, "rollout_reward_scores": {}})
    assert found["score"] == pytest.approx(WORKED_EXAMPLE, abs=1e-6)
    assert found["wer"] == pytest.approx(2 / 6)
    assert all(type(value) is float for value in found.values())


@pytest.mark.parametrize("said", ["", None, "<|im_end|>", "thank you " * 40, "the cat", "\ud800", 3])
@pytest.mark.parametrize("reference", ["the cat", ""])
def test_every_sample_has_the_same_keys_and_finite_values(said: Any, reference: str) -> None:
    found = compute_score("clips", said, reference, None)
    assert list(found) == KEYS
    assert all(map(math.isfinite, found.values()))


def test_reward_kwargs_are_the_parameters() -> None:
    # The gate open: 0.4 * 2/3 + 0.6 * (0.75 * 4/5.4 + 0.25 * 0.75)
    for settings in ({"tau": 0.5}, {"preset": "paper-appendix"}):
        assert compute_score(**SAMPLE, **settings)["score"] == pytest.approx(0.7125, abs=1e-6)
    assert compute_score(**SAMPLE, alpha_dyn=0)["score"] == pytest.approx(2 / 3)
    with pytest.raises(TypeError, match=r"unknown parameter 'alpha_q'; known: preset, .* tau, alpha_s, "):
        compute_score(**SAMPLE, alpha_q=1)
    with pytest.raises(TypeError, match=r"tau is \[0.3\] .list., expected a finite number"):
        compute_score(**SAMPLE, tau=[0.3])
    with pytest.raises(ValueError, match="tau"):
        compute_score(**SAMPLE, tau=-1)
    with pytest.raises(ValueError, match="unknown preset 'papers'"):
        compute_score(**SAMPLE, preset="papers")


def test_the_language_is_in_extra_info() -> None:
    # By character, one deletion of three: R_wer, R_fine and R_struc are all 2/3.
    chinese = {"data_source": "clips", "solution_str": "你好", "ground_truth": "你好吗"}
    for extra, settings in (
        ({"language": "zh"}, {}),
        ({"lang": "Chinese"}, {"language_column": "lang"}),
        ({}, {"language": "zh"}),
        (None, {"language": "zh"}),
        ({"language": None}, {"language": "zh"}),
    ):
        found = compute_score(**chinese, extra_info=extra, **settings)
        assert found["score"] == pytest.approx(2 / 3, abs=1e-6)


def test_a_sample_without_a_reference_is_named() -> None:
    with pytest.raises(ValueError, match=r"'clips' has no reference: .*ground_truth is None; .*split, text"):
        compute_score("clips", "hello", None, {"split": "train", "text": "hello"})


def test_what_verl_adds_for_a_reward_model_is_taken() -> None:
    found = compute_score(**SAMPLE, reward_router_address="127.0.0.1:1", reward_model_tokenizer=object())
    assert found["score"] == pytest.approx(WORKED_EXAMPLE, abs=1e-6)


def test_threads_and_event_loops_get_the_same() -> None:
    assert not inspect.iscoroutinefunction(compute_score)  # verl runs it in a thread then

    async def many() -> list[dict[str, float]]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(8) as pool:
            call = functools.partial(compute_score, **SAMPLE)
            return await asyncio.gather(*(loop.run_in_executor(pool, call) for _ in range(64)))

    expected = compute_score(**SAMPLE)
    assert asyncio.run(many()) == [expected] * 64


def test_it_is_pickled_by_name() -> None:
    assert pickle.loads(pickle.dumps(functools.partial(compute_score, tau=0.5))).func is compute_score
