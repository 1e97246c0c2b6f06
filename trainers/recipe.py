"""Recipes: what a training step does, read strictly from YAML as suites are."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, ValidationError

from asrdiag.errors import UsageError, unknown
from asrdiag.spec import Identifier, Json, Spec
from asrdiag.store.fingerprint import fingerprint
from asrdiag.suite.document import Document, Location, read_document, read_value
from asrdiag.suite.explain import explain
from asrdiag.suite.problems import Problem, place, refuse
from asrdiag.suite.variables import expand

_NAME = re.compile(r"(?:recipes/)?([A-Za-z0-9][A-Za-z0-9._-]*?)(?:\.yaml)?")


class Recipe(Spec):
    """What every recipe says. A step's own recipe narrows `step` to its name with `Literal`."""

    step: str
    """The step of `asrdiag train` that it is for."""
    name: Identifier
    """Names the folder of the results where the command line names none."""
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Every random draw derives from it; torch takes no larger one."""


R = TypeVar("R", bound=Recipe)


@dataclass(frozen=True, slots=True)
class LoadedRecipe(Generic[R]):
    """A recipe with what was found out while loading it."""

    recipe: R
    path: Path
    content: bytes
    """The file, byte for byte."""
    settings: Mapping[str, str]
    """Keys that the command line gave other values, with these."""

    def resolved(self) -> dict[str, Json]:
        """Every key with its value, those left out of the file too; paths are absolute."""
        found: dict[str, Json] = self.recipe.model_dump(mode="json")
        return found

    def fingerprint(self) -> str:
        """Of all that the recipe says, save its name and description."""
        said = {key: value for key, value in self.resolved().items() if key not in ("name", "description")}
        return fingerprint(said)

    def error(self, location: Location, text: str) -> UsageError:
        """What is wrong with a key, said with its file and line."""
        document = read_document(self.path)
        return UsageError(f"{place(document, location)}: {'.'.join(map(str, location))}: {text}")


def load_recipe(
    reference: str,
    model: type[R],
    *,
    data: Sequence[tuple[str, str]] = (),
    settings: Sequence[tuple[str, str]] = (),
) -> LoadedRecipe[R]:
    """Read and check a recipe.

    Relative paths in it start at its own folder; those in a packaged recipe, at the working directory.

    Args:
        reference: a file, or the name of a packaged recipe.
        model: what it has to say, with `step: Literal["<its name>"]`.
        data: values for `${NAME}`; they win over the environment.
        settings: keys (`phases.0.epochs`) and their values in YAML; they win over the file.

    Raises:
        UsageError: there is no such recipe, it is one for another step, or anything is wrong with it. The
            message has a line for each problem: file, line, what was found, what was expected.
    """
    path = find_recipe(reference)
    document = read_document(path)
    if not isinstance(document.data, dict):
        raise UsageError(f"{path}:1: found {document.data!r:.80}, expected a recipe: keys and values")
    _check_step(document, model)
    written = document.data
    for key, value in settings:
        written = _with(written, key, read_value(value))
    expanded = expand(written, {**os.environ, **dict(data)})
    for name, _ in data:
        if name not in expanded.used:
            raise UsageError(
                f"{path}: {unknown('variable', name, sorted(expanded.used))}; the recipe does not use it"
            )
    refuse(
        Problem(document, each.location, f"${{{each.name}}} is not set (give --data {each.name}=PATH)")
        for each in expanded.unset
    )
    folder = Path.cwd() if path.parent == _folder() else path.resolve().parent
    try:
        recipe = model.model_validate_json(
            json.dumps(expanded.data, default=repr), context={"folder": folder}
        )
    except ValidationError as error:
        problems = explain(error, expanded.data, model)
        refuse([Problem(document, location, text) for location, text in problems], what="recipe")
        raise
    return LoadedRecipe(recipe, path, document.content, dict(settings))


def find_recipe(reference: str) -> Path:
    """The file that a command line's RECIPE means: a path, or the name of a packaged recipe.

    Raises:
        UsageError: there is no such file and no such name.
    """
    path = Path(reference)
    if path.is_file():
        return path
    match = _NAME.fullmatch(reference)
    if match and match[1] in (known := packaged_recipes()):
        return known[match[1]]
    if path.is_dir():
        raise UsageError(f"{path} is a folder, expected a recipe file")
    raise UsageError(
        f"{unknown('packaged recipe', reference, packaged_recipes())}; nor is there a file of that name"
    )


def packaged_recipes() -> dict[str, Path]:
    """The recipes that come with asrdiag, by name."""
    return {path.stem: path for path in sorted(_folder().glob("*.yaml"))}


def _folder() -> Path:
    return Path(str(resources.files("asrdiag.trainers"))) / "recipes"


def _check_step(document: Document, model: type[Recipe]) -> None:
    """Tell a recipe for another step before its keys are called unknown."""
    expected = model.model_fields["step"].annotation.__args__[0]  # type: ignore[union-attr]
    found = document.data.get("step")
    if found is not None and found != expected:
        text = f"found a recipe for the step {found!r:.80}, expected one for {expected!r}"
        refuse([Problem(document, ("step",), text)])


def _with(data: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """A copy of `data` with another value at a place such as `phases.0.epochs`.

    >>> _with({"phases": [{"epochs": 2}]}, "phases.0.epochs", 1)
    {'phases': [{'epochs': 1}]}
    """
    copy: dict[str, Any] = json.loads(json.dumps(data, default=repr))
    place: Any = copy
    parts: Location = tuple(int(part) if part.isdecimal() else part for part in key.split("."))
    for depth, part in enumerate(parts):
        last = depth == len(parts) - 1
        fits = isinstance(place, list) if isinstance(part, int) else isinstance(place, dict)
        if not fits or (isinstance(part, int) and part >= len(place)):
            where = ".".join(map(str, parts[:depth])) or "the recipe"
            raise UsageError(f"--set {key}: there is no {part!r} in {where}")
        if last:
            place[part] = value
        elif isinstance(place, dict):
            place = place.setdefault(part, {})
        else:
            place = place[part]
    return copy
