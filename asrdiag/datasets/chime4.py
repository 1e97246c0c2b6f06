"""CHiME-4: sentences of the Wall Street Journal read to a tablet in noise, the track with one channel.

Lines of `data/transcriptions/dt05_real.trn_all`, their texts left out; the first is also the only one of
`dt05_ped_real/F01_050C0101_PED.trn`:

    F01_050C0101_PED ...
    F01_050C0102_CAF ...

The id is the speaker, the sentence in WSJ and the place: bus, cafe, pedestrian area or street. It comes first
in a `.trn`: Kaldi's recipe takes what follows the first space for the text. In a `.dot`, which also marks
noises, it comes last, in parentheses; those are not read. Real and simulated recordings share ids, so here
they end in `_REAL` or `_SIMU`, as Kaldi's and ESPnet's do.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..errors import UsageError
from .audio_folder import AudioFolder
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .id_lines import read_id_lines
from .root import require_below

_AUDIO = "data/audio/16kHz/isolated_1ch_track"
_TEXT = "data/transcriptions"
_COUNTS = {"dt05": 410, "et05": 330}
"""Utterances of each environment and kind; those of a set are the same sentences in each."""
_ID = re.compile(r"([FM]\d\d)_[0-9A-Z]{8}_(BUS|CAF|PED|STR)")

Set = Literal["dt05", "et05"]
Environment = Literal["bus", "caf", "ped", "str"]
Kind = Literal["real", "simu"]


class Chime4Spec(CorpusSpec):
    """CHiME-4, one channel: read newspaper in four noisy places, recorded there and simulated, English."""

    card: ClassVar[Card] = Card(
        title="CHiME-4, 1-channel track",
        citation="Vincent, Watanabe, Nugraha, Barker, Marxer: An analysis of environment, microphone and "
        "data simulation mismatches in robust speech recognition. Computer Speech and Language 46, 2017.",
        licence="LDC user agreement: for those who have it from the Linguistic Data Consortium; not to be "
        "passed on.",
        obtain="https://catalog.ldc.upenn.edu/LDC2017S24; the root is the folder that holds data/.",
        layout="""\
CHiME3/
  data/audio/16kHz/isolated_1ch_track/dt05_ped_real/F01_050C0101_PED.wav
  data/transcriptions/dt05_real.trn_all                   `ID TEXT` on each line
  data/transcriptions/dt05_ped_real/F01_050C0101_PED.trn  its line alone; read where there is no trn_all""",
        languages=("en",),
        subsets="set x environment x kind, such as dt05_bus_real: 16",
        factors={
            "set": "dt05 (development) or et05 (evaluation)",
            "environment": "bus, caf (cafe), ped (pedestrian area) or str (street junction)",
            "kind": "real (recorded there) or simu (speech of a booth mixed with noise)",
        },
        root_variable="CHIME4_ROOT",
        sample_rate_hz=16000,
    )

    loader: Literal["chime4"]
    sets: Annotated[tuple[Set, ...], Field(min_length=1)] = ("dt05", "et05")
    environments: Annotated[tuple[Environment, ...], Field(min_length=1)] = ("bus", "caf", "ped", "str")
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = ("real", "simu")

    def benchmark(self) -> str:
        return "chime4"

    def aggregates(self) -> Mapping[str, tuple[str, ...]]:
        return {
            kind: tuple(f"{name}_{place}_{kind}" for name, place in product(self.sets, self.environments))
            for kind in self.kinds
        }

    def expected(self) -> Mapping[tuple[str, str], int]:
        return {
            (f"{name}_{place}_{kind}", "en"): _COUNTS[name]
            for name, place, kind in product(self.sets, self.environments, self.kinds)
        }

    def read(self) -> Listing:
        """Utterances by set, environment and kind, with the text of the `.trn`.

        Raises:
            UsageError: the folders of the audio or of the transcripts are not there, or a set has neither
                kind of transcript.
        """
        require_below(self.id, self.root, _AUDIO, _TEXT)
        utterances: list[Utterance] = []
        problems: list[Problem] = []
        texts = {part: self._transcripts(*part, problems) for part in product(self.sets, self.kinds)}
        for name, place, kind in product(self.sets, self.environments, self.kinds):
            problems += self._read_subset(name, place, kind, texts[name, kind], utterances)
        return Listing(tuple(utterances), tuple(problems))

    def _transcripts(self, name: Set, kind: Kind, problems: list[Problem]) -> "_Transcripts":
        together = self.root / _TEXT / f"{name}_{kind}.trn_all"
        found = _Transcripts({}, set())
        if together.is_file():
            problems += found.add(together)
            return found
        for place in self.environments:
            folder = self.root / _TEXT / f"{name}_{place}_{kind}"
            if not folder.is_dir():
                raise UsageError(f"{self.id}: there is neither {together} nor {folder}, expected transcripts")
            for path in sorted(folder.glob("*.trn")):
                problems += found.add(path, path.stem)
        return found

    def _read_subset(
        self, name: Set, place: Environment, kind: Kind, texts: "_Transcripts", utterances: list[Utterance]
    ) -> Iterator[Problem]:
        subset = f"{name}_{place}_{kind}"
        folder = AudioFolder(self.root / _AUDIO / subset)
        factors = {"set": name, "environment": place, "kind": kind}
        for sample_id, (where, text) in texts.by_id.items():
            if sample_id.endswith(f"_{place.upper()}"):
                yield from folder.claim(f"{sample_id}.wav", where)
                utterances.append(
                    Utterance(
                        sample_id=f"{sample_id}_{kind.upper()}",
                        audio_path=folder.path / f"{sample_id}.wav",
                        reference=text,
                        subset=subset,
                        speaker=sample_id[:3],
                        factors=factors,
                    )
                )
        for problem in folder.left_over():
            if Path(problem.where).stem not in texts.misread:
                yield problem


@dataclass(frozen=True, slots=True)
class _Transcripts:
    by_id: dict[str, tuple[str, str]]
    """The file and line, and the text, in the order of the file."""
    misread: set[str]
    """Ids that stand elsewhere than first; what is said of their lines need not be said of their audio."""

    def add(self, path: Path, expected_id: str | None = None) -> Iterator[Problem]:
        """Take in a file's lines; where an id is expected, the file should have that one alone."""
        n_lines = 0
        for line, first, text in read_id_lines(path):
            n_lines += 1
            where = f"{path}:{line}"
            if not _ID.fullmatch(first) or expected_id not in (None, first):
                elsewhere = _ID.search(text)
                known = expected_id or (elsewhere and elsewhere[0])
                self.misread.update({known} if known else ())
                wanted = expected_id or "an id such as F01_050C0101_PED"
                last = "; with the id last it is the .dot format" if elsewhere else ""
                yield Problem(where, f"found {first!r} first, expected {wanted}{last}", listed=False)
            elif not text:
                self.misread.add(first)
                yield Problem(where, f"found {first} without a text", listed=False)
            elif first in self.by_id:
                yield Problem(where, f"found {first} again, first in {self.by_id[first][0]}", listed=False)
            else:
                self.by_id[first] = (where, text)
        if expected_id and not n_lines:
            self.misread.add(expected_id)
            yield Problem(str(path), "found nothing, expected a line with an id and a text", listed=False)
