"""AISHELL-1: read Mandarin.

Lines of `transcript/aishell_transcript_v0.8.txt`, words apart:

    BAC009S0764W0121 甚至 出现 交易 几乎 停滞 的 情况
    BAC009S0764W0122 一二 线 城市 虽然 也 处于 调整 中
"""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from ..errors import UsageError
from .audio_folder import AudioFolder
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .id_lines import read_id_lines

_COUNTS = {"dev": 14326, "test": 7176}
_TRANSCRIPT = Path("transcript") / "aishell_transcript_v0.8.txt"


class Aishell1Spec(CorpusSpec):
    """AISHELL-1: read Mandarin, 20 speakers in test, 40 in dev."""

    card: ClassVar[Card] = Card(
        title="AISHELL-1",
        citation="Bu, Du, Na, Wu, Zheng: AISHELL-1: an open-source Mandarin speech corpus and a speech "
        "recognition baseline. O-COCOSDA 2017.",
        licence="Apache-2.0.",
        obtain="https://www.openslr.org/33: fetch data_aishell.tgz, unpack it, and unpack the archive of "
        "each speaker in wav/; the root is the folder data_aishell.",
        layout="""\
data_aishell/
  transcript/aishell_transcript_v0.8.txt  `ID WORD WORD ...` for all splits
  wav/test/S0764/BAC009S0764W0121.wav""",
        languages=("zh",),
        subsets="none: the split is the whole",
        factors={},
        root_variable="AISHELL_ROOT",
        sample_rate_hz=16000,
    )

    loader: Literal["aishell1"]
    split: Literal["test", "dev"] = "test"

    def benchmark(self) -> str | None:
        return "aishell1" if self.split == "test" else None

    def expected(self) -> Mapping[tuple[str, str], int]:
        return {("", "zh"): _COUNTS[self.split]}

    def read(self) -> Listing:
        """Utterances by speaker; the blanks between words are taken out of the text.

        Audio decides what is in a split, since one transcript serves them all: an utterance of which both
        audio and folder are gone is seen by the count.

        Raises:
            UsageError: the transcript or the split is not there.
        """
        transcript, folder = self.root / _TRANSCRIPT, self.root / "wav" / self.split
        for path in (transcript, folder):
            if not path.exists():
                raise UsageError(f"{self.id}: there is no {path}; expected the root to be data_aishell")
        by_speaker: dict[str, list[tuple[str, str, str]]] = {}
        for line, sample_id, text in read_id_lines(transcript):
            # BAC009S0764W0121: the speaker is S0764.
            by_speaker.setdefault(sample_id[6:11], []).append((f"{transcript}:{line}", sample_id, text))
        utterances: list[Utterance] = []
        problems: list[Problem] = []
        for place in sorted(path for path in folder.iterdir() if path.is_dir()):
            audio = AudioFolder(place)
            for where, sample_id, text in by_speaker.get(place.name, ()):
                problems += audio.claim(f"{sample_id}.wav", where)
                path = place / f"{sample_id}.wav"
                reference = "".join(text.split())
                utterances.append(Utterance(sample_id, path, reference, "zh", speaker=place.name))
            problems += audio.left_over()
        return Listing(tuple(utterances), tuple(problems))
