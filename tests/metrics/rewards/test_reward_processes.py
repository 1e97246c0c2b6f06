"""Pickled, forked, spawned or in threads: the same numbers."""

import multiprocessing
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from asrdiag.metrics.rewards import (
    PRESETS,
    CERReward,
    DGWGPOReward,
    FormatReward,
    LengthReward,
    ReconstructionReward,
    RefinementReward,
    RepetitionGate,
    Term,
    WeightedReward,
    WERReward,
)

TEXTS: dict[str, Any] = {
    "hypotheses": ["the cap sat on mat", "你号", "no no no no no", "", "Twenty-one cats, it's fine."],
    "references": ["the cat sat on the mat", "你好", "no", "hello", "21 cats it is fine"],
    "languages": ["en", "zh", "en", "en", "en"],
}
REWARDS: list[Term] = [
    *(DGWGPOReward.preset(name) for name in PRESETS),
    *(WERReward(clip=True), CERReward(normalizer=str.lower), RepetitionGate(min_repeats=3), LengthReward()),
    *(RefinementReward(), ReconstructionReward(language="zh"), FormatReward(pattern=".*")),
    WeightedReward({"wer": (0.5, WERReward()), "length": (0.5, LengthReward())}),
]


def found(reward: Term) -> dict[str, list[float]]:
    return {name: values.tolist() for name, values in reward.components(**TEXTS).items()}


@pytest.fixture(scope="module")
def expected() -> list[dict[str, list[float]]]:
    return [found(reward) for reward in REWARDS]


def test_pickled(expected: list[dict[str, list[float]]]) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        copies = pickle.loads(pickle.dumps(REWARDS, protocol))
        assert copies == REWARDS
        assert [found(reward) for reward in copies] == expected


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_in_other_processes(method: str, expected: list[dict[str, list[float]]]) -> None:
    with warnings.catch_warnings():
        # Python 3.12 warns of forking while threads of numpy's run.
        warnings.simplefilter("ignore", DeprecationWarning)
        with multiprocessing.get_context(method).Pool(1) as pool:
            assert pool.map(_found_by_name, [pickle.dumps(reward) for reward in REWARDS]) == expected


def _found_by_name(pickled: bytes) -> dict[str, list[float]]:
    return found(pickle.loads(pickled))


def test_in_threads(expected: list[dict[str, list[float]]]) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(found, REWARDS * 20)) == expected * 20


def test_a_reward_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        DGWGPOReward().tau = 0.5  # type: ignore[misc]
    assert len({DGWGPOReward(), DGWGPOReward(tau=0.3), DGWGPOReward(tau=0.4)}) == 2
