"""Qwen3-ASR: what was heard stands in the prompt, and the answer follows it."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationMixin

from asrdiag.engines.transformers.families.base import Piece, collate

from ...families.qwen3_asr import Qwen3Asr
from .base import Heard, Policy, Prompt


class ChatPolicy(Policy):
    """The prompt's embeddings, with the audio's among them, are shared.

    Audio is put into the prompt only. `generate` may not draw the token that stands for audio: what follows
    it would ask for more audio.
    """

    family: Qwen3Asr

    def end_tokens(self) -> tuple[int, ...]:
        ends = self.model.generation_config.eos_token_id
        first = self.family.end_token()
        others = ends if isinstance(ends, list) else [ends]
        return (first, *(token for token in others if token not in (None, first)))

    def prefix(self, piece: Piece, language: str) -> list[int]:
        return []

    def suppressed(self) -> list[int]:
        return [self.family.family.audio_token(), *super().suppressed()]  # type: ignore[attr-defined]

    def hear(self, prompts: Sequence[Prompt]) -> Heard:
        pads = self.family.family.pads
        batch = self.family.family.loaded.put(
            {
                name: collate([prompt.inputs[name] for prompt in prompts], pads.get(name))
                for name in prompts[0].inputs
            }
        )
        inner = self.model.model
        tokens = batch["input_ids"]
        embeddings = inner.get_input_embeddings()(tokens)
        audio = inner.get_audio_features(
            batch["input_features"], batch["input_features_mask"], return_dict=True
        ).pooler_output
        places = (tokens == self.family.family.audio_token())[..., None].expand_as(embeddings)  # type: ignore[attr-defined]
        embeddings = embeddings.masked_scatter(places, audio.to(embeddings.dtype))
        states = {"embeddings": embeddings, "mask": batch["attention_mask"]}
        return Heard(states, torch.empty(len(prompts), 0, dtype=torch.int64, device=self.device))

    def generate(self, heard: Heard, times: int, options: dict[str, Any]) -> torch.Tensor:
        found: Any = GenerationMixin.generate(
            self.model,
            inputs_embeds=heard.states["embeddings"],
            attention_mask=heard.states["mask"],
            num_return_sequences=times,
            **options,
        )
        return found  # type: ignore[no-any-return]

    def states(self, heard: Heard, tokens: torch.Tensor) -> torch.Tensor:
        prompt, before = heard.states["embeddings"], heard.states["mask"]
        given = tokens[:, :-1]
        embedded = self.model.model.get_input_embeddings()(given).to(prompt.dtype)
        mask = torch.cat([before, torch.ones_like(given)], dim=1)
        found: torch.Tensor = self.model.model(
            inputs_embeds=torch.cat([prompt, embedded], dim=1),
            attention_mask=mask,
            position_ids=(mask.cumsum(dim=-1) - 1).clamp(min=0),
            use_cache=False,
        ).last_hidden_state
        return found[:, prompt.shape[1] - 1 :]
