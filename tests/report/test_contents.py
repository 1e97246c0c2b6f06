"""A report's contents: matrices, worst cases, names, identities and what is missing."""

import io
from pathlib import Path
from typing import Any

import pytest
from made_runs import Said, make_run
from made_sweeps import WORDS, corpus, make_sweep, omitting
from rich.console import Console

from asrdiag.errors import AsrdiagError, UsageError
from asrdiag.report.contents import Contents, contents_of
from asrdiag.report.contents_table import render_contents
from asrdiag.report.matrix import matrices
from asrdiag.report.worst import PER_CONDITION, STEPS
from asrdiag.store.folder import RunFolder


def contents(*runs: Path) -> Contents:
    return contents_of([RunFolder(run) for run in runs])


def row(system: str, condition: str, rate: float | None, **parts: Any) -> dict[str, Any]:
    base = {"system": system, "dataset": "set", "condition": condition, "subset": "", "aggregate": ""}
    numbers = {"metric": "wer", "error_rate_pct": rate, "language": "en", "normalizer": "none"}
    return base | numbers | {"complete": True, "source": "measured"} | parts


def test_a_dataset_with_subsets_has_them_as_recorded_and_its_conditions_pooled() -> None:
    rows = [
        row("a", condition, 1.0, subset=subset) for condition in ("as_recorded", "echo") for subset in "xy"
    ]
    rows += [row("a", name, 2.0, aggregate="pooled") for name in ("as_recorded", "echo")]
    rows += [
        row("a", "as_recorded", 3.0, aggregate="macro"),
        row("a", "as_recorded", 4.0, aggregate="pooled", subset="both"),
        row("p", "as_recorded", 5.0, source="published"),
    ]
    by_condition, by_subset = matrices(rows)
    assert (by_condition.by, by_condition.systems, by_condition.columns) == (
        "condition",
        ("a",),
        ("as_recorded", "echo"),
    )
    assert by_condition.rate("a", "echo") == 2.0
    assert (by_subset.by, by_subset.condition, by_subset.columns) == ("subset", "as_recorded", ("x", "y"))
    assert by_subset.rate("a", "y") == 1.0


def test_metrics_and_languages_of_a_subset_do_not_share_a_cell() -> None:
    rows = [
        row("a", "as_recorded", 1.0, subset="x"),
        row("a", "as_recorded", 2.0, subset="x", language="fr"),
        row("a", "as_recorded", 3.0, subset="x", language="zh", metric="cer"),
        row("a", "as_recorded", 1.5, aggregate="pooled", language="en+fr"),
    ]
    words, characters = matrices(rows)
    assert (words.metric, words.columns) == ("wer", ("x (en)", "x (fr)"))
    assert (characters.metric, characters.rate("a", "as_recorded")) == ("cer", 3.0)
    assert words.rate("a", "nothing") is None


def test_the_worst_cases_are_those_with_most_errors(tmp_path: Path) -> None:
    said = corpus(6)
    cells = {
        "sys/set/as_recorded": omitting(said, [0, 1, 2, 3, 4, 5]),
        "sys/set/echo.m050": omitting(said, [9, 0, 0, 0, 0, None]),
    }
    cases = contents(make_sweep(tmp_path / "run", said, cells)).worst
    assert [(case.condition, case.sample_id, case.n_errors) for case in cases] == [
        ("echo.m050", "u00", 9),
        ("as_recorded", "u05", 5),
        ("as_recorded", "u04", 4),
        ("as_recorded", "u03", 3),
    ]
    assert len(cases) == 1 + PER_CONDITION
    assert [step.letter for step in cases[1].steps] == ["C"] * 5 + ["D"] * 5
    assert [(step.reference, step.hypothesis) for step in cases[1].steps[4:6]] == [
        ("white", "white"),
        ("brown", None),
    ]
    assert (cases[1].error_rate_pct, cases[1].failure_mode) == (50.0, "truncation")


def test_a_long_loop_is_cut(tmp_path: Path) -> None:
    said = corpus(1)
    cells = {"sys/set/as_recorded": {"u00": " ".join(WORDS) + " so" * 500}}
    [case] = contents(make_sweep(tmp_path / "run", said, cells)).worst
    assert (case.n_errors, len(case.steps), case.n_more) == (500, STEPS, 510 - STEPS)


