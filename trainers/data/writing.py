"""The files of rows, the lists of what was left out, and what counts as which."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asrdiag.store.atomic import is_leftover, replacing

from .clips import is_there
from .pool import Pool
from .recipe import DataRecipe
from .splitting import PARTS
from .tables import write_table

_ROW = (
    *("id", "path", "solution", "prediction", "base_wer", "bin", "language", "unit", "duration_s"),
    *("scenario", "severity", "condition", "seed", "source", "speaker", "text_id", "sha256", "meta"),
)


def write_parts(pool: Pool, recipe: DataRecipe, out: Path) -> dict[str, dict[str, Any]]:
    """Write each part in each format; returns each file's rows, bytes and hash.

    Raises:
        SaveError: something could not be written; files that were there before are intact.
    """
    if recipe.paths == "copied":
        _copy_audio(pool, out)
    written: dict[str, dict[str, Any]] = {}
    for part in PARTS:
        rows = pool.count("part = ? AND chosen = 1", (part,))
        for format_ in ("jsonl", "parquet"):
            path = out / f"{part}.{format_}"
            if format_ not in recipe.formats or (not rows and part != "train"):
                path.unlink(missing_ok=True)
                continue
            with replacing(path) as temporary:
                if format_ == "parquet":
                    write_table(temporary, _rows(pool, recipe, out, part))
                else:
                    _write_lines(temporary, _rows(pool, recipe, out, part))
            written[path.name] = {"rows": rows, "bytes": path.stat().st_size, "sha256": _sha256(path)}
    _remove_unused(pool, out)
    return written


def write_dropped(pool: Pool, out: Path) -> None:
    """Write `dropped.jsonl`: each clip that becomes no row, and why.

    Raises:
        SaveError: it could not be written.
    """
    found = pool.db.execute(
        "SELECT id, origin, reason, detail, base_wer FROM candidates WHERE reason IS NOT NULL ORDER BY n"
    )
    names = ("id", "where", "reason", "detail", "base_wer")
    with replacing(out / "dropped.jsonl") as temporary:
        _write_lines(temporary, (dict(zip(names, row, strict=True)) for row in found))


def _rows(pool: Pool, recipe: DataRecipe, out: Path, part: str) -> Iterator[dict[str, Any]]:
    bins, folder = recipe.bin_names(), out.absolute()
    found = pool.db.execute(
        f"SELECT {', '.join(_ROW)} FROM candidates WHERE part = ? AND chosen = 1 ORDER BY rank",  # noqa: S608
        (part,),
    )
    for values in found:
        row = dict(zip(_ROW, values, strict=True))
        path = row["path"]
        yield {
            "id": row["id"],
            "messages": _messages(recipe, row["solution"]),
            "audios": [path if recipe.paths == "absolute" else os.path.relpath(path, folder)],
            "solution": row["solution"],
            "prediction": row["prediction"],
            "base_wer": row["base_wer"],
            "language": row["language"],
            "duration_s": row["duration_s"],
            "meta": {
                **(json.loads(row["meta"]) if row["meta"] else {}),
                "scenario": row["scenario"],
                "severity": row["severity"],
                "bin": bins[row["bin"]],
                "condition": row["condition"],
                "seed": json.loads(row["seed"]) if row["seed"] else None,
                "source": _source(row["source"], recipe, folder),
                "speaker": row["speaker"],
                "text_id": row["text_id"],
                "unit": row["unit"],
                "audio_sha256": row["sha256"],
            },
        }


def _source(source: str | None, recipe: DataRecipe, folder: Path) -> dict[str, Any] | None:
    """What a clip was made of; its path, if it leads somewhere, as those of clips.

    What copied clips were made of stays where it is, wherever the copies go.
    """
    found: dict[str, Any] | None = json.loads(source) if source else None
    path = found.get("path") if found else None
    if found is None or not isinstance(path, str) or not is_there(Path(path)):
        return found
    path = str(Path(path).absolute())
    return found | {"path": os.path.relpath(path, folder) if recipe.paths == "relative" else path}


def _messages(recipe: DataRecipe, solution: str) -> list[dict[str, str]]:
    said = recipe.messages
    return [
        *([{"role": "system", "content": said.system}] if said.system is not None else []),
        {"role": "user", "content": said.user},
        *([{"role": "assistant", "content": solution}] if said.answer else []),
    ]


def _write_lines(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")


def _copy_audio(pool: Pool, out: Path) -> None:
    """Put a copy of each clip that is taken into `audio/`, named by its samples."""
    inside = str(out.absolute() / "audio")
    while chunk := pool.db.execute(
        "SELECT n, path, sha256 FROM candidates WHERE chosen = 1 AND substr(path, 1, ?) != ? LIMIT 1000",
        (len(inside) + 1, f"{inside}/"),
    ).fetchall():
        copies = []
        for n, path, digest in chunk:
            copy = Path(inside) / digest[:2] / f"{digest}{Path(path).suffix.lower()}"
            if not copy.exists():
                with replacing(copy) as temporary:
                    shutil.copyfile(path, temporary)
            copies.append((str(copy), n))
        with pool.writing() as db:
            db.executemany("UPDATE candidates SET path = ? WHERE n = ?", copies)


def _remove_unused(pool: Pool, out: Path) -> None:
    """Remove the clips in `audio/` that were written of rows which were then not taken."""
    pool.db.execute("CREATE INDEX IF NOT EXISTS by_path ON candidates(path) WHERE chosen = 1")
    folder = out.absolute() / "audio"
    for path in folder.glob("*/*") if folder.is_dir() else ():
        query = "SELECT 1 FROM candidates WHERE path = ? AND chosen = 1 LIMIT 1"
        if is_leftover(path) or pool.db.execute(query, (str(path),)).fetchone() is None:
            path.unlink()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
