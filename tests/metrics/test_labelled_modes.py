"""The modes beside 200 labelled pairs, as the documentation page of the diagnosis gives them.

The pairs were labelled, with reasons, without a look at the rules and before they were tuned; the rules were
tuned on the half `development` alone.
"""

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from asrdiag.metrics import diagnose, score_utterance
from asrdiag.metrics.diagnosis import MODES, Diagnosis
from asrdiag.metrics.rewards.potential import wilson_interval
from asrdiag.metrics.statistics.kappa import cohens_kappa

PAGE = (Path(__file__).parents[2] / "docs" / "diagnosis.md").read_text(encoding="utf-8")
PAIRS = Path(__file__).parent / "labelled_modes.jsonl"
SPLITS = ("development", "held-out")
LANGUAGES = {"English": ("en",), "Chinese": ("zh",), "both": ("en", "zh")}


@lru_cache(maxsize=1)
def pairs() -> list[tuple[dict[str, Any], Diagnosis]]:
    found = []
    for line in PAIRS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        diagnosis = diagnose(score_utterance(row["reference"], row["hypothesis"], language=row["language"]))
        assert diagnosis is not None
        found.append((row, diagnosis))
    return found


def labels(split: str, *languages: str) -> tuple[list[str], list[str]]:
    chosen = [
        (row["mode"], diagnosis.mode)
        for row, diagnosis in pairs()
        if row["split"] == split and row["language"] in languages
    ]
    return [label for label, _ in chosen], [mode for _, mode in chosen]


def share(split: str, *languages: str) -> float:
    labelled, found = labels(split, *languages)
    return sum(map(str.__eq__, labelled, found)) / len(labelled)


def test_the_set_covers_every_mode_in_both_halves() -> None:
    assert len(pairs()) == 200 and len({row["id"] for row, _ in pairs()}) == 200
    for split in SPLITS:
        for languages in LANGUAGES.values():
            assert set(labels(split, *languages)[0]) == set(MODES), (split, languages)
    assert all(row["reason"] for row, _ in pairs())


def test_agreement_on_the_half_that_nothing_was_tuned_on() -> None:
    assert share("held-out", "en", "zh") >= 0.9
    assert share("held-out", "en") >= 0.9
    assert share("held-out", "zh") >= 0.9
    kappa = cohens_kappa(*labels("held-out", "en", "zh"))
    assert kappa is not None and kappa.low > 0.8


def test_agreement_on_the_other_half() -> None:
    assert share("development", "en", "zh") >= 0.95


def table_of_agreement() -> list[str]:
    rows = ["| half | language | right | share | 95 % interval | kappa |", "|---|---|---:|---:|---|---|"]
    for split in SPLITS:
        for name, languages in LANGUAGES.items():
            labelled, found = labels(split, *languages)
            right, n = sum(map(str.__eq__, labelled, found)), len(labelled)
            low, high = wilson_interval(right / n, n)
            kappa = cohens_kappa(labelled, found)
            assert kappa is not None
            rows.append(
                f"| {split} | {name} | {right} of {n} | {100 * right / n:.1f} % "
                f"| {100 * low:.1f} to {100 * high:.1f} % "
                f"| {kappa.value:.2f} ({kappa.low:.2f} to {kappa.high:.2f}) |"
            )
    return rows


def table_of_confusion() -> list[str]:
    found = Counter((row["mode"], diagnosis.mode) for row, diagnosis in pairs() if row["split"] == "held-out")
    rows = [f"| | {' | '.join(MODES)} |", "|---|" + "---:|" * len(MODES)]
    for label in MODES:
        rows.append(f"| {label} | " + " | ".join(str(found[label, mode] or "") for mode in MODES) + " |")
    return rows


def table_of_misses() -> list[tuple[str, ...]]:
    return [
        (row["split"], row["id"], row["reference"], row["hypothesis"], row["mode"], diagnosis.mode)
        for row, diagnosis in sorted(pairs(), key=lambda pair: SPLITS.index(pair[0]["split"]))
        if row["mode"] != diagnosis.mode
    ]


def after(marker: str) -> list[str]:
    lines = PAGE.split(f"<!-- {marker} -->\n")[1].splitlines()
    return lines[: lines.index("")]


@pytest.mark.parametrize(
    ("marker", "rows"), [("labelled", table_of_agreement), ("labelled confusion", table_of_confusion)]
)
def test_the_page_gives_the_agreement(marker: str, rows: Any) -> None:
    assert after(marker) == rows()


def test_the_page_lists_every_miss_and_why() -> None:
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in after("labelled misses")]
    assert [(row[0], row[1], row[2], row[3], row[4].strip("`"), row[5].strip("`")) for row in cells[2:]] == (
        table_of_misses()
    )
    assert all(len(row) == 7 and len(row[6]) > 20 for row in cells[2:])
