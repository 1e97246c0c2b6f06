"""The rows of the training part that are taken, entered in the pool."""

from collections.abc import Mapping
from dataclasses import dataclass

from asrdiag.errors import UsageError

from .line import CLEAN
from .pool import Pool
from .recipe import Selection
from .selecting import Cell, Quota, quotas, stratum_of

_INDICES = """
CREATE INDEX IF NOT EXISTS by_cell ON candidates(part, bin, stratum, rank);
CREATE INDEX IF NOT EXISTS by_rank ON candidates(part, chosen, rank);
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was taken of the training part."""

    cells: dict[Cell, Quota]
    """Degraded rows by bin and stratum."""
    clean: Quota


def choose(pool: Pool, selection: Selection) -> Chosen:
    """Take rows of the training part by their quotas, and all of the other parts.

    Of a cell those are taken that come first in the order of a hash of the seed and their id.

    Raises:
        UsageError: there are degraded rows, but none can be taken: where no size is given, the shares of the
            bins are exact, and one of them is empty.
    """
    pool.db.create_function(
        "stratum_of", 2, lambda scenario, m: stratum_of(scenario, m, selection), deterministic=True
    )
    with pool.writing() as db:
        db.execute("UPDATE candidates SET stratum = stratum_of(scenario, severity) WHERE part = 'train'")
    pool.db.executescript(_INDICES)
    with pool.writing() as db:
        db.execute("UPDATE candidates SET chosen = (part IS NOT NULL AND part != 'train')")
        degraded = f"part = 'train' AND scenario != '{CLEAN}'"
        available: dict[Cell, int] = {
            (bin_, stratum): rows
            for bin_, stratum, rows in db.execute(
                "SELECT bin, stratum, COUNT(*) FROM candidates "  # noqa: S608
                f"WHERE {degraded} GROUP BY bin, stratum ORDER BY bin, stratum"
            )
        }
        cells = quotas(available, selection)
        if selection.size is None and available and not any(quota.taken for quota in cells.values()):
            raise UsageError(_nothing(available, selection))
        for (bin_, stratum), quota in cells.items():
            db.execute(
                "UPDATE candidates SET chosen = 1 WHERE n IN (SELECT n FROM candidates "  # noqa: S608
                f"WHERE {degraded} AND bin = ? AND stratum = ? ORDER BY rank LIMIT ?)",
                (bin_, stratum, quota.taken),
            )
        clean = _clean_quota(pool, sum(quota.taken for quota in cells.values()), selection)
        db.execute(
            "UPDATE candidates SET chosen = 1 WHERE n IN (SELECT n FROM candidates "  # noqa: S608
            f"WHERE part = 'train' AND scenario = '{CLEAN}' ORDER BY rank LIMIT ?)",
            (clean.taken,),
        )
    return Chosen(cells, clean)


def _nothing(available: Mapping[Cell, int], selection: Selection) -> str:
    rows = [
        sum(count for (bin_, _), count in available.items() if bin_ == number)
        for number in range(len(selection.bin_shares or ()))
    ]
    return (
        f"select: found {rows} degraded rows in the bins, too few for bin_shares "
        f"{list(selection.bin_shares or ())} without a size; `select.size` takes what there is"
    )


def _clean_quota(pool: Pool, degraded: int, selection: Selection) -> Quota:
    available = pool.count("part = 'train' AND scenario = ?", (CLEAN,))
    share = selection.share_clean
    wanted = available if share is None else round(degraded * share / (1 - share))
    return Quota(available, wanted, min(available, wanted))
