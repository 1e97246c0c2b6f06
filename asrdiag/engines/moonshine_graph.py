"""Greedy decoding of one clip with Moonshine's ONNX graphs."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from .moonshine_files import MoonshineFiles
from .moonshine_tokens import BEGIN, END

SHORTEST = 895
"""Samples; the encoder's convolutions need as many to give one frame."""
MOST_TOKENS = 193
"""The decoder has 194 positions, and the first holds the begin marker."""
TOKENS_PER_S = 6.5
EXTRA_TOKENS = 8


@dataclass(frozen=True, slots=True)
class Decoded:
    """Token ids without the markers; `truncated` if the limit came before the end marker."""

    tokens: list[int]
    truncated: bool


def token_limit(n_samples: int) -> int:
    """How many tokens 16 kHz audio of this length may have, the end marker included.

    Speech needs fewer than 6.5 tokens a second; a model that writes more is repeating itself.

    >>> token_limit(16_000), token_limit(24 * 16_000), token_limit(60 * 16_000)
    (15, 164, 193)
    """
    return min(MOST_TOKENS, math.ceil(TOKENS_PER_S * n_samples / 16_000) + EXTRA_TOKENS)


class MoonshineGraph:
    """The encoder and the decoder, opened on some of onnxruntime's execution providers."""

    def __init__(self, files: MoonshineFiles, providers: list[Any]) -> None:
        options = onnxruntime.SessionOptions()
        # Parallelism comes from worker processes; a second thread in each makes a busy machine slower.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(str(path), options, providers=providers)
            for path in (files.encoder, files.decoder)
        )
        inputs = {given.name: given.shape for given in self._decoder.get_inputs()}
        self._empty_cache = {
            name: np.zeros((1, shape[1], 0, shape[3]), np.float32)
            for name, shape in inputs.items()
            if name.startswith("past_key_values.")
        }
        outputs = [given.name for given in self._decoder.get_outputs()]
        self._first_outputs = outputs
        # What the decoder attends to in the audio does not change after the first step.
        self._later_outputs = [name for name in outputs if ".encoder." not in name]

    @property
    def providers(self) -> list[str]:
        """onnxruntime's execution providers in use."""
        return list(self._decoder.get_providers())

    def decode(self, samples: npt.NDArray[np.float32]) -> Decoded:
        """The most likely token at each step, until the end marker or the limit.

        Args:
            samples: float32 of shape [n_samples], mono, 16 kHz.
        """
        limit = token_limit(len(samples))
        samples = np.pad(samples, (0, max(0, SHORTEST - len(samples))))[None]
        mask = np.ones(samples.shape, np.int64)
        (states,) = self._encoder.run(None, {"input_values": samples, "attention_mask": mask})
        token, cached = np.full((1, 1), BEGIN, np.int64), np.array([False])
        feed = {
            **self._empty_cache,
            "encoder_attention_mask": mask,
            "encoder_hidden_states": states,
            "input_ids": token,
            "use_cache_branch": cached,
        }
        names = self._first_outputs
        tokens: list[int] = []
        # Plain runs: IO binding was measured and is no faster on a CPU, where arrays are passed uncopied.
        for _ in range(limit):
            logits, *cache = self._decoder.run(names, feed)
            best = int(logits[0, -1].argmax())
            if best == END:
                return Decoded(tokens, truncated=False)
            tokens.append(best)
            token[0, 0], cached[0] = best, True
            for name, value in zip(names[1:], cache, strict=True):
                feed[name.replace("present", "past_key_values")] = value
            names = self._later_outputs
        return Decoded(tokens, truncated=True)
