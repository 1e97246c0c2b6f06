"""What a condition changes, on paired samples: numbers by hand and against the paired bootstrap."""

import json
from pathlib import Path

import numpy as np
import pytest
from made_runs import Said
from made_sweeps import WORDS, corpus, make_sweep, omitting

from asrdiag.metrics import bootstrap_interval, paired_bootstrap
from asrdiag.report.changes import Change, Changes, changes_of
from asrdiag.report.dataset_scores import DatasetScores, read_scores
from asrdiag.report.intervals import Draws, resample
from asrdiag.store.folder import RunFolder


def tables(path: Path) -> list[DatasetScores]:
    folder = RunFolder(path)
    return list(read_scores(folder, folder.read_run(), [each["cell"] for each in folder.summaries()]))


def changes(path: Path) -> Changes:
    [table] = tables(path)
    return changes_of(table, Draws(table))


def test_the_change_is_over_clips_answered_under_both(tmp_path: Path) -> None:
    said = corpus(4)
    cells = {
        "sys/set/as_recorded": omitting(said, [1, 0, None, 0]),
        "sys/set/noise.snr5": omitting(said, [4, None, 5, 3]),
    }
    [change] = changes(make_sweep(tmp_path / "run", said, cells)).found
    # In common: clips 0 and 3. As recorded 1 + 0 of 20 words are missing, in noise 4 + 3.
    assert (change.n_clips, change.n_left_out, change.ref_tokens) == (2, 2, 20)
    assert (change.baseline, change.baseline_rate_pct, change.rate_pct) == ("as_recorded", 5.0, 35.0)
    assert change.change_pct == pytest.approx(30.0)
    # Differences by clip are 0.3 and 0.3: no spread, so the interval is the point.
    assert (change.low_pct, change.high_pct) == pytest.approx((30.0, 30.0))
    assert change.beyond_chance


@pytest.mark.parametrize(("n_speakers", "unit", "n_units"), [(1, "utterance", 120), (6, "speaker", 6)])
def test_the_interval_is_that_of_the_paired_bootstrap(
    tmp_path: Path, n_speakers: int, unit: str, n_units: int
) -> None:
    said = corpus(120, n_speakers)
    before, after = [0, 1, 2, 0, 1], [3, 2, 6, 9, 4, 2, 7]
    run = make_sweep(
        tmp_path / "run",
        said,
        {
            "sys/set/as_recorded": omitting(said, before),
            "sys/set/echo.m050": omitting(said, after),
            "sys/set/echo.m100": omitting(said, [9]),
        },
    )
    found = changes(run).found[0]
    assert (found.unit, found.n_units) == (unit, n_units)
    errors = [[each[n % len(each)] for n in range(120)] for each in (after, before)]
    blocks = [each.speaker for each in said] if n_speakers > 1 else None
    [expected] = paired_bootstrap(errors, [10] * 120, blocks=blocks, resamples=1000).differences
    assert expected.interval is not None
    ends = 100 * expected.interval.low, 100 * expected.interval.high
    assert (found.low_pct, found.high_pct) == pytest.approx(ends)


def test_rates_have_the_intervals_of_the_leaderboard() -> None:
    generator = np.random.default_rng(0)
    for n, blocks in ((60, None), (60, [f"s{n % 7}" for n in range(60)]), (8, None), (1, None)):
        errors, tokens = generator.integers(0, 5, (3, n)), generator.integers(1, 20, n)
        drawn = resample(errors, tokens, blocks)
        for row in range(3):
            expected = bootstrap_interval(errors[row], tokens, blocks=blocks)
            assert drawn.interval(row) == expected


def test_a_dataset_that_is_run_as_recorded_only_has_no_changes(tmp_path: Path) -> None:
    said = corpus(3)
    run = make_sweep(tmp_path / "run", said, {"sys/set/as_recorded": omitting(said, [1])})
    assert changes(run) == Changes((), ())


def test_without_the_audio_as_recorded_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    said = corpus(3)
    cells = {f"sys/set/echo.{end}": omitting(said, [1]) for end in ("m000", "m050")}
    cells["other/set/as_recorded"] = omitting(said, [0])
    assert changes(make_sweep(tmp_path / "run", said, cells)) == Changes((), ())


