"""The audio of every candidate: looked at, hashed, and written to a file of its own where it has none."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from asrdiag.audio import sha256_of, to_pcm16_grid, write_flac
from asrdiag.corpus.progress import CorpusDisplay

from .candidates import SAMPLE_RATE_HZ
from .clips import ClipRefused, Limits, read_place, require_fit
from .pool import Clip, Pool
from .remaking import Remaker

_AT_ONCE = 256
"""Clips a transaction: what `kill -9` costs at most."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of looking at a clip's audio."""

    n: int
    refused: ClipRefused | None = None
    sha256: str | None = None
    """Of its samples at 16 kHz, rounded to 16 bits: so a copy of finer samples is the same."""
    duration_s: float | None = None
    file: str | None = None
    """Where it was written, below the folder of the data; `None`: it is a file already."""


def check_audio(pool: Pool, out: Path, limits: Limits, display: CorpusDisplay, *, workers: int) -> None:
    """Look at the audio of every candidate that is not dropped yet.

    Stretches of files, rows of tables and clips that a run did not keep are written to `audio/` as 16-bit
    FLAC. Goes on where an earlier session stopped.

    Raises:
        SaveError: something could not be written.
    """
    total = pool.count("reason IS NULL")
    remaker = Remaker()
    look = _Look(out, limits, remaker)
    with display, ThreadPoolExecutor(workers) as threads:
        display.begin(total, pool.count("reason IS NULL AND checked = 1"), 0)
        after = -1
        while clips := pool.to_check(after, _AT_ONCE):
            found = list(threads.map(look, clips))
            with pool.writing() as db:
                for each in found:
                    if each.refused is not None:
                        pool.drop(each.n, each.refused.reason, each.refused.detail)
                        continue
                    db.execute(
                        "UPDATE candidates SET checked = 1, sha256 = ?, duration_s = ? WHERE n = ?",
                        (each.sha256, each.duration_s, each.n),
                    )
                    if each.file is not None:
                        db.execute(
                            "UPDATE candidates SET path = ?, offset_s = 0, stretch_s = NULL, "
                            "place_row = NULL, remake = NULL WHERE n = ?",
                            (str(out.absolute() / each.file), each.n),
                        )
            after = clips[-1].n
            refused = sum(each.refused is not None for each in found)
            display.advance(len(found), refused, sum(each.duration_s or 0.0 for each in found))


@dataclass(frozen=True, slots=True)
class _Look:
    out: Path
    limits: Limits
    remaker: Remaker

    def __call__(self, clip: Clip) -> Heard:
        try:
            samples = self._samples(clip)
            if clip.expected_sha256 not in (None, sha256_of(samples, SAMPLE_RATE_HZ)) and clip.remake is None:
                raise ClipRefused(
                    "changed_audio", f"{clip.place.path}: other samples than on record; make the set again"
                )
            samples = to_pcm16_grid(samples)
            digest = sha256_of(samples, SAMPLE_RATE_HZ)
            file = None
            if clip.remake is not None or not clip.place.is_whole_file:
                file = f"audio/{digest[:2]}/{digest}.flac"
                if not (self.out / file).exists():
                    write_flac(self.out / file, samples, SAMPLE_RATE_HZ)
            return Heard(clip.n, None, digest, round(len(samples) / SAMPLE_RATE_HZ, 6), file)
        except ClipRefused as error:
            return Heard(clip.n, error)

    def _samples(self, clip: Clip) -> npt.NDArray[np.float32]:
        if clip.remake is None:
            return read_place(clip.place, SAMPLE_RATE_HZ, self.limits)
        rate = clip.remake["sample_rate_hz"]
        samples = self.remaker.remake(clip.remake)
        if rate != SAMPLE_RATE_HZ:
            samples = soxr.resample(samples, rate, SAMPLE_RATE_HZ, quality="HQ")
        require_fit(samples, SAMPLE_RATE_HZ, self.limits, str(clip.remake["sample_id"]))
        return samples
