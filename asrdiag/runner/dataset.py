"""A dataset as a run has read it: checked, counted and, where babble needs it, hashed."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..audio_encoded import encoded_audio
from ..datasets.base import DatasetSpec, Utterance, groups_of
from ..datasets.utterance_table import UtteranceTable, factors_from_json
from ..errors import SampleError, UsageError, unknown
from ..metrics import unit_for
from ..normalizing import choose_normalizer
from ..suite.schema import Suite


@dataclass(frozen=True, slots=True)
class LoadedDataset:
    """A dataset's utterances, all of them, and how many of them the run takes."""

    spec: DatasetSpec
    utterances: UtteranceTable
    n_selected: int
    n_expected: Mapping[str, Mapping[str, int]]
    """How many utterances it has, by subset and language."""
    groups: Mapping[str, Mapping[str, Mapping[str, int]]]
    """The same by factor and its value, for the factors that are reported."""
    factors: tuple[str, ...]
    """All factors that any utterance has."""
    languages: tuple[str, ...]
    """In the order in which they come first."""

    @property
    def selected(self) -> UtteranceTable:
        return self.utterances[: self.n_selected]


def normalizers_of(suite: Suite, dataset: LoadedDataset) -> dict[str, str]:
    """The normaliser for each language of a dataset.

    Raises:
        UsageError: a language is not a language tag.
    """
    for language in dataset.languages:
        try:
            unit_for(language)
        except ValueError as error:
            raise UsageError(f"dataset {dataset.spec.id!r}: {error}") from error
    choices = dataset.spec.normalizer, suite.normalizer
    return {language: choose_normalizer(language, *choices) for language in dataset.languages}


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
    utterances = UtteranceTable.of(spec.utterances())
    _well_formed(spec, utterances)
    expected: dict[str, Counter[str]] = {}
    for (subset, language), number in utterances.counts("subset", "language"):
        expected.setdefault(subset, Counter())[language] += number
    languages = tuple(dict.fromkeys(language for [language], _ in utterances.counts("language")))
    for (subset, language), number in spec.shortfall(utterances).items():
        expected.setdefault(subset, Counter())[language] += number
    factors, reported = _groups(spec, utterances, groups)
    n_selected = len(utterances) if limit is None else min(limit, len(utterances))
    return LoadedDataset(spec, utterances, n_selected, expected, reported, factors, languages)


def _groups(
    spec: DatasetSpec, utterances: UtteranceTable, wanted: Sequence[str]
) -> tuple[tuple[str, ...], dict[str, dict[str, Counter[str]]]]:
    """All factors' names, and by the wanted ones and their values the utterances in each language."""
    names: dict[str, None] = {}
    counted: dict[str, dict[str, Counter[str]]] = {}

    def count(found: Mapping[str, str], language: str, number: int) -> None:
        for name, value in found.items():
            names.setdefault(name)
            if wanted == "all" or name in wanted:
                counted.setdefault(name, {}).setdefault(value, Counter())[language] += number

    for (as_json, language), number in utterances.counts("factors", "language"):
        factors = factors_from_json(as_json)
        if "speaker" in factors:
            sample_id = next(u.sample_id for u in utterances if "speaker" in u.factors)
            where = f"dataset {spec.id!r}: utterance {sample_id!r}"
            raise UsageError(f"{where} has a factor 'speaker'; a speaker is given as such")
        count(groups_of(factors, None), language, number)
    for (speaker, language), number in utterances.counts("speaker", "language"):
        count(groups_of({}, speaker), language, number)
    return tuple(names), counted


def _well_formed(spec: DatasetSpec, utterances: UtteranceTable) -> None:
    if not utterances:
        raise UsageError(f"dataset {spec.id!r} has no utterances")
    if repeated := utterances.repeated_ids():
        sample_id = utterances[min(group[1] for group in repeated)].sample_id
        raise UsageError(f"dataset {spec.id!r}: utterance {sample_id!r} comes twice")


def pool_sha256(utterances: Sequence[Utterance]) -> str:
    """Over what decides who talks and what is heard: ids, speakers, texts, stretches and files."""
    digest = hashlib.sha256()
    contents: dict[tuple[Path, int | None, str], str | None] = {}
    for utterance in utterances:  # in their own order, in which tables of clips are read once
        place = (utterance.audio_path, utterance.audio_row, utterance.audio_column)
        if place not in contents:
            contents[place] = _content_sha256(*place)
    for utterance in sorted(utterances, key=lambda utterance: utterance.sample_id):
        row = [
            utterance.sample_id,
            utterance.speaker,
            utterance.reference,
            utterance.offset_s,
            utterance.duration_s,
            contents[utterance.audio_path, utterance.audio_row, utterance.audio_column],
        ]
        digest.update(json.dumps(row, ensure_ascii=True).encode() + b"\n")
    return digest.hexdigest()


def _content_sha256(path: Path, row: int | None, column: str) -> str | None:
    try:
        with encoded_audio(path, row, column).stream() as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, SampleError):  # a talker that cannot be read is left out, and the record says so
        return None
