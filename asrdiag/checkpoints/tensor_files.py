"""safetensors files: what is in them, and copies under other names without loading them.

A file is eight bytes (the length of the header, little endian), the header (JSON: dtype, shape and place of
each tensor, padded with spaces) and the tensors' bytes without gaps. New names change the header only.
Source: https://github.com/huggingface/safetensors, "Format".
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from ..errors import UsageError

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
_LARGEST_HEADER = 100_000_000
_PIECE = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies: `begin` and `end` count bytes from the start of the file."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class TensorFile:
    """A safetensors file's contents by name."""

    path: Path
    tensors: dict[str, Tensor]

    def pieces(self, name: str) -> Iterator[bytes]:
        """A tensor's bytes, at most 16 MiB at a time."""
        tensor = self.tensors[name]
        with self.path.open("rb") as stream:
            stream.seek(tensor.begin)
            for begin in range(tensor.begin, tensor.end, _PIECE):
                yield stream.read(min(_PIECE, tensor.end - begin))


def read_tensor_file(path: Path) -> TensorFile:
    """Read a file's header.

    Raises:
        UsageError: it is no safetensors file, or it is cut off.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= min(size - 8, _LARGEST_HEADER):
            raise UsageError(f"{path}: this is not a safetensors file (or it is cut off in its header)")
        text = stream.read(length)
    try:
        header: dict[str, Any] = json.loads(text)
        tensors = {
            name: Tensor(
                entry["dtype"],
                tuple(entry["shape"]),
                *(8 + length + int(place) for place in entry["data_offsets"]),
            )
            for name, entry in header.items()
            if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: this is not a safetensors file: its header cannot be read") from error
    end = max((tensor.end for tensor in tensors.values()), default=8 + length)
    if end != size:
        raise UsageError(f"{path}: found {size} bytes, expected {end}: the file is cut off or damaged")
    return TensorFile(path, tensors)


def find_tensor_files(folder: Path) -> list[TensorFile]:
    """The weights of a checkpoint, one file or the shards that its index names.

    Raises:
        UsageError: there are none, a shard is missing, a shard lacks a tensor that the index says it holds,
            or a tensor is in two shards.
    """
    if not (folder / INDEX).is_file():
        if not (folder / SINGLE).is_file():
            pickled = " (weights in pickle files are not read)" if any(folder.glob("*.bin")) else ""
            raise UsageError(f"{folder}: found neither {SINGLE} nor {INDEX}{pickled}")
        return [read_tensor_file(folder / SINGLE)]
    try:
        places: dict[str, str] = json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"]
        shards = sorted({Path(place).name for place in places.values()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{folder / INDEX}: expected an object with a weight_map") from error
    missing = [name for name in shards if not (folder / name).is_file()]
    if missing:
        raise UsageError(f"{folder}: the index names {', '.join(missing)}, which is not there")
    files = [read_tensor_file(folder / name) for name in shards]
    held = {name: file.path.name for file in files for name in file.tensors}
    if len(held) < sum(len(file.tensors) for file in files):
        raise UsageError(f"{folder}: the same tensor is in two shards")
    lost = [name for name, shard in places.items() if held.get(name) != Path(shard).name]
    if lost:
        raise UsageError(f"{folder}: {len(lost)} tensors are not where the index says, first {lost[0]}")
    return files


def copy_renamed(source: TensorFile, names: Mapping[str, str], target: Path) -> None:
    """Write the tensors of `source` that `names` has under the names it gives, their bytes as they are.

    Memory does not grow with the file.
    """
    kept = sorted((name for name in source.tensors if name in names), key=lambda n: source.tensors[n].begin)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    position = 0
    for name in kept:
        tensor = source.tensors[name]
        end = position + tensor.end - tensor.begin
        header[names[name]] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [position, end],
        }
        position = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with target.open("wb") as writer:
        writer.write(struct.pack("<Q", len(text)) + text)
        for name in kept:
            writer.writelines(source.pieces(name))


def write_index(folder: Path, files: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Write the index of shards: file name to the tensors in it, by their names there."""
    total = sum(tensor.end - tensor.begin for tensors in files.values() for tensor in tensors.values())
    places = {name: file for file, tensors in files.items() for name in tensors}
    document = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    (folder / INDEX).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def n_parameters(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """How many numbers tensors of these shapes hold."""
    return sum(prod(shape) for shape in shapes.values())
