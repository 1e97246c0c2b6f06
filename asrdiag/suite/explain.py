"""Turns pydantic's findings about a suite into sentences: what was found, what was expected, the choices."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ..datasets import DATASETS
from ..engines import ENGINES
from ..errors import UsageError, unknown
from ..registry import Registry
from ..simulation import CONDITIONS
from .document import Location
from .packaged import packaged_documents
from .schema import Suite

_REGISTRIES = {"systems": ENGINES, "datasets": DATASETS, "conditions": CONDITIONS}


def explain(
    error: ValidationError, data: Any, model: type[BaseModel] = Suite
) -> Iterator[tuple[Location, str]]:
    """The location in `data` and a sentence for each problem in a suite, or in what else `model` checks."""
    expected: dict[Location, list[str]] = {}
    found: dict[Location, Any] = {}
    for problem in error.errors(include_url=False):
        kind, raw = problem["type"], problem["loc"]
        if kind == "too_short" and problem["input"]:
            continue  # all its entries are wrong, and each of them has its own sentence
        location = _in_data(raw, data, keep_last=kind == "missing")
        if kind in _SENTENCES or not problem["msg"].startswith(_EXPECTING):
            yield location, _sentence(kind, raw, problem, model)
        else:  # where there are alternatives, there is a problem for each of them
            expected.setdefault(location, []).append(problem["msg"].removeprefix(_EXPECTING))
            found[location] = problem["input"]
    for location, alternatives in expected.items():
        yield location, f"found {_short(found[location])}, expected {' or '.join(alternatives)}"


def _in_data(raw: Location, data: Any, keep_last: bool) -> Location:
    """Leave out what pydantic adds to a location: the names of the alternatives it tried."""
    location: list[str | int] = []
    if raw and raw[0] in _REGISTRIES:
        raw = (*raw[:2], *raw[3:])  # the third part is the entry's kind, which may be the name of a key too
    for part in raw:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            continue
        location.append(part)
    return (*location, raw[-1]) if keep_last else tuple(location)


_EXPECTING = "Input should be "
_SENTENCES: dict[str, Callable[[Location, Any, type[BaseModel]], str]] = {
    "extra_forbidden": lambda raw, _, model: unknown("key", str(raw[-1]), _known_keys(raw, model)),
    "missing": lambda raw, *_: f"the key {raw[-1]!r} is missing",
    "too_short": lambda *_: "found [], expected at least one entry",
    "union_tag_not_found": lambda _, problem, __: f"the key {problem['ctx']['discriminator']} is missing",
    "union_tag_invalid": lambda raw, problem, _: _why_not(_REGISTRIES[str(raw[0])], problem["ctx"]["tag"]),
    "string_pattern_mismatch": lambda _, problem, __: (
        f"found {_short(problem['input'])}, expected lower-case letters, digits, '.', '_' and '-', "
        "beginning with a letter or digit"
    ),
}


def _why_not(registry: Registry, name: str) -> str:
    if name not in registry.names() and name in _announced():
        known = ", ".join(registry.names())
        return f"the {registry.kind} {name!r} is not in this version of asrdiag; it has: {known}"
    try:
        registry.load(name)
    except UsageError as error:
        return str(error)
    return f"the {registry.kind} {name!r} cannot be used here"


def _announced() -> set[str]:
    """The engines that packaged definitions name, whether they exist yet or not."""
    return {
        str(entry.get("engine"))
        for document in packaged_documents()
        for entry in document.data.get("systems", ())
        if isinstance(entry, dict)
    }


def _sentence(kind: str, raw: Location, problem: Any, model: type[BaseModel]) -> str:
    if kind in _SENTENCES:
        return _SENTENCES[kind](raw, problem, model)
    return str(problem["msg"]).removeprefix("Value error, ")


def _known_keys(raw: Location, model: type[BaseModel]) -> list[str]:
    rest = raw[:-1]
    if raw[0] in _REGISTRIES and len(raw) > 2:
        model, rest = _REGISTRIES[str(raw[0])].load(str(raw[2])), raw[3:-1]
    for part in rest:
        field = model.model_fields.get(str(part))
        nested = list(_models(field.annotation)) if field else []
        model = nested[0] if nested else model
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
