"""Whisper and Moonshine: the encoder hears, the decoder has the answer to itself."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationMixin

from asrdiag.engines.transformers.families.base import Piece, collate
from asrdiag.engines.transformers.families.moonshine import Moonshine as MoonshineEngine

from ...families.seq2seq import Seq2Seq
from .base import Heard, Policy, Prompt, Sampling


class Seq2SeqPolicy(Policy):
    """The encoder's states are shared; padding of answers needs no mask, as the decoder looks back only."""

    family: Seq2Seq

    def end_tokens(self) -> tuple[int, ...]:
        return (self.family.end_token(),)

    def prefix(self, piece: Piece, language: str) -> list[int]:
        return self.family.prefix(piece, language)

    def limit(self, sampling: Sampling, n_before: int) -> int:
        return min(sampling.max_new_tokens, self.family.positions() - n_before)

    def hear(self, prompts: Sequence[Prompt]) -> Heard:
        pads = self.family.family.pads
        batch = self.family.family.loaded.put(
            {
                name: collate([prompt.inputs[name] for prompt in prompts], pads.get(name))
                for name in prompts[0].inputs
            }
        )
        if isinstance(self.family.family, MoonshineEngine):
            self.family.family.expect([len(prompt.piece.samples) for prompt in prompts])
        found = self.model.get_encoder()(**batch)
        states = {"last_hidden_state": found.last_hidden_state}
        if (mask := getattr(found, "attention_mask", None)) is not None:
            states["attention_mask"] = mask
        prefix = torch.tensor([prompt.prefix for prompt in prompts], device=self.device)
        return Heard(states, prefix)

    def generate(self, heard: Heard, times: int, options: dict[str, Any]) -> torch.Tensor:
        # Not Whisper's own: it leaves out the prefix and may decode again at other temperatures.
        found: Any = GenerationMixin.generate(
            self.model,
            encoder_outputs=self._outputs(heard),
            decoder_input_ids=heard.prefix,
            num_return_sequences=times,
            **options,
        )
        new: torch.Tensor = found[:, heard.prefix.shape[1] :]
        return new

    def states(self, heard: Heard, tokens: torch.Tensor) -> torch.Tensor:
        given = torch.cat([heard.prefix, tokens[:, :-1]], dim=1)
        found: torch.Tensor = self.model.model(
            encoder_outputs=self._outputs(heard), decoder_input_ids=given, use_cache=False
        ).last_hidden_state
        return found[:, heard.prefix.shape[1] - 1 :]

    def _outputs(self, heard: Heard) -> Any:
        return self._output_class()(**heard.states)

    def _output_class(self) -> Any:
        if isinstance(self.family.family, MoonshineEngine):
            from transformers.models.moonshine.modeling_moonshine import MoonshineEncoderModelOutput

            return MoonshineEncoderModelOutput
        from transformers.modeling_outputs import BaseModelOutput

        return BaseModelOutput
