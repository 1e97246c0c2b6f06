"""What a judge is asked about."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..spec import Json
from ..store.fingerprint import fingerprint


@dataclass(frozen=True, slots=True)
class Pair:
    """Two transcripts as they are, and the language of the recording."""

    language: str
    reference: str
    hypothesis: str

    def as_record(self) -> dict[str, Json]:
        return {"language": self.language, "reference": self.reference, "hypothesis": self.hypothesis}

    def as_data(self) -> dict[str, str]:
        """What the judge is shown; whose answer it is, is no part of it."""
        return {"language": self.language, "reference": self.reference, "hypothesis": self.hypothesis}


@dataclass(frozen=True, slots=True)
class Question:
    """A pair to be judged for the n-th time, counted from 0."""

    key: str
    pair: Pair
    repeat: int = 0


def key_of(judge: Mapping[str, Json], pair: Pair) -> str:
    """The hash under which a judge's answer to a pair is kept; `judge` is its identity."""
    return fingerprint({"judge": judge, "pair": pair.as_record()})
