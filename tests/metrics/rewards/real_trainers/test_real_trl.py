"""TRL's GRPOTrainer trains a small text model with the reward. `run.py trl` installs TRL and runs this."""

import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="TRL is not installed; run.py trl installs it elsewhere and runs this")

import torch
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from asrdiag.metrics.rewards import DGWGPOReward, RepetitionGate
from asrdiag.metrics.rewards.extraction import transcript
from asrdiag.metrics.rewards.trl import TRLReward

pytestmark = pytest.mark.filterwarnings("default")

WORDS = [
    *("<pad>", "<eos>", "<unk>", "<asr_text>", "language", "English"),
    *("the", "cat", "cap", "sat", "on", "mat", "say", ":"),
]
COMPONENTS = {"wer", "r_wer", "r_rep", "r_static", "r_fine", "r_struc", "r_dynamic", "gate"}
CHAT = "{% for m in messages %}{{ m.role }} : {{ m.content }} {% endfor %}assistant : "


def trainer(folder: Path, conversational: bool, rewards: list[Any], weights: list[float]) -> GRPOTrainer:
    torch.manual_seed(1)
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", chat_template=CHAT
    )
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    prompt: Any = [{"role": "user", "content": "say"}] if conversational else "say :"
    rows = [{"prompt": prompt, "reference": "The cat sat on the mat.", "language": "English"}] * 3
    rows.append({"prompt": prompt, "reference": None, "language": None})
    return GRPOTrainer(
        model=LlamaForCausalLM(config),
        processing_class=tokenizer,
        reward_funcs=rewards,
        train_dataset=Dataset.from_list(rows),
        args=GRPOConfig(
            output_dir=str(folder),
            use_cpu=True,
            bf16=False,
            max_steps=4,
            per_device_train_batch_size=4,
            num_generations=4,
            max_completion_length=8,
            learning_rate=1e-2,
            reward_weights=weights,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
    )


@pytest.mark.parametrize("conversational", [False, True])
def test_a_model_is_trained_and_the_components_are_logged(tmp_path: Path, conversational: bool) -> None:
    grpo = trainer(
        tmp_path,
        conversational,
        [TRLReward(log_references=True), TRLReward(RepetitionGate(), name="loops")],
        [0.9, 0.1],
    )
    before = [weight.detach().clone() for weight in grpo.model.parameters()]
    grpo.train()
    assert any(not torch.equal(old, new) for old, new in zip(before, grpo.model.parameters(), strict=True))

    logs = [entry for entry in grpo.state.log_history if "loss" in entry]
    assert len(logs) == 4
    scored = [entry for entry in logs if "DGWGPOReward/wer" in entry]
    assert 3 <= len(scored) <= 4  # the group without a reference is not scored
    for entry in scored:
        assert {name for name in entry if name.startswith("DGWGPOReward/")} == {
            f"DGWGPOReward/{name}" for name in COMPONENTS
        }
        mean = 0.4 * entry["DGWGPOReward/r_static"] + 0.6 * entry["DGWGPOReward/r_dynamic"]
        assert entry["rewards/DGWGPOReward/mean"] == pytest.approx(mean, abs=1e-6)
        assert "rewards/loops/mean" in entry

    said = [
        completion[0]["content"] if conversational else completion for completion in grpo._logs["completion"]
    ]
    given = list(grpo._logs["rewards"]["DGWGPOReward"])
    assert set(grpo._logs["extra"]["reference"]) <= {"The cat sat on the mat.", None}
    assert len(grpo._logs["extra"]["reference"]) == len(said)
    assert len(said) == len(given)
    expected = DGWGPOReward().score(
        hypotheses=[transcript(text) for text in said], references=["The cat sat on the mat."] * len(said)
    )
    scored_rows = [index for index, value in enumerate(given) if not math.isnan(value)]
    assert scored_rows
    assert [given[index] for index in scored_rows] == pytest.approx(expected[scored_rows].tolist(), abs=1e-6)


def test_trl_gets_the_values_computed_by_hand(tmp_path: Path) -> None:
    grpo = trainer(tmp_path, True, [TRLReward()], [1.0])
    texts = ["language English<asr_text>The cap sat on mat.", "thank you " * 4, "the cat"]
    rewards = grpo._calculate_rewards(
        [{"reference": "The cat sat on the mat."}, {"reference": "thank you"}, {"reference": None}],
        [[{"role": "user", "content": "say"}]] * 3,
        [[{"role": "assistant", "content": text}] for text in texts],
        [[1]] * 3,
    )
    # The first is the worked example: 0.4 * 2/3 + 0.6 * (0.25 * 4/5.4 + 0.75 * 0.75).
    # The second is a loop: C 2, I 6; 0.4 * 0 + 0.6 * (0.25 * 2/8 + 0.75 * 0.5).
    assert rewards[:2, 0].tolist() == pytest.approx([0.715278, 0.2625], abs=1e-6)
    assert torch.isnan(rewards[2, 0])
    assert grpo._pending_metrics["DGWGPOReward/r_rep"] == [0.5]
