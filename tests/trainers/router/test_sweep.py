"""Thresholds tried on answers that are there: every number follows from counting."""

import csv
import json
import shutil

import numpy as np
import pytest
import routers
import tones
from made_runs import Said, make_run, score_run

from asrdiag.errors import UsageError
from asrdiag.routing.router import Router
from asrdiag.trainers.router.answers import Answered, answered, n_answers
from asrdiag.trainers.router.command import run
from asrdiag.trainers.router.recipe import Sweep
from asrdiag.trainers.router.sweep import best_threshold, rows

WORDS = "lazy dogs sleep under trees"
CORPUS = [Said(f"u{number}", WORDS, speaker=f"s{number}") for number in range(4)]
BASE_ERRORS, ADAPTED_ERRORS, P = [0, 1, 4, 5], [1, 1, 1, 1], [0.1, 0.4, 0.6, 0.9]


def answers(errors):
    return {
        said.sample_id: " ".join(WORDS.split()[wrong:]) for said, wrong in zip(CORPUS, errors, strict=True)
    }


def say(folder, key, **found):
    """Have the records of a cell say more: for each key a value by sample id."""
    path = folder / "cells" / key / "samples.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        line.update({name: of[line["sample_id"]] for name, of in found.items() if line["sample_id"] in of})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def folder(tmp_path):
    routed = [
        base if p < 0.5 else adapted for base, adapted, p in zip(BASE_ERRORS, ADAPTED_ERRORS, P, strict=True)
    ]
    cells = {
        "base/set/as_recorded": answers(BASE_ERRORS),
        "adapted/set/as_recorded": answers(ADAPTED_ERRORS),
        "routed/set/as_recorded": answers(routed),
    }
    made = make_run(tmp_path / "run", CORPUS, cells)
    details = {
        said.sample_id: {"route": "adapted" if p >= 0.5 else "base", "p_degraded": p}
        for said, p in zip(CORPUS, P, strict=True)
    }
    say(made, "routed/set/as_recorded", details=details)
    return score_run(made)