def test_said_nothing_has_errors_but_no_rate(tmp_path: Path) -> None:
    cells = {"sys/set/as_recorded": {"u": "hello there"}}
    [case] = contents(make_sweep(tmp_path / "run", [Said("u", "")], cells)).worst
    assert (case.n_errors, case.ref_tokens, case.error_rate_pct) == (2, 0, None)


def test_systems_of_one_name_are_told_apart_and_paired_with_themselves(tmp_path: Path) -> None:
    said = corpus(2)
    runs = []
    for name, omitted in (("one", 1), ("two", 4)):
        cells = {
            "sys/set/as_recorded": omitting(said, [0]),
            "sys/set/echo.m050": omitting(said, [omitted]),
            f"only-{name}/set/as_recorded": omitting(said, [0]),
        }
        runs.append(make_sweep(tmp_path / name, said, cells))
    found = contents(*runs)
    one, two = (f"sys [{run}]" for run in runs)
    [matrix] = found.matrices
    assert matrix.systems == (one, "only-one", two, "only-two")
    assert {change.system: change.change_pct for change in found.changes} == pytest.approx(
        {one: 10.0, two: 40.0}
    )
    assert [run.systems[0].name for run in found.runs] == [one, two]


def test_what_is_no_run_or_has_no_scores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not a run directory: it has no run\.json"):
        contents(tmp_path)
    said = corpus(1)
    unscored = make_run(tmp_path / "new", said, {"sys/set/as_recorded": omitting(said, [0])})
    with pytest.raises(UsageError, match="no cell is scored yet; `asrdiag score "):
        contents(unscored)
    scored = make_sweep(tmp_path / "run", said, {"sys/set/as_recorded": omitting(said, [0])})
    with pytest.raises(UsageError, match="given twice"):
        contents(scored, scored / ".." / "run")


@pytest.mark.parametrize("damage", [b"", b"PAR1 no more"])
def test_damaged_scores_are_named(tmp_path: Path, damage: bytes) -> None:
    said = corpus(1)
    run = make_sweep(tmp_path / "run", said, {"sys/set/as_recorded": omitting(said, [1])})
    (run / "cells/sys/set/as_recorded/scores.parquet").write_bytes(damage)
    with pytest.raises(AsrdiagError, match=r"scores\.parquet: cannot be read; `asrdiag score` makes it anew"):
        contents(run)


def printed(found: Contents, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(render_contents(found, console))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_terminal_shows_rates_changes_and_what_is_missing(tmp_path: Path) -> None:
    said = corpus(8)
    cells = {
        "sys/set/as_recorded": omitting(said, [0, 1]),
        "sys/set/echo.m050": omitting(said, [4, 5, 6, None]),
    }
    text = printed(contents(make_sweep(tmp_path / "run", said, cells, {"big": "set BIG_ROOT"})), 100)
    assert "set   WER % by condition, language en, normaliser whisper-english@1" in text
    assert "change of the WER against as_recorded, on the same 6 clips; intervals over clips" in text
    # 2 * (4 + 5 + 6) of 60 words against 2 * (0 + 1 + 0) of the same.
    assert "50.0*" in text
    assert "▲ +46.7" in text
    assert "big: not run: set BIG_ROOT" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_tables_fit_the_terminal_and_hide_nothing(tmp_path: Path, width: int) -> None:
    said = corpus(6)
    systems = [f"system-number-{n}" for n in range(7)]
    cells = {
        f"{system}/set/{condition}": omitting(said, [n, n + 1])
        for n, system in enumerate(systems)
        for condition in ("as_recorded", "echo.m050")
    }
    text = printed(contents(make_sweep(tmp_path / "run", said, cells)), width)
    assert max(map(len, text.splitlines())) <= width
    assert all(text.count(system) == 2 for system in systems)
    assert "…" not in text


def test_names_from_manifests_cannot_command_the_terminal(tmp_path: Path) -> None:
    said = [Said("a", "red blue", subset="\x1b[31mx"), Said("b", "red blue", subset="y")]
    text = printed(
        contents(make_sweep(tmp_path / "run", said, {"sys/set/as_recorded": {"a": "red", "b": "red"}})), 80
    )
    assert "\x1b" not in text
    assert "\N{REPLACEMENT CHARACTER}[31mx" in text
