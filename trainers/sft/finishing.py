"""The end of a training: the chosen weights, a report, and how a suite uses them."""

from collections.abc import Mapping
from typing import Any

from asrdiag.cli.output import out
from asrdiag.store.atomic import replacing_folder, write_json

from ..learning.result import choice_record, choose_checkpoint, system_snippet, tell_choice, tell_system
from ..learning.selection import Choice
from ..learning.validation import Look
from ..learning.weights import copy_weights
from ..learning.whole import require_whole
from .plan import left_out, total_steps
from .session import Session


def finish(session: Session, looks: Mapping[int, Look]) -> None:
    """Choose among the checkpoints, put the chosen weights in their place, and report.

    Raises:
        UsageError: the chosen checkpoint is damaged.
        SaveError: the weights or the report could not be written.
    """
    recipe, folder = session.recipe, session.folder
    choice = choose_checkpoint(recipe, looks, folder.checkpoints())
    step = choice.look.step if choice else total_steps(session.stages)
    place = folder.path / ("adapter" if recipe.lora else "model")
    require_whole(folder.checkpoint(step))
    with replacing_folder(place) as temporary:
        copy_weights(folder.checkpoint(step), temporary)
        if not recipe.lora:
            session.opened.family.family.processor.save_pretrained(str(temporary))
    snippet = system_snippet(recipe, place, adapter=recipe.lora is not None)
    write_json(folder.report, _report(session, looks, choice, step, snippet))
    for line in left_out(recipe, session.rows.train):
        out(line)
    tell_choice(choice, looks, step, place)
    tell_system(snippet)


def _report(
    session: Session,
    looks: Mapping[int, Look],
    choice: Choice | None,
    step: int,
    snippet: Mapping[str, Any],
) -> dict[str, Any]:
    pool = session.rows.train
    return {
        "schema": 1,
        "chosen_step": step,
        **choice_record(choice, looks),
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
