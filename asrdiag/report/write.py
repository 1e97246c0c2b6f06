"""The CSV files of a run directory."""

from ..store.atomic import write_text
from ..store.folder import RunFolder
from .comparison_cells import Selection
from .comparisons import compare_run, comparisons_csv
from .rows import GROUP_COLUMNS, LEADERBOARD_COLUMNS, group_rows, leaderboard_rows, to_csv
from .similarity import SEMANTIC_COLUMNS, semantic_rows


def write_reports(folder: RunFolder, *, compare: bool = True) -> None:
    """Write `leaderboard.csv` and `groups.csv` from the summaries, and `comparisons.csv` from the scores.

    What judges found is summarised anew, too, since it is told by the scores' rows.

    Comparing takes about ten microseconds an answer. Where it is left out, or there are no two systems with
    scores, an earlier `comparisons.csv` is removed: it might no longer be true.

    Raises:
        SaveError: a file could not be written.
    """
    if (folder.path / "judge").is_dir():
        from ..judge.summary import summarize

        summarize(folder)
    rows = list(leaderboard_rows(folder))
    write_text(folder.leaderboard, to_csv(rows, LEADERBOARD_COLUMNS))
    if similar := list(semantic_rows(rows)):
        write_text(folder.semantic, to_csv(similar, SEMANTIC_COLUMNS))
    else:
        folder.semantic.unlink(missing_ok=True)
    write_text(folder.groups, to_csv(group_rows(folder), GROUP_COLUMNS))
    scored = {summary["cell"].split("/")[0] for summary in folder.summaries()}
    compared = compare_run(folder, Selection(by="condition")).rows if compare and len(scored) > 1 else ()
    if compared:
        write_text(folder.comparisons, comparisons_csv(compared))
    else:
        folder.comparisons.unlink(missing_ok=True)
