"""FLEURS: sentences of Wikipedia read aloud in 102 languages.

A row of `en_us/test.tsv`, which has no header, tabs shown as |, cut short:

    1675|15103448137206172007.wav|However, due to the slow communication channels, ...|however due to the slow
    communication channels ...|h o w e v e r | d u e ...|197760|FEMALE

The number in front is the sentence's, which several people read; the file is what is unique.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..errors import UsageError
from .audio_folder import AudioFolder
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .tsv_rows import read_tsv

_COLUMNS = ("id", "file", "raw", "normalized", "characters", "samples", "gender")
_COUNTS = {("en_us", "test"): 647, ("cmn_hans_cn", "test"): 945}
_TAGS = {"cmn": "zh"}


class FleursSpec(CorpusSpec):
    """FLEURS: sentences of Wikipedia read aloud, in any of its 102 languages."""

    card: ClassVar[Card] = Card(
        title="FLEURS",
        citation="Conneau et al.: FLEURS: few-shot learning evaluation of universal representations of "
        "speech. SLT 2022.",
        licence="CC BY 4.0: may be used and shared with attribution.",
        obtain="https://huggingface.co/datasets/google/fleurs: fetch data/CONFIG/test.tsv and "
        "data/CONFIG/audio/test.tar.gz and unpack the archive beside itself; the root is the folder data. "
        "Copies as Parquet are read by the loader hf_dataset.",
        layout="""\
data/
  en_us/test.tsv            seven columns, no header
  en_us/audio/test/15103448137206172007.wav""",
        languages=("any",),
        subsets="none: the split is the whole",
        factors={"gender": "MALE, FEMALE or OTHER"},
        root_variable="FLEURS_ROOT",
        sample_rate_hz=16000,
    )

    loader: Literal["fleurs"]
    config: Annotated[str, Field(pattern=r"^[a-z_0-9]+$")]
    """The language's folder: `en_us`, `cmn_hans_cn`."""
    split: Literal["test", "dev"] = "test"

    @property
    def _language(self) -> str:
        first = self.config.partition("_")[0]
        return _TAGS.get(first, first)

    def benchmark(self) -> str | None:
        known = {"en_us": "fleurs-en", "cmn_hans_cn": "fleurs-zh"}
        return known.get(self.config) if self.split == "test" else None

    def expected(self) -> Mapping[tuple[str, str], int]:
        count = _COUNTS.get((self.config, self.split))
        return {} if count is None else {("", self._language): count}

    def read(self) -> Listing:
        """The rows of the table, in its order, with the text as it was shown to the speaker.

        Raises:
            UsageError: there is no such table, or it is not as documented.
        """
        table = self.root / self.config / f"{self.split}.tsv"
        if not table.is_file():
            found = sorted(path.parent.name for path in self.root.glob(f"*/{self.split}.tsv"))
            raise UsageError(
                f"{self.id}: there is no table {table}; the root has: {', '.join(found) or 'no such table'}"
            )
        folder = self.root / self.config / "audio" / self.split
        audio = AudioFolder(folder)
        utterances: list[Utterance] = []
        problems: list[Problem] = []
        for line, row in read_tsv(table, columns=_COLUMNS):
            problems += audio.claim(row["file"], f"{table}:{line}")
            factors = {"gender": row["gender"]} if row["gender"] else {}
            stem = Path(row["file"]).stem
            utterances.append(
                Utterance(stem, folder / row["file"], row["raw"], self._language, factors=factors)
            )
        return Listing(tuple(utterances), (*problems, *audio.left_over()))
