"""What a dataset loader is, to be read: its card, its keys, and how a suite names it."""

import ast
import inspect
import textwrap
import types
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from .base import DatasetSpec
from .corpus import Card, CorpusSpec

_WIDTH = 100


def describe(name: str, spec: type[DatasetSpec]) -> str:
    """A loader's card, keys and an example, as plain text."""
    return "\n".join(_lines(name, spec))


def title_of(spec: type[DatasetSpec]) -> str:
    """In a few words, what a loader reads."""
    card = card_of(spec)
    return card.title if card else (inspect.getdoc(spec) or "").split("\n", 1)[0].rstrip(".")


def card_of(spec: type[DatasetSpec]) -> Card | None:
    """The card, of a loader that has one."""
    return spec.card if issubclass(spec, CorpusSpec) else None


def _lines(name: str, spec: type[DatasetSpec]) -> Iterator[str]:
    card = card_of(spec)
    yield f"{name}: {title_of(spec)}"
    yield ""
    yield from textwrap.wrap(" ".join((inspect.getdoc(spec) or "").split()), _WIDTH)
    if card:
        languages = ", ".join(card.languages) or "as the dataset says"
        yield from _entry("citation", card.citation)
        yield from _entry("licence", card.licence)
        yield from _entry("obtain", card.obtain)
        yield from _entry("languages", languages)
        if card.sample_rate_hz is not None:
            yield from _entry("audio", f"{card.sample_rate_hz} Hz, {card.channels} channel(s)")
        yield from _entry("subsets", card.subsets)
        yield from _entry("utterances", _counts(name, spec))
        for factor, meaning in card.factors.items():
            yield from _entry(f"factor {factor}", meaning)
        yield ""
        yield "layout"
        yield from textwrap.indent(card.layout, "  ").splitlines()
    yield ""
    yield "keys"
    documents = _documents(spec)
    for key, field in _keys(spec):
        default = "required" if field.is_required() else f"default {_shown(field.default)}"
        yield from _wrapped(f"{key}: {_type(field.annotation)}; {default}", "  ")
        yield from _wrapped(documents.get(key, ""), "      ")
    yield ""
    yield "in a suite"
    yield "  datasets:"
    yield f"    - id: {name.replace('_', '-')}"
    yield f"      loader: {name}"
    for key, field in _keys(spec):
        if field.is_required():
            value = f"${{{card.root_variable}}}" if card and key == "root" else "..."
            yield f"      {key}: {value}"


def _entry(name: str, text: str) -> Iterator[str]:
    yield from _wrapped(text, f"{name + ':':<12} ", " " * 13)


def _wrapped(text: str, first: str, further: str = "      ") -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _keys(spec: type[DatasetSpec]) -> Iterator[tuple[str, FieldInfo]]:
    """Those that a suite gives; what decides what is read comes before what every dataset has."""
    own = [key for key in spec.model_fields if key not in DatasetSpec.model_fields]
    shared = [key for key in DatasetSpec.model_fields if key not in ("id", "loader")]
    return ((key, spec.model_fields[key]) for key in (*own, *shared))


def _counts(name: str, spec: type[DatasetSpec]) -> str:
    assert issubclass(spec, CorpusSpec)
    try:
        given = spec.model_validate({"id": "shown", "loader": name, "root": Path("/nowhere/to/be/found")})
    except ValidationError as error:
        keys = ", ".join(str(problem["loc"][0]) for problem in error.errors())
        return f"depend on {keys}"
    expected = given.expected()
    if not expected:
        return "as many as it lists"
    sizes = Counter(expected.values())
    if len(expected) == 1:
        return str(sum(expected.values()))
    if len(sizes) == len(expected) and len(expected) <= 12:
        parts = ", ".join(f"{subset or language} {number}" for (subset, language), number in expected.items())
    else:
        parts = ", ".join(f"{times} of {size}" for size, times in sorted(sizes.items(), reverse=True)[:12])
        parts = f"{len(expected)} subsets: {parts}{', and others' if len(sizes) > 12 else ''}"
    return f"{sum(expected.values())} by default ({parts})"


def _type(annotation: Any) -> str:
    """A type as one would say it.

    >>> _type(tuple[Literal["net", "meeting"], ...]), _type(str | None), _type(Annotated[int, "0 or more"])
    ('list of net | meeting', 'text', 'whole number')
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        shown = [str(argument) for argument in arguments]
        return (
            " | ".join(shown) if len(shown) <= 24 else f"{' | '.join(shown[:8])} | ... ({len(shown)} of them)"
        )
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type(each) for each in arguments if each is not type(None)))
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{_type(arguments[1])} by {_type(arguments[0])}"
    return _TYPES.get(annotation, getattr(annotation, "__name__", str(annotation)))


_TYPES: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true | false",
    Path: "path",
}


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        shown = [str(each) for each in value]
        more = f", ... ({len(shown)} of them)" if len(shown) > 12 else ""
        return f"[{', '.join(shown[:12])}{more}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)


def _documents(spec: type) -> dict[str, str]:
    """What the source says below each key."""
    found: dict[str, str] = {}
    for each in reversed(spec.__mro__):
        if not each.__module__.startswith("pydantic") and each is not object:
            try:
                source = textwrap.dedent(inspect.getsource(each))
            except (OSError, TypeError):  # of a package without its source
                continue
            [body] = ast.parse(source).body
            found |= _documents_of(body)
    return found


def _documents_of(body: ast.stmt) -> dict[str, str]:
    statements = body.body if isinstance(body, ast.ClassDef) else []
    return {
        statement.target.id: " ".join(following.value.value.split())
        for statement, following in pairwise(statements)
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(following, ast.Expr)
        and isinstance(following.value, ast.Constant)
        and isinstance(following.value.value, str)
    }
