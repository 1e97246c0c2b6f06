"""What training asks of a family of models: rows into batches, batches into logits, clips into text."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch

from asrdiag.engines.transformers.families.base import Family, Pad, Piece, collate
from asrdiag.engines.transformers.piece_rules import require_known
from asrdiag.metrics import spoken_languages

IGNORED = -100
"""The label of a position that nothing is asked of."""

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a model that is trained or frozen as a whole."""

    weights: str
    """Regular expression: its parameters are those whose name it matches from the start."""
    lora: str
    """Regular expression: the names of the linear layers that an adapter changes, whole."""


class TrainedFamily(ABC):
    """A loaded model, seen by a trainer.

    Inputs are made by the engine that will run the trained model, clip by clip, so that training and
    recognition see the same numbers. Labels stand where the logits stand that are to predict them: nothing is
    shifted later. Only the transcript and its end marker have labels; prompts, prefixes and padding have
    `IGNORED`, by their position. (Never by the padding's token: in many vocabularies it is also the end
    marker, and the model would not learn to stop.)
    """

    parts: ClassVar[Mapping[str, Part]] = {}
    """From the audio on; a recipe's `modules` can replace them."""
    label_side: ClassVar[str] = "right"
    """On which end of the sequences that have labels padding goes."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._preparing = copy.copy(family)
        # Processes that read ahead cannot use the GPU of the one that trains.
        self._preparing.loaded = replace(family.loaded, device=torch.device("cpu"))

    @property
    def tokenizer(self) -> Any:
        return self.family.processor.tokenizer

    def piece(self, row_id: str, samples: npt.NDArray[np.float32], language: str) -> Piece:
        """The clip as the engine takes it.

        Raises:
            SampleError: the model does not know the language.
        """
        spec = self.family.spec
        piece = Piece(row_id, samples, spec.language_of(language), spec.prompt_of(language))
        self.family.check(piece)
        spoken = spoken_languages(language)[0]
        for known in (spec.known_languages(), self.family.languages()):
            require_known(spoken, known, spec.model)
        return piece

    def tokens(self, text: str) -> list[int]:
        """A transcript's tokens. What looks like a special token in it is text like any other."""
        found: list[int] = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return found

    @abstractmethod
    def written(self, piece: Piece, language: str, text: str) -> list[int]:
        """The tokens that the model is to write, without the end marker.

        Args:
            piece: the clip, as `piece` made it.
            language: the row's, whether the model is told it or not.
            text: the transcript.

        Raises:
            SampleError: the clip or the text is longer than the model can take.
        """

    @abstractmethod
    def example(self, piece: Piece, language: str, text: str) -> Tensors:
        """Model inputs and `labels` of one row, each with a first axis of size 1; arguments as of `written`.

        Raises:
            SampleError: the clip or the text is longer than the model can take.
        """

    def inputs(self, piece: Piece) -> Tensors:
        """What the engine gives the model for a clip, on the CPU."""
        return self._preparing.prepare(piece)

    @abstractmethod
    def logits(self, model: Any, batch: Tensors) -> torch.Tensor:
        """Scores of shape [rows, positions, vocabulary] for the positions that `batch["labels"]` has.

        Args:
            model: the family's model as the trainer has wrapped it.
            batch: as `batch` made it; nothing of it is changed.
        """

    def shares_batches(self) -> bool:
        """Whether clips of different lengths can be in one batch without changing each other."""
        keys = {self.family.batch_key(Piece("", np.zeros(n, np.float32))) for n in (8000, 16_000)}
        return len(keys) == 1 and None not in keys

    def pads(self) -> Mapping[str, Pad]:
        """How each input is filled up; those not named have the same shape for every row."""
        return {**self.family.pads, "labels": Pad(self.label_side, value=IGNORED)}  # type: ignore[arg-type]

    def batch(self, examples: Sequence[Tensors]) -> Tensors:
        """One batch of several rows."""
        pads = self.pads()
        return {
            name: collate([example[name] for example in examples], pads.get(name)) for name in examples[0]
        }
