"""A dataset from its listing to its report."""

import math
import os
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from statistics import median
from typing import Any

from ...audio_header import outside, stretch_s
from ...corpus.progress import CorpusDisplay
from ...errors import UsageError
from ..base import DatasetSpec, Utterance
from ..corpus import Card, CorpusSpec, Problem
from ..repeats import Repeats
from ..utterance_table import UtteranceTable
from .audio import AudioFacts
from .facts import known_facts
from .findings import Findings, Part, Report
from .sounds import Sounds
from .texts import Texts

SHORT_S, LONG_S = 0.1, 60.0
"""Clips that are shorter or longer are worth a look."""


def check_dataset(spec: DatasetSpec, display: CorpusDisplay, shown: int | None) -> Report:
    """Look at everything in a dataset: what is listed, every text and every second of audio.

    Args:
        spec: the dataset.
        display: shows how far it is.
        shown: lines that are kept of each kind of finding, at most; `None` for all.

    Raises:
        UsageError: it cannot be read as that dataset at all.
        KeyboardInterrupt: the user stopped it; what was found in audio files is kept.
    """
    card: Card | None = None
    problems: Sequence[Problem] = ()
    documented: Mapping[tuple[str, str], int] = {}
    utterances: Sequence[Utterance]
    if isinstance(spec, CorpusSpec):
        survey = spec.survey()
        utterances, problems = survey.utterances, (*survey.problems, *survey.miscounts)
        card, documented = spec.card, spec.expected()
    else:
        if reason := spec.missing():
            raise UsageError(f"{spec.id}: {reason}")
        utterances = spec.utterances()
    place = str(getattr(spec, "root", getattr(spec, "path", "")))
    clips = _Clips(UtteranceTable.of(utterances), shown)
    key = {"loader": spec.loader, "place": str(Path(place).absolute())}
    with known_facts(key) as known, display, Sounds(known, card, shown) as sounds:
        clips.look(sounds, display)
    listed = Findings("not as documented", True, shown)
    for problem in problems:
        listed.add(str(problem))
    if not clips.table:
        listed.add(f"{place}: found no utterances, expected at least one")
    of_audio = [sounds.absent, sounds.unreadable, sounds.unlike]
    if sounds.absent.count <= sum(problem.clips for problem in problems if problem.listed):
        of_audio.remove(sounds.absent)  # the listing has named them, with file and line
    findings = (listed, clips.repeated_ids(), *of_audio, *clips.findings())
    return Report(
        card.title if card else spec.loader,
        place,
        tuple(clips.parts(documented)),
        dict(clips.formats.most_common()),
        findings,
        clips.content.hexdigest() if clips.all_readable else None,
    )


class _Clips:
    """The clips of a dataset, one after the other."""

    def __init__(self, table: UtteranceTable, shown: int | None) -> None:
        self.table, self._shown = table, shown
        self.formats: Counter[str] = Counter()
        self.content = blake2b(digest_size=16)
        self.all_readable = len(table) > 0
        self._texts = Texts(shown)
        self._beyond = Findings("stretches that are not inside their audio", True, shown)
        self._odd = Findings(f"clips under {SHORT_S:g} s or over {LONG_S:g} s", False, shown)
        self._seconds: dict[tuple[str, str], array[float]] = {}
        self._audio = Repeats()

    def look(self, sounds: Sounds, display: CorpusDisplay) -> None:
        display.begin(len(self.table), 0, 0)
        for paths, rows, names, *others in self.table.columns(
            *("audio_path", "audio_row", "audio_column", "offset_s", "duration_s"),
            *("sample_id", "subset", "language", "reference"),
        ):
            places = list(zip(paths, rows, names, strict=True))
            facts = sounds.look(places, display)
            for place, *values in zip(places, *others, strict=True):
                self._clip(place[0], facts[place], tuple(values))

    def _clip(self, path: bytes, facts: AudioFacts, values: tuple[Any, ...]) -> None:
        offset_s, duration_s, sample_id, subset, language, reference = values
        seconds = math.nan
        if facts.header is not None:
            header = facts.header
            self.formats[f"{header.encoding}, {header.sample_rate_hz} Hz, {header.channels} ch"] += 1
            seconds = stretch_s(header.duration_s, offset_s, duration_s)
            if math.isnan(seconds):
                found = outside(header.duration_s, offset_s, duration_s)
                self._beyond.add(f"{sample_id}: {os.fsdecode(path)}: {found}")
            elif not SHORT_S <= seconds <= LONG_S:
                self._odd.add(f"{sample_id}: {seconds:.3f} s")
        known = not math.isnan(seconds)
        self.all_readable &= known
        audio = f"{facts.digest} {offset_s} {duration_s}" if known else f"unknown {sample_id}"
        self._audio.add(audio.encode())
        self.content.update(repr((sample_id, reference, language, subset, audio)).encode("utf-8", "replace"))
        self._seconds.setdefault((subset, language), array("d")).append(seconds)
        self._texts.look(sample_id, reference, language, seconds if known else None)

    def findings(self) -> tuple[Findings, ...]:
        return (
            self._beyond,
            self._same_audio(),
            self._texts.empty,
            self._texts.tags,
            self._texts.characters,
            self._odd,
            self._texts.rates,
        )

    def repeated_ids(self) -> Findings:
        found = Findings("ids that come more than once", True, self._shown)
        for group in self.table.repeated_ids():
            found.add(f"{self.table[group[0]].sample_id}: {len(group)} times", len(group) - 1)
        return found

    def _same_audio(self) -> Findings:
        found = Findings("the same audio under several ids", True, self._shown)
        for group in self._audio.groups():
            clips = [self.table[position] for position in group[:5]]
            names = " = ".join(clip.sample_id for clip in clips)
            more = f" and {len(group) - 5} more" if len(group) > 5 else ""
            other = ", with different references" if len({clip.reference for clip in clips}) > 1 else ""
            found.add(f"{names}{more}{other}", len(group) - 1)
        return found

    def parts(self, documented: Mapping[tuple[str, str], int]) -> list[Part]:
        return [
            _part(*part, self._seconds.get(part, array("d")), documented.get(part))
            for part in dict.fromkeys((*documented, *self._seconds))
        ]


def _part(subset: str, language: str, seconds: "array[float]", documented: int | None) -> Part:
    known = sorted(each for each in seconds if not math.isnan(each))
    return Part(
        subset,
        language,
        len(seconds),
        len(known),
        documented,
        sum(known) / 3600,
        known[0] if known else None,
        median(known) if known else None,
        known[-1] if known else None,
    )
