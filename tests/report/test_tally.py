"""What the intervals of the leaderboard are taken over."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from made_runs import Said, make_run, score_run

from asrdiag.metrics import bootstrap_interval
from asrdiag.report.speaker_blocks import speaker_blocks

SPEAKERS = ["ann", "ann", "bob", "bob", "bob", "cid"]
WORDS = ["lazy", "dogs", "sleep", "under", "old", "trees"]
SAID = [Said(f"u{n}", " ".join(WORDS[: 3 + n % 4]), speaker) for n, speaker in enumerate(SPEAKERS)]
ERRORS = [0, 1, 1, 2, 3, 1]


def intervals(folder: Path, said: list[Said]) -> list[tuple[float, float]]:
    """Of all rows but those of means over subsets."""
    answers = {
        each.sample_id: " ".join(each.reference.split()[wrong:])
        for each, wrong in zip(said, ERRORS, strict=True)
    }
    run = score_run(make_run(folder, said, {"a/set/clean": answers}))
    with (run / "leaderboard.csv").open(newline="") as stream:
        return [
            (float(row["ci_low_pct"]), float(row["ci_high_pct"]))
            for row in csv.DictReader(stream)
            if row["aggregate"] != "macro"
        ]


def expected(numbers: range, blocks: list[str] | None) -> tuple[float, float]:
    tokens = [len(SAID[n].reference.split()) for n in numbers]
    found = bootstrap_interval([ERRORS[n] for n in numbers], tokens, blocks=blocks)
    assert found is not None
    return pytest.approx((100 * found.low, 100 * found.high), abs=1e-4)  # type: ignore[return-value]


def test_over_speakers_where_all_are_known(tmp_path: Path) -> None:
    assert intervals(tmp_path / "run", SAID) == [expected(range(6), SPEAKERS)]


@pytest.mark.parametrize("speakers", [[*SPEAKERS[:5], None], ["ann"] * 6, [None] * 6])
def test_over_utterances_where_one_is_unknown_or_all_are_the_same(
    tmp_path: Path, speakers: list[str | None]
) -> None:
    said = [replace(each, speaker=speaker) for each, speaker in zip(SAID, speakers, strict=True)]
    assert intervals(tmp_path / "run", said) == [expected(range(6), None)]
    assert speaker_blocks(speakers) is None


def test_a_pooled_row_has_the_speakers_of_all_its_subsets(tmp_path: Path) -> None:
    said = [replace(each, subset="xy"[number // 3]) for number, each in enumerate(SAID)]
    assert intervals(tmp_path / "run", said) == [
        expected(range(3), SPEAKERS[:3]),
        expected(range(3, 6), SPEAKERS[3:]),
        expected(range(6), SPEAKERS),
    ]
