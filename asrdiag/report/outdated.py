"""Runs whose scores are from an earlier version, which knew fewer columns."""

import shlex

from ..scoring import SCORING
from ..store.folder import RunFolder


def outdated(folder: RunFolder) -> str | None:
    """What to tell of a run of which an earlier version scored cells; `None` where there is nothing to tell.

    Raises:
        UsageError: this is not a run directory, or a summary is damaged.
    """
    versions = [summary["made_from"].get("scoring", 0) for summary in folder.summaries()]
    old = sum(version < SCORING for version in versions)
    if not old:
        return None
    return (
        f"{folder.path}: an earlier version scored {old} of {len(versions)} cells; what it did not measure "
        f"is empty until `asrdiag score {shlex.quote(str(folder.path))}` scores them anew"
    )
