"""Turns pydantic's findings about a suite into sentences: what was found, what was expected, the choices."""

import difflib
import inspect
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ..datasets import DATASETS
from ..engines import ENGINES
from ..simulation import CONDITIONS
from .document import Location
from .schema import Suite

_REGISTRIES = {"systems": ENGINES, "datasets": DATASETS, "conditions": CONDITIONS}


def explain(error: ValidationError, data: Any) -> Iterator[tuple[Location, str]]:
    """The location in `data` and a sentence for each problem in a suite."""
    for problem in error.errors(include_url=False):
        kind, raw = problem["type"], problem["loc"]
        if kind == "too_short" and problem["input"]:
            continue  # all its entries are wrong, and each of them has its own sentence
        yield _in_data(raw, data, keep_last=kind == "missing"), _sentence(kind, raw, problem)


def _in_data(raw: Location, data: Any, keep_last: bool) -> Location:
    """Leave out what pydantic adds to a location: the names of the alternatives it tried."""
    location: list[str | int] = []
    for part in raw:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            continue
        location.append(part)
    return (*location, raw[-1]) if keep_last else tuple(location)


def _sentence(kind: str, raw: Location, problem: Any) -> str:
    context = problem.get("ctx", {})
    found = _short(problem["input"])
    if kind == "extra_forbidden":
        known = _known_keys(raw)
        close = difflib.get_close_matches(str(raw[-1]), known, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        return f"unknown key {raw[-1]!r}{hint}; known: {', '.join(known)}"
    if kind == "missing":
        return f"the key {raw[-1]!r} is missing"
    if kind == "union_tag_not_found":
        return f"the key {context['discriminator']} is missing"
    if kind == "union_tag_invalid":
        registry = _REGISTRIES[str(raw[0])]
        close = difflib.get_close_matches(str(context["tag"]), registry.names(), n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        return f"unknown {registry.kind} {context['tag']!r}{hint}; known: {', '.join(registry.names())}"
    if kind == "string_pattern_mismatch":
        return (
            f"found {found}, expected lower-case letters, digits, '.', '_' and '-', not starting with a sign"
        )
    if kind == "too_short":
        return "found [], expected at least one entry"
    message = problem["msg"]
    for opening in ("Input should be ", "Value error, "):
        message = message.removeprefix(opening)
    return f"found {found}, expected {message}" if problem["msg"].startswith("Input") else message


def _known_keys(raw: Location) -> list[str]:
    model: type[BaseModel] = Suite
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
