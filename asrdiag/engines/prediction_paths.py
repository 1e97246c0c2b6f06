"""Which file holds a system's transcripts for a dataset under a condition.

    path: hyp.jsonl                          one file, for the one dataset, as recorded
    path: hyps/{dataset}/{condition}.jsonl   one for each cell
    path:
      demo: hyp.jsonl                        as recorded
      demo/babble.snr5: hyp5.jsonl           what was heard under that condition

A condition that degrades the audio has to be named, one way or the other: transcripts of the undegraded
recordings say nothing about it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field

from ..errors import UsageError
from ..spec import SuitePath

if TYPE_CHECKING:
    from ..simulation.base import Condition

Cell = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)?$")]
"""`dataset` or `dataset/condition`."""
Files: TypeAlias = SuitePath | Annotated[Mapping[Cell, SuitePath], Field(min_length=1)]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN = ("dataset", "condition")


def known_placeholders(files: Files) -> Files:
    """Refuse what stands in braces and is neither `dataset` nor `condition`.

    Raises:
        ValueError: there is some.
    """
    for path in files.values() if isinstance(files, Mapping) else (files,):
        for name in _PLACEHOLDER.findall(str(path)):
            if name not in _KNOWN:
                raise ValueError(f"found {{{name}}} in {path}; known: {{dataset}}, {{condition}}")
    return files


def path_for(files: Files, dataset: str, condition: "Condition", *, system: str) -> Path:
    """The file for a cell; whether it is there is not looked at.

    Raises:
        UsageError: none is given for the dataset, or none for a condition that degrades the audio.
    """
    cell = f"{dataset}/{condition.id}"
    if not isinstance(files, Mapping):
        pattern = files
    elif (found := files.get(cell) or files.get(dataset)) is not None:
        pattern = found
    else:
        raise UsageError(
            f"system {system!r}: no transcripts for the dataset {dataset!r} under {condition.id!r}; "
            f"`path` has: {', '.join(files)}"
        )
    named = "{condition}" in str(pattern) or (isinstance(files, Mapping) and cell in files)
    if not named and not condition.keeps_audio():
        raise UsageError(
            f"system {system!r}: no transcripts of {dataset!r} under {condition.id!r}, which degrades the "
            f"audio; {pattern} counts for the recordings as they are. Give a file with "
            f"`path: {{{cell}: FILE}}` or {{condition}} in the path, or leave the cell out by `matrix:`"
        )
    values = {"dataset": dataset, "condition": condition.id}
    return Path(_PLACEHOLDER.sub(lambda match: values[match[1]], str(pattern)))
