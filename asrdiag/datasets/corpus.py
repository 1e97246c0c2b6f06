"""What the loaders of published corpora share: what a corpus is, and that it is all there."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from ..errors import UsageError
from ..spec import SuitePath
from .base import DatasetSpec, Utterance

_SHOWN = 10
"""Problems that an error message lists."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a corpus is, for `asrdiag datasets show`."""

    title: str
    citation: str
    licence: str
    """Its name and what it asks for, in a sentence."""
    obtain: str
    """Where to get it and what to do with what one gets."""
    layout: str
    """The folders and files under the root, as a drawing."""
    languages: tuple[str, ...]
    subsets: str
    """What makes a subset, in a sentence."""
    factors: Mapping[str, str]
    """Factors of its utterances and what each says."""
    root_variable: str
    """Names the root in the packaged suites: `CHIME4_ROOT`."""
    sample_rate_hz: int | None = None
    """That every file is documented to have; `None` where they differ."""
    channels: int = 1
    """That every file is documented to have."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a corpus on disk that is not as documented."""

    where: str
    """The file, with the line where there is one."""
    what: str
    """What was found and what was expected."""
    clips: int = 1
    """Utterances that it concerns."""
    listed: bool = True
    """Whether these are among the listed ones; audio without a transcript, say, is not."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Listing:
    """A corpus as it lies on disk."""

    utterances: tuple[Utterance, ...]
    """In the corpus' order. One whose audio is missing is among them: it will fail, and be counted."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """A corpus on disk held against its documentation."""

    utterances: tuple[Utterance, ...]
    problems: tuple[Problem, ...]
    miscounts: tuple[Problem, ...]
    """A problem for each subset that has another number of utterances than documented."""

    @property
    def concerned(self) -> int:
        """How many utterances are missing or not as documented.

        One that is not listed is seen twice: by the file that is left over and by the count.
        """
        listed = sum(problem.clips for problem in self.problems if problem.listed)
        unlisted = sum(problem.clips for problem in self.problems if not problem.listed)
        return listed + max(unlisted, sum(problem.clips for problem in self.miscounts))


class CorpusSpec(DatasetSpec):
    """A published corpus below a root folder. Loaders subclass this, set `card` and write `read`."""

    card: ClassVar[Card]

    root: SuitePath
    allow_missing: Annotated[int, Field(ge=0)] = 0
    """Utterances, at most, whose audio or transcript may be missing or not as documented."""

    @abstractmethod
    def read(self) -> Listing:
        """List what is on disk, and what is wrong with it; counts need not be looked at.

        Raises:
            UsageError: it is not this corpus at all.
        """

    @abstractmethod
    def expected(self) -> Mapping[tuple[str, str], int]:
        """By subset and language, how many utterances the corpus is documented to have in what was asked for.

        Empty where nothing is documented. A subset that is absent here may have any number.
        """

    def missing(self) -> str | None:
        if self.root.is_dir():
            return None
        return f"there is no folder {self.root}; expected the root of {self.card.title}"

    def survey(self) -> Survey:
        """What is on disk held against what is documented.

        Raises:
            UsageError: there is no such folder, or it is not this corpus at all.
        """
        if reason := self.missing():
            raise UsageError(f"{self.id}: {reason}")
        listing = self.read()
        return Survey(listing.utterances, listing.problems, tuple(self._miscounted(listing.utterances)))

    def utterances(self) -> tuple[Utterance, ...]:
        """Every utterance, in the corpus' order.

        Raises:
            UsageError: more than `allow_missing` utterances are missing or not as documented; the message
                lists the first of them with file and line.
        """
        survey = self.survey()
        if survey.concerned > self.allow_missing:
            raise UsageError(_refusal(self, survey))
        return survey.utterances

    def shortfall(self, utterances: Iterable[Utterance]) -> Mapping[tuple[str, str], int]:
        """By subset and language, how many utterances are documented besides these."""
        found = _count(utterances)
        return {part: n - found[part] for part, n in self.expected().items() if n > found[part]}

    def _miscounted(self, utterances: Iterable[Utterance]) -> Iterable[Problem]:
        found = _count(utterances)
        for (subset, language), documented in self.expected().items():
            number = found[subset, language]
            if number != documented:
                where = f"{self.root}: subset {subset} ({language})"
                what = f"found {number} utterances, expected {documented}"
                yield Problem(where, what, abs(number - documented), listed=False)


def _count(utterances: Iterable[Utterance]) -> Counter[tuple[str, str]]:
    return Counter((utterance.subset, utterance.language) for utterance in utterances)


def _refusal(spec: CorpusSpec, survey: Survey) -> str:
    problems = (*survey.problems, *survey.miscounts)
    lines = [f"{spec.id}: {problem}" for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"{spec.id}: and {len(problems) - _SHOWN} more problems")
    lines.append(
        f"dataset {spec.id!r}: {survey.concerned} utterances are missing or not as documented, expected no "
        f"more than {spec.allow_missing}; `asrdiag datasets check {spec.loader} {spec.root}` lists them all, "
        "`--allow-missing N` goes on without them"
    )
    return "\n".join(lines)
