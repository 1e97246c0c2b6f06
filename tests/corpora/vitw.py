"""Voices-in-the-Wild-Bench in the layouts of its releases, of any size."""

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa

from . import hf

SCENES = ("noise", "far_field", "obstructed", "echo", "recording", "distortion", "dropout", "mixed")
TEXTS = {"en": "I usually take the quieter road home.", "zh": "我通常走比较安静的路回家。"}


def sizes_of_the_whole() -> dict[str, int]:
    """5,000 clips that agree with every total that is documented.

    Each single scene has 75 real and 175 simulated clips in each language (2 x 250 = 500), `mixed` 225 and
    525 (2 x 750 = 1,500): real 2 x (7 x 75 + 225) = 1,500, simulated 2 x (7 x 175 + 525) = 3,500.
    """
    count = {"real": (75, 225), "sim": (175, 525)}
    return {
        f"{kind}-{language}-{scene}": count[kind][scene == "mixed"]
        for kind, language, scene in product(count, TEXTS, SCENES)
    }


def rows(sizes: Mapping[str, int]) -> list[dict[str, Any]]:
    """The records of the JSONL, by subset."""
    found: list[dict[str, Any]] = []
    for subset, size in sizes.items():
        kind, language, scene = subset.split("-")
        for _ in range(size):
            number = len(found)
            name = f"vitw_{number:05}_{kind}_{language}_{scene}"
            found.append(
                {
                    "index": number,
                    "audio_path": f"audio/{scene}/{name}.wav",
                    "question": "Please transcribe the audio content into text.",
                    "answer": TEXTS[language],
                    "subset": subset,
                    "name": name,
                    "prediction": "",
                }
            )
    return found


def jsonl(root: Path, sizes: Mapping[str, int], *, sound: bool = True, file: str = "bench.jsonl") -> Path:
    """Write the JSONL with its audio files, which are empty without `sound`."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / file).open("w", encoding="utf-8") as stream:
        for number, row in enumerate(rows(sizes)):
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            path = root / row["audio_path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(hf.tone(number) if sound else b"")
    return root


def parquet(root: Path, sizes: Mapping[str, int], **dropped: None) -> Path:
    """Write the Hugging Face dataset: splits such as `real_noise` and `syn_noise` with the audio in them."""
    splits: dict[str, list[dict[str, Any]]] = {}
    for row in rows(sizes):
        kind, _, scene = row["subset"].split("-")
        splits.setdefault(f"{'real' if kind == 'real' else 'syn'}_{scene}", []).append(row)
    for split, members in splits.items():
        cells = [{"bytes": hf.tone(row["index"]), "path": f"{row['name']}.wav"} for row in members]
        columns = {
            "text": [row["answer"] for row in members],
            "subset": [row["subset"] for row in members],
            "name": [row["name"] for row in members],
            "source_scenes": pa.array([[split.partition("_")[2]]] * len(members), pa.list_(pa.string())),
            "global_severity": [0.93] * len(members),
        }
        kept = {name: values for name, values in columns.items() if name not in dropped}
        hf.parquet(root, [hf.table(cells, **kept)], split=split)
    return root
