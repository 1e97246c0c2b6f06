"""The folder of the data: `data.json` says what it is made from, how far it is, and what is in it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asrdiag import __version__
from asrdiag.errors import UsageError
from asrdiag.store.atomic import free_name, is_leftover, write_json
from asrdiag.store.fingerprint import differences
from asrdiag.store.lock import RunLock

from .inputs import files_of
from .leaks import listings
from .recipe import DataRecipe

_KEPT = ("base", "base-input")
"""What `--fresh` leaves in place: a run knows itself which of its answers still hold."""


def identity_of(recipe: DataRecipe, resolved: Mapping[str, Any]) -> dict[str, Any]:
    """What the rows depend on: all that the recipe says, and which clips there are, to train on and not to.

    Raises:
        UsageError: an input or an evaluation set is not there.
    """
    said = {key: value for key, value in resolved.items() if key not in ("name", "description")}
    inputs = {str(path): _sha256(path) for one in recipe.inputs for path in files_of(one)}
    known = {"recipe": said, "inputs": inputs, "evaluation": listings(recipe)}
    found: dict[str, Any] = json.loads(json.dumps(known))
    return found


class DataFolder:
    """Where things are in the folder, and `data.json`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def work(self) -> Path:
        """What only a session under way needs."""
        return self.path / ".work"

    def read(self) -> dict[str, Any]:
        """What `data.json` says; empty if there is none.

        Raises:
            UsageError: it is damaged.
        """
        path = self.path / "data.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise UsageError(f"{path}: cannot be read: {error}; --fresh begins anew") from error
        if not isinstance(found, dict) or found.get("schema") != 1 or "identity" not in found:
            raise UsageError(f"{path}: not written by this version of asrdiag; --fresh begins anew")
        return found

    def write(self, record: Mapping[str, Any]) -> None:
        """Write `data.json`.

        Raises:
            SaveError: it could not be written.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(self.path / "data.json", {"schema": 1, "asrdiag": __version__, "written": now, **record})

    def is_complete(self, identity: Mapping[str, Any]) -> bool:
        """Whether the rows of this identity are there, as they were written.

        Raises:
            UsageError: the folder holds something else, or complete rows that were made otherwise.
        """
        self._refuse_foreign()
        found = self.read()
        if found.get("status") != "complete":
            return False
        if changed := self.changed(identity):
            raise UsageError(
                f"{self.path} holds data that was made otherwise: {changed}. Choose another --out, or "
                "--fresh to move it aside (what the base system answered is kept)"
            )
        return all(
            (path := self.path / name).is_file() and path.stat().st_size == file["bytes"]
            for name, file in found["files"].items()
        )

    def changed(self, identity: Mapping[str, Any]) -> str:
        """In what the folder's data is made from something else; "" if it is not."""
        found = self.read()
        changed = list(differences(found["identity"], identity)) if found else []
        return "; ".join(changed[:5]) + (f"; and {len(changed) - 5} more" if len(changed) > 5 else "")

    def move_aside(self) -> Path | None:
        """Make room for new data; the base system's answers stay.

        Raises:
            UsageError: another process works there, or it is no folder of data.
        """
        self._refuse_foreign()
        if not self.path.exists():
            return None
        with RunLock(self.path):
            aside = free_name(self.path.with_name(f"{self.path.name}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
            self.path.rename(aside)
            self.path.mkdir()
            for name in _KEPT:
                if (aside / name).exists():
                    (aside / name).rename(self.path / name)
        return aside

    def _refuse_foreign(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path} is a file, expected a folder or a free name")
        if not self.path.is_dir() or (self.path / "data.json").exists():
            return
        # A session that dies early leaves its lock, and --fresh the base system's answers.
        ours = (".lock", ".work", *_KEPT)
        if any(each.name not in ours and not is_leftover(each) for each in self.path.iterdir()):
            raise UsageError(f"{self.path} has files in it but is no folder of data; choose another --out")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
