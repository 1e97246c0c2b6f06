"""The alignment of a hypothesis with its reference: one rule, whatever the library."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from rapidfuzz.distance import LCSseq

from .counts import Counts
from .lattice import Moves, minimum_edit_moves
from .similarity import character_similarity, is_soft
from .units import Unit

Kind: TypeAlias = Literal["C", "S", "D", "I"]

MAX_COMPARED_CELLS = 2_000_000
"""Cells of minimum-edit alignments up to which alignments are compared by similarity."""


class Op(NamedTuple):
    """One step of an alignment: `C`orrect, `S`ubstitution, `D`eletion or `I`nsertion.

    The indices point into the token sequences; a deletion has no hypothesis index and an insertion no
    reference index. `soft` is set for soft substitutions only.
    """

    kind: Kind
    reference_index: int | None
    hypothesis_index: int | None
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Alignment:
    """The steps from reference to hypothesis, left to right, and their counts.

    `tie_break` is `similarity` for the full rule, `order` where the texts were too large for it.
    """

    ops: tuple[Op, ...]
    counts: Counts
    tie_break: Literal["similarity", "order"] = "similarity"


def align(
    reference_tokens: Sequence[str], hypothesis_tokens: Sequence[str], *, unit: Unit = "word"
) -> Alignment:
    """Align two token sequences with the fewest edits, pairing the tokens that are most alike.

    Among all alignments with the fewest edits, the one with the largest sum of `character_similarity` over
    its aligned pairs is taken (an equal pair counts 1000); among those, left to right, a pair goes before a
    deletion and a deletion before an insertion. So the error rate is the standard one, and soft and hard
    substitutions do not depend on a library's habits. Where more than `MAX_COMPARED_CELLS` cells lie on
    minimum-edit alignments (texts of 3000 and 1500 words without a common word), similarity is left out
    and only the order decides; `tie_break` says so.

    `unit` only labels the counts. Either sequence may be empty.

    Raises:
        TypeError: A text was given instead of a sequence of tokens.

    >>> alignment = align("the cat sat on the mat".split(), "the cap sat on mat".split())
    >>> "".join(op.kind for op in alignment.ops)
    'CSCCDC'
    >>> alignment.ops[1]
    Op(kind='S', reference_index=1, hypothesis_index=1, soft=True)
    """
    for side, tokens in (("reference", reference_tokens), ("hypothesis", hypothesis_tokens)):
        if isinstance(tokens, str):
            raise TypeError(f"{side}_tokens is a text ({tokens[:40]!r}), expected a sequence of tokens")
    reference, hypothesis = tuple(reference_tokens), tuple(hypothesis_tokens)
    prefix, suffix = _common_ends(reference, hypothesis)
    reference_core = reference[prefix : len(reference) - suffix]
    hypothesis_core = hypothesis[prefix : len(hypothesis) - suffix]
    kinds, exact = _path(reference_core, hypothesis_core)

    ops = [Op("C", index, index) for index in range(prefix)]
    correct, soft, hard, deletions, insertions = prefix + suffix, 0, 0, 0, 0
    i = j = prefix
    for kind in kinds:
        if kind == "D":
            deletions += 1
            ops.append(Op("D", i, None))
            i += 1
        elif kind == "I":
            insertions += 1
            ops.append(Op("I", None, j))
            j += 1
        else:
            if (reference_token := reference[i]) == (hypothesis_token := hypothesis[j]):
                correct += 1
                ops.append(Op("C", i, j))
            elif is_soft(reference_token, hypothesis_token):
                soft += 1
                ops.append(Op("S", i, j, True))
            else:
                hard += 1
                ops.append(Op("S", i, j))
            i += 1
            j += 1
    ops.extend(Op("C", i + offset, j + offset) for offset in range(suffix))
    backbone = LCSseq.similarity(reference_core, hypothesis_core)
    counts = Counts(
        correct=correct,
        substitutions_soft=soft,
        substitutions_hard=hard,
        deletions=deletions,
        insertions=insertions,
        lcs=prefix + suffix + backbone,
        unit=unit,
    )
    return Alignment(tuple(ops), counts, "similarity" if exact else "order")


def _common_ends(reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> tuple[int, int]:
    # Equal tokens at the start are paired by the rule itself. At the end an equally good alignment may pair
    # other copies of a token further left, which the rule prefers; so the common end is cut only from a
    # token on that neither side holds twice: leaving that one unpaired always costs more.
    shorter = min(len(reference), len(hypothesis))
    prefix = 0
    while prefix < shorter and reference[prefix] == hypothesis[prefix]:
        prefix += 1
    suffix = 0
    while suffix < shorter - prefix and reference[-1 - suffix] == hypothesis[-1 - suffix]:
        suffix += 1
    if suffix:
        copies = Counter(reference[prefix:]), Counter(hypothesis[prefix:])
        while suffix and any(count[reference[-suffix]] > 1 for count in copies):
            suffix -= 1
    return prefix, suffix


def _path(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[Sequence[str], bool]:
    # "M" is a pair, equal or not. The second value says whether the whole rule was applied.
    if not reference or not hypothesis:
        return "D" * len(reference) + "I" * len(hypothesis), True
    rows = minimum_edit_moves(reference, hypothesis)
    if not any(d & e or d & s or e & s for d, e, s in rows):
        return _first_path(rows, len(hypothesis)), True
    if sum(_extent(row)[1] for row in rows) > MAX_COMPARED_CELLS:
        return _first_path(rows, len(hypothesis)), False
    return _most_similar_path(rows, reference, hypothesis), True


def _extent(row: Moves) -> tuple[int, int]:
    # First cell of the row with a move, and how many cells lie from it to the last one.
    cells = row.diagonal | row.deletion | row.insertion
    if not cells:
        return 0, 0
    lowest = (cells & -cells).bit_length() - 1
    return lowest, cells.bit_length() - lowest


def _first_path(rows: Sequence[Moves], hypothesis_length: int) -> list[str]:
    path: list[str] = []
    i = j = 0
    while i < len(rows) - 1 or j < hypothesis_length:
        row = rows[i]
        if row.diagonal >> j & 1:
            path.append("M")
            i += 1
            j += 1
        elif row.deletion >> j & 1:
            path.append("D")
            i += 1
        else:
            path.append("I")
            j += 1
    return path


def _most_similar_path(
    rows: Sequence[Moves], reference: Sequence[str], hypothesis: Sequence[str]
) -> list[str]:
    # From the last cell to the first: the largest similarity still to come, and the move that earns it.
    known: dict[tuple[str, str], int] = {}
    last = len(reference)
    chosen: list[tuple[int, bytearray]] = [(0, bytearray())] * (last + 1)
    below: dict[int, int] = {}
    for i in range(last, -1, -1):
        row = rows[i]
        here = {len(hypothesis): 0} if i == last else {}
        lowest, width = _extent(row)
        if not width:
            below = here
            continue
        moves = bytearray(width)
        flags = zip(*(format(bits >> lowest, f"0{width}b") for bits in row), strict=True)
        for j, (diagonal, deletion, insertion) in zip(
            range(lowest + width - 1, lowest - 1, -1), flags, strict=True
        ):
            best = -1
            move = 0
            if diagonal == "1":
                pair = reference[i], hypothesis[j]
                gain = known.get(pair)
                if gain is None:
                    gain = known[pair] = character_similarity(*pair)
                best = below[j + 1] + gain
                move = _PAIR
            if deletion == "1" and below[j] > best:
                best = below[j]
                move = _DELETION
            if insertion == "1" and here[j + 1] > best:
                best = here[j + 1]
                move = _INSERTION
            if move:
                here[j] = best
                moves[j - lowest] = move
        chosen[i] = lowest, moves
        below = here
    path: list[str] = []
    i = j = 0
    while i < last or j < len(hypothesis):
        lowest, moves = chosen[i]
        move = moves[j - lowest]
        path.append("?MDI"[move])
        i += move != _INSERTION
        j += move != _DELETION
    return path


_PAIR, _DELETION, _INSERTION = 1, 2, 3
