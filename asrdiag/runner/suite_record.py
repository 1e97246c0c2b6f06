"""What a run directory keeps of its suite: the files as they are, and what they come to."""

import hashlib
import shutil
from typing import Any

import yaml

from ..store.atomic import replacing, write_text
from ..store.folder import RunFolder
from ..suite.load import LoadedSuite


def write_suite(folder: RunFolder, loaded: LoadedSuite) -> None:
    """Write `suite.yaml` and `includes/`, byte for byte, and `suite.resolved.yaml`.

    The last has the definitions in place of their names, paths and variables filled in, and under `included`
    each included file with its hash and the name of its copy.

    Raises:
        SaveError: a file could not be written.
    """
    _write(folder, "suite.yaml", loaded.text)
    shutil.rmtree(folder.path / "includes", ignore_errors=True)  # of an earlier form of the suite
    included: list[dict[str, Any]] = []
    for number, document in enumerate(loaded.included, start=1):
        copy = f"includes/{number}-{document.path.name}"
        _write(folder, copy, document.content)
        sha256 = hashlib.sha256(document.content).hexdigest()
        included.append({"path": str(document.path), "sha256": sha256, "copy": copy})
    resolved = loaded.suite.model_dump(mode="json", by_alias=True, exclude={"include"})
    if included:
        resolved["included"] = included
    resolved["conditions_expanded"] = [condition.id for condition in loaded.conditions]
    text = yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True)
    write_text(folder.path / "suite.resolved.yaml", text)


def _write(folder: RunFolder, name: str, content: bytes) -> None:
    with replacing(folder.path / name) as temporary:
        temporary.write_bytes(content)
