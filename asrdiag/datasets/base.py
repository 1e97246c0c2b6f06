"""What a dataset is: utterances, each a stretch of an audio file with its reference."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..normalizing import NormalizerChoice
from ..spec import Identifier, Spec


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech and what was said in it."""

    sample_id: str
    """Unique within the dataset."""
    audio_path: Path
    """An audio file, or a table of clips (Parquet, Arrow), see `audio_row`."""
    reference: str
    """As the corpus gives it; normalisation happens at scoring."""
    language: str = "en"
    offset_s: float = 0.0
    duration_s: float | None = None
    """`None`: to the end of the file."""
    subset: str = ""
    speaker: str | None = None
    factors: Mapping[str, str | float] = field(default_factory=dict)
    """What the corpus says of the recording (room, distractor, `snr_db`); results can be grouped by these."""
    audio_row: int | None = None
    """Which row of a table of clips, counted from 0; `None` where the audio is a file of its own."""
    audio_column: str = "audio"
    """The column of a table of clips that holds the audio."""

    def groups(self) -> dict[str, str]:
        """What results can be grouped by: the factors, and the speaker where one is known."""
        return groups_of(self.factors, self.speaker)


def groups_of(factors: Mapping[str, str | float], speaker: str | None) -> dict[str, str]:
    """Factors and speaker under one roof, as text.

    >>> groups_of({"snr_db": 5.0, "room": "rm1"}, "sp07")
    {'snr_db': '5', 'room': 'rm1', 'speaker': 'sp07'}
    """
    named = {name: str(value).removesuffix(".0") for name, value in factors.items()}
    return named | ({} if speaker is None else {"speaker": speaker})


class DatasetSpec(Spec):
    """A dataset as a suite names it. Loaders subclass this with the keys they take."""

    id: Identifier
    loader: str
    normalizer: NormalizerChoice | None = None
    """A normaliser's name, or one for each language; for what it does not name the suite's is taken."""

    def benchmark(self) -> str | None:
        """The published benchmark that this is, e.g. `chime4`; its published results join by this name."""
        return None

    def aggregates(self) -> Mapping[str, tuple[str, ...]]:
        """Means that are reported besides that over all subsets: a name and the subsets that it is over."""
        return {}

    def shortfall(self, utterances: Iterable[Utterance]) -> Mapping[tuple[str, str], int]:
        """By subset and language, how many utterances the dataset should have besides these.

        They count as expected, so that a set which lost some is never taken for a complete one.
        """
        return {}

    def missing(self) -> str | None:
        """What has to be set or fetched before this dataset can be read; `None` if it can be."""
        return None

    def utterances(self) -> Sequence[Utterance]:
        """Every utterance, in a fixed order.

        Raises:
            UsageError: the dataset is not as documented; the message names file and line.
        """
        raise NotImplementedError
