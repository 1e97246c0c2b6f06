"""Language models with an encoder for audio: a prompt with a place for the sound, text after it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from .base import Answer, Pad, Piece
from .generative import Generative, Row

if TYPE_CHECKING:
    from ..loading import Loaded
    from ..spec import TransformersSpec


class Chat(Generative):
    """Prompts are filled up on the left and masked, so that what is new begins at the same place."""

    pads: ClassVar[Mapping[str, Pad]] = {"input_ids": Pad("left"), "attention_mask": Pad("left")}

    def __init__(self, loaded: "Loaded", processor: Any, spec: "TransformersSpec") -> None:
        super().__init__(loaded, processor, spec)
        config, tokenizer = self.model.generation_config, self.processor.tokenizer
        if config.eos_token_id is None:  # as in a whole Qwen2.5-Omni, which says it of none of its parts
            config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id

    def generate(self, pieces: Sequence[Piece], batch: dict[str, torch.Tensor], **further: Any) -> list[Row]:
        """As `Generative.generate`, without the token that stands for audio: it would ask for more of it."""
        return super().generate(pieces, batch, suppress_tokens=[self.audio_token()], **further)

    def audio_token(self) -> int:
        """The token that stands for a frame of audio in the prompt."""
        return int(self.model.config.audio_token_id)

    def decoded(self, row: Row) -> str:
        text: str = self.processor.tokenizer.decode(row.tokens, skip_special_tokens=True)
        return text

    def answer(self, piece: Piece, row: Row) -> Answer:
        return Answer(self.decoded(row).strip(), len(row.tokens), row.truncated, row.mean_logprob)


def conversation(system_prompt: str | None, piece: Piece) -> list[dict[str, Any]]:
    """Turns for a chat template: the system's, if there is one, and a user's, its prompt before the audio."""
    turns: list[dict[str, Any]] = []
    if system_prompt is not None:
        turns.append({"role": "system", "content": [{"type": "text", "text": system_prompt}]})
    audio = {"type": "audio", "audio": piece.samples}
    turns.append({"role": "user", "content": [{"type": "text", "text": piece.prompt}, audio]})
    return turns
