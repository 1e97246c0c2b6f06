"""Where a checkpoint is, what its files say, and which version of it that is."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo

from ...errors import UsageError
from .hub import NoSuchFileError, cached_file, commit_of, unreachable

WEIGHTS = (".safetensors", ".bin")
BESIDE_WEIGHTS = (".json", ".jinja", ".model", ".py", ".txt")
NOT_THE_MODEL = frozenset(
    (
        *("optimizer.bin", "scheduler.bin", "trainer_state.json", "training_args.bin"),
        *(f"{of}_results.json" for of in ("all", "eval", "predict", "test", "train")),
        *("generated_predictions.json", "generated_predictions.txt", "requirements.txt", "zero_to_fp32.py"),
    )
)
"""What trainers leave in a checkpoint's folder; it does not change a transcript."""
ADAPTER_CONFIG = "adapter_config.json"
NOT_THE_ADAPTER = ("base_model_name_or_path", "peft_version")
"""What an adapter's configuration says of its making: where its base lay then, and what wrote it."""
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(?:/[\w./-]+)?|[\w.-]+")


def _located(name: str, info: ValidationInfo) -> str:
    folder = Path(info.context["folder"]) if info.context else Path.cwd()
    path = folder / Path(name).expanduser()
    if name.startswith(("/", "~", "./", "../")) or path.is_dir():
        return str(path.resolve())
    if not HUB_ID.fullmatch(name):
        raise ValueError(f"found {name!r}; expected a folder or a hub name such as openai/whisper-tiny")
    return name


CheckpointName = Annotated[str, AfterValidator(_located)]
"""A folder, relative to the suite file, if there is one of that name or if it starts with `.`, `/` or `~`;
otherwise a name on the Hugging Face hub (`owner/name`, for adapters also `owner/name/folder`)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder on this machine, or a repository on the hub."""

    name: str
    revision: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder; `None` for what is on the hub."""
        return Path(self.name) if Path(self.name).is_absolute() else None

    @property
    def repository(self) -> str:
        """What `from_pretrained` takes: the folder, or `owner/name`."""
        return self.name if self.folder else "/".join(self.name.split("/")[:2])

    @property
    def subfolder(self) -> str:
        """The folder inside a repository on the hub, `""` for its root."""
        return "" if self.folder else "/".join(self.name.split("/")[2:])

    def missing(self) -> str | None:
        """Why the folder cannot be read; `None` if it can or if this is on the hub."""
        if self.folder is None or self.folder.is_dir():
            return None
        return f"there is no folder {self.folder}"

    def is_here(self) -> bool:
        """Whether it is a folder, or its configuration and weights are in the hub's local cache."""
        if self.folder is not None:
            return self.folder.is_dir()
        # Imported here: it takes a quarter of a second.
        from huggingface_hub import try_to_load_from_cache

        for name in ("config.json", "adapter_config.json"):
            path = try_to_load_from_cache(self.repository, self._inside(name), revision=self.revision)
            if isinstance(path, str):
                return any(file.suffix in WEIGHTS for file in Path(path).parent.iterdir())
        return False

    def origin(self) -> str:
        """Where it would be fetched from."""
        from huggingface_hub.constants import HF_HUB_OFFLINE

        forbidden = ", which HF_HUB_OFFLINE forbids" if HF_HUB_OFFLINE else ""
        return f"{self.name} from the Hugging Face hub{forbidden}"

    def read(self, file: str) -> dict[str, Any]:
        """A JSON file of the checkpoint.

        Raises:
            UsageError: it cannot be found, or it is no JSON object.
        """
        path = self._file(file)
        found = _parsed(path)
        if not isinstance(found, dict):
            raise UsageError(f"{path}: found a {type(found).__name__}, expected a JSON object")
        return found

    def read_if_there(self, file: str) -> dict[str, Any]:
        """As `read`; empty where the checkpoint has no such file, or where that cannot be found out."""
        try:
            return self.read(file)
        except NoSuchFileError:
            return {}

    def resolved(self, file: str) -> str:
        """The version: the commit on the hub, or `sha256:` over the model's files in a folder.

        A file's digest is kept for the process by path, size and time of change.

        Args:
            file: one that the checkpoint has, to ask the hub for.

        Raises:
            UsageError: the checkpoint cannot be found.
        """
        if self.folder is None:
            return commit_of(self._file(file), self._inside(file))
        if reason := self.missing():
            raise UsageError(reason)
        digest = hashlib.sha256()
        for path in _files(self.folder):
            digest.update(f"{path.name}\0{_digest(path)}\n".encode())
        return f"sha256:{digest.hexdigest()}"

    def fetched(self, file: str) -> Path:
        """The folder, or the place in the hub's cache where all files beside `file` now are.

        Raises:
            UsageError: the checkpoint cannot be found.
        """
        place = self._file(file).parent
        if self.folder is None:
            from huggingface_hub import snapshot_download

            snapshot_download(
                self.repository,
                revision=self.resolved(file),
                allow_patterns=f"{self.subfolder}/*" if self.subfolder else None,
                local_files_only=unreachable() is not None,
            )
        return place

    def _inside(self, file: str) -> str:
        return f"{self.subfolder}/{file}".lstrip("/")

    def _file(self, name: str) -> Path:
        if self.folder is not None:
            if not (self.folder / name).is_file():
                raise NoSuchFileError(self.missing() or f"{self.folder}: there is no {name} in this folder")
            return self.folder / name
        return cached_file(self.repository, self._inside(name), self.revision)


def _files(folder: Path) -> list[Path]:
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name not in NOT_THE_MODEL]
    safe = any(path.suffix == ".safetensors" for path in files)
    weights = WEIGHTS[:1] if safe else WEIGHTS  # where both lie side by side, only these are loaded
    return [path for path in files if path.suffix in (*weights, *BESIDE_WEIGHTS)]


def _digest(path: Path) -> str:
    stat = path.stat()
    if path.name == ADAPTER_CONFIG and isinstance(said := _parsed(path), dict):
        of_the_model = {key: value for key, value in said.items() if key not in NOT_THE_ADAPTER}
        return hashlib.sha256(json.dumps(of_the_model, sort_keys=True).encode()).hexdigest()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as JSON: {error}") from error


@lru_cache(maxsize=1000)
def _sha256(path: Path, size: int, mtime_ns: int) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
