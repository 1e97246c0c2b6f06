"""Hugging Face datasets as the `datasets` library (5.2) writes them, made with pyarrow alone."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

AUDIO = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
WORDS = (
    "the birch canoe",
    "slid on",
    "the smooth planks",
    "glue the sheet",
    "to the dark",
    "blue background",
)


def tone(seed: int, *, seconds: float = 0.1, suffix: str = "wav", rate: int = 16000) -> bytes:
    """An encoded tone of its own pitch."""
    time = np.arange(round(seconds * rate)) / rate
    sound = io.BytesIO()
    soundfile.write(sound, 0.1 * np.sin(2 * np.pi * (200 + 10 * seed) * time), rate, format=suffix)
    return sound.getvalue()


def clip(seed: int) -> dict[str, Any]:
    """A cell of a column of audio."""
    return {"bytes": tone(seed), "path": f"clip_{seed:02}.wav"}


def table(cells: Sequence[Any], *, labels: Mapping[str, Sequence[str]] = {}, **columns: Any) -> pa.Table:
    """A table with the metadata that says `Audio` of the column `audio`, and `ClassLabel` of some others."""
    data = pa.table(
        {"audio": pa.array(cells, AUDIO)} | {n: pa.array(values) for n, values in columns.items()}
    )
    features: dict[str, Any] = {
        name: {"dtype": str(data.schema.field(name).type), "_type": "Value"} for name in columns
    }
    features |= {"audio": {"sampling_rate": 16000, "decode": False, "_type": "Audio"}}
    features |= {name: {"names": list(names), "_type": "ClassLabel"} for name, names in labels.items()}
    return data.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def clips(numbers: Sequence[int], **columns: Any) -> pa.Table:
    """Six clips, or some of them, with their words."""
    return table([clip(n) for n in numbers], text=[WORDS[n] for n in numbers], **columns)


def parquet(
    root: Path, shards: Sequence[pa.Table], *, split: str = "test", folder: str = "data"
) -> list[Path]:
    """Write `{split}-00000-of-0000N.parquet` and so on."""
    (root / folder).mkdir(parents=True, exist_ok=True)
    paths = []
    for number, shard in enumerate(shards):
        paths.append(root / folder / f"{split}-{number:05}-of-{len(shards):05}.parquet")
        pq.write_table(shard, paths[-1], row_group_size=2)
    return paths


def save_to_disk(
    folder: Path, shards: Sequence[pa.Table], *, rows: int | None = None, split: str = "test"
) -> Path:
    """Write a folder as `Dataset.save_to_disk` does, each shard an Arrow stream of batches of two rows."""
    folder.mkdir(parents=True)
    names = [f"data-{number:05}-of-{len(shards):05}.arrow" for number in range(len(shards))]
    for name, shard in zip(names, shards, strict=True):
        with pa.OSFile(str(folder / name), "wb") as sink, pa.ipc.new_stream(sink, shard.schema) as writer:
            writer.write_table(shard, max_chunksize=2)
    state = {"_data_files": [{"filename": name} for name in names], "_fingerprint": "e7f9", "_split": split}
    (folder / "state.json").write_text(json.dumps(state))
    info = {} if rows is None else {"splits": {split: {"name": split, "num_examples": rows}}}
    (folder / "dataset_info.json").write_text(json.dumps({"citation": "", "features": {}, **info}))
    return folder


def save_dict(root: Path, splits: Mapping[str, Sequence[pa.Table]]) -> Path:
    """Write a folder as `DatasetDict.save_to_disk` does."""
    for name, shards in splits.items():
        save_to_disk(root / name, shards, split=name)
    (root / "dataset_dict.json").write_text(json.dumps({"splits": list(splits)}))
    return root
