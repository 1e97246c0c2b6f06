"""LibriSpeech: audiobooks in English.

Lines of `test-clean/1089/134686/1089-134686.trans.txt`, and of `SPEAKERS.TXT`:

    1089-134686-0000 HE HOPED THERE WOULD BE STEW FOR DINNER TURNIPS AND CARROTS
    1089 | M | test-clean       | 8.03  | Peter Bobbe
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..errors import UsageError
from .audio_folder import AudioFolder
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .id_lines import read_id_lines
from .manifest_rows import read_lines

_COUNTS = {"dev-clean": 2703, "dev-other": 2864, "test-clean": 2620, "test-other": 2939}

Split = Literal["dev-clean", "dev-other", "test-clean", "test-other"]


class LibriSpeechSpec(CorpusSpec):
    """LibriSpeech: read audiobooks, English; dev and test, clean and other."""

    card: ClassVar[Card] = Card(
        title="LibriSpeech ASR corpus",
        citation="Panayotov, Chen, Povey, Khudanpur: LibriSpeech: an ASR corpus based on public domain audio "
        "books. ICASSP 2015.",
        licence="CC BY 4.0: may be used and shared with attribution.",
        obtain="https://www.openslr.org/12: fetch {dev,test}-{clean,other}.tar.gz and unpack them in one "
        "place; the root is the folder LibriSpeech that comes out.",
        layout="""\
LibriSpeech/
  SPEAKERS.TXT                                  optional: the speakers' gender
  test-clean/1089/134686/1089-134686.trans.txt  `ID TEXT` on each line
  test-clean/1089/134686/1089-134686-0000.flac""",
        languages=("en",),
        subsets="the four splits",
        factors={"gender": "M or F, where SPEAKERS.TXT is there"},
        root_variable="LIBRISPEECH_ROOT",
        sample_rate_hz=16000,
    )

    loader: Literal["librispeech"]
    splits: Annotated[tuple[Split, ...], Field(min_length=1)] = (
        "dev-clean",
        "dev-other",
        "test-clean",
        "test-other",
    )

    def benchmark(self) -> str:
        return "librispeech"

    def expected(self) -> Mapping[tuple[str, str], int]:
        return {(split, "en"): _COUNTS[split] for split in self.splits}

    def read(self) -> Listing:
        """Utterances by split, speaker and chapter.

        Raises:
            UsageError: a split is not there, a transcript cannot be read, or SPEAKERS.TXT is damaged.
        """
        gender = _genders(self.root / "SPEAKERS.TXT")
        utterances: list[Utterance] = []
        problems: list[Problem] = []
        for split in self.splits:
            if not (self.root / split).is_dir():
                raise UsageError(
                    f"{self.id}: there is no folder {self.root / split}; expected the root to hold "
                    f"{', '.join(self.splits)} (`splits:` chooses among them)"
                )
            for chapter in sorted((self.root / split).glob("*/*/")):
                problems += _read_chapter(chapter, split, gender, utterances)
        return Listing(tuple(utterances), tuple(problems))


def _read_chapter(
    folder: Path, split: str, gender: Mapping[str, str], utterances: list[Utterance]
) -> Iterator[Problem]:
    speaker, chapter = folder.parent.name, folder.name
    audio = AudioFolder(folder, (".flac",))
    transcript = folder / f"{speaker}-{chapter}.trans.txt"
    if transcript.is_file():
        for line, sample_id, text in read_id_lines(transcript):
            where = f"{transcript}:{line}"
            if not sample_id.startswith(f"{speaker}-{chapter}-"):
                what = f"found {sample_id!r} first, expected an id that begins with {speaker}-{chapter}-"
                yield Problem(where, what, listed=False)
                continue
            yield from audio.claim(f"{sample_id}.flac", where)
            factors = {"gender": gender[speaker]} if speaker in gender else {}
            path = folder / f"{sample_id}.flac"
            utterances.append(
                Utterance(sample_id, path, text, subset=split, speaker=speaker, factors=factors)
            )
    elif not len(audio):
        yield Problem(str(transcript), "there is no such file", listed=False)
    yield from audio.left_over()


def _genders(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    genders: dict[str, str] = {}
    for number, line in read_lines(path):
        if not line.startswith(";") and line.strip():
            fields = [field.strip() for field in line.split("|")]
            if len(fields) < 5 or fields[1] not in ("M", "F"):
                raise UsageError(
                    f"{path}:{number}: found {line.strip()!r}, "
                    "expected `ID | M or F | SUBSET | MINUTES | NAME`"
                )
            genders[fields[0]] = fields[1]
    return genders
