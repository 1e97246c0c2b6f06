"""Whether what a judge quotes is there: a claim without its words in the text counts for nothing."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .verdict import Claim, Verdict

_APOSTROPHES = "'\u2019"
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Where words have no blanks between them, a letter is enough of a word."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a raw text: characters from `start` up to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class KeyContentError:
    """Key content that was lost (`hypothesis` is `None`), brought in (`reference` is `None`) or changed."""

    kind: str
    """`name`, `number`, `date`, `negation` or `term`."""
    reference: Stretch | None
    hypothesis: Stretch | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What of a verdict stands in the texts."""

    hallucinated: tuple[Stretch, ...] = ()
    """In the hypothesis."""
    missed: tuple[Stretch, ...] = ()
    """In the reference."""
    key_errors: tuple[KeyContentError, ...] = ()
    unverified: tuple[str, ...] = ()
    """Claims that do not: counted nowhere."""


def check(verdict: Verdict, reference: str, hypothesis: str) -> Checked:
    """Find what a verdict quotes.

    Words are compared without case, accents and punctuation, whole and in their order, and each place is
    given away once. A key error needs words on one side at least, and other words on the other.

    >>> verdict = Verdict(("thank you", "bye"), ("on the",), 60, (), "")
    >>> found = check(verdict, "The cat sat, on the mat.", "the cat sat mat. Thank you!")
    >>> found.hallucinated, found.missed, found.unverified
    ((Stretch(start=17, end=26, text='Thank you'),), (Stretch(start=13, end=19, text='on the'),), \
('hallucinated: bye',))
    """
    unverified: list[str] = []
    sides = _Text(reference), _Text(hypothesis)
    missed = _placed(sides[0], verdict.missed_spans, "missed", unverified)
    hallucinated = _placed(sides[1], verdict.hallucinated_spans, "hallucinated", unverified)
    wrong = []
    for claim in verdict.key_errors:
        if (error := _key_error(claim, *sides)) is None:
            unverified.append(f"{claim.kind}: {claim.reference!r} -> {claim.hypothesis!r}")
        else:
            wrong.append(error)
    return Checked(hallucinated, missed, tuple(wrong), tuple(unverified))


class _Text:
    """A raw text and its words."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.words, self.places = _words(raw)

    def find(self, quote: str, taken: Iterable[Stretch] = ()) -> Stretch | None:
        """The first place of a quotation that does not touch one that is taken."""
        words, _ = _words(quote)
        if not words:
            return None
        used = list(taken)
        for first in range(len(self.words) - len(words) + 1):
            if self.words[first : first + len(words)] == words:
                start, end = self.places[first][0], self.places[first + len(words) - 1][1]
                if all(end <= other.start or other.end <= start for other in used):
                    return Stretch(start, end, self.raw[start:end])
        return None


def _placed(text: _Text, quotes: Sequence[str], what: str, unverified: list[str]) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for quote in quotes:
        if (place := text.find(quote, found)) is None:
            unverified.append(f"{what}: {quote}")
        else:
            found.append(place)
    return tuple(sorted(found, key=lambda place: place.start))


def _key_error(claim: Claim, reference: _Text, hypothesis: _Text) -> KeyContentError | None:
    quotes = claim.reference.strip(), claim.hypothesis.strip()
    if not any(quotes) or _words(quotes[0])[0] == _words(quotes[1])[0]:
        return None
    places = reference.find(quotes[0]), hypothesis.find(quotes[1])
    if any(quote and place is None for quote, place in zip(quotes, places, strict=True)):
        return None
    return KeyContentError(claim.kind, *places)


def _words(raw: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The words of a text without case and accents, and where each begins and ends."""
    words: list[str] = []
    places: list[tuple[int, int]] = []
    inside = False
    for at, sign in enumerate(raw):
        folded = _folded(sign)
        if folded is None:
            inside = False
        elif folded:
            if inside and not _stands_alone(sign):
                words[-1] += folded
                places[-1] = places[-1][0], at + 1
            else:
                words.append(folded)
                places.append((at, at + 1))
            inside = not _stands_alone(sign)
        elif inside:  # an accent belongs to its letter
            places[-1] = places[-1][0], at + 1
    return words, places


def _folded(sign: str) -> str | None:
    """What a sign adds to a word: letters, nothing, or (`None`) its end."""
    if sign in _APOSTROPHES:
        return ""
    kept = [part for part in unicodedata.normalize("NFKD", sign) if part.isalnum()]
    if kept:
        return "".join(kept).casefold()
    return "" if unicodedata.category(sign) in ("Mn", "Mc", "Me", "Cf") else None


def _stands_alone(sign: str) -> bool:
    return any(first <= ord(sign) <= last for first, last in _UNSPACED)
