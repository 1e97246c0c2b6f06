"""Looking at references: empty ones, characters that do not belong, more letters than one can say."""

import unicodedata
from collections import Counter
from collections.abc import Mapping

from ...metrics import unit_for
from ...metrics.units import Unit
from .characters import unexpected_characters
from .findings import Findings

LETTERS_PER_S: Mapping[Unit, tuple[float, float]] = {
    "word": (1.0, 30.0),
    "character": (0.3, 12.0),
    "mixed": (0.3, 30.0),
}
"""Characters a second, without blanks, that are worth no look: read English has about 14, Mandarin 4."""
SLOW_S = 5.0
"""Too few in a clip shorter than this are no wonder: it may begin and end with silence."""


class Texts:
    """The references of a dataset, one after the other."""

    def __init__(self, shown: int | None) -> None:
        self.empty = Findings("empty references", True, shown)
        self.tags = Findings("languages that are not named by a tag", True, shown)
        self.rates = Findings("more or fewer characters a second than one says", False, shown)
        self._shown = shown
        self._unexpected: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], str] = {}
        self._units: dict[str, Unit | None] = {}

    def look(self, sample_id: str, reference: str, language: str, seconds: float | None) -> None:
        """One more; `seconds` is its audio's length, `None` where that is not known."""
        letters = len("".join(reference.split()))
        if not letters:
            self.empty.add(sample_id)
            return
        unit = self._unit(language)
        if unit is None:
            self.tags.add(f"{sample_id}: found {language!r}, expected a tag such as 'en' or 'zh-CN'")
            return
        for character in unexpected_characters(reference, language):
            self._unexpected[language, character] += 1
            self._first.setdefault((language, character), sample_id)
        if seconds:
            least, most = LETTERS_PER_S[unit]
            rate = letters / seconds
            if rate > most or (rate < least and seconds > SLOW_S):
                self.rates.add(f"{sample_id}: {letters} characters in {seconds:.2f} s, {rate:.1f} a second")

    def _unit(self, language: str) -> Unit | None:
        if language not in self._units:
            try:
                self._units[language] = unit_for(language)
            except ValueError:
                self._units[language] = None
        return self._units[language]

    @property
    def characters(self) -> Findings:
        """The characters that do not belong, the most frequent first."""
        found = Findings("characters outside the expected set of their language", False, self._shown)
        for (language, character), number in self._unexpected.most_common():
            name = unicodedata.name(character, "without a name")
            shown = f"{character!r} U+{ord(character):04X} {name}"
            times = "once" if number == 1 else f"{number} times"
            where = self._first[language, character]
            found.add(f"{shown}: {times} in {language}, first in {where}", number)
        return found
