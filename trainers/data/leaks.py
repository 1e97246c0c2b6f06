"""What evaluation sets and training rows have in common: samples, what they were made of, and texts."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from asrdiag.audio import sha256_of, to_pcm16_grid
from asrdiag.corpus.progress import CorpusDisplay
from asrdiag.datasets import DATASETS
from asrdiag.datasets.base import DatasetSpec, Utterance
from asrdiag.errors import SampleError, UsageError
from asrdiag.metrics import score
from asrdiag.normalizing import choose_normalizer
from asrdiag.runner.source import load

from .candidates import SAMPLE_RATE_HZ
from .grading import text_id
from .pool import Pool
from .recipe import DataRecipe

_AT_ONCE = 256
_TABLE = """
CREATE TABLE IF NOT EXISTS evaluated(
  dataset INTEGER, position INTEGER, sample_id TEXT, sha256 TEXT, exact_sha256 TEXT, text_id TEXT,
  problem TEXT, PRIMARY KEY(dataset, position)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS evaluated_audio ON evaluated(sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX IF NOT EXISTS evaluated_exact ON evaluated(exact_sha256) WHERE exact_sha256 IS NOT NULL;
CREATE INDEX IF NOT EXISTS evaluated_text ON evaluated(text_id) WHERE text_id IS NOT NULL;
"""
_KINDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "audio": (
        ("audio", "c.sha256 = e.sha256"),
        ("source_audio", "c.source_sha256 = e.exact_sha256"),  # as simulations and runs record it
    ),
    "text": (("text", "c.text_id = e.text_id"),),
}
"""By what is checked, the kinds of hits and what makes one."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A training row that an evaluation set has something of."""

    n: int
    id: str
    by: str
    """`audio`: the samples are the same; `source_audio`: those of the clip it was made of; `text`."""
    dataset: str
    sample_id: str


def evaluation_sets(recipe: DataRecipe) -> list[DatasetSpec]:
    """The datasets that must not be trained on.

    Raises:
        UsageError: one cannot be read.
    """
    found: list[DatasetSpec] = []
    for number, said in enumerate(recipe.leaks.against):
        assert isinstance(said, dict)
        spec: DatasetSpec = DATASETS.load(str(said["loader"])).model_validate(said, strict=False)
        if reason := spec.missing():
            raise UsageError(f"leaks.against[{number}]: {spec.id!r} cannot be read: {reason}")
        found.append(spec)
    return found


def listings(recipe: DataRecipe) -> dict[str, str]:
    """For each evaluation set a hash of which clips it has, where they are and what is said in them.

    Raises:
        UsageError: one cannot be read.
    """
    found = {}
    for number, spec in enumerate(evaluation_sets(recipe)):
        digest = hashlib.sha256()
        for each in spec.utterances():
            place = (str(each.audio_path), each.offset_s, each.duration_s, each.audio_row, each.audio_column)
            said = [each.sample_id, *place, each.language, each.reference]
            digest.update(json.dumps(said).encode() + b"\n")
        found[f"against[{number}] {spec.id}"] = digest.hexdigest()
    return found


def read_evaluation_sets(pool: Pool, recipe: DataRecipe, display: CorpusDisplay, *, workers: int) -> None:
    """Hash every clip and text of the evaluation sets; goes on where an earlier session stopped.

    Raises:
        UsageError: a set is not as documented.
    """
    pool.db.executescript(_TABLE)
    listed = [spec.utterances() for spec in evaluation_sets(recipe)]
    with display, ThreadPoolExecutor(workers) as threads:
        (before,) = pool.db.execute("SELECT COUNT(*) FROM evaluated").fetchone()
        display.begin(sum(map(len, listed)), before, 0)
        for number, utterances in enumerate(listed):
            query = "SELECT COUNT(*) FROM evaluated WHERE dataset = ?"
            (done,) = pool.db.execute(query, (number,)).fetchone()
            waiting = iter(enumerate(islice(utterances, done, None), start=done))
            while chunk := list(islice(waiting, _AT_ONCE)):
                clips = [utterance for _, utterance in chunk]
                by_audio = "audio" in recipe.leaks.check
                hashes = list(threads.map(_hash, clips)) if by_audio else [(None, None, None)] * len(clips)
                texts = _text_ids(clips, recipe) if "text" in recipe.leaks.check else [None] * len(clips)
                with pool.writing() as db:
                    db.executemany(
                        "INSERT INTO evaluated VALUES(?, ?, ?, ?, ?, ?, ?)",
                        [
                            (number, position, utterance.sample_id, rounded, exact, said, problem)
                            for (position, utterance), (rounded, exact, problem), said in zip(
                                chunk, hashes, texts, strict=True
                            )
                        ],
                    )
                display.advance(len(chunk), sum(problem is not None for *_, problem in hashes), 0.0)


def find_leaks(pool: Pool, recipe: DataRecipe) -> Iterator[Leak]:
    """Every hit among the candidates that are not dropped, of each kind the first clip that it is with."""
    names = [str(said["id"]) for said in recipe.leaks.against if isinstance(said, dict)]
    for checked in recipe.leaks.check:
        for by, same in _KINDS[checked]:
            # Of the clips that it is with, SQLite gives the one with the least place: a text may be in many.
            rows = pool.db.execute(
                "SELECT c.n, c.id, MIN(e.dataset * 1000000000 + e.position), e.dataset, e.sample_id "  # noqa: S608
                f"FROM candidates c JOIN evaluated e ON {same} WHERE c.reason IS NULL GROUP BY c.n"
            )
            for n, row_id, _, dataset, sample_id in rows:
                yield Leak(n, row_id, by, names[dataset], sample_id)


def leak_report(pool: Pool, recipe: DataRecipe, hits: Mapping[str, int]) -> dict[str, Any]:
    """What was checked and found, for `data.json`."""
    sets = []
    for number, said in enumerate(recipe.leaks.against):
        assert isinstance(said, dict)
        clips, unread = pool.db.execute(
            "SELECT COUNT(*), COUNT(problem) FROM evaluated WHERE dataset = ?", (number,)
        ).fetchone()
        sets.append({"id": said["id"], "loader": said["loader"], "clips": clips, "unreadable": unread})
    return {
        "against": sets,
        "checked_by": list(recipe.leaks.check),
        "hits": dict(hits),
        "source_unknown": pool.count("reason IS NULL AND scenario != 'clean' AND source_sha256 IS NULL"),
    }


def _hash(utterance: Utterance) -> tuple[str | None, str | None, str | None]:
    """The hashes of a clip's samples, rounded to 16 bits and as they are, or why there are none."""
    try:
        samples = load(utterance, SAMPLE_RATE_HZ)
    except SampleError as error:
        return None, None, str(error).encode("utf-8", "backslashreplace").decode()
    exact = sha256_of(samples, SAMPLE_RATE_HZ)
    return sha256_of(to_pcm16_grid(samples), SAMPLE_RATE_HZ), exact, None


def _text_ids(utterances: Sequence[Utterance], recipe: DataRecipe) -> list[str | None]:
    found: list[str | None] = [None] * len(utterances)
    by_language: dict[str, list[int]] = {}
    for index, utterance in enumerate(utterances):
        by_language.setdefault(utterance.language, []).append(index)
    for language, indices in by_language.items():
        scored = score(
            [utterances[index].reference for index in indices],
            [None] * len(indices),
            language=language,
            normalizer=choose_normalizer(language, recipe.normalizer),
        )
        for index, each in zip(indices, scored.utterances, strict=True):
            found[index] = text_id(each.reference_tokens) if each.reference_tokens else None
    return found
