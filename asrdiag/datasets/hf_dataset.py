"""Any dataset of the Hugging Face Hub that lies on this machine, read without the `datasets` library."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from ..errors import UsageError, unknown
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .hf_columns import TEXTS, Header, factor_of, label_of
from .hf_folder import FILE_NAME, Folders, Metadata, metadata_of
from .hf_layout import Split, layout_of, shard_problems
from .hf_tables import Table, UnreadableTableError

_T = TypeVar("_T")


class HfDatasetSpec(CorpusSpec):
    """A folder of Parquet or Arrow files with a column of audio, or of audio files with a metadata table."""

    card: ClassVar[Card] = Card(
        title="a Hugging Face dataset on this machine",
        citation="that of the dataset",
        licence="That of the dataset; see its README.md.",
        obtain="`hf download OWNER/NAME --repo-type dataset --local-dir ROOT`, or `save_to_disk` in Python.",
        layout="""\
ROOT/README.md                               its front matter may say which files are which split
ROOT/data/test-00000-of-00003.parquet        or ROOT/CONFIG/test-00000-of-00003.parquet
or
ROOT/test/{state.json,data-00000-of-00002.arrow}    as `save_to_disk` writes it; without splits in ROOT itself
or
ROOT/test/metadata.csv, ROOT/test/a.wav      metadata.jsonl too; without splits in ROOT itself""",
        languages=(),
        subsets="the column that `subset_column` names; else the split is the whole",
        factors={},
        root_variable="HF_DATASET_ROOT",
    )

    loader: Literal["hf_dataset"]
    config: str | None = None
    split: str | None = None
    """Both may be left out where there is only one."""
    audio_column: str | None = None
    text_column: str | None = None
    """Both may be left out where only one column can be it."""
    id_column: str | None = None
    """`None`: the name that the audio had."""
    speaker_column: str | None = None
    language_column: str | None = None
    language: str = "en"
    """Of rows that name none."""
    subset_column: str | None = None
    factors: tuple[str, ...] = ()
    """Columns of text, numbers or truth values."""

    def expected(self) -> Mapping[tuple[str, str], int]:
        """The rows that the dataset says the split has, where all of them are one subset in one language."""
        found = self._split() if self.root.is_dir() else None
        if not isinstance(found, Split) or found.documented_rows is None or self._divided():
            return {}
        return {("", self.language): found.documented_rows}

    def read(self) -> Listing:
        """The rows in the order of the files; a row without text is left out, and is a problem.

        Raises:
            UsageError: there is no such configuration, split or column, which column it is cannot be told, or
                an id comes twice.
        """
        found = self._split()
        utterances: list[Utterance] = []
        problems: list[Problem] = []
        rows = self._folder_rows(found) if isinstance(found, Metadata) else self._table_rows(found)
        for item in rows:
            if isinstance(item, Problem):
                problems.append(item)
            else:
                utterances.append(item)
        documented = found.documented_rows if isinstance(found, Split) and self._divided() else None
        if documented is not None and documented != len(utterances):
            what = f"found {len(utterances)} utterances, expected {documented}"
            lacking = abs(documented - len(utterances))
            problems.append(Problem(f"{self.root}: split {self.split or 'all'}", what, lacking, listed=False))
        return Listing(self._with_ids(utterances), tuple(problems))

    def _divided(self) -> bool:
        return self.subset_column is not None or self.language_column is not None

    def _split(self) -> Split | Metadata:
        configs = layout_of(self.root)
        if configs:
            config = self.config
            if config is None and len(configs) > 1 and "default" in configs:
                config = "default"
            return _one_of("split", self.split, _one_of("config", config, configs, self.root), self.root)
        found = metadata_of(self.root)
        if not found:
            raise UsageError(
                f"{self.root}: found no Parquet or Arrow file, no metadata.csv and no metadata.jsonl; "
                "expected the folder of a Hugging Face dataset"
            )
        if self.config is not None:
            raise UsageError(
                f"{self.root}: config: found {self.config!r}, expected none for a folder of audio files"
            )
        return _one_of("split", self.split, found, self.root)

    def _columns(self) -> list[str]:
        """Those beside audio and text."""
        single = (self.id_column, self.speaker_column, self.language_column, self.subset_column)
        return [*(name for name in single if name is not None), *self.factors]

    def _table_rows(self, split: Split) -> Iterator[Utterance | Problem]:
        yield from shard_problems(split.tables)
        if not split.tables:
            raise UsageError(f"{self.root}: split {self.split!r} has no file; expected at least one")
        for path in split.tables:
            try:
                yield from self._rows_of(path)
            except UnreadableTableError as error:
                yield Problem(str(path), str(error), listed=False)

    def _rows_of(self, path: Path) -> Iterator[Utterance | Problem]:
        table = Table.of(path)
        header = Header(str(path), table.types.keys(), table.described())
        audio = header.choose(
            "audio_column", self.audio_column, filter(table.holds_audio, table.types), ["audio"]
        )
        text = header.choose("text_column", self.text_column, filter(table.holds_text, table.types), TEXTS)
        header.require(self._columns())
        columns = list(dict.fromkeys([text, *self._columns()]))
        for number, (cells, name) in enumerate(table.rows(columns, audio)):
            row = {column: table.label(column, cell) for column, cell in cells.items()}
            bare = Utterance(_stem(name), path, "", audio_row=number, audio_column=audio)
            yield self._utterance(f"{path}: row {number}", row, text, bare)

    def _folder_rows(self, metadata: Metadata) -> Iterator[Utterance | Problem]:
        header = Header(str(metadata.path), metadata.names, ", ".join(metadata.names))
        others = [name for name in metadata.names if name != FILE_NAME]
        text = header.choose("text_column", self.text_column, others, TEXTS)
        header.require(self._columns())
        base = metadata.path.parent
        folders = Folders(base)
        for line, row in metadata.rows():
            where, name = f"{metadata.path}:{line}", row[FILE_NAME]
            yield from folders.claim(name, where)
            yield self._utterance(where, row, text, Utterance(_stem(name), base / name, ""))
        yield from folders.left_over()

    def _utterance(
        self, where: str, row: Mapping[str, Any], text: str, bare: Utterance
    ) -> Utterance | Problem:
        if row[text] is None:
            return Problem(where, f"{text}: found no text, expected what is said", listed=False)
        if not isinstance(row[text], str):
            raise UsageError(f"{where}: {text}: found {row[text]!r:.80}, expected text")

        def said(column: str | None) -> str | None:
            return None if column is None else label_of(row[column], where, column)

        sample_id = said(self.id_column)
        if self.id_column is not None and (sample_id is None or _CONTROL.search(sample_id)):
            found = f"{where}: {self.id_column}: found {sample_id!r}"
            raise UsageError(f"{found}, expected an id without control characters")
        factors = {name: factor_of(row[name], where, name) for name in self.factors}
        return replace(
            bare,
            sample_id=sample_id or bare.sample_id,
            reference=row[text],
            language=said(self.language_column) or self.language,
            subset=said(self.subset_column) or "",
            speaker=said(self.speaker_column),
            factors={name: value for name, value in factors.items() if value is not None},
        )

    def _with_ids(self, utterances: list[Utterance]) -> tuple[Utterance, ...]:
        """With ids that are unique: by the audio's names if those are, else by file and row."""
        first: dict[str, Utterance] = {}
        for utterance in utterances:
            other = first.setdefault(utterance.sample_id, utterance)
            if self.id_column is not None and other is not utterance:
                raise UsageError(
                    f"{_where(utterance)}: {self.id_column}: found {utterance.sample_id!r} again, first in "
                    f"{_where(other)}; ids must be unique"
                )
        if len(first) == len(utterances) and not any(not name or _CONTROL.search(name) for name in first):
            return tuple(utterances)
        return tuple(replace(utterance, sample_id=self._place(utterance)) for utterance in utterances)

    def _place(self, utterance: Utterance) -> str:
        path = utterance.audio_path.relative_to(self.root)
        return str(path) if utterance.audio_row is None else f"{path.with_suffix('')}:{utterance.audio_row}"


def _one_of(key: str, given: str | None, known: Mapping[str, _T], root: Path) -> _T:
    if given is None and len(known) == 1:
        return next(iter(known.values()))
    names = [name or '""' for name in known]
    if given is None:
        raise UsageError(
            f"{root}: found {len(known)} {key}s, expected `{key}:` to say which: {', '.join(names)}"
        )
    if given not in known:
        raise UsageError(f"{root}: {unknown(key, given, names)}")
    return known[given]


def _stem(name: str | None) -> str:
    """The name that a clip had, without suffix; without its folders too if they are of another machine."""
    path = Path(name or "")
    path = Path(path.name) if path.is_absolute() else path
    return str(path.with_suffix("")) if path.name else ""


def _where(utterance: Utterance) -> str:
    return str(utterance.audio_path) + ("" if utterance.audio_row is None else f": row {utterance.audio_row}")


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
