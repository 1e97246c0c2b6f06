"""The CSV files of a run directory."""

from ..store.atomic import write_text
from ..store.folder import RunFolder
from .rows import GROUP_COLUMNS, LEADERBOARD_COLUMNS, group_rows, leaderboard_rows, to_csv


def write_reports(folder: RunFolder) -> None:
    """Write `leaderboard.csv` and `groups.csv` from the cells' summaries.

    Raises:
        SaveError: a file could not be written.
    """
    write_text(folder.leaderboard, to_csv(leaderboard_rows(folder), LEADERBOARD_COLUMNS))
    write_text(folder.groups, to_csv(group_rows(folder), GROUP_COLUMNS))
