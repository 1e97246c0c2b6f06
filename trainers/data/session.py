"""From a recipe to rows: every step goes on where an earlier session stopped."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asrdiag.corpus.progress import CorpusDisplay
from asrdiag.engines.hardware import cpus
from asrdiag.errors import AsrdiagError, SaveError, UsageError
from asrdiag.store.atomic import remove_leftovers, replacing
from asrdiag.store.folder import RunFolder
from asrdiag.store.lock import RunLock

from ..recipe import LoadedRecipe
from ..wording import counted
from .base_run import Session, ask_base, require_base
from .checking import check_audio
from .choosing import choose
from .clips import REASONS
from .counting import counts, dropped, selection_record
from .folder import DataFolder, identity_of
from .gathering import gather
from .inputs.run import require_run
from .leaks import find_leaks, leak_report, read_evaluation_sets
from .line import ROW_REASONS
from .pool import Pool
from .recipe import DataRecipe
from .splitting import split
from .writing import write_dropped, write_parts

BAD = (*ROW_REASONS, *REASONS, "changed_audio", "not_reproducible", "no_answer")
"""Why a clip cannot be used, whatever the recipe asks for."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session ended."""

    record: dict[str, Any]
    """What `data.json` says."""
    nothing_to_do: bool
    bad_share: float
    """Of all clips, those that cannot be used."""


def make_data(
    loaded: LoadedRecipe[DataRecipe],
    out: Path,
    display: Callable[[], CorpusDisplay],
    session: Session,
    *,
    fresh: bool = False,
) -> Outcome:
    """Make the rows of a recipe in a folder, going on from what is there.

    Args:
        loaded: the recipe.
        out: the folder; made if it is not there.
        display: makes what shows the progress of a step.
        session: of the base system's run.
        fresh: move what is there aside first, save what the base system answered.

    Raises:
        UsageError: an input or an evaluation set is not as documented, the folder holds something else, rows
            cannot be parted as asked, or a leak was found and the recipe refuses it.
        SaveError: something could not be written.
        KeyboardInterrupt: the user stopped it; what was done is kept.
    """
    recipe = loaded.recipe
    require_base(recipe, session.resources.device)
    identity = identity_of(recipe, loaded.resolved())
    folder = DataFolder(out)
    if fresh and (aside := folder.move_aside()) is not None:
        display().note(f"the old data is now in {aside}")
    elif folder.is_complete(identity):
        record = folder.read()
        return Outcome(record, True, record["bad_share"])
    try:
        folder.work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"{out}: could not be made: {error.strerror}") from error
    with RunLock(out):
        remove_leftovers(out)
        if changed := folder.changed(identity):  # of a session that came to no end
            display().note(f"begun anew, since this changed: {changed}")
            shutil.rmtree(folder.work)
        started = {"identity": identity, "recipe": loaded.path.name, "name": recipe.name}
        folder.write({"status": "running", **started})
        with Pool(folder.work / "pool.sqlite", recipe.seed) as pool:
            try:
                record = started | _make(pool, recipe, out, display, session)
            except BaseException as error:
                _leave(folder, pool, started, error)
                raise
        folder.write({"status": "complete", **record})
        shutil.rmtree(folder.work)
    return Outcome(record, False, record["bad_share"])


def _make(
    pool: Pool, recipe: DataRecipe, out: Path, display: Callable[[], CorpusDisplay], session: Session
) -> dict[str, Any]:
    workers = session.resources.workers or cpus()
    display().note("reading the inputs")
    gather(pool, recipe, display())
    display().note(f"looking at the audio of {counted(pool.count('reason IS NULL'), 'clip')}")
    check_audio(pool, out, recipe.limits.limits(), display(), workers=workers)
    leaks: dict[str, Any] = {"against": [], "hits": {}}
    if not recipe.leaks.against:
        (out / "leaks.jsonl").unlink(missing_ok=True)  # of a recipe that came to no end
    else:
        display().note("reading the evaluation sets")
        read_evaluation_sets(pool, recipe, display(), workers=workers)
        leaks = _drop_leaks(pool, recipe, out)
    ask_base(pool, recipe, out, session)
    parted = split(pool, recipe.split, recipe.seed)
    chosen = choose(pool, recipe.select)
    display().note("writing the rows")
    files = write_parts(pool, recipe, out)
    write_dropped(pool, out)
    reasons, total, bases = dropped(pool), pool.count(), _bases(pool, recipe, out)
    return {
        "files": files,
        "clips": total,
        "counts": counts(pool, recipe),
        "selection": selection_record(chosen, recipe),
        "split": {"disjoint": list(recipe.split.disjoint), **asdict(parted)},
        "dropped": reasons,
        "bad_share": round(sum(reasons.get(each, 0) for each in BAD) / max(1, total), 6),
        "leaks": leaks,
        "base": bases,
        "notes": [*_notes(pool, recipe, [str(base["id"]) for base in bases]), *_unheard(leaks["against"])],
    }


