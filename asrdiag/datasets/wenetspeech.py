"""WenetSpeech: Mandarin of the internet and of meetings, as stretches of long recordings.

`WenetSpeech.json`, cut short; beside the two test sets it has 14 million stretches of training data:

    {"audios": [{"aid": "TEST_NET_Y0000000000_-KTKHdZ2fb8", "duration": 424.0,
                 "path": "audio/test_net/B00022/TEST_NET_Y0000000000_-KTKHdZ2fb8.opus",
                 "segments": [{"sid": "TEST_NET_Y0000000000_-KTKHdZ2fb8_S00000", "begin_time": 0.0,
                               "end_time": 3.8, "text": "怎么样这些日子住得还习惯吧",
                               "subsets": ["TEST_NET"]}]}]}
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ..errors import UsageError
from .base import Utterance
from .cache import kept_rows
from .corpus import Card, CorpusSpec, Listing, Problem
from .utterance_table import fields_of

_MARKS = {"net": "TEST_NET", "meeting": "TEST_MEETING"}
_COUNTS = {"net": 24774, "meeting": 8370}


class WenetSpeechSpec(CorpusSpec):
    """WenetSpeech: Mandarin of the internet (net) and of meetings, the two test sets."""

    card: ClassVar[Card] = Card(
        title="WenetSpeech",
        citation="Zhang et al.: WenetSpeech: a 10000+ hours multi-domain Mandarin corpus for speech "
        "recognition. ICASSP 2022.",
        licence="For research only, under the agreement that its authors ask for; annotation CC BY 4.0.",
        obtain="https://wenet.org.cn/WenetSpeech: ask for the password, fetch WenetSpeech.json and the "
        "folders audio/test_net and audio/test_meeting; the root is the folder that holds WenetSpeech.json.",
        layout="""\
WenetSpeech/
  WenetSpeech.json                           long recordings with their stretches
  audio/test_net/B00022/TEST_NET_Y0000000000_-KTKHdZ2fb8.opus""",
        languages=("zh",),
        subsets="net and meeting",
        factors={},
        root_variable="WENETSPEECH_ROOT",
    )

    loader: Literal["wenetspeech"]
    sets: Annotated[tuple[Literal["net", "meeting"], ...], Field(min_length=1)] = ("net", "meeting")

    def benchmark(self) -> str:
        return "wenetspeech"

    def expected(self) -> Mapping[tuple[str, str], int]:
        return {(name, "zh"): _COUNTS[name] for name in self.sets}

    def read(self) -> Listing:
        """The stretches of the test sets, in the order of the file.

        Raises:
            UsageError: there is no WenetSpeech.json, it is not as documented, or ijson is not installed.
        """
        listing = self.root / "WenetSpeech.json"
        if not listing.is_file():
            raise UsageError(f"{self.id}: there is no {listing}; expected the folder that holds it")
        key = {"loader": self.loader, "sets": list(self.sets)}
        utterances = tuple(kept_rows(listing, key, lambda: map(fields_of, self._stretches(listing))))
        clips = Counter(utterance.audio_path for utterance in utterances)
        problems = (
            Problem(f"{listing}: aid {path.stem}", f"there is no audio file {path}", clips=number)
            for path, number in clips.items()
            if not path.is_file()
        )
        return Listing(utterances, tuple(problems))

    def _stretches(self, listing: Path) -> Iterator[Utterance]:
        for number, audio in enumerate(_recordings(listing)):
            try:
                yield from list(_stretches(audio, self.root, self.sets))
            except (KeyError, TypeError, ValueError) as error:
                where = f"{listing}: audios[{number}]"
                raise UsageError(f"{where}: not as documented: {type(error).__name__}: {error}") from error


def _recordings(path: Path) -> Iterator[Any]:
    """The recordings one by one: the file is of a gigabyte and more."""
    try:
        import ijson
    except ImportError as error:
        raise UsageError(f"{path}: reading it needs ijson: pip install 'asrdiag[wenetspeech]'") from error
    try:
        with path.open("rb") as stream:
            yield from ijson.items(stream, "audios.item", use_float=True)
    except ijson.JSONError as error:
        raise UsageError(f"{path}: not whole JSON: {error}") from error


def _stretches(audio: Any, root: Path, sets: tuple[str, ...]) -> Iterator[Utterance]:
    for segment in audio["segments"]:
        subset = next((name for name in sets if _MARKS[name] in segment["subsets"]), None)
        if subset is not None:
            begin_s, end_s = float(segment["begin_time"]), float(segment["end_time"])
            yield Utterance(
                str(segment["sid"]),
                root / audio["path"],
                str(segment["text"]),
                "zh",
                offset_s=begin_s,
                # The times are of three decimals; their difference is not to end beyond them.
                duration_s=round(end_s - begin_s, 3),
                subset=subset,
            )
