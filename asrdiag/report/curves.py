"""What a run says of a system at every level of an effect: the clips that it answered at all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from ..errors import UsageError, unknown
from ..metrics import Counts, Unit
from ..simulation.sweep import severity_id, snr_id
from ..store.folder import RunFolder
from .score_rows import score_rows

Parameter: TypeAlias = Literal["severity", "snr_db"]
"""What a suite varies from level to level."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is looked at; nothing named means everything. A condition is named by its id, its effect's or its
    base id, which curves over different parameters of a scenario have in common."""

    systems: Sequence[str] = ()
    datasets: Sequence[str] = ()
    conditions: Sequence[str] = ()


class Key(NamedTuple):
    system: str
    dataset: str
    condition: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The selected cells that have scores, and those that have none yet, in the order of the run."""

    scored: tuple[Key, ...]
    waiting: tuple[Key, ...]


class Varied(NamedTuple):
    """The one parameter that follows severity, and the severity at which the others stay."""

    parameter: str
    rest: float


class Sweep(NamedTuple):
    """What has levels: one system's answers on one dataset to one effect."""

    system: str
    dataset: str
    effect: str
    parameter: Parameter
    varied: Varied | None
    """Where not all of a scenario's parameters follow severity."""


@dataclass(frozen=True, slots=True)
class Level:
    """One condition of a curve. `parameters` are those of its steps, by `step.parameter`.

    `varied` is the value of the only one that follows severity; `None` where all do.
    """

    value: float
    condition: str
    parameters: Mapping[str, Any]
    varied: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One system's answers to the same clips at every level, from easy to hard.

    `counts` has the shape [levels][clips]. `n_left_out` clips were not answered at one of the levels or more.
    """

    sweep: Sweep
    unit: Unit
    levels: tuple[Level, ...]
    counts: tuple[tuple[Counts, ...], ...]
    speakers: tuple[str | None, ...]
    languages: tuple[str, ...]
    normalizers: tuple[str, ...]
    n_left_out: int


@dataclass(slots=True)
class Curves:
    """The curves, and what could not be made into one and why."""

    found: list[Curve] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def effect_of(condition: str, cell: Mapping[str, Any]) -> tuple[str, Parameter | None]:
    """A condition's base id, and what it has a level of; `None` for a condition without a level.

    >>> effect_of("echo.m050", {"severity": 0.5, "snr_db": None})
    ('echo', 'severity')
    >>> effect_of("babble.snr-2.5", {"severity": None, "snr_db": -2.5})
    ('babble', 'snr_db')
    """
    if cell["severity"] is not None:
        return condition.removesuffix(severity_id("", cell["severity"])), "severity"
    if cell["snr_db"] is not None:
        return condition.removesuffix(snr_id("", cell["snr_db"])), "snr_db"
    return condition, None


def choose(folder: RunFolder, run: Mapping[str, Any], selection: Selection) -> Chosen:
    """The cells that were selected.

    Raises:
        UsageError: a name is unknown, or nothing selected is scored.
    """
    cells = run["cells"]
    known = [Key(*key.split("/")) for key in cells]
    names_of = {key: _names(key.condition, cells["/".join(key)]) for key in known}
    for kind, names, allowed in (
        ("system", selection.systems, [key.system for key in known]),
        ("dataset", selection.datasets, [key.dataset for key in known]),
        ("condition", selection.conditions, [name for each in names_of.values() for name in each]),
    ):
        for name in names:
            if name not in allowed:
                raise UsageError(f"{folder.path}: {unknown(kind, name, dict.fromkeys(allowed))}")
    scored = {summary["cell"] for summary in folder.summaries()}
    if not scored:
        raise UsageError(
            f"{folder.path}: no cell is scored yet; `asrdiag score {folder.path}` scores what there is"
        )
    chosen = [
        key
        for key in known
        if key.system in (selection.systems or (key.system,))
        and key.dataset in (selection.datasets or (key.dataset,))
        and (not selection.conditions or set(names_of[key]) & set(selection.conditions))
    ]
    found = Chosen(
        tuple(key for key in chosen if "/".join(key) in scored),
        tuple(key for key in chosen if "/".join(key) not in scored),
    )
    if not found.scored:
        raise UsageError(f"{folder.path}: nothing of what was selected is scored")
    return found


def gather(folder: RunFolder, run: Mapping[str, Any], chosen: Chosen) -> Curves:
    """The curves of the selected cells: one for each system, dataset, effect and unit.

    Raises:
        AsrdiagError: scores cannot be read.
    """
    cells = run["cells"]
    groups: dict[Sweep, list[Key]] = {}
    curves = Curves(notes=[f"{'/'.join(key)}: no scores yet" for key in chosen.waiting])
    for key in chosen.scored:
        effect, parameter = effect_of(key.condition, cells["/".join(key)])
        if parameter is not None:
            sweep = Sweep(key.system, key.dataset, effect, parameter, _varied(cells["/".join(key)]))
            groups.setdefault(sweep, []).append(key)
        elif _draws_severities(cells["/".join(key)]):
            curves.notes.append(f"{'/'.join(key)}: each clip has a severity of its own, so there is no curve")
    for sweep, keys in groups.items():
        levels = {key: level_of(cells["/".join(key)], sweep.parameter) for key in keys}
        keys.sort(key=lambda key: levels[key].value, reverse=sweep.parameter == "snr_db")
        tables = {key: _answers(folder, "/".join(key)) for key in keys}
        for key in [key for key in keys if not any(row["counts"] for row in tables[key].values())]:
            curves.notes.append(f"{'/'.join(key)}: left out, no clip was answered")
            keys.remove(key)
        where = "/".join(sweep[:3])
        for unit in dict.fromkeys(row["unit"] for key in keys for row in tables[key].values()):
            found = {
                key: {name: row for name, row in tables[key].items() if row["unit"] == unit} for key in keys
            }
            try:
                curves.found.append(_curve(sweep, [(levels[key], found[key]) for key in keys]))
            except ValueError as error:
                curves.notes.append(f"{where}: left out, {error}")
    return curves


def _curve(sweep: Sweep, answers: Sequence[tuple[Level, Mapping[str, Mapping[str, Any]]]]) -> Curve:
    tried = list(dict.fromkeys(name for _, rows in answers for name in rows))
    common = [name for name in tried if all(name in rows and rows[name]["counts"] for _, rows in answers)]
    if not common:
        raise ValueError("no clip was answered at all levels")
    first = answers[0][1]
    for level, rows in answers[1:]:
        for name in common:
            for what in ("normalizer", "reference_tokens"):
                if rows[name][what] != first[name][what]:
                    raise ValueError(
                        f"{what} of {name} differs between levels; `asrdiag score` scores all alike"
                        f" (at {level.condition})"
                    )
    return Curve(
        sweep,
        first[common[0]]["unit"],
        tuple(level for level, _ in answers),
        tuple(tuple(rows[name]["counts"] for name in common) for _, rows in answers),
        tuple(first[name]["speaker"] for name in common),
        tuple(sorted({first[name]["language"] for name in common})),
        tuple(sorted({first[name]["normalizer"] for name in common})),
        len(tried) - len(common),
    )


def _answers(folder: RunFolder, key: str) -> dict[str, dict[str, Any]]:
    return {
        row["sample_id"]: row
        | {"reference_tokens": row["counts"].reference_tokens if row["counts"] else None}
        for row in score_rows(folder, key)
    }


def _condition(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    found = cell["identity"].get("condition", {})
    return found if isinstance(found, dict) else {}


def _names(condition: str, cell: Mapping[str, Any]) -> tuple[str, ...]:
    effect, _ = effect_of(condition, cell)
    return str(_condition(cell).get("base_id", effect)), effect, condition


def _draws_severities(cell: Mapping[str, Any]) -> bool:
    return isinstance(_condition(cell).get("severity"), str)


def _varied(cell: Mapping[str, Any]) -> Varied | None:
    vary = _condition(cell).get("vary")
    return Varied(vary["parameter"], vary["rest"]) if vary else None


def level_of(cell: Mapping[str, Any], parameter: Parameter) -> Level:
    """The level of a cell's condition, with the parameters of its steps.

    Args:
        cell: the cell's entry in `run.json`.
        parameter: what the condition has a level of.
    """
    steps = _condition(cell).get("steps", ())
    names = [step["primitive"] for step in steps]
    parameters: dict[str, Any] = {}
    for index, step in enumerate(steps):
        name = step["primitive"]
        if names.count(name) > 1:
            name = f"{name}{names[: index + 1].count(name)}"
        parameters |= {f"{name}.{key}": value for key, value in step.items() if key != "primitive"}
    vary = _condition(cell).get("vary")
    return Level(cell[parameter], cell["condition"], parameters, vary["value"] if vary else None)
