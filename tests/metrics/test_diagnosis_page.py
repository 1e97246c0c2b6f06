"""The thresholds are one version, and the documentation page gives each with its reason."""

import importlib.util
import re
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest

from asrdiag.metrics import score
from asrdiag.metrics.diagnosis import (
    HALLUCINATIONS,
    MODES,
    OMISSIONS,
    THRESHOLDS,
    ModeCounts,
    Thresholds,
    diagnose,
)
from asrdiag.metrics.diagnosis.evidence import SENTENCES, Measure

PAGE = (Path(__file__).parents[2] / "docs" / "diagnosis.md").read_text(encoding="utf-8")


def test_other_numbers_need_another_version() -> None:
    with pytest.raises(ValueError, match="minor_rate differ from version '2'"):
        Thresholds(minor_rate=0.2)
    assert Thresholds(version="mine", minor_rate=0.2).minor_rate == 0.2
    with pytest.raises(ValueError, match="need a version"):
        Thresholds(version=" ", minor_rate=0.2)


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("minor_rate", 1.5, ValueError, "minor_rate is 1.5, expected a number from 0 to 1"),
        ("minor_rate", float("nan"), ValueError, "minor_rate is nan"),
        ("minor_rate", "much", ValueError, "minor_rate is 'much'"),
        ("text_words", 0, ValueError, "text_words is 0, expected at least 1"),
        ("text_words", 2.5, TypeError, "text_words is 2.5, expected a whole number"),
        ("minor", 0.5, TypeError, "unexpected keyword argument 'minor'"),
    ],
)
def test_wrong_values_are_errors(name: str, value: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        Thresholds(version="mine", **{name: value})  # type: ignore[arg-type]


def test_units_choose_among_them() -> None:
    assert (THRESHOLDS.text_tokens("word"), THRESHOLDS.text_tokens("character")) == (4, 6)
    assert THRESHOLDS.similarity("mixed") == THRESHOLDS.similarity_characters


def test_the_page_gives_every_threshold() -> None:
    table = {
        name: (value, reason.strip())
        for name, value, reason in re.findall(r"^\| `(\w+)` \| ([\d./]+) \| (.+) \|$", PAGE, re.MULTILINE)
    }
    numbers = {field.name: getattr(THRESHOLDS, field.name) for field in fields(Thresholds)}
    del numbers["version"]
    assert table.keys() == numbers.keys()
    for name, (value, reason) in table.items():
        over, _, under = value.partition("/")
        assert float(over) / float(under or 1) == numbers[name], name
        assert len(reason) > 20, name
    assert f'version `"{THRESHOLDS.version}"`' in PAGE


def test_the_page_gives_every_mode_and_rule() -> None:
    rows = re.findall(r"^\| \d+ \| `(\w+)` \| (.+?) \|", PAGE, re.MULTILINE)
    assert {mode for mode, _ in rows} == set(MODES)
    assert {rule for _, rules in rows for rule in re.findall(r"`(\w+)`", rules)} == set(SENTENCES)


def test_the_page_gives_the_families_of_modes() -> None:
    for family in (OMISSIONS, HALLUCINATIONS):
        assert " + ".join(f"`{mode}`" for mode in family) in PAGE


def test_measures() -> None:
    assert (
        Measure("x", 1, ">=", 1).holds and Measure("x", 1, "<=", 1).holds and Measure("x", 1, "==", 1).holds
    )
    assert not Measure("x", 1, ">", 1).holds and not Measure("x", 0, ">=", 1).holds


def test_mode_counts() -> None:
    counts = ModeCounts(correct=5, omission=1, truncation=1, empty=1, semantic_drift=2)
    assert counts.n == 10
    assert (counts.omission_rate, counts.hallucination_rate) == (0.3, 0.2)
    assert ModeCounts().share("correct") is None and ModeCounts.of([None]) == ModeCounts()
    with pytest.raises(ValueError, match="negative"):
        ModeCounts(empty=-1)
    with pytest.raises(TypeError):
        counts + 1  # type: ignore[operator]


def test_the_page_shows_what_becomes_of_planted_failures() -> None:
    path = Path(__file__).parents[2] / "benchmarks" / "workload.py"
    spec = importlib.util.spec_from_file_location("benchmarks_workload_for_diagnosis", path)
    assert spec is not None and spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = benchmark  # where dataclasses look for the module of a class
    spec.loader.exec_module(benchmark)
    workload = benchmark.make_workload(10_000, 1)
    utterances = score(workload.references, workload.hypotheses, normalizer="none").utterances
    by_kind: dict[str, Counter[str]] = {kind: Counter() for kind in benchmark.KINDS}
    for kind, utterance in zip(workload.kinds, utterances, strict=True):
        diagnosis = diagnose(utterance)
        assert diagnosis is not None
        by_kind[kind][diagnosis.mode] += 1
    rows = [
        f"| {kind} | " + " | ".join(str(found[mode] or "") for mode in MODES) + " |"
        for kind, found in by_kind.items()
    ]
    table = PAGE.split("<!-- workload -->\n")[1].splitlines()
    assert table[0] == f"| | {' | '.join(MODES)} |"
    assert table[2 : 2 + len(rows)] == rows
