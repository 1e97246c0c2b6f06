"""What a family of models does: audio into tensors, tensors into text."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch

from ..piece_rules import require_known

if TYPE_CHECKING:
    from ..loading import Loaded
    from ..spec import TransformersSpec

RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one clip that a model takes in one go."""

    key: str
    """The same for the same stretch in every run; the random numbers of sampling derive from it."""
    samples: npt.NDArray[np.float32]
    language: str | None = None
    """What the model is told; `None`: nothing."""
    prompt: str | None = None
    adapted: bool = True
    """Whether the system's adapter, if it has one, is used for it."""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RATE_HZ


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it was spoken, in seconds from the start of the piece."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model made of a piece."""

    text: str
    n_tokens: int
    truncated: bool = False
    """The limit on tokens came before the end marker."""
    mean_logprob: float | None = None
    language: str | None = None
    """What the model took it for, if it said so."""
    raw: str | None = None
    """The output before it was parsed, where that differs from the text."""
    words: tuple[Word, ...] | None = None
    n_windows: int = 1


@dataclass(frozen=True, slots=True)
class Pad:
    """How tensors of several pieces become one: filled up at one end of their last or of another axis."""

    side: Literal["left", "right"] = "right"
    axis: int = -1
    value: float = 0


class Family(ABC):
    """A loaded model with its processor. Each piece goes through the processor alone.

    Whatever a processor does to a batch (spectra of zeros after the end, levels over the batch) would make
    a transcript depend on its neighbours; so `prepare` sees one piece, and what is filled up afterwards is
    masked.
    """

    pads: ClassVar[Mapping[str, Pad]] = {}
    """By the name of a model input; those not named have the same shape for every piece."""

    def __init__(self, loaded: "Loaded", processor: Any, spec: "TransformersSpec") -> None:
        self.model, self.loaded, self.processor, self.spec = loaded.model, loaded, processor, spec

    @classmethod
    @abstractmethod
    def model_class(cls, config: Mapping[str, Any]) -> Any:
        """The class of transformers to load; `config` is the checkpoint's `config.json`."""

    @classmethod
    def open_processor(cls, repository: str, pinned: Mapping[str, Any]) -> Any:
        """What turns audio into model inputs and tokens into text."""
        from transformers import AutoProcessor

        untyped: Any = AutoProcessor
        return untyped.from_pretrained(repository, **pinned)

    def languages(self) -> Collection[str] | None:
        """The primary tags that the model can be told; `None` for one that is told none."""
        return None

    def check(self, piece: Piece) -> None:
        """Make sure that the model knows the language it is told.

        Raises:
            SampleError: it does not; the message lists those it knows.
        """
        require_known(piece.language, self.languages(), self.spec.id)

    @abstractmethod
    def prepare(self, piece: Piece) -> dict[str, torch.Tensor]:
        """Model inputs for one piece, each with a first axis of size 1."""

    @abstractmethod
    def transcribe(self, pieces: Sequence[Piece]) -> list[Answer]:
        """Answers in order, for pieces with the same `batch_key`."""

    def batch_key(self, piece: Piece) -> Hashable | None:
        """Only pieces with equal keys share a batch; `None` is decoded alone."""
        return ""

    def batch(self, pieces: Sequence[Piece]) -> dict[str, torch.Tensor]:
        """Model inputs for all pieces, on the model's device."""
        prepared = [self.prepare(piece) for piece in pieces]
        names = prepared[0]
        return self.loaded.put(
            {name: collate([one[name] for one in prepared], self.pads.get(name)) for name in names}
        )


def collate(tensors: Sequence[torch.Tensor], pad: Pad | None) -> torch.Tensor:
    """Join tensors along their first axis, filled up to the longest.

    >>> collate([torch.tensor([[1, 2]]), torch.tensor([[3]])], Pad("left", value=9)).tolist()
    [[1, 2], [9, 3]]
    """
    if pad is None:
        return torch.cat(list(tensors))
    longest = max(tensor.shape[pad.axis] for tensor in tensors)
    shape = list(tensors[0].shape)
    shape[0], shape[pad.axis] = sum(tensor.shape[0] for tensor in tensors), longest
    joined = tensors[0].new_full(shape, pad.value)
    row = 0
    for tensor in tensors:
        n_rows, length = tensor.shape[0], tensor.shape[pad.axis]
        start = longest - length if pad.side == "left" else 0
        joined.narrow(0, row, n_rows).narrow(pad.axis, start, length).copy_(tensor)
        row += n_rows
    return joined
