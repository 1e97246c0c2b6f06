"""Whisper: a window of 30 s, and a prefix that names language and task."""

from collections.abc import Mapping
from typing import ClassVar

from asrdiag.engines.transformers.families.base import Piece
from asrdiag.errors import SampleError
from asrdiag.metrics import spoken_languages

from .base import Part
from .seq2seq import Seq2Seq

_LINEAR = r"((self_attn|encoder_attn)\.(q_proj|k_proj|v_proj|out_proj)|fc[12])"


class Whisper(Seq2Seq):
    """The decoder is given what `generate` gives it: prompt, start, language, task, no timestamps.

    transformers' own way to train it has that prefix in the labels and puts the start token before them;
    labels that begin with the start token then teach the model to write it. Here prefix and labels are apart.
    """

    parts: ClassVar[Mapping[str, Part]] = {
        "encoder": Part(r"model\.encoder\.", rf"model\.encoder\.layers\.\d+\.{_LINEAR}"),
        "decoder": Part(r"(model\.decoder|proj_out)\.", rf"model\.decoder\.layers\.\d+\.{_LINEAR}"),
    }

    def prefix(self, piece: Piece, language: str) -> list[int]:
        config = self.family.model.generation_config
        found = super().prefix(piece, language)
        if tags := getattr(config, "lang_to_id", None):
            # Where it is told no language, `generate` finds it out and gives it to the decoder too.
            found += [
                tags[f"<|{piece.language or spoken_languages(language)[0]}|>"],
                config.task_to_id["transcribe"],
            ]
        last = getattr(config, "no_timestamps_token_id", None)
        before = [] if piece.prompt is None else self.family.processor.get_prompt_ids(piece.prompt).tolist()
        return [*before, *found, *([] if last is None else [last])]

    def positions(self) -> int:
        return int(self.family.model.config.max_target_positions)

    def spoken(self, text: str) -> list[int]:
        """With a space before the first word, as the model writes it."""
        return self.tokens(f" {text.strip()}")

    def written(self, piece: Piece, language: str, text: str) -> list[int]:
        features = self.family.processor.feature_extractor
        if len(piece.samples) > int(features.n_samples):
            raise SampleError(
                f"found a clip of {piece.duration_s:.1f} s, expected at most {features.chunk_length} s: "
                "longer ones are decoded window by window"
            )
        return super().written(piece, language, text)
