"""Clips of a finished run: what its system answered is the prediction."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from asrdiag.datasets.repeats import Repeats
from asrdiag.errors import UsageError, unknown
from asrdiag.store.folder import RunFolder
from asrdiag.store.log import read_log

from ..candidates import SAMPLE_RATE_HZ, Candidate, Dropped
from ..clips import Place
from ..line import CLEAN, RowRefused, require_language
from ..recipe import Input


def require_run(given: Input) -> dict[str, dict[str, Any]]:
    """The cells of a run that an input takes, by key.

    Raises:
        UsageError: it is no run; it has several systems and none is named; or nothing is left to take.
    """
    assert given.run is not None
    folder = RunFolder(given.run)
    cells: dict[str, dict[str, Any]] = {
        key: cell for key, cell in folder.read_run()["cells"].items() if folder.has_samples_of(key, cell)
    }
    systems = list(dict.fromkeys(str(cell["system"]) for cell in cells.values()))
    system = given.system or (systems[0] if len(systems) == 1 else None)
    if system is None:
        raise UsageError(
            f"{given.run}: found the systems {', '.join(systems) or '(none)'}; name one as 'system'"
        )
    if system not in systems:
        raise UsageError(f"{given.run}: {unknown('system', system, systems)}")
    cells = {key: cell for key, cell in cells.items() if cell["system"] == system}
    for kind, wanted in (("dataset", given.only_datasets), ("condition", given.only_conditions)):
        known = list(dict.fromkeys(str(cell[kind]) for cell in cells.values()))
        for name in wanted or ():
            if name not in known:
                raise UsageError(f"{given.run}: {unknown(kind, name, known)}")
        cells = {key: cell for key, cell in cells.items() if wanted is None or cell[kind] in wanted}
    if not cells:
        raise UsageError(f"{given.run}: no cell is left of what was asked for")
    return cells


def read_run(given: Input) -> Iterator[Candidate | Dropped]:
    """Every clip of the cells that an input takes.

    Raises:
        UsageError: see `require_run`.
        AsrdiagError: the samples are damaged.
    """
    assert given.run is not None
    cells = require_run(given)
    folder = RunFolder(given.run)
    several = len({cell["dataset"] for cell in cells.values()}) > 1
    for key, cell in cells.items():
        for number, record in latest(folder.samples(key)):
            where = f"{folder.samples(key)}:{number}"
            try:
                yield _candidate(record, cell, where, given, f"{cell['dataset']}/" if several else "")
            except RowRefused as error:
                yield Dropped(where, error.row_id, error.reason, error.detail)
            except (KeyError, TypeError) as error:
                yield Dropped(where, None, "bad_value", f"found no sample record ({error!r})")


def latest(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """A cell's sample records with their lines, of each clip the last one, less those withdrawn.

    The log is read twice; 16 bytes a record are held.

    Raises:
        AsrdiagError: a line is damaged.
    """
    repeats = Repeats()
    for record in read_log(path):
        repeats.add(str(record.get("sample_id")).encode("utf-8", "surrogatepass"))
    passed = {position for group in repeats.groups() for position in group[:-1]}
    for position, record in enumerate(islice(read_log(path), len(repeats))):
        if position not in passed and not record.get("withdrawn"):
            yield position + 1, record


def _candidate(
    record: Mapping[str, Any], cell: Mapping[str, Any], where: str, given: Input, prefix: str
) -> Candidate:
    assert given.run is not None
    degraded, audio, source = bool(record["degradation"]), record["audio"], record["source"]
    row_id = f"{prefix}{record['sample_id']}" + (f"+{record['condition']}" if degraded else "")
    language, solution = record["language"], record["reference_raw"]
    if record["hypothesis_raw"] is None:
        error = record["error"] or {}
        raise RowRefused("no_answer", f"{error.get('stage')}: {error.get('message')}", row_id)
    if not solution.strip():
        raise RowRefused("empty_solution", "found no reference, expected what was said", row_id)
    try:
        require_language(language, solution)
    except RowRefused as error:
        error.row_id = row_id
        raise
    factors = record["factors"]
    at_our_rate = audio.get("sample_rate_hz") == SAMPLE_RATE_HZ
    kept = audio.get("kept")
    place = Place(given.run / kept) if kept else _place(source)
    severity = factors.get("severity", record["degradation"].get("severity", cell["severity"]))
    return Candidate(
        id=row_id,
        where=where,
        place=place,
        solution=solution,
        language=language,
        prediction=record["hypothesis_raw"],
        duration_s=audio.get("duration_s"),
        scenario=_scenario(record, given),
        severity=severity if isinstance(severity, int | float) else None,
        condition=record["condition"],
        seed=record["degradation"].get("seed"),
        speaker=record["speaker"],
        source={
            key: value
            for key, value in source.items()
            if key in ("path", "offset_s", "duration_s", "row", "column") or (key == "sha256" and at_our_rate)
        }
        if degraded
        else None,
        sha256=audio.get("sha256") if at_our_rate else None,
        remake=_remake(given.run, record, cell) if degraded and not kept else None,
        normalizer=cell["normalizers"].get(language),
        meta={"cell": f"{record['system']}/{record['dataset']}/{record['condition']}"},
    )


def _scenario(record: Mapping[str, Any], given: Input) -> str:
    named = record["factors"].get("scenario") or record["degradation"].get("scenario")
    if named:
        return str(named)
    if record["degradation"]:
        return str(record["condition"]).partition(".")[0]
    return given.scenario or CLEAN


def manifests_of(given: Input) -> list[tuple[str, Path]]:
    """The manifests that the cells' clips come from, each with what their ids begin with here."""
    import yaml

    assert given.run is not None
    cells = require_run(given)
    names = dict.fromkeys(str(cell["dataset"]) for cell in cells.values())
    try:
        suite = yaml.safe_load((given.run / "suite.resolved.yaml").read_text(encoding="utf-8"))
        found = {entry["id"]: entry for entry in suite["datasets"]}
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return []  # what the clips were made of is then not known, and the report of leaks says so
    paths = {
        name: found[name].get("path") for name in names if found.get(name, {}).get("loader") == "manifest"
    }
    return [
        (f"{name}/" if len(names) > 1 else "", Path(path))
        for name, path in paths.items()
        if isinstance(path, str) and path.endswith(".jsonl") and Path(path).is_file()
    ]


def _place(source: Mapping[str, Any]) -> Place:
    return Place(
        Path(source["path"]),
        source.get("offset_s") or 0.0,
        source.get("duration_s"),
        source.get("row"),
        source.get("column") or "audio",
    )


def _remake(run: Path, record: Mapping[str, Any], cell: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": str(run),
        "dataset": cell["dataset"],
        "condition": record["condition"],
        "position": record["position"],
        "sample_id": record["sample_id"],
        "sample_rate_hz": record["audio"]["sample_rate_hz"],
        "sha256": record["audio"]["sha256"],
    }
