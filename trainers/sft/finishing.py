"""The end of a training: the chosen weights, a report, and how a suite uses them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from asrdiag.cli.output import complain, out
from asrdiag.store.atomic import write_json

from .plan import left_out, total_steps
from .selection import Choice, choose
from .session import Session
from .validation import Look
from .weights import put


def finish(session: Session, looks: Mapping[int, Look]) -> None:
    """Choose among the checkpoints, put the chosen weights in their place, and report.

    Raises:
        SaveError: the report could not be written.
    """
    recipe, folder = session.recipe, session.folder
    last = total_steps(session.stages)
    choice: Choice | None = None
    if recipe.validation is not None:
        found = [looks[step] for step in sorted(looks) if step and folder.checkpoint(step).is_dir()]
        allowed: dict[str, float] = {str(name): rise for name, rise in recipe.validation.max_rise.items()}
        choice = choose(looks[0], found, allowed)
    step = choice.look.step if choice else last
    place = folder.path / ("adapter" if recipe.lora else "model")
    put(folder.checkpoint(step), place)
    if not recipe.lora:
        session.opened.family.family.processor.save_pretrained(str(place))
    snippet = system_snippet(session, place)
    write_json(folder.report, _report(session, looks, choice, step, snippet))
    _tell(session, looks, choice, step, place)
    out("\nAs a system in a suite:\n")
    out(yaml.safe_dump([snippet], sort_keys=False).rstrip())


def system_snippet(session: Session, place: Path) -> dict[str, Any]:
    """The trained system as a suite has it."""
    model = session.recipe.model
    found: dict[str, Any] = {
        "id": session.recipe.name,
        "engine": "transformers",
        "model": model.checkpoint if session.recipe.lora else str(place.resolve()),
        "revision": model.revision if session.recipe.lora else None,
        "adapter": str(place.resolve()) if session.recipe.lora else None,
        "family": model.family,
        "dtype": model.dtype,
        "attention": model.attention,
        "language": None if model.language == "auto" else model.language,
        "prompt": model.prompt,
    }
    return {key: value for key, value in found.items() if value is not None}


def _tell(session: Session, looks: Mapping[int, Look], choice: Choice | None, step: int, place: Path) -> None:
    for line in left_out(session.recipe, session.pool):
        out(line)
    if choice is None:
        out(f"{place}: step {step}, the last; no validation rows to choose by")
        return
    out(f"before: {looks[0].told()}")
    out(f"chosen: {choice.look.told()}")
    for at, harms in choice.harms.items():
        out(f"not chosen: step {at}: {', '.join(harms)}")
    if not choice.harmless:
        complain("asrdiag: every checkpoint does harm; the lowest error rate was chosen all the same")
    if choice.look.score >= looks[0].score:
        complain("asrdiag: no checkpoint does better on the validation rows than the model before training")
    out(f"{place}: step {step}")


def _report(
    session: Session,
    looks: Mapping[int, Look],
    choice: Choice | None,
    step: int,
    snippet: Mapping[str, Any],
) -> dict[str, Any]:
    pool = session.pool
    return {
        "schema": 1,
        "chosen_step": step,
        "harmless": None if choice is None else choice.harmless,
        "harms": {} if choice is None else {str(at): list(each) for at, each in choice.harms.items()},
        "before": looks[0].record() if 0 in looks else None,
        "chosen": choice.look.record() if choice else None,
        "rows": {"file": str(pool.rows.path), "sha256": pool.rows.sha256, "used": len(pool)},
        "left_out": left_out(session.recipe, pool),
        "stages": [
            {
                "name": planned.stage.name,
                "learning_rates": dict(planned.stage.learning_rates),
                "steps": planned.steps,
                "rows_seen": len(planned.order.rows),
                "degraded_rows": planned.order.n_degraded,
                "clean_rows": planned.order.n_clean,
                "max_base_wer": planned.stage.max_base_wer,
            }
            for planned in session.stages
        ],
        "n_processes": session.process.num_processes,
        "system": dict(snippet),
    }
