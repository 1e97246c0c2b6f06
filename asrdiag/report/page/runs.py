"""What was run: run ids, dates, versions, and the exact models behind the names."""

from collections.abc import Iterable, Sequence

from ..contents import Contents, RunIdentity
from ..matrix import whole_rows
from .text import count, html


def facts(contents: Contents) -> str:
    """The numbers at the head of the page."""
    whole = whole_rows(contents.rows)
    scored, expected = (sum(row[name] for row in whole) for name in ("n_scored", "n_expected"))
    hours = sum(row.get("audio_hours") or 0.0 for row in whole)
    systems = {row["system"] for row in whole}
    datasets = {row["dataset"] for row in whole}
    conditions = {row["condition"] for row in whole}
    n_cells = sum(run.n_cells for run in contents.runs)
    done = sum(run.n_scored_cells for run in contents.runs)
    tiles = (
        (f"{len(systems):,}", "system" if len(systems) == 1 else "systems"),
        (f"{len(datasets):,}", "dataset" if len(datasets) == 1 else "datasets"),
        (f"{len(conditions):,}", "condition" if len(conditions) == 1 else "conditions"),
        (f"{scored:,}/{expected:,}", "answers scored"),
        (_duration(hours), "of audio heard"),
        (f"{done:,}/{n_cells:,}", "cells of the suite scored"),
    )
    return "".join(f"<div><dt>{html(text)}</dt><dd>{html(number)}</dd></div>" for number, text in tiles)


def _duration(hours: float) -> str:
    return f"{hours:,.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"


def run_tables(runs: Sequence[RunIdentity]) -> str:
    """Each run with its systems."""
    return "".join(_run(run) for run in runs)


def _run(run: RunIdentity) -> str:
    lines = "".join(
        f"<tr><th scope=row>{html(system.name)}</th><td>{html(system.engine)}</td>"
        f"<td>{html(system.model_id)}</td><td>{html(system.model_revision)}</td></tr>"
        for system in run.systems
    )
    about = (
        ("run id", run.run_id),
        ("suite", run.suite),
        ("run", _when(run)),
        ("asrdiag", run.version),
        ("status", run.status),
        ("datasets", ", ".join(run.datasets)),
        ("cells", f"{count(run.n_scored_cells, 'cell')} of {run.n_cells:,} scored"),
    )
    terms = "".join(f"<dt>{html(name)}</dt><dd>{html(value)}</dd>" for name, value in about if value)
    return (
        f"<dl class=about>{terms}</dl><div class=scroll><table><thead><tr><th scope=col>system</th>"
        "<th scope=col>engine</th><th scope=col>model</th><th scope=col>revision</th></tr></thead>"
        f"<tbody>{lines}</tbody></table></div>"
    )


def _when(run: RunIdentity) -> str:
    """The first session's start and the last one's end, to the minute."""
    start, end = (each[:16].replace("T", " ") for each in (run.started, run.ended))
    return f"{start} to {end} UTC" if start and end else f"{start} UTC" if start else ""


def title(runs: Sequence[RunIdentity]) -> str:
    """The suites' names."""
    return ", ".join(dict.fromkeys(run.suite for run in runs))


def subtitle(runs: Iterable[RunIdentity]) -> str:
    """Run ids and days, for the line below the title."""
    return " · ".join(
        f"{html(run.run_id)}{f', {html(run.started[:10])}' if run.started else ''}" for run in runs
    )
