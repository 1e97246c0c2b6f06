"""OpenRLHF's rollout code loads the file and calls the reward; `run.py openrlhf` installs it and runs this.

Replaced: the vLLM engine, by one that answers what it is told.
"""

import asyncio
import json
import shlex
import warnings
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("openrlhf", reason="OpenRLHF is not installed; run.py openrlhf installs it elsewhere")

import torch
from openrlhf.utils.agent import SingleTurnAgentExecutor
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from asrdiag.metrics.rewards.registration import how_to_register

pytestmark = pytest.mark.filterwarnings("default")

TURNS = ["<|im_start|>", "<|im_end|>", "<|audio_pad|>"]
PROMPT = (
    "<|im_start|>user\n<|audio_pad|>Write down: thank you<|im_end|>\n"
    "<|im_start|>assistant\nlanguage English<asr_text>"
)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """Bytes as tokens, and the turns of a chat as special ones."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    each = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    each.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    each.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=each,
        eos_token="<|im_end|>",
        extra_special_tokens=TURNS,
        clean_up_tokenization_spaces=False,
    )


class Engine:
    """Answers one text, whatever it is asked."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, answer: str) -> None:
        self.ids = tokenizer(answer, add_special_tokens=False)["input_ids"]

    async def generate(self, prompt_ids: list[int], params: Any, multi_modal_data: object = None) -> Any:
        output = SimpleNamespace(token_ids=self.ids, finish_reason="stop", logprobs=None)
        return SimpleNamespace(outputs=[output])


def execute(
    tokenizer: PreTrainedTokenizerFast,
    answer: str,
    label: object,
    prompt: str = PROMPT,
    max_length: int = 4096,
) -> dict[str, Any]:
    path = shlex.split(how_to_register("openrlhf"), comments=True)[1]
    params = SimpleNamespace(max_tokens=256, logprobs=None)
    executor = SingleTurnAgentExecutor(path)
    return asyncio.run(
        executor.execute(prompt, label, params, max_length, tokenizer, Engine(tokenizer, answer))
    )


def test_the_values_are_those_computed_by_hand(tokenizer: PreTrainedTokenizerFast) -> None:
    # The worked example.
    found = execute(tokenizer, "The cap sat on mat.<|im_end|>", "The cat sat on the mat.")
    assert found["reward"] == found["scores"] == pytest.approx(0.715278, abs=1e-6)
    assert found["extra_logs"]["wer"] == pytest.approx(2 / 6)
    # A loop, C 2 and I 6; the same words in the prompt do not count: 0.6 * (0.25 * 2/8 + 0.75 * 0.5).
    found = execute(tokenizer, "thank you " * 4 + "<|im_end|>", "thank you")
    assert found["reward"] == pytest.approx(0.2625, abs=1e-6)
    # What OpenRLHF does with them next.
    assert torch.tensor([found["reward"]]).shape == (1,)
    for value in found["extra_logs"].values():
        assert torch.tensor([value]).shape == (1,)


def test_a_prompt_that_was_cut_is_taken_off(tokenizer: PreTrainedTokenizerFast) -> None:
    # One byte a token: the budget leaves the last 100 tokens of a prompt of some 600.
    prompt = "thank you " * 50 + PROMPT
    found = execute(tokenizer, "thank you<|im_end|>", "thank you", prompt, max_length=356)
    assert found["reward"] == pytest.approx(1.0, abs=1e-7)


def test_language_comes_with_the_label(tokenizer: PreTrainedTokenizerFast) -> None:
    # One deletion in three characters: R_wer, R_fine and R_struc are all 2/3.
    found = execute(tokenizer, "你好<|im_end|>", {"reference": "你好吗", "language": "zh"})
    assert found["reward"] == pytest.approx(2 / 3, abs=1e-6)


def test_settings_come_from_the_environment(
    tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 0.4 * 2/3 + 0.6 * (0.75 * 4/5.4 + 0.25 * 0.75) with the gate open up to 0.5
    monkeypatch.setenv("ASRDIAG_REWARD", json.dumps({"tau": 0.5}))
    found = execute(tokenizer, "The cap sat on mat.<|im_end|>", "The cat sat on the mat.")
    assert found["reward"] == pytest.approx(0.7125, abs=1e-6)


def test_an_empty_label_is_pointed_out(tokenizer: PreTrainedTokenizerFast) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        execute(tokenizer, "hello<|im_end|>", "")
    assert any("--data.label_key" in str(warning.message) for warning in caught)
