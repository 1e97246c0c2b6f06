"""From texts to vectors: a sentence-transformers model on its device."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engines.devices import cuda_index, unusable_device
from ..errors import AsrdiagError, UsageError
from .model import EmbeddingModel

BATCH_SIZE = 64

Vectors = NDArray[np.float32]
"""Embeddings of length 1, shape (texts, dimension)."""

_WHAT = "similarity of meaning"
_WINDOW_SLACK = 8
"""Tokens that a model may add around a text: marks of its beginning and end."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Embeddings, and in how many windows each text was read: more than one if it was too long for one."""

    vectors: Vectors
    windows: NDArray[np.uint32]


class Encoder:
    """A model that is loaded and ready.

    Args:
        model: which one.
        device: `auto` (the first GPU if there is one), `cpu`, `cuda` or `cuda:N`.
        batch_size: texts at a time.

    Raises:
        UsageError: the device cannot be used, or the model cannot be loaded.
    """

    def __init__(self, model: EmbeddingModel, *, device: str = "auto", batch_size: int = BATCH_SIZE) -> None:
        self.model, self.batch_size = model, batch_size
        self.device = usable_device(device)
        self._network = _load(model, self.device)
        self.dimension = int(self._network.get_embedding_dimension())
        self._prompt = self._network.prompts.get(self._network.default_prompt_name) or ""

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Embed texts; those of about the same length are best given together.

        A text that is longer than the model reads at once is halved at a blank until its parts fit. Its
        vector is the mean of the parts', weighted by their tokens.

        Raises:
            AsrdiagError: the model gave no numbers for a text, or the device's memory is too small.
        """
        # Lone surrogates, which JSON can hold, are no text that a tokenizer takes.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        parts = [list(windows(text, self._fits)) for text in clean]
        pieces = [piece for found in parts for piece in found]
        vectors = self._embed(pieces)
        counts = np.array([len(found) for found in parts], dtype=np.uint32)
        if len(pieces) > len(texts):
            weights = np.array([self._count(piece) for piece in pieces], dtype=np.float32)
            starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
            vectors = np.add.reduceat(vectors * weights[:, None], starts, axis=0)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(vectors).all():
            worst = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
            raise AsrdiagError(
                f"{self.model.name} gives no finite embedding for the text {texts[worst]!r:.80}"
            )
        return Encoded(vectors, counts)

    def _embed(self, pieces: Sequence[str]) -> Vectors:
        import torch

        if not pieces:
            return np.zeros((0, self.dimension), dtype=np.float32)
        try:
            found = self._network.encode(
                list(pieces),
                batch_size=self.batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        except torch.OutOfMemoryError as error:
            raise AsrdiagError(
                f"{self.model.name}: {self.device} has too little memory for {self.batch_size} texts at a "
                "time; what is embedded is kept: try a smaller --batch-size"
            ) from error
        return np.asarray(found, dtype=np.float32)

    @property
    def _limit(self) -> int | None:
        """Tokens that the model reads at once; `None` where it reads any number."""
        limit = self._network.max_seq_length
        return int(limit) if limit is not None and limit != float("inf") else None

    def _fits(self, text: str) -> bool:
        limit = self._limit
        # No tokenizer makes more tokens than there are bytes.
        if limit is None or len(text.encode()) + len(self._prompt.encode()) + _WINDOW_SLACK <= limit:
            return True
        return self._count(self._prompt + text) <= limit

    def _count(self, text: str) -> int:
        return len(self._network.tokenizer(text)["input_ids"])


def windows(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """A text in parts that fit, halved at the blank nearest to its middle, where there is one.

    >>> list(windows("it was the best of times", lambda part: len(part) <= 12))
    ['it was the', 'best of', 'times']
    >>> list(windows("一二三四五", lambda part: len(part) <= 3))
    ['一二', '三四五']
    """
    if len(text) < 2 or fits(text):
        yield text
        return
    middle = len(text) // 2
    before, after = text.rfind(" ", 0, middle + 1), text.find(" ", middle)
    blanks = [place for place in (before, after) if 0 < place < len(text) - 1]
    cut = min(blanks, key=lambda place: abs(place - middle)) if blanks else middle
    for half in (text[:cut], text[cut:]):
        yield from windows(half.strip(), fits)


def check_device(device: str) -> None:
    """Refuse what is no device's name, before anything is loaded.

    Raises:
        UsageError: it is none.
    """
    if device not in ("auto", "cpu") and cuda_index(device) is None:
        known = ["auto", "cpu", "cuda", "cuda:N"]
        raise UsageError(unusable_device(device, system=_WHAT, usable=known))


def usable_device(device: str) -> str:
    """The device to compute on.

    Raises:
        UsageError: it is not there; the message lists those that are.
    """
    check_device(device)
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda" if count else "cpu"
    index = cuda_index(device)
    if device == "cpu" or (index is not None and index < count):
        return device
    usable = ["auto", "cpu", *(["cuda"] if count else []), *(f"cuda:{number}" for number in range(count))]
    hint = ""
    if not count:
        hint = "; torch finds no CUDA device" + ("" if torch.version.cuda else " (this is its CPU build)")
    raise UsageError(unusable_device(device, system=_WHAT, usable=usable, hint=hint))


def _load(model: EmbeddingModel, device: str) -> Any:
    # Threads of the tokenizer would only compete with torch's.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import sentence_transformers
    import transformers

    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        network = sentence_transformers.SentenceTransformer(
            str(model.folder), device=device, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, ImportError, KeyError, TypeError, RuntimeError) as error:
        raise UsageError(
            f"{model.folder}: cannot be loaded with sentence-transformers: {type(error).__name__}: {error}"
        ) from error
    network.eval()
    return network
