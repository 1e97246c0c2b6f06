"""Voices-in-the-Wild-Bench: 5,000 clips of English and Chinese in adverse acoustics, real and simulated.

As JSONL with audio files, or as a Hugging Face dataset with the audio in its Parquet files and the splits
`real_noise`, `syn_noise` and so on. What a row holds is shown in `vitw_rows`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from ..errors import UsageError
from .base import Utterance
from .corpus import Card, CorpusSpec, Listing, Problem
from .hf_folder import Folders, read_jsonl_rows
from .hf_layout import layout_of, shard_problems
from .hf_tables import Table, UnreadableTableError
from .vitw_counts import TOTALS, Place, deviations, documented, lacking
from .vitw_rows import SCENES, Kind, Language, Row, Scene, meaning_of, row_of


class VitwBenchSpec(CorpusSpec):
    """Voices-in-the-Wild-Bench, whole or in part."""

    card: ClassVar[Card] = Card(
        title="Voices-in-the-Wild-Bench",
        citation="Mega-ASR: Towards In-the-wild^2 Speech Recognition via Scaling Up Real-world Acoustic "
        "Simulation. arXiv 2605.19833, 2026.",
        licence="MIT.",
        obtain="`hf download zhifeixie/Voices-in-the-Wild-Bench --repo-type dataset --local-dir ROOT` "
        "(1.7 GB), or the release's JSONL files with audio.tar.gz unpacked beside them. Some simulated clips "
        "begin with noise in which somebody else speaks, while the reference is the target sentence only: "
        "what a system writes down of that counts as insertions, so look at `kinds: [real]` too.",
        layout="""\