def test_systems_are_measured_against_themselves(tmp_path: Path) -> None:
    said = corpus(2)
    cells = {
        "a/set/as_recorded": omitting(said, [1]),
        "a/set/echo.m050": omitting(said, [2]),
        "b/set/as_recorded": omitting(said, [5]),
        "b/set/echo.m050": omitting(said, [4]),
    }
    found = changes(make_sweep(tmp_path / "run", said, cells)).found
    assert [(each.system, each.change_pct) for each in found] == [
        ("a", pytest.approx(10.0)),
        ("b", pytest.approx(-10.0)),
    ]


def test_words_and_characters_are_apart(tmp_path: Path) -> None:
    said = [*corpus(2), Said("z", "\u4e00\u4e8c\u4e09\u56db", language="zh")]
    as_recorded = {**omitting(said[:2], [0]), "z": said[2].reference}
    noisy = {**omitting(said[:2], [5]), "z": "\u4e00\u4e8c\u4e09"}
    run = make_sweep(
        tmp_path / "run", said, {"sys/set/as_recorded": as_recorded, "sys/set/noise.snr0": noisy}
    )
    found = [change for table in tables(run) for change in changes_of(table, Draws(table)).found]
    # English: 5 of 10 words twice; Chinese: one of four characters.
    assert [(each.metric, each.change_pct) for each in found] == [("wer", 50.0), ("cer", 25.0)]
    assert found[1].low_pct is None  # one clip says nothing of how clips differ
    assert not found[1].beyond_chance


def test_nothing_in_common_is_a_note_and_no_number(tmp_path: Path) -> None:
    said = corpus(2)
    cells = {
        "sys/set/as_recorded": omitting(said, [0, None]),
        "sys/set/echo.m050": omitting(said, [None, 1]),
    }
    found = changes(make_sweep(tmp_path / "run", said, cells))
    assert found.found == ()
    assert found.notes == (
        "sys/set/echo.m050: no change is told, no clip was answered both there and under as_recorded",
    )


def test_other_references_are_a_note_and_no_number(tmp_path: Path) -> None:
    said = corpus(3)
    cells = {"sys/set/as_recorded": omitting(said, [0]), "sys/set/echo.m050": omitting(said, [1])}
    run = make_sweep(tmp_path / "run", said, cells)
    samples = run / "cells/sys/set/echo.m050/samples.jsonl"
    lines = [json.loads(line) for line in samples.read_text().splitlines()]
    lines[1]["reference_raw"] = " ".join(WORDS[:7])
    samples.write_text("".join(json.dumps(line) + "\n" for line in lines))
    folder = RunFolder(run)
    from asrdiag.scoring import score_cell

    score_cell(folder, "sys/set/echo.m050", folder.read_run()["cells"]["sys/set/echo.m050"])
    [note] = changes(run).notes
    assert "the references are not those of as_recorded, first at u01; `asrdiag score` makes" in note


def test_a_cell_with_some_of_the_languages_is_compared_on_these(tmp_path: Path) -> None:
    said = [*corpus(1), Said("f", "un deux trois quatre", language="fr")]
    cells = {
        "sys/set/as_recorded": {**omitting(said[:1], [0]), "f": said[1].reference},
        "sys/set/echo.m050": {"f": "un deux"},  # whose normaliser is another one
    }
    [change] = changes(make_sweep(tmp_path / "run", said, cells)).found
    assert (change.n_clips, change.n_left_out, change.change_pct) == (1, 1, 50.0)


def test_a_change_of_zero_is_not_beyond_chance() -> None:
    ends = {"low_pct": -0.5, "high_pct": 0.5}
    parts = {"baseline_rate_pct": 1.0, "rate_pct": 1.0, "change_pct": 0.0}
    names = {"dataset": "d", "metric": "wer", "system": "s", "condition": "c", "baseline": "b"}
    counts = {"n_clips": 1, "n_left_out": 0, "ref_tokens": 1, "n_units": 1}
    assert not Change(**names, **counts, unit="speaker", **parts, **ends).beyond_chance  # type: ignore[arg-type]
