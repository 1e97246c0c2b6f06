"""What a run would do, without doing it."""

from collections.abc import Iterator
from pathlib import Path

from ..store.fingerprint import differences
from ..store.folder import RunFolder
from .cells import cell_entry
from .inventory import take_inventory
from .plan import Cell, Plan
from .review import review_cell
from .session import refuse_foreign, refuse_other_suite


def describe(plan: Plan, path: Path, *, fresh: bool) -> str:
    """Every cell with its clips and hours, what a run directory holds of it, and what is missing.

    Raises:
        UsageError: a run could not use the directory.
    """
    refuse_foreign(path)
    if (path / "run.json").exists() and not fresh:
        refuse_other_suite(RunFolder(path).read_run(), plan, path)
    inventories = {dataset.spec.id: take_inventory(dataset) for dataset in plan.datasets}
    new = " (new)" if not path.exists() else " (the run that is there would be moved aside)" if fresh else ""
    lines = [f"run directory: {path}{new}"]
    clips, seconds = 0, 0.0
    for cell in plan.cells:
        inventory = inventories[cell.dataset.spec.id]
        clips += inventory.clips
        seconds += inventory.audio_s
        lines.append(
            f"{cell.key}  {inventory.clips} clips  {_duration(inventory.audio_s)}  "
            f"{'to do' if fresh else _state(plan, path, cell)}"
        )
    lines.append(f"{len(plan.cells)} cells, {clips} clips, {_duration(seconds)} of audio")
    lines += _missing(plan)
    lines += [*plan.answers.problems, *plan.answers.remarks]
    problems = [
        problem
        for name, inventory in inventories.items()
        if plan.is_heard(name)
        for problem in inventory.problem_lines()
    ]
    lines += [f"missing: {problem}" for problem in problems]
    return "\n".join(lines)


def _missing(plan: Plan) -> Iterator[str]:
    for dataset, reason in plan.not_run.items():
        yield f"not run: dataset {dataset}: {reason}"


def _state(plan: Plan, path: Path, cell: Cell) -> str:
    folder = RunFolder(path)
    if not folder.cell(cell.key).exists():
        return "to do"
    entry = cell_entry(plan.suite.suite, cell)
    found = folder.read_identity(cell.key)
    if found["fingerprint"] != entry["fingerprint"]:
        before = path / "superseded" / cell.key / entry["fingerprint"][:12]
        if before.exists():
            return f"will be taken back from {before}"
        return (
            f"to do anew, since this changed: {', '.join(differences(found['identity'], entry['identity']))}"
        )
    left = len(review_cell(folder, cell).pending)
    return f"{left} to do" if left else "done"


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.2f} h" if seconds >= 360 else f"{seconds:.0f} s"