ROOT/data/real_noise-00000-of-00001.parquet      with the audio in it; 16 splits, real_ and syn_
or
ROOT/voices_wild_bench_aug.jsonl                 any number of .jsonl files; `audio_path` from ROOT on
ROOT/audio/...""",
        languages=("en", "zh"),
        subsets="kind, language and scene, such as real-en-noise or sim-zh-mixed: 32",
        factors={
            "kind": "real or sim",
            "scene": ", ".join(SCENES),
            "original_scene": "what the release calls the scene, where that is another name: barrier, "
            "crosstalk, stutter, strong_echo, or the scenes of a mixture",
            "combination": "scenes put together, where the release says so",
            "severity": "0 to 1 in tenths, where the release says so",
            "speed_factor": "where the speed was changed",
        },
        root_variable="VITW_ROOT",
    )

    loader: Literal["vitw_bench"]
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = get_args(Kind)
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = get_args(Language)
    scenes: Annotated[tuple[Scene, ...], Field(min_length=1)] = SCENES

    def benchmark(self) -> str | None:
        return "vitw_bench"

    def aggregates(self) -> Mapping[str, tuple[str, ...]]:
        parts: dict[str, list[str]] = {part: [] for part in (*self.kinds, *self.scenes)}
        for kind, language, scene in product(self.kinds, self.languages, self.scenes):
            for part in (kind, scene):
                parts[part].append(f"{kind}-{language}-{scene}")
        return {part: tuple(subsets) for part, subsets in parts.items()}

    def expected(self) -> Mapping[tuple[str, str], int]:
        """Nothing by subset: totals are documented, and looked at instead."""
        return {}

    def shortfall(self, utterances: Iterable[Utterance]) -> Mapping[tuple[str, str], int]:
        missing = lacking(_places(utterances), documented(self._selected), self._selected)
        return Counter((f"{kind}-{language}-{scene}", language) for kind, language, scene in missing)

    def read(self) -> Listing:
        """The rows in the order of the files, which are read by name.

        Raises:
            UsageError: there is neither a table nor a JSONL file, a row is not as documented, or a name comes
                twice.
        """
        utterances: list[Utterance] = []
        problems: list[Problem] = []
        first: dict[str, str] = {}
        everything: list[Utterance] = []
        tables = layout_of(self.root)
        for item in self._table_rows(tables) if tables else self._jsonl_rows():
            if isinstance(item, Problem):
                problems.append(item)
                continue
            where, utterance = item
            if (other := first.setdefault(utterance.sample_id, where)) != where:
                raise UsageError(f"{where}: found {utterance.sample_id!r} again, first in {other}")
            everything.append(utterance)
            if self._is_selected(utterance):
                utterances.append(utterance)
        if not any(documented(self._selected)):
            # Nothing is documented of so narrow a selection; the whole from which it is taken must be there.
            problems += self._off(_places(everything), TOTALS)
        return Listing(tuple(utterances), tuple(problems))

    @property
    def _selected(self) -> tuple[tuple[str, ...], ...]:
        return self.kinds, self.languages, self.scenes

    def _is_selected(self, utterance: Utterance) -> bool:
        place = utterance.subset.split("-")
        return all(value in values for value, values in zip(place, self._selected, strict=True))

    def _miscounted(self, utterances: Iterable[Utterance]) -> Iterator[Problem]:
        yield from self._off(_places(utterances), documented(self._selected))

    def _off(self, found: Counter[Place], known: Sequence[Mapping[str, int]]) -> Iterator[Problem]:
        axes = deviations(found, known)
        sizes = [sum(map(abs, axis.values())) for axis in axes]
        for number, axis in enumerate(axes):
            for value, more in axis.items():
                if more:
                    # A missing clip is missing in each of its totals, but it is one clip.
                    clips = abs(more) if number == sizes.index(max(sizes)) else 0
                    total = known[number][value]
                    what = f"found {total + more} clips of {value}, expected {total}"
                    yield Problem(str(self.root), what, clips, listed=False)

    def _table_rows(
        self, configs: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[tuple[str, Utterance] | Problem]:
        tables = [path for splits in configs.values() for split in splits.values() for path in split.tables]
        yield from shard_problems(tables)
        for splits in configs.values():
            for name, split in splits.items():
                for path in split.tables:
                    try:
                        yield from _rows_of(path, name)
                    except UnreadableTableError as error:
                        yield Problem(str(path), str(error), listed=False)

    def _jsonl_rows(self) -> Iterator[tuple[str, Utterance] | Problem]:
        files = sorted(self.root.glob("*.jsonl"))
        if not files:
            raise UsageError(
                f"{self.root}: found neither a Parquet nor a JSONL file; expected {self.card.title}"
            )
        folders = Folders(self.root)
        for path in files:
            for line, cells in read_jsonl_rows(path):
                where = f"{path}:{line}"
                row = row_of(cells, where)
                if row.audio_path is None:
                    raise UsageError(f"{where}: found no 'audio_path', only: {', '.join(cells)}")
                audio = self._here(row.audio_path)
                yield from folders.claim(str(audio), where)
                yield where, _utterance(row, where, audio, None)
        yield from folders.left_over()

    def _here(self, audio_path: str) -> Path:
        """Where a file lies; of a path on another machine, the longest end of it that is below the root."""
        path = Path(audio_path)
        if not path.is_absolute() or path.is_file():
            return self.root / path
        ends = (self.root.joinpath(*path.parts[start:]) for start in range(1, len(path.parts)))
        return next((end for end in ends if end.is_file()), path)


def _rows_of(path: Path, split: str) -> Iterator[tuple[str, Utterance]]:
    table = Table.of(path)
    text = next((name for name in ("text", "answer") if name in table.types), None)
    if text is None or "audio" not in table.types or not table.holds_audio("audio"):
        raise UsageError(
            f"{path}: found {table.described()}; expected the columns audio and text (or answer)"
        )
    columns = [name for name in Row.model_fields if name in table.types and name != "audio_path"]
    for number, (cells, _) in enumerate(table.rows(list(dict.fromkeys([text, *columns])), "audio")):
        where = f"{path}: row {number}"
        row = row_of({"subset": split} | cells | {"answer": cells[text]}, where)
        yield where, _utterance(row, where, path, number)


def _utterance(row: Row, where: str, path: Path, number: int | None) -> Utterance:
    meaning = meaning_of(row, where)
    sample_id = row.name or (None if row.index is None else f"vitw_{row.index:05}")
    if sample_id is None:
        sample_id = f"{path.stem}:{number}"
    return Utterance(
        sample_id=sample_id,
        audio_path=path,
        reference=row.answer,
        language=meaning.language,
        subset=meaning.subset,
        factors=meaning.factors,
        audio_row=number,
    )


def _places(utterances: Iterable[Utterance]) -> Counter[Place]:
    places: Counter[Place] = Counter()
    for utterance in utterances:
        kind, language, scene = utterance.subset.split("-")
        places[kind, language, scene] += 1
    return places
