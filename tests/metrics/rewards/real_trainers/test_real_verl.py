"""verl's own reward loop calls the reward, in Ray's processes. `run.py verl` installs verl and runs this.

Nothing is replaced. The configuration is verl's own, with what `asrdiag rewards path verl` prints.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("verl", reason="verl is not installed; run.py verl installs it elsewhere and runs this")

import numpy as np
import ray
import torch
from hydra import compose, initialize_config_module
from omegaconf import DictConfig, open_dict
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from verl import DataProto
from verl.experimental.reward_loop import RewardLoopManager
from verl.trainer.ppo.reward import load_reward_manager

from asrdiag.metrics.rewards.registration import how_to_register

pytestmark = pytest.mark.filterwarnings("default")

WORDS = [
    *("<pad>", "<unk>", "<asr_text>", "language", "English"),
    *("the", "cat", "cap", "sat", "on", "mat", "thank", "you"),
]
KEYS = ["score", "wer", "r_wer", "r_rep", "r_static", "r_fine", "r_struc", "r_dynamic", "gate"]

# The worked example, a loop (C 2, I 6: 0.6 * (0.25 * 2/8 + 0.75 * 0.5)), a match.
ROWS = [
    ("language English <asr_text> the cap sat on mat", "The cat sat on the mat.", {"language": "en"}),
    ("thank you thank you thank you thank you", "thank you", {"split": "train"}),
    ("the cat", "The cat!", {}),
]
BY_HAND = [0.715278, 0.2625, 1.0]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    folder = tmp_path_factory.mktemp("tokenizer")
    PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", unk_token="<unk>").save_pretrained(
        folder
    )
    return folder


def configuration(tokenizer: Path, *overrides: str) -> DictConfig:
    ours = [line for line in how_to_register("verl").splitlines() if not line.startswith("#")]
    with initialize_config_module("verl.trainer.config", version_base=None):
        config = compose("ppo_trainer", overrides=[*ours, *overrides])
    with open_dict(config):
        config.actor_rollout_ref.model.tokenizer_path = str(tokenizer)
        config.reward.num_workers = 2
    return config


def batch(folder: Path) -> DataProto:
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    tokenizer.padding_side = "right"
    said = tokenizer([text for text, _, _ in ROWS], padding=True, return_tensors="pt")
    prompts = torch.zeros((len(ROWS), 2), dtype=torch.long)
    return DataProto.from_dict(
        tensors={
            "prompts": prompts,
            "responses": said["input_ids"],
            "attention_mask": torch.cat([torch.ones_like(prompts), said["attention_mask"]], dim=1),
        },
        non_tensors={
            "data_source": np.array(["clips"] * len(ROWS), dtype=object),
            "reward_model": np.array([{"ground_truth": truth} for _, truth, _ in ROWS], dtype=object),
            "extra_info": np.array([dict(extra) for _, _, extra in ROWS], dtype=object),
        },
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, logging_level="error")
    yield
    ray.shutdown()


def test_the_reward_loop_gives_the_values_computed_by_hand(cluster: None, tokenizer: Path) -> None:
    data = batch(tokenizer)
    found = RewardLoopManager(configuration(tokenizer)).compute_rm_score(data)
    # verl puts the reward on the last token of each answer.
    assert found.batch["rm_scores"].sum(dim=1).tolist() == pytest.approx(BY_HAND, abs=1e-6)
    assert found.meta_info["reward_extra_keys"] == KEYS
    assert found.non_tensor_batch["wer"].tolist() == pytest.approx([2 / 6, 3.0, 0.0])
    assert found.non_tensor_batch["r_rep"].tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("name", ["naive", "dapo", "gdpo", "rate_limited"])
def test_reward_managers_take_it_many_at_a_time(tokenizer: Path, name: str) -> None:
    # tau 0.5 opens the gate for the worked example: 0.4 * 2/3 + 0.6 * (0.75 * 4/5.4 + 0.25 * 0.75).
    config = configuration(
        tokenizer,
        f"reward.reward_manager.name={name}",
        "reward.custom_reward_function.reward_kwargs.tau=0.5",
    )

    async def score_all() -> list[dict[str, Any]]:
        manager = load_reward_manager(config, PreTrainedTokenizerFast.from_pretrained(tokenizer))
        data = batch(tokenizer)
        return await asyncio.gather(*(manager.run_single(data[i % 3 : i % 3 + 1]) for i in range(48)))

    found = asyncio.run(score_all())
    assert [each["reward_score"] for each in found] == pytest.approx([0.7125, 0.2625, 1.0] * 16, abs=1e-6)
    assert all(set(KEYS) <= set(each["reward_extra_info"]) for each in found)
