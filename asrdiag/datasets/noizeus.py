"""NOIZEUS: 30 sentences by six speakers, each with eight noises at four signal-to-noise ratios.

The archives hold audio only, in folders that differ from one to the next (`0dB/`, `wav/`): a file is known by
its name, `sp01_train_sn5.wav` (`train` is a noise) or `sp01.wav` without noise. A line of `noizeus.jsonl`:

    {"sentence": "sp01", "text": "The birch canoe slid on the smooth planks", "speaker": "m1", "gender": "M"}

The texts are those of the IEEE sentences (1969). The corpus is documented to have three male and three female
speakers; whose a sentence is was found from the files without noise: five in a row have one pitch (medians of
107 to 140 Hz, or of 200 to 258 Hz), and Gaussians of the cepstra of each five put all 30 files into their own
five, the file itself left out.
"""

import filecmp
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..errors import UsageError
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .root import files_below

_NAME = re.compile(
    r"sp(0[1-9]|[12]\d|30)"
    r"(_(airport|babble|car|exhibition|restaurant|station|street|train)_sn(0|5|10|15))?\.wav"
)

Noise = Literal["airport", "babble", "car", "exhibition", "restaurant", "station", "street", "train"]
Snr = Literal[0, 5, 10, 15]


class NoizeusSpec(CorpusSpec):
    """NOIZEUS: short sentences over the telephone band with noise at 0 to 15 dB, English."""

    card: ClassVar[Card] = Card(
        title="NOIZEUS",
        citation="Hu, Loizou: Subjective comparison and evaluation of speech enhancement algorithms. Speech "
        "Communication 49, 2007.",
        licence="No licence is stated; offered to researchers free of charge.",
        obtain="https://ecs.utdallas.edu/loizou/speech/noizeus: fetch NOISE_SNRdB.zip for each of the eight "
        "noises and four SNRs, and clean.zip, and unpack them below one folder, which is the root.",
        layout="""\
noizeus/
  airport_0dB/0dB/sp01_airport_sn0.wav  in any folder: files are found by their names
  clean/sp01.wav                        read with include_clean""",
        languages=("en",),
        subsets="noise and SNR, such as airport_0dB: 32; `clean` is without noise",
        factors={
            "noise": "airport, babble, car, exhibition, restaurant, station, street or train",
            "snr_db": "0, 5, 10 or 15",
            "sentence": "sp01 to sp30: the same in every subset",
            "gender": "M or F",
        },
        root_variable="NOIZEUS_ROOT",
        sample_rate_hz=8000,
    )

    loader: Literal["noizeus"]
    noises: Annotated[tuple[Noise, ...], Field(min_length=1)] = (
        *("airport", "babble", "car", "exhibition"),
        *("restaurant", "station", "street", "train"),
    )
    snrs_db: Annotated[tuple[Snr, ...], Field(min_length=1)] = (0, 5, 10, 15)
    include_clean: bool = False
    """Whether the sentences without noise are a subset too, `clean`."""

    def benchmark(self) -> str:
        return "noizeus"

    def aggregates(self) -> Mapping[str, tuple[str, ...]]:
        means = {f"{snr}dB": tuple(f"{noise}_{snr}dB" for noise in self.noises) for snr in self.snrs_db}
        if self.include_clean:
            means["noisy"] = tuple(subset for members in means.values() for subset in members)
        return means

    def expected(self) -> Mapping[tuple[str, str], int]:
        n_sentences = len(_sentences())
        return {(subset, "en"): n_sentences for subset in self._subsets()}

    def read(self) -> Listing:
        """The sentences of each subset in turn.

        Raises:
            UsageError: below the root is no file with such a name.
        """
        files = self._files()
        utterances: list[Utterance] = []
        problems = list(_unknown(files))
        sentences = _sentences()
        for subset, (ending, factors) in self._subsets().items():
            names = [f"{row['sentence']}{ending}.wav" for row in sentences]
            problems += self._absent(subset, [name for name in names if name not in files])
            problems += _differing(files.get(name, []) for name in names)
            utterances += (
                Utterance(
                    sample_id=f"{row['sentence']}{ending}",
                    audio_path=files[name][0] if name in files else self.root / name,
                    reference=row["text"],
                    subset=subset,
                    speaker=row["speaker"],
                    factors=factors | {"sentence": row["sentence"], "gender": row["gender"]},
                )
                for name, row in zip(names, sentences, strict=True)
            )
        return Listing(tuple(utterances), tuple(problems))

    def _subsets(self) -> dict[str, tuple[str, dict[str, str | float]]]:
        """The ending of its files' names and the factors of each."""
        subsets: dict[str, tuple[str, dict[str, str | float]]] = {
            f"{noise}_{snr}dB": (f"_{noise}_sn{snr}", {"noise": noise, "snr_db": float(snr)})
            for noise, snr in product(self.noises, self.snrs_db)
        }
        return subsets | ({"clean": ("", {})} if self.include_clean else {})

    def _files(self) -> dict[str, list[Path]]:
        files: dict[str, list[Path]] = {}
        n_archives = 0
        for path in sorted(files_below(self.root)):
            n_archives += path.suffix == ".zip"
            if fnmatchcase(path.name, "sp[0-9]*.wav"):
                files.setdefault(path.name, []).append(path)
        if not any(_NAME.fullmatch(name) for name in files):
            hint = f"; there are {n_archives} zip files, which must be unpacked" if n_archives else ""
            raise UsageError(
                f"{self.id}: found no file with a name like sp01_airport_sn0.wav below {self.root}{hint}"
            )
        return files

    def _absent(self, subset: str, names: list[str]) -> Iterator[Problem]:
        if names:
            shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            what = f"found no {shown}: {len(names)} of the subset {subset} are missing"
            if len(names) == len(_sentences()):
                what += " (`noises:` and `snrs_db:` choose among the subsets)"
            yield Problem(str(self.root), what, len(names))


def _unknown(files: Mapping[str, list[Path]]) -> Iterator[Problem]:
    for name, paths in files.items():
        if not _NAME.fullmatch(name):
            what = "audio without a transcript, expected names like sp01_airport_sn0.wav or sp01.wav"
            yield Problem(str(paths[0]), what, listed=False)


def _differing(copies: Iterable[list[Path]]) -> Iterator[Problem]:
    """A copy of a file does no harm; of two files that differ nobody knows which one to take."""
    for paths in copies:
        for other in paths[1:]:
            if not filecmp.cmp(paths[0], other, shallow=False):
                what = f"found another recording than {paths[0]}, which has the same name"
                yield Problem(str(other), what)


def _sentences() -> tuple[Mapping[str, str], ...]:
    lines = Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines)
