"""Clips of a manifest, above all of one that `asrdiag simulate` wrote.

A line of it (shortened):

    {"audio": "audio/s1+noise-m050.flac", "text": "the birch canoe", "id": "s1+noise.m050", "duration": 2.25,
     "speaker": "f1", "language": "en", "factors": {"scenario": "noise", "severity": 0.5},
     "simulation": {"condition": "noise.m050", "sample_id": "s1", "seed": 0, "sample_rate_hz": 16000,
                    "source": {"path": "/clean/s1.wav", "offset_s": 0.0, "duration_s": null, "sha256": "..."},
                    "sha256": "..."}}

In contrast to the dataset loader `manifest`, a line that is not as documented is dropped with its reason.
"""

import os
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from asrdiag.errors import UsageError

from ..candidates import SAMPLE_RATE_HZ, Candidate, Dropped
from ..clips import Place
from ..line import CLEAN, RowRefused, finite, parse_line, require_language, speaker_of
from ..recipe import Input
from ..sources import KEYS, wrong_in

_LOSSLESS = (".flac", ".wav")
_RECORDED = "recorded"
"""The scenario of audio that nobody says anything about."""


def manifest_of(corpus: Path) -> Path:
    """The manifest that a path means: itself, or the one in a corpus' folder.

    Raises:
        UsageError: there is none, or it is no JSONL.
    """
    path = corpus / "manifest.jsonl" if corpus.is_dir() else corpus
    if not path.is_file():
        raise UsageError(f"there is no manifest {path}; `asrdiag simulate` makes one")
    if path.suffix.lower() != ".jsonl":
        raise UsageError(f"{path}: found the suffix {path.suffix!r}, expected .jsonl")
    return path


def read_corpus(given: Input) -> Iterator[Candidate | Dropped]:
    """Every clip of a manifest; after them, if that is asked for, those that they were made of."""
    assert given.corpus is not None
    path = manifest_of(given.corpus)
    seen: set[bytes] = set()
    for pass_ in ("degraded", CLEAN) if given.clean else ("degraded",):
        for number, record in _records(path):
            where = f"{path}:{number}"
            if isinstance(record, RowRefused):
                if pass_ != CLEAN:
                    yield Dropped(where, record.row_id, record.reason, record.detail)
                continue
            try:
                if pass_ != CLEAN:
                    yield _candidate(record, where, path, given)
                elif (clean := _clean(record, where, given, seen)) is not None:
                    yield clean
            except RowRefused as error:
                if pass_ != CLEAN:  # its text is the same, and was dropped for it already
                    yield Dropped(where, _id(record), error.reason, error.detail)


def simulations(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """By the ids of a manifest's clips, what a simulated one was made of; lines that cannot be read are
    passed over."""
    for _, record in _records(path):
        if isinstance(record, RowRefused):
            continue
        try:
            row_id, simulated = _id(record), _simulation(record)
        except RowRefused:
            continue
        if row_id and simulated:
            yield row_id, simulated


def _records(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | RowRefused]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                yield number, parse_line(line.removeprefix(b"\xef\xbb\xbf"))
            except RowRefused as error:
                yield number, error


def _candidate(record: Mapping[str, Any], where: str, path: Path, given: Input) -> Candidate:
    audio, text = record.get("audio"), record.get("text")
    if not isinstance(audio, str) or not audio or "\0" in audio:
        raise RowRefused("no_audio", f"found {audio!r:.80} under 'audio', expected a path")
    if any(parent.suffix in (".tar", ".parquet") for parent in Path(audio).parents):
        raise RowRefused("missing_audio", f"{audio} is in a shard; simulate without --shards")
    place = Place(
        Path(os.path.normpath(path.parent / audio)),
        _number(record, "offset") or 0.0,
        _number(record, "duration") if record.get("offset") is not None else None,
    )
    text, language = _said(text, record, given)
    factors = record.get("factors")
    factors = factors if isinstance(factors, dict) else {}
    made = _simulation(record)
    scenario, severity = factors.get("scenario"), factors.get("severity")
    return Candidate(
        id=_id(record) or Path(audio).stem,
        where=where,
        place=place,
        solution=text,
        language=language,
        duration_s=_number(record, "duration"),
        scenario=scenario if isinstance(scenario, str) and scenario else given.scenario or _RECORDED,
        severity=finite(severity),
        speaker=speaker_of(record),
        sha256=made.get("sha256") if place.path.suffix.lower() in _LOSSLESS else None,
        condition=made.get("condition"),
        seed=made.get("seed"),
        source=made.get("source"),
    )


def _clean(record: Mapping[str, Any], where: str, given: Input, seen: set[bytes]) -> Candidate | None:
    """The clip that a degraded one was made of, the first time that it is met."""
    made = _simulation(record)
    source = made.get("source")
    if source is None:
        return None
    key = blake2b(repr(sorted(source.items())).encode("utf-8", "surrogatepass"), digest_size=16).digest()
    if key in seen:
        return None
    seen.add(key)
    text, language = _said(record.get("text"), record, given)
    place = Place(
        Path(source["path"]),
        source.get("offset_s") or 0.0,
        source.get("duration_s"),
        source.get("row"),
        source.get("column") or "audio",
    )
    return Candidate(
        id=str(made["sample_id"]),
        where=where,
        place=place,
        solution=text,
        language=language,
        scenario=CLEAN,
        speaker=speaker_of(record),
        sha256=source.get("sha256"),
        source=source,
    )


def _said(text: object, record: Mapping[str, Any], given: Input) -> tuple[str, str]:
    if not isinstance(text, str) or not text.strip():
        raise RowRefused("empty_solution", f"found {text!r:.80} under 'text', expected what was said")
    language = record.get("language") or given.language
    if not isinstance(language, str):
        raise RowRefused("wrong_language", f"found {language!r:.80} under 'language', expected a tag")
    require_language(language, text)
    return text, language


def _simulation(record: Mapping[str, Any]) -> dict[str, Any]:
    """How the clip was made, as far as rows need it; empty if it does not say.

    Raises:
        RowRefused: what it says of the clip that this one was made of is not as expected.
    """
    made = record.get("simulation")
    if not isinstance(made, dict) or not isinstance(made.get("sample_id"), str):
        return {}
    at_our_rate = made.get("sample_rate_hz") == SAMPLE_RATE_HZ
    found: dict[str, Any] = {"sample_id": made["sample_id"]}
    for key, kind in (("condition", str), ("seed", int)):
        if isinstance(made.get(key), kind):
            found[key] = made[key]
    if at_our_rate and isinstance(made.get("sha256"), str):
        found["sha256"] = made["sha256"]
    source = made.get("source")
    if isinstance(source, dict) and source.get("path") is not None:
        if wrong := wrong_in(source):
            raise RowRefused("bad_value", f"simulation.source.{wrong}", _id(record))
        found["source"] = {key: source[key] for key in KEYS if key in source}
        if at_our_rate and isinstance(source.get("sha256"), str):
            found["source"]["sha256"] = source["sha256"]
    return found


def _id(record: Mapping[str, Any]) -> str | None:
    return row_id if isinstance(row_id := record.get("id"), str) and row_id else None


def _number(record: Mapping[str, Any], key: str) -> float | None:
    value = record.get(key)
    number = finite(value)
    if value is not None and (number is None or number < 0):
        raise RowRefused("bad_value", f"{key}: found {value!r:.80}, expected a number of seconds, 0 or more")
    return number
