"""One case in full: what was said, what every system made of it, and what is known of how that came about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asrdiag.errors import AsrdiagError
from asrdiag.metrics import align

from .index import CaseKey
from .offsets import AllOffsets
from .runs import OpenRun, Problem

TOKENS = ("reference_tokens", "hypothesis_tokens")
_STEP = 8192
_LATEST_S = 1e6


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alignment: `C`, `s`, `S`, `D` or `I`, and the tokens; `None` where there is none.

    `omitted` and `fabricated` say whether the step is in a stretch that was left out, or that nobody said.
    """

    letter: str
    reference: str | None
    hypothesis: str | None
    omitted: bool
    fabricated: bool
    start_s: float | None = None
    """When the word was heard, in seconds, where the engine gave a time for this very word."""


@dataclass(frozen=True, slots=True)
class Case:
    """One system's answer to one clip.

    `score` is the row of `scores.parquet`, `record` the line of `samples.jsonl`; either is empty where it
    cannot be read, and `problems` says why.
    """

    key: CaseKey
    score: Mapping[str, Any]
    record: Mapping[str, Any]
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]

    @property
    def unit(self) -> str:
        return str(self.score.get("unit") or "word")

    @property
    def error(self) -> Mapping[str, Any] | None:
        """Why there is no answer: stage, type and message; `None` where there is one."""
        found = self.record.get("error")
        return found if isinstance(found, dict) else None

    @property
    def answered(self) -> bool:
        return self.score.get("alignment") is not None

    @property
    def reference_tokens(self) -> tuple[str, ...]:
        return tuple(self.score.get("reference_tokens") or ())


def open_case(run: OpenRun, key: CaseKey, offsets: AllOffsets) -> Case:
    """Read one answer: a row of the scores and a line of the samples, nothing else.

    Args:
        run: the run that the case is in.
        key: which case.
        offsets: where records stand; kept from case to case.
    """
    problems: list[Problem] = []
    score: Mapping[str, Any] = {}
    record: Mapping[str, Any] = {}
    try:
        score = _score(run, key)
    except AsrdiagError as error:
        problems.append(Problem(str(run.scores(key.cell)), str(error)))
    samples = run.samples(key.cell)
    try:
        lines = offsets.of(samples)
        record = lines.record(key.sample_id) or {}
        if not record:
            damaged = f"; damaged lines: {', '.join(map(str, lines.damaged[:10]))}" if lines.damaged else ""
            problems.append(Problem(str(samples), f"has no record of {key.sample_id} any more{damaged}"))
    except (OSError, ValueError) as error:
        problems.append(Problem(str(samples), f"cannot be read, so texts and audio are missing ({error})"))
    return Case(key, score, record, tuple(steps_of(score, record)), tuple(problems))


def beside(runs: Sequence[OpenRun], key: CaseKey) -> list[tuple[OpenRun, CaseKey]]:
    """Where all systems' answers to the same clip are, under the same condition, in the order of the runs.

    In other runs it is the same clip if dataset, condition and id are the same.
    """
    return [
        (run, CaseKey(run.name, system, dataset, condition, key.sample_id))
        for run in runs
        for system, dataset, condition in (scored.split("/") for scored in run.scored)
        if (dataset, condition) == (key.dataset, key.condition)
    ]


def same_reference(case: Case, other: Case) -> bool:
    """Whether two cases can stand under one reference: the same tokens, made by the same normaliser."""
    return case.reference_tokens == other.reference_tokens and case.score.get(
        "normalizer"
    ) == other.score.get("normalizer")


def _score(run: OpenRun, key: CaseKey) -> Mapping[str, Any]:
    """The row of one utterance; batches before it are read by their ids alone."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = run.scores(key.cell)
    if not path.is_file():  # to open a pipe would wait for ever
        raise AsrdiagError(f"is not there; `asrdiag score {run.path}` makes it anew")
    try:
        with pq.ParquetFile(path) as file:
            place = 0
            for batch in file.iter_batches(_STEP, columns=["sample_id"]):
                found = pc.index(batch["sample_id"], key.sample_id).as_py()
                if found >= 0:
                    return _fitting(_row(file, place + found), run)
                place += len(batch)
    except (OSError, pa.ArrowException) as error:
        raise AsrdiagError(f"cannot be read; `asrdiag score {run.path}` makes it anew ({error})") from error
    raise AsrdiagError(f"has no scores of {key.sample_id}; `asrdiag score {run.path}` scores what there is")


def _row(file: Any, place: int) -> Mapping[str, Any]:
    for batch in file.iter_batches(_STEP):
        if place < len(batch):
            row: dict[str, Any] = batch.slice(place, 1).to_pylist()[0]
            return row
        place -= len(batch)
    return {}


def _fitting(score: Mapping[str, Any], run: OpenRun) -> Mapping[str, Any]:
    letters, sides = score.get("alignment"), [score.get(name) for name in TOKENS]
    if letters is not None and (
        not isinstance(letters, str)
        or set(letters) - set("CsSDI")
        or [len(side) if isinstance(side, list) else -1 for side in sides]
        != [len(letters) - letters.count(gap) for gap in "ID"]
    ):
        raise AsrdiagError(
            f"the alignment has other tokens than the texts; `asrdiag score {run.path}` makes it anew"
        )
    return score


def steps_of(score: Mapping[str, Any], record: Mapping[str, Any]) -> list[Step]:
    """The alignment of a row of `scores.parquet`; words have times where the record gives them some."""
    letters = score.get("alignment")
    if letters is None:
        return []
    reference, hypothesis = score["reference_tokens"] or [], score["hypothesis_tokens"] or []
    omitted, fabricated = _within(score.get("omission_spans")), _within(score.get("fabricated_spans"))
    times = _times(record, hypothesis)
    steps, said, heard = [], 0, 0
    for letter in letters:
        takes_reference, takes_hypothesis = letter != "I", letter != "D"
        steps.append(
            Step(
                letter,
                reference[said] if takes_reference else None,
                hypothesis[heard] if takes_hypothesis else None,
                takes_reference and letter == "D" and said in omitted,
                takes_hypothesis and letter != "C" and heard in fabricated,
                times[heard] if takes_hypothesis else None,
            )
        )
        said += takes_reference
        heard += takes_hypothesis
    return steps


def _within(spans: Any) -> set[int]:
    """The tokens in stretches; a single one is an error like any other."""
    long = (span for span in spans or () if span["end"] - span["start"] > 1)
    return {place for span in long for place in range(span["start"], span["end"])}


def _times(record: Mapping[str, Any], tokens: Sequence[str]) -> list[float | None]:
    """Start times of the answer's tokens that are words of the engine's own, in order; no others are made up.

    The engine gives `details.words` as `[text, start, end]` in the answer as it wrote it. Letters and digits
    are compared in lower case, since normalising drops punctuation and case; what it rewrites has no time.
    """
    found: list[float | None] = [None] * len(tokens)
    details = record.get("details")
    words = details.get("words") if isinstance(details, dict) else None
    if not isinstance(words, list):
        return found
    timed = []
    for word in words:
        text, start, _ = word if isinstance(word, list) and len(word) == 3 else ("", None, None)
        if isinstance(text, str) and isinstance(start, int | float) and 0 <= start <= _LATEST_S:
            timed.append((_bare(text), float(start)))
    place, heard = 0, 0
    for letter in align([text for text, _ in timed], [_bare(token) for token in tokens]).letters:
        if letter == "C":
            found[heard] = timed[place][1]
        place += letter != "I"
        heard += letter != "D"
    return found


def _bare(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())