def _drop_leaks(pool: Pool, recipe: DataRecipe, out: Path) -> dict[str, Any]:
    """Write `leaks.jsonl`, and drop what leaks or stop.

    Raises:
        UsageError: there are leaks, and the recipe refuses them.
    """
    hits: Counter[str] = Counter()
    leaking: dict[int, str] = {}
    if pool.done("leaks") is None:
        first = ""
        with replacing(out / "leaks.jsonl") as temporary, temporary.open("w", encoding="utf-8") as stream:
            for leak in find_leaks(pool, recipe):
                hits[leak.by] += 1
                common = f"{leak.by} of {leak.sample_id!r} in {leak.dataset!r}"
                leaking.setdefault(leak.n, common)
                first = first or f"{leak.id!r} has the {common}"
                line = {"id": leak.id, "by": leak.by, "dataset": leak.dataset, "sample_id": leak.sample_id}
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        if leaking and recipe.leaks.found == "refuse":
            raise UsageError(
                f"{counted(len(leaking), 'clip', are=True)} in an evaluation set too (the first: {first}); "
                f"all are in {out / 'leaks.jsonl'}. `leaks: {{found: drop}}` leaves them out"
            )
        with pool.writing():
            for n, detail in leaking.items():
                pool.drop(n, "leak", detail)
            pool.mark("leaks", leak_report(pool, recipe, hits))
    report: dict[str, Any] = pool.done("leaks")
    return report


def _bases(pool: Pool, recipe: DataRecipe, out: Path) -> list[dict[str, Any]]:
    """The systems whose answers the rows hold, as they are on record."""
    found: dict[str, dict[str, Any]] = {}
    places = [(given.run, list(require_run(given))) for given in recipe.inputs if given.run is not None]
    if pool.done("asked") is not None:
        places.append((out / "base", list(RunFolder(out / "base").read_run()["cells"])))
    for path, keys in places:
        cells = RunFolder(path).read_run()["cells"]
        for key in keys:
            system = cells[key]["identity"]["system"]
            found.setdefault(json.dumps(system, sort_keys=True), {"id": cells[key]["system"], **system})
    return list(found.values())


def _notes(pool: Pool, recipe: DataRecipe, bases: Sequence[str]) -> list[str]:
    """What a reader of the numbers should know."""
    notes = []
    if len(bases) > 1:
        notes.append(f"rows were graded by several systems: {', '.join(bases)}")
    restated = sum(pool.done(f"input {number}")["restated"] for number in range(len(recipe.inputs)))
    if restated:
        rows = counted(restated, "row")
        notes.append(f"{rows} stated another error rate than the prediction has; ours is taken")
    clean = pool.count("reason IS NULL AND scenario = 'clean'")
    if clean and clean == pool.count("reason IS NULL"):
        notes.append("every row counts as clean; where that is not so, name the input's `scenario`")
    if recipe.leaks.against and "audio" in recipe.leaks.check:
        unknown = pool.count("reason IS NULL AND scenario != 'clean' AND source_sha256 IS NULL")
        if unknown:
            notes.append(
                f"of {unknown} degraded clips it is not known what they were made of; they were compared "
                "with the evaluation sets as they are, and by their texts"
            )
    return notes


def _unheard(against: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which evaluation sets have clips that nothing could be compared with."""
    return [
        f"of the {each['clips']} clips of {each['id']} {each['unreadable']} could not be read: no row was "
        "compared with their audio"
        for each in against
        if each["unreadable"]
    ]


def _leave(folder: DataFolder, pool: Pool, started: Mapping[str, Any], error: BaseException) -> None:
    """Leave a folder that tells the truth, as far as that can be written."""
    status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    try:
        folder.write({"status": status, **started})
        if isinstance(error, UsageError):
            write_dropped(pool, folder.path)
    except (AsrdiagError, OSError) as second:
        error.add_note(str(second))
