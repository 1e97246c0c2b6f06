"""A vLLM that answers by a script, or by chance as its seeds and the weights that it was given decide."""

import hashlib
import importlib.machinery
import sys
import types
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from typing import Any

import torch
from engines.vllm import stand_in


@dataclass
class Scripted:
    """What was asked of it, and what it answers."""

    asked: stand_in.Vllm = field(default_factory=stand_in.Vllm)
    weights: dict[str, torch.Tensor] = field(default_factory=dict)
    loads: list[list[str]] = field(default_factory=list)
    """The names of the weights that were loaded, each time."""
    forgot: list[str] = field(default_factory=list)
    """The caches that were emptied."""
    forgets: bool = True
    script: list[tuple[list[int], str]] = field(default_factory=list)
    """Tokens and finish reason of each answer; drawn by chance where there are none."""
    misread: bool = False

    def digest(self) -> int:
        found = hashlib.sha256()
        for name in sorted(self.weights):
            found.update(self.weights[name].numpy().tobytes())
        return int.from_bytes(found.digest()[:4], "big")


@lru_cache
def processor_of(model: str) -> Any:
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(model)


def install(fake: Scripted, patch: Any) -> None:
    """Put it in place of the package."""
    modules = stand_in.modules(fake.asked)

    class LLM(modules["vllm"]["LLM"]):  # type: ignore[misc, name-defined]
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.llm_engine = types.SimpleNamespace(reset_encoder_cache=lambda: fake.forgot.append("encoder"))

        def apply_model(self, func: Any) -> list[Any]:
            return [func(types.SimpleNamespace(load_weights=self._load))]

        def _load(self, weights: Any) -> None:
            found = {name: weight.detach().clone() for name, weight in weights}
            fake.loads.append([*found])
            fake.weights |= found

        def reset_prefix_cache(self) -> bool:
            fake.forgot.append("prefix")
            return fake.forgets

        def _output(self, prompt: Any, how: Any) -> Any:
            drawn = [self._answer(how, number) for number in range(how.n)]
            return types.SimpleNamespace(outputs=drawn, prompt_token_ids=self._read(prompt))

        def _answer(self, how: Any, number: int) -> Any:
            if fake.script:
                tokens, reason = fake.script.pop(0)
            else:
                chance = torch.Generator().manual_seed((how.seed + number) ^ fake.digest())
                drawn = torch.randint(30, (how.max_tokens,), generator=chance).tolist()
                ends = [place for place, token in enumerate(drawn) if token < 6]
                tokens = [40 + token for token in drawn[: ends[0]]] if ends else [40 + each for each in drawn]
                tokens += how.stop_token_ids[:1] if ends else []
                reason = "stop" if ends else "length"
            return types.SimpleNamespace(token_ids=tuple(tokens), finish_reason=reason)

        def _read(self, prompt: Any) -> list[int]:
            if fake.misread:
                return [1, 2]
            if "decoder_prompt" in prompt:
                return list(prompt["decoder_prompt"]["prompt_token_ids"])
            samples, rate = prompt["multi_modal_data"]["audio"]
            processor = processor_of(fake.asked.engine["model"])
            found = processor(text=[prompt["prompt"]], audio=[samples], sampling_rate=rate)
            return list(found["input_ids"][0])

    modules["vllm"]["LLM"] = LLM
    for name, content in modules.items():
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        module.__dict__.update(content)
        patch.setitem(sys.modules, name, module)
    real = metadata.version
    patch.setattr(metadata, "version", lambda name: "0.33.0" if name == "vllm" else real(name))
    for name in ("VLLM_LOGGING_LEVEL", "VLLM_ENABLE_V1_MULTIPROCESSING"):
        patch.setenv(name, "")  # so that what is set is undone
        patch.delenv(name)
