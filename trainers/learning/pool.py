"""The rows that can be trained on, all looked at before the first step; the others, each with its reason."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from asrdiag.engines.transformers.families.base import RATE_HZ
from asrdiag.errors import SampleError, UsageError
from asrdiag.spec import Json
from asrdiag.store.atomic import write_text

from ..data.clips import ClipRefused
from ..data.clips import Limits as ClipLimits
from ..data.line import TrainingRow
from ..data.rows import Refusal, RowFile
from ..families.base import TrainedFamily
from ..progress import TrainDisplay
from ..wording import counted
from .model_recipe import Limits
from .row_audio import read_clean, read_degraded

T = TypeVar("T")

_AT_ONCE = 256
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of every row that can be trained on; arrays of shape [n_rows]."""

    base_wer: npt.NDArray[np.float32]
    """NaN where it is not known."""
    duration_s: npt.NDArray[np.float32]
    clean: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pool:
    """A file of rows, and which of them can be used."""

    rows: RowFile
    usable: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    """Indices into `rows`, rising."""
    known: Known
    """Of the usable rows."""
    skipped: Counter[str]
    """How many of the file's rows cannot be used, by reason."""
    audio: str
    """A hash of all samples of the usable rows, in hexadecimal."""

    def __len__(self) -> int:
        return len(self.usable)

    def __getitem__(self, index: int) -> TrainingRow:
        return self.rows[int(self.usable[index])]

    def __iter__(self) -> Iterator[TrainingRow]:
        return (self[index] for index in range(len(self)))

    def told_skipped(self) -> list[str]:
        """How many rows cannot be used, a line for each reason."""
        return [
            f"{self.rows.path.name}: {counted(count, 'row', are=True)} skipped: {reason}"
            for reason, count in self.skipped.most_common()
        ]

    def record(self) -> dict[str, Json]:
        """What decides which rows are seen."""
        return {
            "sha256": self.rows.sha256,
            "audio": self.audio,
            "usable": len(self),
            "skipped": dict(self.skipped),
        }


def open_pool(
    path: Path,
    family: TrainedFamily,
    limits: Limits,
    listing: Path | None,
    display: TrainDisplay,
    *,
    distils: bool = False,
) -> Pool:
    """Look at every row, its audio and its transcript.

    Args:
        path: the file of rows.
        family: that is to be trained on them: it knows what is too long, and which languages it takes.
        limits: of the recipe.
        listing: the file to write the skipped rows to, one line of JSON each; `None`: none.
        display: told how far it is.
        distils: whether the clips before they were degraded are needed as well.

    Raises:
        UsageError: there is no such file, or more of its rows than the limits allow cannot be used.
        SaveError: the listing could not be written.
    """
    rows = RowFile(path, limits=clip_limits(limits))
    try:
        return _looked_at(rows, family, limits, listing, display, distils=distils)
    except BaseException:
        rows.close()
        raise


def clip_limits(limits: Limits) -> ClipLimits:
    """What the recipe says of clips, as they are read."""
    return ClipLimits(limits.max_duration_s, limits.min_duration_s, limits.silence_dbfs)


def _looked_at(
    rows: RowFile,
    family: TrainedFamily,
    limits: Limits,
    listing: Path | None,
    display: TrainDisplay,
    *,
    distils: bool,
) -> Pool:
    display.begin(len(rows), unit="rows")
    durations = np.full(len(rows), np.nan, dtype=np.float32)
    skipped = Counter(rows.refused)
    refusals: list[Refusal] = list(rows.refusals)
    audio = blake2b(digest_size=_DIGEST_BYTES)
    for index, found in enumerate(_look_at_all(rows, family, limits, distils)):
        if isinstance(found, Refusal):
            skipped[found.reason] += 1
            refusals.append(found)
        else:
            durations[index] = found.duration_s
            audio.update(found.digest)
        display.advance("looking at the clips")
    if listing is not None:
        lines = "".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in refusals)
        # Half a character stays as JSON has it: a backslash and its number.
        write_text(listing, lines.encode("utf-8", "backslashreplace").decode())
    usable = np.flatnonzero(~np.isnan(durations))
    known = Known(rows.base_wer[usable], durations[usable], rows.clean[usable])
    pool = Pool(rows, usable, known, skipped, audio.hexdigest())
    _require_enough(pool, limits.max_skipped_share, refusals, listing)
    return pool


@dataclass(frozen=True, slots=True)
class _Heard:
    """A clip that can be trained on."""

    duration_s: float
    digest: bytes
    """Of its samples, and of those that it was made of, where they are needed."""


def _look_at_all(
    rows: RowFile, family: TrainedFamily, limits: Limits, distils: bool
) -> Iterator[_Heard | Refusal]:
    """What each clip is, or why its row cannot be used."""
    numbers = iter(range(len(rows)))
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as threads:
        while batch := list(islice(numbers, _AT_ONCE)):
            yield from threads.map(lambda index: _look_at(rows, index, family, limits, distils), batch)


def _look_at(
    rows: RowFile, index: int, family: TrainedFamily, limits: Limits, distils: bool
) -> _Heard | Refusal:
    row = rows[index]
    digest = blake2b(digest_size=_DIGEST_BYTES)
    try:
        samples = read_degraded(row, clip_limits(limits))
        duration_s = len(samples) / RATE_HZ
        if len(row.solution) > limits.max_characters_per_s * duration_s:
            raise ClipRefused(
                "too_much_text",
                f"found {len(row.solution)} characters in {duration_s:.1f} s, expected at "
                f"most {limits.max_characters_per_s:g} a second",
            )
        _require_trainable(row, samples, family)
        digest.update(np.ascontiguousarray(samples).data)
        if distils and not row.clean:
            samples = read_clean(row, rows.path, clip_limits(limits))
            _require_trainable(row, samples, family)
            digest.update(np.ascontiguousarray(samples).data)
    except ClipRefused as error:
        return Refusal(rows.where(index), row.id, error.reason, error.detail)
    return _Heard(duration_s, digest.digest())


def _require_trainable(row: TrainingRow, samples: npt.NDArray[np.float32], family: TrainedFamily) -> None:
    piece = _or_refused("wrong_language", lambda: family.piece(row.id, samples, row.language))
    _or_refused("too_long_for_the_model", lambda: family.written(piece, row.language, row.solution))


def _or_refused(reason: str, action: Callable[[], T]) -> T:
    try:
        return action()
    except SampleError as error:
        raise ClipRefused(reason, str(error)) from error


def _require_enough(pool: Pool, share: float, refusals: list[Refusal], listing: Path | None) -> None:
    bad = sum(pool.skipped.values())
    total = bad + len(pool)
    if len(pool) and bad <= share * total:
        return
    if not total:
        raise UsageError(f"{pool.rows.path}: found no rows, expected at least one")
    reasons = ", ".join(f"{count} {reason}" for reason, count in pool.skipped.most_common())
    where = f"; all are in {listing}" if listing else ""
    shown = "\n".join(f"  {each}" for each in refusals[:5])
    raise UsageError(
        f"{pool.rows.path}: {bad} of {total} rows cannot be trained on ({reasons}), expected at most "
        f"{100 * share:g} % (limits.max_skipped_share){where}. The first:\n{shown}"
    )
