"""The end of a training: the chosen adapter, joined with the one that it started from, and a report."""

from typing import Any

import yaml

from asrdiag.cli.output import complain, out
from asrdiag.store.atomic import write_json
from asrdiag.store.log import read_log

from ..sft.selection import Choice, choose
from ..sft.weights import put
from .joining import join
from .session import RlSession


def finish(session: RlSession, wrong: str | None) -> int:
    """Choose among the checkpoints and report.

    Args:
        wrong: why the training ended early, if it did.

    Returns:
        The exit status: 1 if it ended early.

    Raises:
        SaveError: the report could not be written.
    """
    recipe, folder = session.recipe, session.folder
    steps = sorted(int(path.name.partition("-")[2]) for path in (folder.path / "checkpoints").glob("step-*"))
    looks = folder.all_looks()
    choice: Choice | None = None
    if recipe.validation is not None:
        choice = choose(
            looks[0],
            [looks[step] for step in steps if step in looks],
            {str(name): most for name, most in recipe.validation.max_rise.items()},
        )
    step = choice.look.step if choice else steps[-1]
    place = folder.path / "adapter"
    if recipe.start is None:
        put(folder.checkpoint(step), place)
    else:
        join(recipe.start, folder.checkpoint(step), place)
    system = _system(session, str(place.resolve()))
    history = list(read_log(folder.steps))
    report = {
        "schema": 1,
        "chosen_step": step,
        "ended_early": wrong,
        "before": looks[0].record() if 0 in looks else None,
        "chosen": choice.look.record() if choice else None,
        "harmless": None if choice is None else choice.harmless,
        "first_step": history[0] if history else None,
        "last_step": history[-1] if history else None,
        "skipped": dict(session.pool.skipped),
        "system": system,
    }
    write_json(folder.report, report)
    if choice is not None:
        out(f"before: {looks[0].told()}")
        out(f"chosen: {choice.look.told()}")
        if choice.look.score >= looks[0].score:
            complain(
                "asrdiag: no checkpoint does better on the validation rows than the model before training"
            )
    if wrong:
        complain(
            f"asrdiag: ended early: {wrong}; lower the learning rates or the temperature, or raise loss.beta"
        )
    out(f"{place}: step {step}")
    out("\nAs a system in a suite:\n")
    out(yaml.safe_dump([system], sort_keys=False).rstrip())
    return 1 if wrong else 0


def _system(session: RlSession, adapter: str) -> dict[str, Any]:
    """The trained system as a suite has it."""
    model = session.recipe.model
    found: dict[str, Any] = {
        "id": session.recipe.name,
        "engine": "transformers",
        "model": model.checkpoint,
        "revision": model.revision,
        "adapter": adapter,
        "family": model.family,
        "dtype": model.dtype,
        "attention": model.attention,
        "language": None if model.language == "auto" else model.language,
        "prompt": model.prompt,
    }
    return {key: value for key, value in found.items() if value is not None}