def table(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_policy_is_counted(folder):
    sweep = Sweep(
        runs=(folder,), base="base", adapted="adapted", routed="routed", thresholds=(0.05, 0.2, 0.95)
    )
    assert n_answers(sweep) == 4
    cells = answered(sweep, None)
    found = {
        (row["policy"], row["threshold"]): (
            row["errors"],
            row["n_adapted"],
            row["error_rate_pct"],
            row["change_pct"],
        )
        for row in rows(cells, sweep.thresholds, own=0.5)
    }
    # 20 words. Never: 0+1+4+5; always: 4; the better one each time: 0+1+1+1, of which two are adapted.
    assert found == {
        ("never", None): (10, 0, 50.0, 0.0),
        ("always", None): (4, 4, 20.0, pytest.approx(-30)),
        ("oracle", None): (3, 2, 15.0, pytest.approx(-35)),
        ("threshold", 0.05): (4, 4, 20.0, pytest.approx(-30)),
        ("threshold", 0.2): (3, 3, 15.0, pytest.approx(-35)),  # the second clip is the same either way
        ("threshold", 0.5): (3, 2, 15.0, pytest.approx(-35)),
        ("threshold", 0.95): (10, 0, 50.0, 0.0),
    }
    assert best_threshold(cells, (0.05, 0.2, 0.4, 0.95)) == 0.4  # 0.2 and 0.4 do as well; the later of two
    row = next(row for row in rows(cells, (), own=0.5) if row["policy"] == "threshold")
    assert row["change_low_pct"] <= row["change_pct"] <= row["change_high_pct"]
    assert row["metric"] == "wer" and row["n"] == 4


def test_words_and_characters_are_not_added_up_for_the_best_threshold():
    def cell(unit, p, base, adapted, tokens):
        columns = [np.array(each, dtype=np.float64) for each in (p, base, adapted, tokens)]
        return Answered("set", unit, unit, *columns, blocks=("a", "b"), n_unanswered=0)

    # From 0.3 on: 5 of 10 words wrong (never adapting: 6) and 110 of 1000 characters (never: 108). 50 + 11 %
    # against 60 + 10.8 %: the words, though both units together have 115 errors against 114.
    words = cell("word", [0.4, 0.1], [6, 0], [5, 0], [5, 5])
    characters = cell("character", [0.4, 0.1], [58, 50], [60, 50], [500, 500])
    assert best_threshold([words, characters], (0.3, 0.9)) == 0.3
    assert best_threshold([characters], (0.3, 0.9)) == 0.9


def test_a_clip_without_an_answer_is_left_out_and_counted_and_silence_is_the_bases(folder):
    path = folder / "cells" / "adapted/set/as_recorded" / "samples.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:3]) + "\n")
    score_run(folder)
    say(folder, "routed/set/as_recorded", details={"u0": {"gated": True}})
    [cell] = answered(Sweep(runs=(folder,), base="base", adapted="adapted", routed="routed"), None)
    assert (cell.p_degraded.tolist(), cell.n_unanswered) == ([0.0, 0.4, 0.6], 1)


def test_systems_may_be_in_runs_of_their_own_if_they_heard_the_same(folder, tmp_path):
    other = score_run(make_run(tmp_path / "other", CORPUS, {"new/set/as_recorded": answers([0, 0, 0, 0])}))
    sweep = Sweep(runs=(folder, other), base="base", adapted="new", routed="routed")
    [cell] = answered(sweep, None)
    assert (cell.base_errors.tolist(), cell.adapted_errors.tolist()) == (BASE_ERRORS, [0, 0, 0, 0])
    for place, sha256 in ((folder, "1"), (other, "2")):
        key = f"{'base' if place == folder else 'new'}/set/as_recorded"
        say(place, key, audio={"u2": {"duration_s": 1.0, "sha256": sha256}})
    with pytest.raises(UsageError, match="heard other audio of 'u2'"):
        answered(sweep, None)
    with pytest.raises(UsageError, match=r"'u0' has no p_degraded; expected the records of a system with"):
        answered(Sweep(runs=(folder,), base="base", adapted="adapted", routed="adapted"), None)


def test_a_clip_in_several_runs_counts_once(folder, tmp_path):
    one = Sweep(runs=(folder,), base="base", adapted="adapted", routed="routed")
    other = tmp_path / "copy"
    shutil.copytree(folder, other)
    [cell], [twice] = answered(one, None), answered(one.model_copy(update={"runs": (folder, other)}), None)
    assert len(twice.tokens) == len(cell.tokens) == 4
    say(other, "base/set/as_recorded", audio={"u2": {"duration_s": 1.0, "sha256": "another"}})
    for system in ("adapted", "routed"):
        say(other, f"{system}/set/as_recorded", audio={"u2": {"duration_s": 1.0, "sha256": "another"}})
    found = answered(one.model_copy(update={"runs": (folder, other)}), None)
    assert [each.base_errors.tolist() for each in found] == [BASE_ERRORS, [4]]


def test_the_leaderboard_says_what_was_routed(folder):
    board = {row["system"]: row for row in table(folder / "leaderboard.csv")}
    assert (board["routed"]["n_routed"], board["routed"]["routed_share_pct"]) == ("2", "50")
    # Base path: 0 and 1 errors in 10 words. Adapted path: 1 and 1.
    assert (board["routed"]["base_error_rate_pct"], board["routed"]["adapted_error_rate_pct"]) == ("10", "20")
    assert (board["base"]["n_routed"], board["base"]["routed_share_pct"]) == ("", "")
    groups = {
        (row["system"], row["value"]): row for row in table(folder / "groups.csv") if row["factor"] == "route"
    }
    assert {key: row["error_rate_pct"] for key, row in groups.items()} == {
        ("routed", "base"): "10",
        ("routed", "adapted"): "20",
    }
    assert all(row["n_expected"] == row["n_scored"] == "2" for row in groups.values())


def test_without_a_routed_system_the_router_hears_the_clips(folder, tmp_path, options, capsys):
    router = routers.write_router(tmp_path / "router")
    tones.write(tmp_path, "clip", [tones.noisy(number, 0.02 * number) for number in range(4)])
    source = {
        f"u{n}": {"path": str(tmp_path / f"clip-{n}.wav"), "offset_s": 0.1, "duration_s": 0.2}
        for n in range(4)
    }
    say(folder, "base/set/as_recorded", source=source)
    score_run(folder)
    [cell] = answered(Sweep(runs=(folder,), base="base", adapted="adapted"), Router.open(router))
    assert cell.p_degraded.tolist() == Router.open(router).p_degraded(
        [tones.noisy(n, 0.02 * n)[1600:4800] for n in range(4)]
    )
    sweep = {"runs": [str(folder)], "base": "base", "adapted": "adapted"}
    keys = {"step": "router", "name": "swept", "router": str(router), "sweep": sweep}
    assert run(options(keys)) == 0
    said = capsys.readouterr().out
    assert "set/as_recorded: never: WER 50.00 %" in said and "lowest error rate at the threshold" in said
    assert len(table(tmp_path / "out" / "sweep.csv")) == 3 + 19
    keys["sweep"]["runs"] = [str(tmp_path / "later")]
    assert run(options(keys, tmp_path / "other")) == 0
    assert f"sweep: not yet, there is no {tmp_path / 'later'}" in capsys.readouterr().out


def test_a_sweep_over_what_is_not_there_is_refused(folder, tmp_path):
    with pytest.raises(
        UsageError, match=r"both 'base' and 'gone' have scores of; systems with scores in .*: adapted, base"
    ):
        answered(Sweep(runs=(folder,), base="base", adapted="gone", routed="routed"), None)
    with pytest.raises(UsageError, match=r"found no scores of 'gone' beside .*base/set/as_recorded"):
        answered(Sweep(runs=(folder,), base="base", adapted="adapted", routed="gone"), None)
    cells = {f"{system}/set/babble": answers(BASE_ERRORS) for system in ("base", "adapted")}
    degraded = score_run(make_run(tmp_path / "degraded", CORPUS, cells))
    router = Router.open(routers.write_router(tmp_path / "router"))
    with pytest.raises(UsageError, match=r"clip 'u0', was not kept; run with `report\.save_audio: all`"):
        answered(Sweep(runs=(degraded,), base="base", adapted="adapted"), router)
