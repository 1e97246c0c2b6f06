"""What a check found, as records."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Findings:
    """Things of one kind that were found."""

    title: str
    """What they are, as a heading of the report."""
    is_problem: bool
    """Whether the dataset is not as documented or cannot be evaluated as it is; else it is worth a look."""
    shown: int | None
    """Lines that are kept, at most; `None` for all."""
    count: int = 0
    lines: list[str] = field(default_factory=list)

    def add(self, line: str, number: int = 1) -> None:
        """One more line, on so many of them."""
        self.count += number
        if self.shown is None or len(self.lines) < self.shown:
            self.lines.append(line)
        else:
            self.left_out += 1

    left_out: int = 0
    """Lines that are not kept."""


@dataclass(frozen=True, slots=True)
class Part:
    """The utterances of one subset in one language."""

    subset: str
    language: str
    clips: int
    readable: int
    """Those whose audio can be read."""
    documented: int | None
    """How many there should be; `None` where that is not known."""
    hours: float
    """Of those whose audio can be read, as are the other three, in seconds."""
    shortest_s: float | None
    median_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """A dataset held against what is known of it."""

    title: str
    place: str
    """Where it lies."""
    parts: tuple[Part, ...]
    formats: dict[str, int]
    """Kinds of audio and the clips that are of it."""
    findings: tuple[Findings, ...]
    content: str | None
    """A hash of ids, references, stretches and audio bytes; `None` where some of the audio cannot be read."""

    def of(self, *, problems: bool) -> Iterator[Findings]:
        """The findings that are problems, or those that are not; only where there are any."""
        return (each for each in self.findings if each.count and each.is_problem == problems)

    @property
    def n_problems(self) -> int:
        return sum(each.count for each in self.of(problems=True))
