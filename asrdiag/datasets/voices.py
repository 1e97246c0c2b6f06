"""VOiCES: LibriSpeech played through a loudspeaker in four rooms and recorded from afar.

Columns of `references/test_index.csv` that are read, of the row of a recording:

    filename    distant-16k/speech/test/rm1/musi/sp5622/Lab41-SRI-VOiCES-rm1-musi-sp5622-ch041172-sg0001-mc01-
                stu-clo-dg010.wav
    query_name  the same without folder and suffix
    gender      M or F
    transcript  in lower case

The name gives the room, the distractor, LibriSpeech's speaker, chapter and segment, the microphone with its
type and position, and the angle of the loudspeaker. `references/filename_transcripts` says the same again:

    index,file_name,transcript
    0,Lab41-SRI-VOiCES-rm1-musi-sp5622-ch041172-sg0001-mc01-stu-clo-dg010,...

The official readme (https://iqtlabs.github.io/voices/Lab41-SRI-VOiCES_README) writes `seg` for `sg` and `scr`
for `src`; the files have the short forms.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from .audio_tree import AudioTree
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .root import require_below
from .voices_index import SOURCE, SPEECH, Recording, check_transcripts, read_index

Room = Literal["rm1", "rm2", "rm3", "rm4"]
Distractor = Literal["babb", "musi", "none", "tele"]
Position = Literal[
    "clo", "mid", "far", "beh", "tbo", "cec", "ceo", "wal", "ds1", "ds2", "ds3", "tbc", "sho", "ref", "obs"
]

_POSITIONS: tuple[Position, ...] = (
    *("clo", "clo", "mid", "mid", "far", "far", "beh", "beh", "tbo", "cec", "ceo", "wal"),
    *("ds1", "ds2", "ds3", "tbc", "sho", "clo", "ref", "obs"),
)
"""Of microphones 1 to 20; rooms 1 and 2 have the first twelve."""
_N_MICROPHONES = {"rm1": 12, "rm2": 12, "rm3": 20, "rm4": 20}
_DEVKIT_MICROPHONES = (1, 5)
_SOURCES = {("devkit", "test"): 200, ("devkit", "train"): 400} | {
    ("release", "test"): 1320,
    ("release", "train"): 2583,
}
"""Segments of LibriSpeech; every microphone has each of them with each distractor."""


class VoicesSpec(CorpusSpec):
    """VOiCES: read books in four rooms, near and far, with babble, music, television or nothing; English."""

    card: ClassVar[Card] = Card(
        title="VOiCES",
        citation="Richey et al.: Voices Obscured in Complex Environmental Settings (VOiCES) corpus. "
        "Interspeech 2018.",
        licence="CC BY 4.0: may be used and shared with attribution.",
        obtain="https://iqtlabs.github.io/voices/downloads: `aws s3 cp "
        "s3://lab41openaudiocorpus/VOiCES_devkit.tar.gz .` (27.5 GiB) and unpack it; the root is the folder "
        "VOiCES_devkit. VOiCES_release.tar.gz (417.5 GiB) is laid out the same.",
        layout="""\
