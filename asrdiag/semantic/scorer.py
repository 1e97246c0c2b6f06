"""Similarity of meaning for texts at hand, without a run."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..metrics import default_normalizer
from ..metrics.normalizers import AnyNormalizer
from .encoder import BATCH_SIZE, Encoder, Vectors
from .model import find_model
from .texts import compared_texts, covers


class SemanticScorer:
    """Cosine similarity of references and hypotheses under a sentence embedding model.

    The model is found at once and loaded when it is first needed. Needs the extra `semantic`.

    Args:
        model: a folder, a name on the Hugging Face hub, or `None` for the packaged all-MiniLM-L6-v2.
        languages: tags of the languages it is to be used for, or `multilingual`; the model's card decides
            where they are not given.
        device: `auto` (the first GPU if there is one), `cpu`, `cuda` or `cuda:N`.
        batch_size: texts at a time.

    Raises:
        UsageError: the model cannot be found, or it is not known which languages it is for.

    >>> scorer = SemanticScorer()
    >>> scorer.model.name, scorer.model.languages
    ('all-MiniLM-L6-v2', ('en',))
    >>> scores = scorer.score(
    ...     references=["Turn off the engine.", "Turn off the engine.", "Turn off the engine."],
    ...     hypotheses=["turn off the engine", "switch the motor off", "bananas are yellow"],
    ... )
    >>> [round(float(score), 2) for score in scores]
    [1.0, 0.77, 0.06]
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        languages: Iterable[str] | None = None,
        device: str = "auto",
        batch_size: int = BATCH_SIZE,
    ) -> None:
        self.model = find_model(model, languages)
        self._device, self._batch_size = device, batch_size

    @cached_property
    def encoder(self) -> Encoder:
        """The model, loaded.

        Raises:
            UsageError: it cannot be loaded, or the device cannot be used.
        """
        return Encoder(self.model, device=self._device, batch_size=self._batch_size)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The embeddings of texts as they are, float32 of length 1, shape (texts, dimension).

        Each different text is embedded once.
        """
        different = sorted(dict.fromkeys(texts), key=len, reverse=True)
        row = {text: index for index, text in enumerate(different)}
        return self.encoder.encode(different).vectors[[row[text] for text in texts]]

    def score(
        self,
        *,
        references: Sequence[str],
        hypotheses: Sequence[str | None],
        language: str = "en",
        normalizer: AnyNormalizer | None = None,
    ) -> NDArray[np.float64]:
        """The cosine of each pair, shape (pairs,), in [-1, 1].

        Both sides are normalised first, as for the error rate; pairs without an error are 1. An answer
        without words is 0. NaN where there is no answer (`None`) or the reference has no words.

        Args:
            references: what was said.
            hypotheses: what was recognised; `None` where the system gave no answer.
            language: of all texts.
            normalizer: `"none"` to compare the texts as they are; otherwise the language's own.

        Raises:
            ValueError: the lengths differ, the model is not for this language, or `normalizer` is unknown.
        """
        if len(references) != len(hypotheses):
            raise ValueError(f"{len(references)} references but {len(hypotheses)} hypotheses")
        if not covers(self.model.languages, language):
            raise ValueError(
                f"{self.model.name} is declared for {', '.join(self.model.languages)}; found "
                f"language {language!r}"
            )
        rule = default_normalizer(language) if normalizer is None else normalizer
        said = compared_texts(references, rule)
        heard = compared_texts([text or "" for text in hypotheses], rule)
        found = np.full(len(said), np.nan)
        for row, (reference, text) in enumerate(zip(said, heard, strict=True)):
            if reference and not text and hypotheses[row] is not None:
                found[row] = 0.0
        both = [row for row in range(len(said)) if said[row] and heard[row]]
        vectors = self.embed([said[row] for row in both] + [heard[row] for row in both]).astype(np.float64)
        one, other = vectors[: len(both)], vectors[len(both) :]
        lengths = np.einsum("ij,ij->i", one, one) * np.einsum("ij,ij->i", other, other)
        found[both] = np.clip(np.einsum("ij,ij->i", one, other) / np.sqrt(lengths), -1, 1)
        return found
