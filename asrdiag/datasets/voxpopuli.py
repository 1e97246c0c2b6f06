"""VoxPopuli: speeches in the European Parliament.

The header of `asr_test.tsv` and a row, tabs shown as |, cut short:

    id|raw_text|normalized_text|speaker_id|split|gender
    20180613-0900-PLENARY-15-en_20180613-16:56:06_6|Mr President, ...|mr president ...|124732|test|male
"""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal, get_args

from ..errors import UsageError
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .tsv_rows import read_tsv

Language = Literal[
    "en", "de", "fr", "es", "pl", "it", "ro", "hu", "cs", "nl", "fi", "hr", "sk", "sl", "et", "lt"
]
_COUNTS = {("en", "test"): 1842}


class VoxPopuliSpec(CorpusSpec):
    """VoxPopuli: speeches in the European Parliament, in any of its 16 transcribed languages."""

    card: ClassVar[Card] = Card(
        title="VoxPopuli, transcribed part",
        citation="Wang et al.: VoxPopuli: a large-scale multilingual speech corpus for representation "
        "learning, semi-supervised learning and interpretation. ACL 2021.",
        licence="CC0 1.0; the recordings are under the European Parliament's legal notice.",
        obtain="https://github.com/facebookresearch/voxpopuli: `python -m voxpopuli.download_audios --root "
        "ROOT --subset asr`, then `python -m voxpopuli.get_asr_data --root ROOT --lang en`; the root is "
        "ROOT. The folder data of https://huggingface.co/datasets/facebook/voxpopuli, its archives unpacked, "
        "does too.",
        layout="""\
ROOT/transcribed_data/en/asr_test.tsv        a header, then a row for each clip
ROOT/transcribed_data/en/2018/ID.ogg         as the authors' script cuts them
or
ROOT/en/asr_test.tsv                         as on Hugging Face
ROOT/en/test/test_part_0/ID.wav""",
        languages=get_args(Language),
        subsets="none: the split is the whole",
        factors={"gender": "male or female"},
        root_variable="VOXPOPULI_ROOT",
        sample_rate_hz=16000,
    )

    loader: Literal["voxpopuli"]
    language: Language = "en"
    split: Literal["test", "dev"] = "test"

    def benchmark(self) -> str | None:
        return f"voxpopuli-{self.language}" if self.split == "test" else None

    def expected(self) -> Mapping[tuple[str, str], int]:
        count = _COUNTS.get((self.language, self.split))
        return {} if count is None else {("", self.language): count}

    def read(self) -> Listing:
        """The rows of the table, in its order, with the text before the authors' normalisation.

        Where a row has no such text it is the normalised one. Audio without a row is no problem: the authors
        leave out clips whose transcript failed their check.

        Raises:
            UsageError: there is no such table, or it is not as documented.
        """
        places = (self.root / "transcribed_data" / self.language, self.root / self.language)
        folder = next((place for place in places if (place / self._table).is_file()), None)
        if folder is None:
            tables = " nor ".join(str(place / self._table) for place in places)
            raise UsageError(f"{self.id}: there is neither {tables}; expected one of them")
        below = folder / self.split if folder == places[1] else folder
        audio = {path.stem: path for path in below.glob("*/*") if path.suffix in (".ogg", ".wav")}
        utterances: list[Utterance] = []
        problems: list[Problem] = []
        columns = ("id", "raw_text", "normalized_text", "speaker_id", "gender")
        for line, row in read_tsv(folder / self._table, required=columns):
            where, path = f"{folder / self._table}:{line}", audio.get(row["id"])
            if path is None:
                problems.append(Problem(where, f"there is no audio of {row['id']} below {below}"))
            utterances.append(
                Utterance(
                    row["id"],
                    path or below / f"{row['id']}.wav",
                    row["raw_text"] or row["normalized_text"],
                    self.language,
                    speaker=row["speaker_id"] or None,
                    factors={"gender": row["gender"]} if row["gender"] else {},
                )
            )
        return Listing(tuple(utterances), tuple(problems))

    @property
    def _table(self) -> Path:
        return Path(f"asr_{self.split}.tsv")
