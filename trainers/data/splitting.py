"""Training, validation and test: no two of them share a speaker, or a text."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from asrdiag.errors import UsageError

from .pool import Pool
from .recipe import Split

PARTS = ("validation", "test", "train")
"""In the order in which they are filled: what is left is for training."""

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Parted:
    """How a split came out."""

    groups: int
    """Sets of rows that hang together by speaker or text."""
    largest: int
    """Rows of the largest."""
    wanted: dict[str, int]
    """Rows that were asked for, for validation and test."""


def split(pool: Pool, wanted: Split, seed: int) -> Parted:
    """Give every candidate that is left its part.

    Rows that share what `disjoint` names hang together, directly or through others; such a group goes to one
    part as a whole. Groups are taken in the order of a hash of the seed and what they hold: so the same rows
    are split alike wherever that is done, and other rows hardly move those that were there before.

    Raises:
        UsageError: rows lack a speaker, or there are too few groups; the message says what to do.
    """
    by = dict.fromkeys(wanted.disjoint) or {"text": None}
    if "speaker" in by:
        _require_speakers(pool)
    with pool.writing() as db:
        db.execute("CREATE TEMP TABLE IF NOT EXISTS nodes(node INTEGER PRIMARY KEY, name TEXT UNIQUE)")
        db.execute("DELETE FROM nodes")
        columns = {"speaker": "'s:' || speaker", "text": "'t:' || text_id"}
        for what in by:
            db.execute(
                f"INSERT OR IGNORE INTO nodes(name) SELECT DISTINCT {columns[what]} FROM candidates "  # noqa: S608
                "WHERE reason IS NULL ORDER BY 1"
            )
        roots = _Roots(db.execute("SELECT COUNT(*) FROM nodes").fetchone()[0] + 1)
        if len(by) == 2:
            pairs = db.execute(
                "SELECT DISTINCT a.node, b.node FROM candidates c JOIN nodes a ON a.name = 's:' || c.speaker "
                "JOIN nodes b ON b.name = 't:' || c.text_id WHERE c.reason IS NULL"
            )
            for a, b in pairs:
                roots.join(a, b)
        first = next(iter(by))
        found = roots.all()
        db.execute("CREATE TEMP TABLE IF NOT EXISTS groups(node INTEGER PRIMARY KEY, component INTEGER)")
        db.execute("DELETE FROM groups")
        db.executemany("INSERT INTO groups VALUES(?, ?)", enumerate(found.tolist()))
        db.execute(
            "UPDATE candidates SET component = (SELECT g.component FROM nodes o JOIN groups g "  # noqa: S608
            f"ON g.node = o.node WHERE o.name = {columns[first]}) WHERE reason IS NULL"
        )
        keys = _keys(db.execute("SELECT node, name FROM nodes"), found, seed)
        sizes = np.zeros(len(found), dtype=np.int64)
        for component, rows in db.execute(
            "SELECT component, COUNT(*) FROM candidates WHERE reason IS NULL GROUP BY component"
        ):
            sizes[component] = rows
        total = int(sizes.sum())
        targets = {part: _target(getattr(wanted, part), total) for part in PARTS[:-1]}
        part_of = _fill(sizes, keys, targets)
        _require_possible(pool, by, sizes, part_of, targets)
        db.execute("CREATE TEMP TABLE IF NOT EXISTS parts(component INTEGER PRIMARY KEY, part TEXT)")
        db.execute("DELETE FROM parts")
        db.executemany(
            "INSERT INTO parts VALUES(?, ?)",
            ((component, PARTS[part_of[component]]) for component in np.flatnonzero(sizes).tolist()),
        )
        db.execute("UPDATE candidates SET part = NULL, chosen = 0")
        db.execute(
            "UPDATE candidates SET part = (SELECT part FROM parts p "
            "WHERE p.component = candidates.component) WHERE reason IS NULL"
        )
    return Parted(int((sizes > 0).sum()), int(sizes.max(initial=0)), targets)


class _Roots:
    """Which nodes hang together: 8 bytes a node.

    >>> roots = _Roots(4)
    >>> roots.join(3, 1)
    >>> roots.all().tolist()
    [0, 1, 2, 1]
    """

    def __init__(self, n: int) -> None:
        self._parents = array("q", range(n))

    def join(self, a: int, b: int) -> None:
        a, b = self._root(a), self._root(b)
        self._parents[max(a, b)] = min(a, b)

    def all(self) -> Whole:
        """The smallest node that each one hangs together with."""
        return np.array([self._root(node) for node in range(len(self._parents))], dtype=np.int64)

    def _root(self, node: int) -> int:
        parents = self._parents
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node


def _keys(names: Iterable[tuple[int, str]], roots: Whole, seed: int) -> npt.NDArray[np.uint64]:
    """What orders the groups: the least hash of what each one holds."""
    keys = np.full(len(roots), np.iinfo(np.uint64).max, dtype=np.uint64)
    for node, name in names:
        digest = blake2b(f"{seed}:{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        key = np.uint64(int.from_bytes(digest, "little"))
        keys[roots[node]] = min(keys[roots[node]], key)
    return keys


def _target(wanted: float, total: int) -> int:
    return max(1, round(wanted * total)) if 0 < wanted < 1 else int(wanted)


def _fill(sizes: Whole, keys: npt.NDArray[np.uint64], targets: dict[str, int]) -> npt.NDArray[np.int8]:
    """The part of each group: a group is taken unless it is larger than what is still missing.

    >>> sizes, keys = np.array([5, 1, 3, 1]), np.array([1, 2, 3, 4], dtype=np.uint64)
    >>> [PARTS[part] for part in _fill(sizes, keys, {"validation": 2, "test": 3})]
    ['train', 'validation', 'test', 'validation']
    """
    part_of = np.full(len(sizes), len(PARTS) - 1, dtype=np.int8)
    order = [int(group) for group in np.argsort(keys, kind="stable") if sizes[group]]
    for number, target in enumerate(targets.values()):
        later = 1 + sum(each > 0 for each in list(targets.values())[number + 1 :])
        missing, left = target, []
        spare = len(order) - later  # each part that follows needs a group too
        for group in order:
            if sizes[group] <= missing and spare > 0:
                part_of[group] = number
                missing -= int(sizes[group])
                spare -= 1
            else:
                left.append(group)
        if missing == target > 0 and spare > 0:  # every group is larger: the smallest is nearest
            smallest = min(left, key=lambda group: int(sizes[group]))
            part_of[smallest] = number
            left.remove(smallest)
        order = left
    return part_of


def _require_speakers(pool: Pool) -> None:
    lacking = pool.count("reason IS NULL AND speaker IS NULL")
    if lacking:
        first = pool.db.execute(
            "SELECT id FROM candidates WHERE reason IS NULL AND speaker IS NULL ORDER BY n"
        )
        raise UsageError(
            f"{lacking} rows name no speaker (the first: {first.fetchone()[0]!r}), so parts without a common "
            "speaker cannot be made; name speakers in the input, or set `split: {disjoint: [text]}`"
        )


def _require_possible(
    pool: Pool,
    by: Iterable[str],
    sizes: Whole,
    part_of: npt.NDArray[np.int8],
    targets: dict[str, int],
) -> None:
    needed = [part for part, target in targets.items() if target] + ["train"]
    got = {PARTS[part] for part in part_of[sizes > 0]}
    empty = [part for part in needed if part not in got]
    if not empty:
        return
    groups, total = int((sizes > 0).sum()), int(sizes.sum())
    if not total:
        raise UsageError("no row is left to split: every one was dropped, see dropped.jsonl")
    what = " or ".join(by)
    speakers = pool.db.execute(
        "SELECT COUNT(DISTINCT speaker) FROM candidates WHERE reason IS NULL"
    ).fetchone()[0]
    if "speaker" in by and speakers == 1:
        found = f"all {total} rows are of one speaker"
    else:
        found = f"the {total} rows form {groups} group{'s' if groups > 1 else ''} by {' and '.join(by)}"
    choices = {"speaker": "`split: {disjoint: [text]}` keeps texts apart, and speakers not"}
    if len(list(by)) == 2:
        choices["text"] = "`split: {disjoint: [speaker]}` keeps speakers apart, and texts not"
    if speakers == 1:
        choices.pop("text", None)
    advice = (
        "; ".join(text for key, text in choices.items() if key in by) or "add rows, or ask for fewer parts"
    )
    raise UsageError(
        f"{found}, but the parts {' and '.join(needed)} with no {what} in common need at least "
        f"{len(needed)}: {advice}"
    )