VOiCES_devkit/
  references/test_index.csv        a row for each recording
  references/filename_transcripts  the transcripts again; compared where it is there
  distant-16k/speech/test/rm1/musi/sp5622/Lab41-SRI-VOiCES-rm1-musi-sp5622-...-mc01-stu-clo-dg010.wav
  source-16k/test/sp5622/Lab41-SRI-VOiCES-src-sp5622-ch041172-sg0001.wav""",
        languages=("en",),
        subsets="room x distractor x position, such as rm1_babb_clo: 32; `source` is what was played",
        factors={
            "room": "rm1 to rm4",
            "distractor": "babb (babble), musi (music), tele (television) or none",
            "position": "of the microphone: clo (closest), far (farthest), ...",
            "microphone": "mc01 to mc20",
            "degrees": "where the loudspeaker pointed, 0 to 180",
            "gender": "M or F",
            "source_id": "what was played: the same for every recording of it, and for its source",
        },
        root_variable="VOICES_ROOT",
        sample_rate_hz=16000,
    )

    loader: Literal["voices"]
    split: Literal["test", "train"] = "test"
    edition: Literal["devkit", "release"] = "devkit"
    """The devkit has two segments of each speaker and microphones 1 and 5; the release has all."""
    rooms: Annotated[tuple[Room, ...], Field(min_length=1)] = ("rm1", "rm2", "rm3", "rm4")
    distractors: Annotated[tuple[Distractor, ...], Field(min_length=1)] = ("babb", "musi", "none", "tele")
    positions: Annotated[tuple[Position, ...], Field(min_length=1)] = ("clo", "far")
    microphones: tuple[Annotated[int, Field(ge=1, le=20)], ...] | None = None
    """`None`: all that stand at the positions."""
    include_source: bool = False
    """Whether what was played is a subset too, `source`."""

    @model_validator(mode="after")
    def _has_microphones(self) -> "VoicesSpec":
        if not any(self._microphones(room, place) for room, place in product(self.rooms, self.positions)):
            raise ValueError(
                f"found no microphone of the {self.edition} at the positions {', '.join(self.positions)} in "
                f"{', '.join(self.rooms)}; the devkit has microphones 1 (clo) and 5 (far) only"
            )
        return self

    def _microphones(self, room: Room, position: Position) -> tuple[int, ...]:
        present = range(1, _N_MICROPHONES[room] + 1) if self.edition == "release" else _DEVKIT_MICROPHONES
        return tuple(
            number
            for number in present
            if _POSITIONS[number - 1] == position and (self.microphones is None or number in self.microphones)
        )

    def _subsets(self) -> dict[str, int]:
        """How many microphones each has; none is without."""
        found = {
            f"{room}_{distractor}_{position}": len(self._microphones(room, position))
            for room, distractor, position in product(self.rooms, self.distractors, self.positions)
        }
        return {subset: number for subset, number in found.items() if number}

    def benchmark(self) -> str | None:
        return "voices" if self.split == "test" and self.edition == "devkit" else None

    def aggregates(self) -> Mapping[str, tuple[str, ...]]:
        subsets = self._subsets()
        means: dict[str, tuple[str, ...]] = {
            room: tuple(name for name in subsets if name.startswith(room)) for room in self.rooms
        }
        if self.include_source:
            means["distant"] = tuple(subsets)
        return {name: members for name, members in means.items() if members}

    def expected(self) -> Mapping[tuple[str, str], int]:
        n_sources = _SOURCES[self.edition, self.split]
        counts = {(subset, "en"): n_sources * number for subset, number in self._subsets().items()}
        return counts | ({("source", "en"): n_sources} if self.include_source else {})

    def read(self) -> Listing:
        """The recordings in the order of the index, then what was played.

        Raises:
            UsageError: the index is not there or cannot be read.
        """
        index = f"references/{self.split}_index.csv"
        require_below(self.id, self.root, index, f"{SPEECH}/{self.split}")
        problems: list[Problem] = []
        recordings = tuple(read_index(self.root / index, self.split, problems))
        asked = [recording for recording in recordings if self._asked_for(recording)]
        problems += check_transcripts(self.root / "references" / "filename_transcripts", asked)
        problems += self._claim(recordings)
        utterances = [recording.utterance(self.root) for recording in asked]
        if self.include_source:
            utterances += self._sources(asked, problems)
        return Listing(tuple(utterances), tuple(problems))

    def _asked_for(self, recording: Recording) -> bool:
        return (
            recording.room in self.rooms
            and recording.distractor in self.distractors
            and recording.position in self.positions
            and (self.microphones is None or recording.microphone in self.microphones)
        )

    def _claim(self, recordings: tuple[Recording, ...]) -> Iterator[Problem]:
        audio = AudioTree(self.root)
        for room, distractor in product(self.rooms, self.distractors):
            audio.list_below(f"{SPEECH}/{self.split}/{room}/{distractor}")
        for recording in recordings:
            if recording.room in self.rooms and recording.distractor in self.distractors:
                absent = tuple(audio.claim(recording.filename, recording.where))
                if self._asked_for(recording):
                    yield from absent
        yield from audio.left_over()

    def _sources(self, recordings: list[Recording], problems: list[Problem]) -> Iterator[Utterance]:
        audio = AudioTree(self.root)
        audio.list_below(f"{SOURCE}/{self.split}")
        first: dict[str, Recording] = {}
        for recording in recordings:
            known = first.setdefault(recording.source_id, recording)
            if known.transcript != recording.transcript:
                what = f"found another transcript of {recording.source_id} than at {known.where}"
                problems.append(Problem(recording.where, what))
        for recording in first.values():
            problems += audio.claim(recording.source_filename, recording.where)
            yield recording.source_utterance(self.root)
        problems += audio.left_over()
