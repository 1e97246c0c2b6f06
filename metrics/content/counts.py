"""Key content counted: counts add up, rates are formed last."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .records import KeyContent


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCounts:
    """What became of the key content of one kind, or of all; `sum()` adds counts up.

    As tokens are correct, substituted, deleted and inserted, key content is kept, changed, lost and
    introduced. Rates are fractions, `None` over nothing.

    Raises:
        ValueError: A number is negative.
        TypeError: A number is not an integer.

    >>> counts = KeyCounts(kept=6, changed=1, lost=1, introduced=2)
    >>> counts.reference, counts.hypothesis, counts.errors
    (8, 9, 4)
    >>> counts.recall, round(counts.precision, 4), KeyCounts().recall
    (0.75, 0.6667, None)
    """

    kept: int = 0
    changed: int = 0
    lost: int = 0
    introduced: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int:
                try:
                    value = operator.index(value)
                except TypeError:
                    raise TypeError(f"{field.name} is {value!r}, expected a whole number") from None
                object.__setattr__(self, field.name, value)
            if value < 0:
                raise ValueError(f"counts cannot be negative: {self}")

    def __add__(self, other: object) -> KeyCounts:
        if not isinstance(other, KeyCounts):
            return NotImplemented
        return KeyCounts(
            kept=self.kept + other.kept,
            changed=self.changed + other.changed,
            lost=self.lost + other.lost,
            introduced=self.introduced + other.introduced,
        )

    def __radd__(self, other: object) -> KeyCounts:
        return self if type(other) is int and other == 0 else NotImplemented

    @property
    def reference(self) -> int:
        """What was said."""
        return self.kept + self.changed + self.lost

    @property
    def hypothesis(self) -> int:
        """What was recognised."""
        return self.kept + self.changed + self.introduced

    @property
    def errors(self) -> int:
        """The places at which something is wrong."""
        return self.changed + self.lost + self.introduced

    @property
    def recall(self) -> float | None:
        """The share of what was said that was recognised."""
        return self.kept / self.reference if self.reference else None

    @property
    def precision(self) -> float | None:
        """The share of what was recognised that was said."""
        return self.kept / self.hypothesis if self.hypothesis else None


_NOTHING = KeyCounts()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyContentCounts:
    """Key content counted by kind; `sum()` adds counts up.

    >>> one = KeyContentCounts(number=KeyCounts(kept=2), negation=KeyCounts(lost=1))
    >>> sum([one, one]).total
    KeyCounts(kept=4, changed=0, lost=2, introduced=0)
    """

    negation: KeyCounts = _NOTHING
    number: KeyCounts = _NOTHING
    date: KeyCounts = _NOTHING
    keyword: KeyCounts = _NOTHING
    name: KeyCounts = _NOTHING

    @classmethod
    def of(cls, contents: Iterable[KeyContent | None]) -> KeyContentCounts:
        """Count the items of utterances; `None`, one without an answer, has none."""
        found = Counter(
            (item.kind, item.status) for content in contents if content is not None for item in content.items
        )
        counts: dict[str, dict[str, int]] = {}
        for (kind, status), number in found.items():
            counts.setdefault(kind, {})[status] = number
        return cls(**{kind: KeyCounts(**of) for kind, of in counts.items()})

    def __add__(self, other: object) -> KeyContentCounts:
        if not isinstance(other, KeyContentCounts):
            return NotImplemented
        sums = {field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)}
        return KeyContentCounts(**sums)

    def __radd__(self, other: object) -> KeyContentCounts:
        return self if type(other) is int and other == 0 else NotImplemented

    @property
    def total(self) -> KeyCounts:
        """All kinds together; what is of two kinds, such as a keyword that is a name, counts in both."""
        return self.negation + self.number + self.date + self.keyword + self.name

    def as_dict(self) -> Mapping[str, Mapping[str, int]]:
        """The counts of each kind by name, for JSON."""
        return asdict(self)
