"""The published error rates that come with asrdiag, and what each column of their tables is a number of."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from ..errors import AsrdiagError

MIXED = "mixed"
"""The metric of English words and Chinese characters counted as one; only Voices-in-the-Wild-Bench has it."""

_ROOT = "asrdiag.suites"
_SNRS_DB = (0, 5, 10, 15)
_CATEGORIES = ("noise", "far_field", "obstructed", "echo", "recording", "distortion", "dropout", "mixed")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a published table."""

    name: str
    benchmarks: tuple[str, ...]
    """As datasets declare them; several for a mean over benchmarks."""
    subsets: frozenset[str]
    """The subsets that it is the mean of; one for a plain error rate, none for a mean over benchmarks."""
    metric: str = "wer"
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True, slots=True)
class Entry:
    """One system in a published table; `None` where nothing is printed."""

    system: str
    """The id that the system has here, under which its names in different tables are joined."""
    name: str
    """As printed in this table."""
    access: str
    """`open` or `closed`."""
    values: Mapping[str, float | None]
    """Error rates in %, by column."""


@dataclass(frozen=True, slots=True)
class Table:
    """One published table."""

    columns: tuple[Column, ...]
    entries: tuple[Entry, ...]
    metric: str
    """Of its numbers; several joined by +."""


FAMILIES = {"robust": "robust.csv", "standard": "standard.csv", "vitw": "vitw_bench.csv"}
"""The published tables by name, and their files."""


@lru_cache
def table(family: str) -> Table:
    """A published table by its name in `FAMILIES`."""
    columns = {"robust": _robust, "standard": _standard, "vitw": _vitw}[family]()
    ids = system_ids()
    entries = []
    for row in _read(FAMILIES[family]):
        values = {column.name: float(row[column.name]) if row[column.name] else None for column in columns}
        entries.append(Entry(ids[row["system"]], row["system"], row["access"], values))
    metric = "+".join(dict.fromkeys(column.metric for column in columns))
    return Table(columns, tuple(entries), metric)


@lru_cache
def subset_rates() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """What is printed for single subsets: by printed name of the system, benchmark and subset, in %."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in _read("robust_subsets.csv"):
        benchmark, subset = row.pop("benchmark"), row.pop("subset")
        for system, rate in row.items():
            found.setdefault(system, {}).setdefault(benchmark, {})[subset] = float(rate)
    return found


@lru_cache
def system_ids() -> Mapping[str, str]:
    """The ids of systems by every name under which they are printed.

    >>> {system_ids()[name] for name in ("Gemini3-Flash", "Gemini-3-Flash")}
    {'gemini-3-flash'}
    """
    return {row["name"]: row["system"] for row in _read("systems.csv")}


def _read(name: str) -> Iterator[dict[str, str]]:
    path = resources.files(_ROOT) / "published" / name
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise AsrdiagError(f"{path}: cannot be read, though it comes with asrdiag: {error}") from error
    return csv.DictReader(text.splitlines())


def _robust() -> tuple[Column, ...]:
    printed = next(iter(subset_rates().values()))

    def mean(benchmark: str, part: str = "") -> Column:
        subsets = frozenset(name for name in printed[benchmark] if not part or part in name.split("_"))
        return Column("_".join(filter(None, (benchmark, part.lower()))), (benchmark,), subsets)

    return (
        *(mean("chime4", kind) for kind in ("real", "simu")),
        mean("chime4"),
        *(mean("voices", f"rm{number}") for number in (1, 2, 3, 4)),
        mean("voices"),
        *(mean("noizeus", f"{snr_db}dB") for snr_db in _SNRS_DB),
        mean("noizeus"),
        Column("overall", ("chime4", "voices", "noizeus"), frozenset()),
    )


def _standard() -> tuple[Column, ...]:
    def single(name: str, benchmark: str, subset: str = "", language: str = "en") -> Column:
        metric = "cer" if language == "zh" else "wer"
        return Column(name, (benchmark,), frozenset({subset}), metric, (language,))

    splits = ("dev-clean", "dev-other", "test-clean", "test-other")
    return (
        *(single(f"librispeech_{split.replace('-', '_')}", "librispeech", split) for split in splits),
        single("commonvoice_zh", "commonvoice-zh", language="zh"),
        single("commonvoice_en", "commonvoice-en"),
        single("fleurs_zh", "fleurs-zh", language="zh"),
        single("fleurs_en", "fleurs-en"),
        single("aishell1_test", "aishell1", language="zh"),
        *(single(f"wenetspeech_{part}", "wenetspeech", part, "zh") for part in ("net", "meeting")),
        single("voxpopuli_en", "voxpopuli-en"),
    )


def _vitw() -> tuple[Column, ...]:
    return tuple(
        Column(
            f"{category}_{kind}",
            ("vitw_bench",),
            frozenset(f"{kind}-{language}-{category}" for language in ("en", "zh")),
            MIXED,
            ("en", "zh"),
        )
        for category in _CATEGORIES
        for kind in ("real", "sim")
    )
