"""What an utterance says that a reader must get right, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

from .counts import KeyContentCounts, KeyCounts

KeyKind: TypeAlias = Literal["negation", "number", "date", "keyword", "name"]
KeyStatus: TypeAlias = Literal["kept", "changed", "lost", "introduced"]

KEY_KINDS: tuple[KeyKind, ...] = get_args(KeyKind)
"""In the order in which their errors weigh."""

KEY_FLAGS: tuple[str, ...] = tuple(
    f"{kind}_{status}" for kind in KEY_KINDS for status in ("changed", "lost", "introduced")
)[1:]
"""What can be wrong, worst first. A negation is never changed: it is there or it is not."""


class KeyItem(NamedTuple):
    """One piece of key content, with its places in the raw texts: characters, end exclusive.

    `kept`: said and recognised, however it is written; only the place in the reference is given. `changed`:
    another one of its kind stands in its place. `lost`: none does; `hypothesis` holds the words that stand
    there, if any. `introduced`: nobody said it; `reference` holds the words that were said instead, if any.
    A side without text has `None` in its three fields.
    """

    kind: KeyKind
    status: KeyStatus
    reference: str | None
    reference_start: int | None
    reference_end: int | None
    hypothesis: str | None = None
    hypothesis_start: int | None = None
    hypothesis_end: int | None = None


@dataclass(frozen=True, slots=True)
class KeyContent:
    """The key content of one utterance: that of the reference, then what was introduced, left to right."""

    items: tuple[KeyItem, ...] = ()

    @property
    def errors(self) -> tuple[KeyItem, ...]:
        """What was changed, lost or introduced."""
        return tuple(item for item in self.items if item.status != "kept")

    @property
    def flags(self) -> tuple[str, ...]:
        """What is wrong, each once, the worst first: some of `KEY_FLAGS`."""
        found = {f"{item.kind}_{item.status}" for item in self.items if item.status != "kept"}
        return tuple(flag for flag in KEY_FLAGS if flag in found) if found else ()

    @property
    def counts(self) -> KeyContentCounts:
        """The items counted."""
        return KeyContentCounts.of([self])

    @property
    def total(self) -> KeyCounts:
        """All items counted together."""
        found = Counter[str](item.status for item in self.items)
        return KeyCounts(**found)
