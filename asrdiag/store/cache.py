"""Where asrdiag keeps what it can make again: deleting it costs nothing but time."""

import os
from pathlib import Path


def cache_folder(kind: str) -> Path | None:
    """The folder of one kind of thing; `None` where there is no home to keep it in.

    It is below `$ASRDIAG_CACHE`, else `$XDG_CACHE_HOME/asrdiag`, else `~/.cache/asrdiag`; it need not exist.
    """
    if given := os.environ.get("ASRDIAG_CACHE"):
        return Path(given).absolute() / kind
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base).absolute() / "asrdiag" / kind
    try:
        return Path.home() / ".cache" / "asrdiag" / kind
    except RuntimeError:
        return None
