"""The end of a training: the chosen adapter, joined with the one that it started from, and a report."""

from collections.abc import Sequence

from asrdiag.cli.output import complain
from asrdiag.store.atomic import write_json
from asrdiag.store.log import read_log

from ..learning.result import choice_record, choose_checkpoint, system_snippet, tell_choice, tell_system
from ..learning.weights import put
from ..learning.whole import require_whole
from .joining import join
from .session import RlSession


def finish(session: RlSession, wrong: str | None) -> int:
    """Choose among the checkpoints and report.

    Args:
        wrong: why the training ended early, if it did.

    Returns:
        The exit status: 1 if it ended early.

    Raises:
        UsageError: the chosen checkpoint is damaged.
        SaveError: the adapter or the report could not be written.
    """
    recipe, folder = session.recipe, session.folder
    looks, kept = folder.all_looks(), folder.checkpoints()
    choice = choose_checkpoint(recipe, looks, kept)
    step = choice.look.step if choice else _last(kept, wrong)
    place = folder.path / "adapter"
    require_whole(folder.checkpoint(step))
    if recipe.start is None:
        put(folder.checkpoint(step), place)
    else:
        join(recipe.start, folder.checkpoint(step), place)
    snippet = system_snippet(recipe, place)
    steps = list(read_log(folder.steps))
    pool = session.rows.train
    report = {
        "schema": 1,
        "chosen_step": step,
        "ended_early": wrong,
        **choice_record(choice, looks),
        "rows": {"file": str(pool.rows.path), "sha256": pool.rows.sha256, "used": len(pool)},
        "skipped": dict(pool.skipped),
        "first_step": steps[0] if steps else None,
        "last_step": steps[-1] if steps else None,
        "n_processes": session.process.num_processes,
        "system": snippet,
    }
    write_json(folder.report, report)
    if wrong:
        complain(
            f"asrdiag: ended early: {wrong}; lower the learning rates or the temperature, or raise loss.beta"
        )
    tell_choice(choice, looks, step, place)
    tell_system(snippet)
    return 1 if wrong else 0


def _last(kept: Sequence[int], wrong: str | None) -> int:
    """The step to take where there is nothing to choose by: what has gone wrong is in the last."""
    return kept[-2] if wrong and len(kept) > 1 else kept[-1]
