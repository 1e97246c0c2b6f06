"""Embedding the texts of a whole run, each once, in memory that does not grow with their number."""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from ..errors import AsrdiagError, UsageError
from ..metrics import default_normalizer
from ..scoring import latest_records
from ..store.folder import RunFolder
from .encoder import Encoder, check_device
from .measured import choose, semantic_folder
from .model import EmbeddingModel
from .store import Embeddings, EmbeddingWriter, describe
from .texts import KEY_BYTES, Keys, compared_texts, covers, text_keys

_SORTED_AT_ONCE = 16_384
_KEPT_EVERY = 512
"""Texts of about one length that are embedded and written together: what a killed process loses at most."""


class Watcher(Protocol):
    """Told how the embedding goes."""

    def begin(self, total: int) -> None:
        """So many texts are to be embedded."""

    def advance(self, count: int) -> None:
        """So many more are embedded and kept."""


@dataclass(slots=True)
class Measurement:
    """What was measured, and what was not."""

    model: EmbeddingModel
    n_pairs: int = 0
    """Answers compared."""
    n_texts: int = 0
    """Different texts among them."""
    n_embedded: int = 0
    """Texts embedded now; the others were embedded before."""
    n_long: int = 0
    """Texts that the model reads in several windows."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Answers in languages that the model is not declared for, by language."""

    def lines(self) -> Iterator[str]:
        """What a user should know of it."""
        yield (
            f"similarity of meaning by {self.model.label}: {self.n_pairs} answers, {self.n_texts} different "
            f"texts, {self.n_embedded} of them embedded now"
        )
        if self.n_long:
            yield f"{self.n_long} texts are longer than the model reads at once: means over windows"
        if self.left_out:
            counts = ", ".join(f"{language} ({count} answers)" for language, count in self.left_out.items())
            yield (
                f"without similarity: {counts}; {self.model.name} is declared for "
                f"{', '.join(self.model.languages)}. For other languages name a model: --semantic MODEL"
            )


def measure(
    folder: RunFolder,
    cells: Mapping[str, Mapping[str, Any]],
    model: EmbeddingModel,
    watcher: Watcher,
    *,
    device: str,
    batch_size: int,
) -> Measurement:
    """Embed what the cells' references and hypotheses still lack, and make this the run's model.

    The model is loaded only if there is something to embed. Interrupted, everything embedded so far is kept.

    Args:
        folder: the run directory; the caller holds its lock.
        cells: entries of `run.json`, with the normalisers that their scores are made with.
        model: what embeds.
        watcher: is told how far it is.
        device: see `Encoder`.
        batch_size: see `Encoder`.

    Raises:
        UsageError: there is nothing to measure, or the model or the device cannot be used.
        AsrdiagError: samples or embeddings are damaged.
        SaveError: something could not be written.
    """
    check_device(device)
    place = _place(folder, model)
    done = Embeddings(place) if (place / "model.json").is_file() else None
    found = Measurement(model)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass") as spool:
        keys = _collect(folder, cells, found, done, spool)
        _require_work(folder, found)
        if found.n_embedded:
            encoder = Encoder(model, device=device, batch_size=batch_size)
            watcher.begin(found.n_embedded)
            if done is None:
                describe(place, _facts(model, encoder))
            elif done.dimension != encoder.dimension:
                raise AsrdiagError(
                    f"{place}: found vectors of {done.dimension} numbers, expected {encoder.dimension}; "
                    "remove this folder to embed its texts again"
                )
            spool.seek(0)
            _embed(spool, encoder, place, watcher)
    embeddings = Embeddings(place)
    found.n_long = int((embeddings.windows(embeddings.rows(keys)) > 1).sum())
    choose(folder, place, model.label, model.languages)
    return found


def _place(folder: RunFolder, model: EmbeddingModel) -> Path:
    return semantic_folder(folder) / re.sub(r"[^A-Za-z0-9._-]+", "-", model.label)


def _facts(model: EmbeddingModel, encoder: Encoder) -> dict[str, Any]:
    return {"model": model.name, "identity": model.identity, "dimension": encoder.dimension}


def _collect(
    folder: RunFolder,
    cells: Mapping[str, Mapping[str, Any]],
    found: Measurement,
    done: Embeddings | None,
    spool: IO[str],
) -> Keys:
    """Count what there is, write each text that is not embedded yet to the spool, once; the keys of all."""
    seen: Keys = np.zeros(0, dtype=f"S{KEY_BYTES}")
    for key, cell in cells.items():
        texts = dict.fromkeys(text for text in _texts(folder, key, cell, found) if text)
        listed = list(texts)
        keys = text_keys(listed)
        new = ~np.isin(keys, seen)
        seen = np.union1d(seen, keys[new])
        missing = new if done is None else new & (done.rows(keys) < 0)
        for row in np.flatnonzero(missing):
            spool.write(json.dumps(listed[row]) + "\n")
        found.n_embedded += int(missing.sum())
    found.n_texts = len(seen)
    return seen


def _texts(folder: RunFolder, key: str, cell: Mapping[str, Any], found: Measurement) -> Iterator[str]:
    """Both sides of a cell's answers as they are compared."""
    by_language: dict[str, list[dict[str, Any]]] = {}
    for record in latest_records(folder, key).values():
        by_language.setdefault(record["language"], []).append(record)
    for language, records in by_language.items():
        answered = [record for record in records if record["hypothesis_raw"] is not None]
        if not covers(found.model.languages, language):
            found.left_out[language] += len(answered)
            continue
        normalizer = cell["normalizers"].get(language) or default_normalizer(language)
        references = compared_texts([record["reference_raw"] for record in answered], normalizer)
        hypotheses = compared_texts([record["hypothesis_raw"] for record in answered], normalizer)
        for reference, hypothesis in zip(references, hypotheses, strict=True):
            if reference:
                found.n_pairs += 1
                yield from (reference, hypothesis)


def _require_work(folder: RunFolder, found: Measurement) -> None:
    """Refuse a run in which no similarity exists.

    Raises:
        UsageError: says why.
    """
    if found.n_pairs:
        return
    if found.left_out:
        raise UsageError(
            f"{folder.path}: all {found.left_out.total()} answers are in languages that "
            f"{found.model.name} is not declared for: found {', '.join(sorted(found.left_out))}, expected "
            f"{', '.join(found.model.languages)}; name a model for them: --semantic MODEL"
        )
    raise UsageError(
        f"{folder.path}: there is nothing to compare: no system answered to a reference that has words"
    )


def _embed(spool: Iterable[str], encoder: Encoder, place: Path, watcher: Watcher) -> None:
    lines = iter(spool)
    with EmbeddingWriter(place, encoder.dimension) as writer:
        while chunk := [json.loads(line) for line in islice(lines, _SORTED_AT_ONCE)]:
            chunk.sort(
                key=len, reverse=True
            )  # the longest first: what is too large for the memory shows at once
            for texts in _parts(chunk):
                writer.append(text_keys(texts), encoder.encode(texts))
                watcher.advance(len(texts))


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), _KEPT_EVERY):
        yield texts[start : start + _KEPT_EVERY]
