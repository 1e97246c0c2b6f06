"""Which files of a Hugging Face dataset's folder make up which split of which configuration.

Three layouts are known. As on the Hub, where the front matter of README.md may say what belongs together:

    ROOT/README.md
    ROOT/data/test-00000-of-00003.parquet        or ROOT/CONFIG/test-00000-of-00003.parquet
    ROOT/CONFIG/test/0000.parquet                as the Hub converts datasets by itself

as `save_to_disk` writes a dataset, or a dictionary of splits:

    ROOT/dataset_dict.json                       {"splits": ["train", "test"]}
    ROOT/test/{state.json,dataset_info.json,data-00000-of-00002.arrow}

and a folder of audio files, see `hf_folder`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from ..errors import UsageError
from .corpus import Problem
from .hf_tables import SUFFIXES

SPLIT_NAMES = (
    "train",
    "training",
    "validation",
    "valid",
    "dev",
    "val",
    "test",
    "testing",
    "eval",
    "evaluation",
)
"""Names by which a folder is known to be a split rather than a configuration."""

_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<total>\d{5})(?P<hash>-[0-9a-f]+)?")


@dataclass(frozen=True, slots=True)
class Split:
    """The tables of one split, in their order."""

    tables: tuple[Path, ...]
    documented_rows: int | None = None
    """How many rows the dataset says that it has."""


Configs: TypeAlias = dict[str, dict[str, Split]]
"""The splits of each configuration, whose name is empty where there is but one without a name."""


def layout_of(root: Path) -> Configs:
    """What tables a folder holds; nothing if it holds none.

    Raises:
        UsageError: a file that describes the folder is not as documented.
    """
    if (root / "dataset_dict.json").is_file():
        names = _json(root / "dataset_dict.json").get("splits")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UsageError(
                f"{root / 'dataset_dict.json'}: found no list `splits`, expected the splits' names"
            )
        return {"": {name: _saved(root / name, name) for name in names}}
    if (root / "state.json").is_file():
        name = _json(root / "state.json").get("_split") or "all"
        return {"": {str(name): _saved(root, str(name))}}
    front = _front_matter(root / "README.md")
    configs = _configured(root, front) or _named(root)
    counts = _documented(front)
    for config, splits in configs.items():
        for name, split in splits.items():
            rows = counts.get((config, name), counts.get(("default", name)) if not config else None)
            splits[name] = Split(split.tables, rows)
    return configs


def shard_problems(tables: Iterable[Path]) -> Iterator[Problem]:
    """A problem for each shard that the names of the others tell of.

    Raises:
        UsageError: there are shards of two sets, such as `-of-00003` and `-of-00004`.
    """
    sets: dict[tuple[Path, str], dict[tuple[str, str], set[int]]] = {}
    for path in tables:
        if found := _SHARD.fullmatch(path.stem):
            shards = sets.setdefault((path.parent, f"{found['stem']}-"), {})
            ending = f"-of-{found['total']}{found['hash'] or ''}{path.suffix}"
            shards.setdefault((found["total"], ending), set()).add(int(found["number"]))
        elif path.stem.isdigit():
            sets.setdefault((path.parent, ""), {}).setdefault(("", path.suffix), set()).add(int(path.stem))
    for (folder, start), shards in sets.items():
        if len(shards) > 1:
            names = ", ".join(sorted(f"{start}*{ending}" for _, ending in shards))
            raise UsageError(f"{folder}: found shards of {len(shards)} sets ({names}), expected one")
        [((total, ending), numbers)] = shards.items()
        n_shards = int(total) if total else max(numbers) + 1
        for number in sorted(set(range(n_shards)) - numbers):
            name = f"{start}{number:0{5 if total else 4}}{ending}"
            what = f"there is no such shard; expected {n_shards} of them"
            yield Problem(str(folder / name), what, listed=False)


def _saved(folder: Path, name: str) -> Split:
    state = _json(folder / "state.json")
    files = state.get("_data_files")
    if not isinstance(files, list):
        raise UsageError(
            f"{folder / 'state.json'}: found no `_data_files`, expected what `save_to_disk` writes"
        )
    splits = _json(folder / "dataset_info.json").get("splits") or {}
    rows = splits.get(name, {}).get("num_examples") if isinstance(splits, dict) else None
    return Split(
        tuple(folder / str(file["filename"]) for file in files), rows if isinstance(rows, int) else None
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}; expected what `save_to_disk` writes") from None
    if not isinstance(data, dict):
        raise UsageError(f"{path}: found a {type(data).__name__}, expected an object")
    return data


def _front_matter(path: Path) -> Mapping[str, Any]:
    """What stands between the two lines of dashes at the top of a README.md; empty where nothing does."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{path}: {error}; expected UTF-8") from None
    found = re.match(r"---\s*\n(.*?)\n---\s*(\n|$)", text, re.DOTALL)
    try:
        data = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: the front matter is no YAML: {error}") from None
    return data if isinstance(data, dict) else {}


def _configured(root: Path, front: Mapping[str, Any]) -> Configs:
    """What the front matter's `configs` say; nothing where they say nothing of tables."""
    configs: Configs = {}
    for entry in _dicts(front.get("configs")):
        name = str(entry.get("config_name", "default"))
        base = root / str(entry.get("data_dir", "."))
        if "data_files" not in entry:
            splits = {split: tables for found in _named(base).values() for split, tables in found.items()}
        else:
            splits = {split: Split(_matching(base, globs)) for split, globs in _globs(entry["data_files"])}
        if any(split.tables for split in splits.values()):
            configs[name] = splits
    return configs


def _globs(data_files: Any) -> Iterator[tuple[str, list[str]]]:
    listed = data_files if isinstance(data_files, list) else [data_files]
    plain = [entry for entry in listed if isinstance(entry, str)]
    if plain:
        yield "train", plain  # as the Hub takes it
    for entry in _dicts(listed):
        paths = entry.get("path", [])
        yield str(entry.get("split", "train")), [paths] if isinstance(paths, str) else list(map(str, paths))


def _matching(base: Path, globs: Iterable[str]) -> tuple[Path, ...]:
    local = [glob for glob in globs if glob and "://" not in glob and not glob.startswith("/")]
    return tuple(sorted({path for glob in local for path in base.glob(glob) if path.suffix in SUFFIXES}))


def _named(root: Path) -> Configs:
    """Splits by the names of files and folders."""
    found: dict[str, dict[str, list[Path]]] = {}
    for path in sorted(path for suffix in SUFFIXES for path in root.rglob(f"*{suffix}")):
        folders = list(path.relative_to(root).parts[:-1])
        if any(folder.startswith(".") for folder in folders):
            continue
        shard = _SHARD.fullmatch(path.stem)
        split = shard["stem"] if shard else path.stem
        if folders and split not in SPLIT_NAMES and (split.isdigit() or folders[-1] in SPLIT_NAMES):
            split = folders.pop()
        config = "/".join(folder for folder in folders if folder != "data")
        found.setdefault(config, {}).setdefault(split, []).append(path)
    return {
        config: {split: Split(tuple(paths)) for split, paths in splits.items()}
        for config, splits in found.items()
    }


def _documented(front: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    """Rows by configuration and split, as the front matter's `dataset_info` has them."""
    told = front.get("dataset_info")
    return {
        (str(entry.get("config_name", "default")), str(split.get("name"))): split["num_examples"]
        for entry in _dicts(told if isinstance(told, list) else [told])
        for split in _dicts(entry.get("splits"))
        if isinstance(split.get("num_examples"), int)
    }


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
