"""A dataset as a run has read it: checked, counted and, where babble needs it, hashed."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..datasets.base import DatasetSpec, Utterance
from ..errors import UsageError, unknown
from ..metrics import default_normalizer, unit_for
from ..suite.schema import Suite


@dataclass(frozen=True, slots=True)
class LoadedDataset:
    """A dataset's utterances, all of them, and how many of them the run takes."""

    spec: DatasetSpec
    utterances: tuple[Utterance, ...]
    n_selected: int
    n_expected: Mapping[str, Mapping[str, int]]
    """How many utterances it has, by subset and language."""
    groups: Mapping[str, Mapping[str, Mapping[str, int]]]
    """The same by factor and its value, for the factors that are reported."""
    factors: tuple[str, ...]
    """All factors that any utterance has."""

    @property
    def selected(self) -> tuple[Utterance, ...]:
        return self.utterances[: self.n_selected]


def normalizers_of(suite: Suite, dataset: LoadedDataset) -> dict[str, str]:
    """The normaliser for each language of a dataset.

    Raises:
        UsageError: a language is not a language tag.
    """
    languages = dict.fromkeys(utterance.language for utterance in dataset.utterances)
    for language in languages:
        try:
            unit_for(language)
        except ValueError as error:
            raise UsageError(f"dataset {dataset.spec.id!r}: {error}") from error
    named = dataset.spec.normalizer or suite.normalizer
    return {language: named or default_normalizer(language) for language in languages}


def require_known_groups(groups: Sequence[str], datasets: Iterable[LoadedDataset]) -> None:
    """Refuse a factor that no utterance has.

    Raises:
        UsageError: there is one among `groups`; the message lists the known ones.
    """
    if groups == "all":
        return
    factors = dict.fromkeys(factor for dataset in datasets for factor in dataset.factors)
    for name in groups:
        if name not in factors:
            raise UsageError(f"report.groups: {unknown('factor', name, factors)}")


def load_dataset(spec: DatasetSpec, limit: int | None, groups: Sequence[str]) -> LoadedDataset:
    """Read a dataset.

    Args:
        spec: the dataset.
        limit: how many utterances the run takes, from the front; `None` for all.
        groups: the factors that are reported, or `all`.

    Raises:
        UsageError: it cannot be read, has no utterances, or an id twice.
    """
    if reason := spec.missing():
        raise UsageError(f"dataset {spec.id!r} cannot be read: {reason}")
    utterances = spec.utterances()
    _well_formed(spec, utterances)
    expected: dict[str, Counter[str]] = {}
    grouped: dict[str, dict[str, Counter[str]]] = {}
    for utterance in utterances:
        expected.setdefault(utterance.subset, Counter())[utterance.language] += 1
        for factor, value in utterance.groups().items():
            grouped.setdefault(factor, {}).setdefault(value, Counter())[utterance.language] += 1
    for (subset, language), number in spec.shortfall(utterances).items():
        expected.setdefault(subset, Counter())[language] += number
    reported = {name: grouped[name] for name in grouped if groups == "all" or name in groups}
    n_selected = len(utterances) if limit is None else min(limit, len(utterances))
    return LoadedDataset(spec, utterances, n_selected, expected, reported, tuple(grouped))


def _well_formed(spec: DatasetSpec, utterances: Sequence[Utterance]) -> None:
    seen: set[str] = set()
    for utterance in utterances:
        where = f"dataset {spec.id!r}: utterance {utterance.sample_id!r}"
        if utterance.sample_id in seen:
            raise UsageError(f"{where} comes twice")
        if "speaker" in utterance.factors:
            raise UsageError(f"{where} has a factor 'speaker'; a speaker is given as such")
        seen.add(utterance.sample_id)
    if not seen:
        raise UsageError(f"dataset {spec.id!r} has no utterances")


def pool_sha256(utterances: Sequence[Utterance]) -> str:
    """Over what decides who talks and what is heard: ids, speakers, texts, stretches and files."""
    digest = hashlib.sha256()
    contents: dict[Path, str | None] = {}
    for utterance in sorted(utterances, key=lambda utterance: utterance.sample_id):
        path = utterance.audio_path
        if path not in contents:
            contents[path] = _file_sha256(path)
        row = [
            utterance.sample_id,
            utterance.speaker,
            utterance.reference,
            utterance.offset_s,
            utterance.duration_s,
            contents[path],
        ]
        digest.update(json.dumps(row, ensure_ascii=True).encode() + b"\n")
    return digest.hexdigest()


def _file_sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:  # a talker that cannot be read is left out, and the record says so
        return None
