"""What is known of a run's similarities: looked up by text, without a model."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import AsrdiagError
from ..metrics.normalizers import AnyNormalizer
from ..store.atomic import write_json
from ..store.folder import RunFolder
from .store import ABSENT, Embeddings
from .texts import compared_texts, covers, text_keys


@dataclass(frozen=True, slots=True)
class Measured:
    """The model that a run's similarities are from, and the embeddings of its texts."""

    label: str
    """The model's name with the beginning of its hash."""
    languages: tuple[str, ...]
    embeddings: Embeddings

    def identity(self) -> dict[str, Any]:
        """What the similarities depend on besides the texts."""
        return {"model": self.label, "languages": list(self.languages)}

    def similarities(
        self, records: Sequence[Mapping[str, Any]], normalizer: AnyNormalizer
    ) -> list[float | None]:
        """The similarity of each record's answer; `None` where it does not exist or is not measured yet.

        Raises:
            AsrdiagError: the embeddings are damaged.
        """
        rows = comparable(records, self.languages)
        found: list[float | None] = [None] * len(records)
        references = compared_texts([records[row]["reference_raw"] for row in rows], normalizer)
        hypotheses = compared_texts([records[row]["hypothesis_raw"] for row in rows], normalizer)
        values = similarities_of(self.embeddings, references, hypotheses)
        for row, value in zip(rows, values.tolist(), strict=True):
            found[row] = None if np.isnan(value) else value
        return found


def comparable(records: Sequence[Mapping[str, Any]], declared: Collection[str]) -> list[int]:
    """The records that have an answer and are in one of the languages."""
    known = {language: covers(declared, language) for language in {each["language"] for each in records}}
    return [
        row
        for row, record in enumerate(records)
        if known[record["language"]] and record["hypothesis_raw"] is not None
    ]


def similarities_of(
    embeddings: Embeddings, references: Sequence[str], hypotheses: Sequence[str]
) -> NDArray[np.float64]:
    """Cosines of texts as they are compared, shape (pairs,).

    A reference without words has none (NaN), nor has a pair of which a text is not embedded. An answer
    without words is 0: it says nothing of what was said.
    """
    found = np.full(len(references), np.nan)
    said = np.array([bool(text) for text in references], dtype=bool)
    answered = np.array([bool(text) for text in hypotheses], dtype=bool)
    found[said & ~answered] = 0.0
    one, other = (embeddings.rows(text_keys(texts)) for texts in (references, hypotheses))
    both = said & answered & (one != ABSENT) & (other != ABSENT)
    found[both] = embeddings.cosines(one[both], other[both])
    return found


def semantic_folder(folder: RunFolder) -> Path:
    """Where a run has its embeddings, a folder for each model."""
    return folder.path / "semantic"


def choose(folder: RunFolder, place: Path, label: str, languages: Sequence[str]) -> None:
    """Make a model's embeddings those that the run's similarities are from.

    Raises:
        SaveError: it could not be written.
    """
    said = {"schema": 1, "model": label, "languages": list(languages), "embeddings": place.name}
    write_json(semantic_folder(folder) / "model.json", said)


def measured_in(folder: RunFolder) -> Measured | None:
    """What a run knows of similarities; `None` where they were never measured.

    Raises:
        AsrdiagError: what it knows is damaged.
    """
    path = semantic_folder(folder) / "model.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        place = path.parent / Path(said["embeddings"]).name
        label, languages = str(said["model"]), tuple(map(str, said["languages"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AsrdiagError(
            f"{path}: cannot be read ({error}); `asrdiag score {folder.path} --semantic` makes it anew"
        ) from error
    return Measured(label, languages, _opened(place, _state(place)))


def _state(place: Path) -> tuple[int, int]:
    try:
        stat = (place / "texts.keys").stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=1)
def _opened(place: Path, state: tuple[int, int]) -> Embeddings:
    """One folder's embeddings, opened once for all of a run's cells."""
    return Embeddings(place)
