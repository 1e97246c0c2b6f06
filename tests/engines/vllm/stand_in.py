"""In place of vllm: takes what the real one's signatures take, and no more."""

import json
import os
import types
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any

SIGNATURES = [json.loads(path.read_text()) for path in sorted(Path(__file__).parent.glob("vllm_*.json"))]
"""Read by `signatures.py` from the wheels of the oldest vLLM that will do and of the newest one read."""


def of_record(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments, once it is certain that every version takes them."""
    for signatures in SIGNATURES:
        known = signatures[name]
        if isinstance(known, dict):
            known = [*known["positional"], *known["keyword"]]
        if name == "LLM":
            known = [*known, *signatures["EngineArgs"]]
        assert set(given) <= set(known), f"{name} of {signatures['version']}: {set(given) - set(known)}"
    return given


@lru_cache
def tokenizer_of(model: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model)


@dataclass
class Vllm:
    """What was asked of vllm, and what it answers."""

    gpus: int = 10
    """In the machine."""
    visible_at_first: str | None = "CUDA was not asked"
    """`CUDA_VISIBLE_DEVICES` when CUDA was first asked anything: what it goes by from then on."""
    engine: dict[str, Any] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    """What is decoded next, with the finish reason; nothing but an end marker when there are none."""
    takes_prefixes_whole: bool = True
    """Whether it leaves prefixes for a decoder as they are when told to."""

    def last(self) -> dict[str, Any]:
        return self.calls[-1]

    def ask_cuda(self) -> None:
        if self.visible_at_first == "CUDA was not asked":
            self.visible_at_first = os.environ.get("CUDA_VISIBLE_DEVICES")

    def count(self) -> int:
        """How many CUDA finds: those that are named, up to the first that is not there."""
        self.ask_cuda()
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        named = list(map(str, range(self.gpus))) if visible is None else visible.split(",")
        return len(list(takewhile(lambda name: name.startswith("GPU-") or self._has(name), named)))

    def _has(self, name: str) -> bool:
        return name.isdecimal() and int(name) < self.gpus


def modules(fake: Vllm) -> dict[str, dict[str, Any]]:
    """What is in place of vllm's modules, by their names."""

    class SamplingParams(types.SimpleNamespace):
        def __init__(self, **given: Any) -> None:
            super().__init__(**of_record("SamplingParams", given))

    class LoRARequest(types.SimpleNamespace):
        def __init__(self, **given: Any) -> None:
            super().__init__(**of_record("LoRARequest", given))

    class LLM:
        def __init__(self, model: str, **given: Any) -> None:
            fake.ask_cuda()
            fake.engine = of_record("LLM", {"model": model, **given})
            self._processor = types.SimpleNamespace(skip_decoder_start_token=False)
            self.renderer = types.SimpleNamespace(get_mm_processor=lambda: self._processor)

        def get_tokenizer(self) -> Any:
            return tokenizer_of(fake.engine["model"])

        def generate(self, prompts: Any, sampling_params: Any, **given: Any) -> list[Any]:
            of_record("LLM.generate", {"prompts": prompts, "sampling_params": sampling_params, **given})
            assert len(prompts) == len(sampling_params)
            fake.calls.append({"prompts": prompts, "how": sampling_params, **given})
            return [self._output(*one) for one in zip(prompts, sampling_params, strict=True)]

        def _output(self, prompt: Any, how: Any) -> Any:
            text, reason = fake.answers.pop(0) if fake.answers else ("", "stop")
            tokens = self.get_tokenizer().encode(text, add_special_tokens=False)
            tokens += [self.get_tokenizer().eos_token_id] if reason == "stop" else []
            if not text and hasattr(how, "allowed_token_ids"):
                tokens = how.allowed_token_ids[:1]
            assert how.detokenize is False
            written = {
                "text": "",
                "token_ids": tuple(tokens),
                "finish_reason": reason,
                "cumulative_logprob": -0.5 * len(tokens),
            }
            answered = {
                "outputs": [types.SimpleNamespace(**of_record("CompletionOutput", written))],
                "prompt_token_ids": self._after(prompt),
            }
            return types.SimpleNamespace(**of_record("RequestOutput", answered))

        def _after(self, prompt: Any) -> list[int]:
            """The tokens after which an answer is decoded, as vllm's `build_enc_dec_input` makes them."""
            if "decoder_prompt" not in prompt:
                of_record("TextPrompt", prompt)
                return []
            of_record("ExplicitEncoderDecoderPrompt", prompt)
            of_record("TextPrompt", prompt["encoder_prompt"])
            given = list(of_record("TokensPrompt", prompt["decoder_prompt"])["prompt_token_ids"])
            [start] = self.get_tokenizer().encode("<|startoftranscript|>", add_special_tokens=False)
            skips = self._processor.skip_decoder_start_token and fake.takes_prefixes_whole
            return given if skips or given[:1] == [start] else [start, *given]

    return {
        "vllm": {"LLM": LLM, "SamplingParams": SamplingParams},
        "vllm.lora": {},
        "vllm.lora.request": {"LoRARequest": LoRARequest},
    }
