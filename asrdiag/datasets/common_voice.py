"""Mozilla Common Voice: sentences read by volunteers.

The header of `en/test.tsv` in release 22.0 and a row, tabs shown as |, the speaker's hash cut short:

    client_id|path|sentence_id|sentence|sentence_domain|up_votes|down_votes|age|gender|accents|variant|locale|segment
    0013037a|common_voice_en_699711.mp3|06f4...|She'll be all right.||2|1||||| en|
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..errors import UsageError
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .tsv_rows import read_tsv

_TAGS = {"zh-HK": "yue"}
"""Languages whose tag is not the first part of the locale: what is spoken there is Cantonese."""


class CommonVoiceSpec(CorpusSpec):
    """Common Voice: sentences read by volunteers, in any of its languages."""

    card: ClassVar[Card] = Card(
        title="Mozilla Common Voice",
        citation="Ardila et al.: Common Voice: a massively-multilingual speech corpus. LREC 2020.",
        licence="CC0 1.0; whoever downloads it promises not to try to identify speakers.",
        obtain="https://commonvoice.mozilla.org/datasets: fetch a release of a language (the published rows "
        "are of 22.0) and unpack it; the root is the folder cv-corpus-* that holds the languages' folders.",
        layout="""\
cv-corpus-22.0-2025-06-20/
  en/test.tsv                              a header, then a row for each clip
  en/clips/common_voice_en_699711.mp3""",
        languages=("any",),
        subsets="none: the split is the whole; the number of clips is that of its table",
        factors={"age": "as the speaker gave it", "gender": "as the speaker gave it"},
        root_variable="COMMON_VOICE_ROOT",
    )

    loader: Literal["common_voice"]
    locale: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]+)*$")]
    """The language's folder: `en`, `zh-CN`."""
    split: Literal["test", "dev", "validated"] = "test"

    def benchmark(self) -> str | None:
        known = {"en": "commonvoice-en", "zh-CN": "commonvoice-zh"}
        return known.get(self.locale) if self.split == "test" else None

    def expected(self) -> Mapping[tuple[str, str], int]:
        return {}

    def read(self) -> Listing:
        """The rows of the split's table, in its order.

        Raises:
            UsageError: there is no such table, or it is not as documented.
        """
        table = self.root / self.locale / f"{self.split}.tsv"
        if not table.is_file():
            found = sorted(path.parent.name for path in self.root.glob(f"*/{self.split}.tsv"))
            raise UsageError(
                f"{self.id}: there is no table {table}; the root has: {', '.join(found) or 'no locale'}"
            )
        language = _TAGS.get(self.locale, self.locale.partition("-")[0])
        utterances: list[Utterance] = []
        problems: list[Problem] = []
        for line, row in read_tsv(table, required=("client_id", "path", "sentence")):
            # The clips of all splits lie in one folder, so none of them is left over.
            path = self.root / self.locale / "clips" / row["path"]
            if not path.is_file():
                problems.append(Problem(f"{table}:{line}", f"there is no audio file {path}"))
            factors = {name: row[name] for name in ("age", "gender") if row.get(name)}
            utterances.append(
                Utterance(
                    path.stem,
                    path,
                    row["sentence"],
                    language,
                    speaker=row["client_id"],
                    factors=factors,
                )
            )
        return Listing(tuple(utterances), tuple(problems))
