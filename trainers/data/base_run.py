"""Grading what has no answer yet: an ordinary run of the base system, in the folder `base`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from asrdiag.engines import ENGINES
from asrdiag.errors import UsageError
from asrdiag.normalizing import NormalizerChoice
from asrdiag.runner.display import Display
from asrdiag.runner.execute import Resources
from asrdiag.runner.plan import Plan, Selection, make_plan
from asrdiag.runner.session import run_session
from asrdiag.runner.usable import require_usable
from asrdiag.store.atomic import replacing, write_text
from asrdiag.store.folder import RunFolder
from asrdiag.suite.load import load_suite
from asrdiag.suite.packaged import packaged_documents

from ..wording import counted
from .candidates import Candidate
from .clips import Place
from .grading import grade_all
from .inputs.run import latest
from .pool import Pool
from .recipe import DataRecipe

PART = 50_000
"""Clips a dataset of the run: it scores one at a time, in memory."""
_BATCH = 2000
_UNGRADED = "reason IS NULL AND prediction IS NULL AND base_wer IS NULL"
_SUITE = "base-input/suite.yaml"
_ID = "base"


@dataclass(frozen=True, slots=True)
class Session:
    """What a base system may use, and who is told of its progress."""

    resources: Resources
    display: Display
    command: str


def ask_base(pool: Pool, recipe: DataRecipe, out: Path, session: Session) -> None:
    """Let the base system transcribe every candidate without an answer, and grade them all.

    It is a run like any other, in `base`: it goes on where it stopped, and `asrdiag explore` shows it.

    Raises:
        UsageError: there is no base system, or it cannot run on this machine.
        AsrdiagError: it failed on everything.
    """
    if not pool.count(_UNGRADED) and pool.done("asked") is None:
        return
    if recipe.base is None:
        where = pool.db.execute(f"SELECT origin FROM candidates WHERE {_UNGRADED} ORDER BY n").fetchone()  # noqa: S608
        raise UsageError(
            f"no prediction is given for {counted(pool.count(_UNGRADED), 'clip')} (the first: {where[0]}); "
            "name the system that is to be trained as 'base', such as `base: moonshine-tiny`"
        )
    if pool.done("asked") is None:
        parts = list(_write_parts(pool, out))
        write_text(out / _SUITE, yaml.safe_dump(_suite(recipe, parts), sort_keys=False, allow_unicode=True))
        with pool.writing():
            pool.mark("asked", len(parts))
    plan = _plan(out / _SUITE, session.resources.device)
    run_session(plan, out / "base", session.resources, session.display, command=session.command)
    _enter_answers(pool, recipe, RunFolder(out / "base"), [cell.key for cell in plan.cells])


def require_base(recipe: DataRecipe, device: str) -> None:
    """Make sure that the base system can run here, before hours of work for it.

    One whose packaged definition has variables is looked at when it is run.

    Raises:
        UsageError: it cannot.
    """
    if recipe.base is None:
        return
    found = recipe.base if isinstance(recipe.base, dict) else _packaged(recipe.base)
    if "${" not in json.dumps(found):
        spec = ENGINES.load(str(found["engine"])).model_validate_json(json.dumps({"id": _ID, **found}))
        require_usable([spec], device, here=True)


def _packaged(name: str) -> dict[str, Any]:
    entries = (entry for document in packaged_documents() for entry in document.data.get("systems", ()))
    return next(entry for entry in entries if isinstance(entry, dict) and entry["id"] == name)


def _write_parts(pool: Pool, out: Path) -> Iterator[str]:
    rows = pool.db.execute(
        "SELECT id, path, solution, language, speaker, duration_s FROM candidates "  # noqa: S608
        f"WHERE {_UNGRADED} AND checked = 1 ORDER BY n"
    )
    number = 0
    while chunk := list(islice(rows, PART)):
        name = f"part-{number:03}.jsonl"
        with (
            replacing(out / "base-input" / name) as temporary,
            temporary.open("w", encoding="utf-8") as stream,
        ):
            for row_id, path, text, language, speaker, _ in chunk:
                row = {"audio": path, "text": text, "id": row_id, "language": language, "speaker": speaker}
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        yield name
        number += 1


def _suite(recipe: DataRecipe, parts: Sequence[str]) -> dict[str, Any]:
    named = isinstance(recipe.base, str)
    return {
        "name": "base",
        "description": "What the base system makes of the clips that training rows are made of.",
        "seed": recipe.seed,
        **({"include": ["systems.yaml"]} if named else {}),
        **({"normalizer": recipe.normalizer} if recipe.normalizer else {}),
        "systems": [recipe.base if named else {"id": _ID, **recipe.base}],  # type: ignore[dict-item]
        "datasets": [
            {"id": Path(name).stem if len(parts) > 1 else "clips", "loader": "manifest", "path": name}
            for name in parts
        ],
        "conditions": [{"id": "as-recorded", "kind": "as_recorded"}],
        # What fails has no answer, and is dropped with the reason.
        "on_error": {"max_failure_share": 1.0},
        "report": {"save_audio": "none", "groups": []},
    }


def _plan(suite: Path, device: str) -> Plan:
    return make_plan(load_suite(suite), Selection(device=device))


def _enter_answers(pool: Pool, recipe: DataRecipe, folder: RunFolder, keys: Sequence[str]) -> None:
    """Take the answers over, some thousand at a time."""
    if pool.done("graded") is not None:
        return
    with pool.writing():
        for key in keys:
            records = latest(folder.samples(key))
            while chunk := [record for _, record in islice(records, _BATCH)]:
                _enter(pool, chunk, recipe.bins, recipe.normalizer)
        pool.db.execute(
            "UPDATE candidates SET reason = 'no_answer', detail = 'the base system was not asked' "  # noqa: S608
            f"WHERE {_UNGRADED}"
        )
        pool.mark("graded", True)


def _enter(
    pool: Pool,
    records: Sequence[Mapping[str, Any]],
    bins: Sequence[float],
    choice: NormalizerChoice | None,
) -> None:
    found = [
        pool.db.execute(
            "SELECT n, solution, language FROM candidates WHERE id = ? AND reason IS NULL", (r["sample_id"],)
        ).fetchone()
        for r in records
    ]
    known = [(record, row) for record, row in zip(records, found, strict=True) if row is not None]
    candidates = [
        Candidate(record["sample_id"], "", Place(Path()), solution, language, record["hypothesis_raw"])
        for record, (_, solution, language) in known
    ]
    grades = grade_all(candidates, bins, choice)
    for (record, (n, _, _)), grade in zip(known, grades, strict=True):
        if record["hypothesis_raw"] is None:
            error = record["error"] or {}
            pool.drop(n, "no_answer", f"{error.get('stage')}: {error.get('message')}")
        else:
            pool.grade(n, record["hypothesis_raw"], grade)
