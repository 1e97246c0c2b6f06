"""Names by a pipeline of spaCy that recognises named entities, where capital letters do not do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from .errors import UsageError
from .metrics import spoken_languages

Names: TypeAlias = Sequence[tuple[int, int]]
"""Where names stand in a raw text: characters, end exclusive."""

RULES = "rules"
"""What tells names where no pipeline does: capital letters."""

_OTHERS = frozenset({"DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL"})
"""Labels of what the rules find by its worth."""
_ANY_LANGUAGE = "xx"


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A pipeline of one language; `label` names it with its version."""

    language: str
    label: str
    pipeline: Any

    def names(self, texts: Iterable[str]) -> dict[str, Names]:
        """The names in each text, each text once."""
        distinct = list(dict.fromkeys(texts))
        documents = self.pipeline.pipe(distinct)
        return {
            text: [(each.start_char, each.end_char) for each in document.ents if each.label_ not in _OTHERS]
            for text, document in zip(distinct, documents, strict=True)
        }


def check_pipelines(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a pipeline that is not there, without loading any.

    Raises:
        ValueError: it is neither an installed package nor a pipeline's folder, or spaCy is missing.
    """
    for name in names:
        if find_spec("spacy") is None:
            raise ValueError(f"{name} needs spaCy: pip install 'asrdiag[ner]'")
        if not ((Path(name) / "config.cfg").is_file() or (name.isidentifier() and find_spec(name))):
            raise ValueError(
                f"found {name!r}, expected an installed spaCy pipeline such as en_core_web_sm, or the "
                "folder of one, with config.cfg in it; to install one: python -m spacy download NAME"
            )
    return names


@cache
def load_recogniser(name: str) -> Recogniser:
    """Load a pipeline.

    Raises:
        UsageError: it is not there, cannot be loaded, or recognises no named entities.
    """
    try:
        check_pipelines((name,))
    except ValueError as error:
        raise UsageError(f"ner: {error}") from None
    import spacy

    try:
        pipeline = spacy.load(name)
    except (OSError, ValueError, ImportError) as error:
        raise UsageError(f"ner: {name} cannot be loaded: {error}") from error
    if not any("doc.ents" in pipeline.get_pipe_meta(part).assigns for part in pipeline.pipe_names):
        parts = ", ".join(pipeline.pipe_names) or "nothing"
        raise UsageError(f"ner: {name} holds {parts}; expected a component that recognises named entities")
    meta = pipeline.meta
    label = f"{meta['lang']}_{meta['name']}-{meta['version']}"
    return Recogniser(pipeline.lang or _ANY_LANGUAGE, label, pipeline)


@dataclass(frozen=True, slots=True)
class Named:
    """The names of one record's reference and hypothesis, and what found them."""

    names: tuple[Names, Names] | None = None
    by: str = RULES


def find_names(records: Sequence[Mapping[str, Any]], pipelines: Sequence[str]) -> list[Named]:
    """Names in sample records, each by the pipeline of its language; by rules where there is none for it.

    Raises:
        UsageError: a pipeline is of no use, or two are of one language.
    """
    by_language: dict[str, Recogniser] = {}
    for name in pipelines:
        recogniser = load_recogniser(name)
        if other := by_language.get(recogniser.language):
            raise UsageError(
                f"ner: {other.label} and {recogniser.label} are both for {recogniser.language}; expected one "
                "pipeline for each language"
            )
        by_language[recogniser.language] = recogniser
    found = [Named()] * len(records)
    for tag in dict.fromkeys(record["language"] for record in records) if by_language else ():
        chosen = by_language.get(spoken_languages(tag)[0]) or by_language.get(_ANY_LANGUAGE)
        if chosen is None:
            continue
        places = [place for place, record in enumerate(records) if record["language"] == tag]
        pairs = [
            (records[place]["reference_raw"], records[place]["hypothesis_raw"] or "") for place in places
        ]
        names = chosen.names(text for pair in pairs for text in pair)
        for place, (reference, hypothesis) in zip(places, pairs, strict=True):
            found[place] = Named((names[reference], names[hypothesis]), chosen.label)
    return found
