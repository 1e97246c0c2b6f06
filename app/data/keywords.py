"""Recall of words and phrases that somebody types: counted on the tokens of the alignments."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.errors import AsrdiagError
from asrdiag.metrics import get_normalizer, tokenize
from asrdiag.metrics.units import Unit

from .entities import recall_table
from .index import Index
from .runs import OpenRun
from .tokens import ALIGNED, Tokens, cell_parts, read_part, tokens_of

MOST_KEYWORDS = 200
LONGEST_LIST = 4000
"""Characters of a typed list: it has to fit into an address."""
_BETWEEN = re.compile("[,;\N{FULLWIDTH COMMA}\N{FULLWIDTH SEMICOLON}\N{IDEOGRAPHIC COMMA}]")


def keywords_of(typed: str) -> list[str]:
    """The words and phrases of a list: a line each, or with commas between, each once.

    >>> keywords_of("town hall, Anna\\n\\nanna\\n今天、天气")
    ['town hall', 'Anna', '今天', '天气']
    """
    found: dict[str, str] = {}
    for line in _BETWEEN.sub("\n", typed).splitlines():
        text = " ".join(line.split())
        if any(map(str.isalnum, text)):
            found.setdefault(text.casefold(), text)
    return list(found.values())[:MOST_KEYWORDS]


@lru_cache(maxsize=4096)
def as_tokens(text: str, normalizer: str, unit: Unit) -> tuple[str, ...]:
    """A text as its tokens in the scores; in lower case where the normaliser is not one that has a name here.

    >>> as_tokens("Colour!", "whisper-english@1", "word"), as_tokens("Town  Hall", "custom:x.y", "word")
    (('color',), ('town', 'hall'))
    """
    try:
        return tokenize(get_normalizer(normalizer)(text), unit)
    except ValueError:
        return tokenize(text.lower(), unit)


def phrase_counts(
    tokens: Tokens, normalizers: Sequence[str | None], keywords: Sequence[str], unit: Unit
) -> NDArray[np.int64]:
    """How often keywords were said in a cell, and how often all their tokens were right with none between.

    Args:
        tokens: the cell's steps.
        normalizers: of each answer; the keywords are normalised as their reference was.
        keywords: words and phrases.
        unit: what a token is.

    Returns:
        Shape [n_keywords, 2].
    """
    found = np.zeros((len(keywords), 2), dtype=np.int64)
    names = np.array([name or "" for name in normalizers], dtype=object)
    places = {word: place for place, word in enumerate(tokens.words.to_pylist())} if keywords else {}
    for name in dict.fromkeys(names.tolist()):
        mine = names == name
        for number, keyword in enumerate(keywords):
            codes = [places.get(token, -2) for token in as_tokens(keyword, name, unit)]
            if codes and -2 not in codes:
                rows, good = tokens.phrase(codes)
                found[number] += np.count_nonzero(mine[rows]), np.count_nonzero(good & mine[rows])
    return found


def count_keywords(
    runs: Mapping[str, OpenRun],
    index: Index,
    rows: NDArray[np.int64],
    keywords: Sequence[str],
    *,
    unit: Unit,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> NDArray[np.int64]:
    """How often keywords were said in some answers, and how often they were right, see `phrase_counts`.

    Cells that cannot be read are passed over.

    Args:
        runs: the open runs by name.
        index: their scores.
        rows: rows of the index, rising, all of this unit.
        keywords: words and phrases.
        unit: what a token is.
        progress: told after each cell how many are done, and of how many.
    """
    found = np.zeros((len(keywords), 2), dtype=np.int64)
    parts = list(cell_parts(index, rows))
    for done, ((name, _), part) in enumerate(parts):
        try:
            tokens = tokens_of(read_part(runs[name], index, part, ALIGNED))
        except AsrdiagError:
            continue
        found += phrase_counts(tokens, index.labels["normalizer"].at(part), keywords, unit)
        progress(done + 1, len(parts))
    return found


def keyword_table(keywords: Sequence[str], counts: NDArray[np.int64]) -> Any:
    """The recall of keywords, the most often missed first, as a pyarrow table."""
    missed = counts[:, 0] - counts[:, 1]
    whole = np.stack([counts[:, 1], missed, np.zeros_like(missed)], axis=1)
    table = recall_table({"text": list(keywords)}, whole, {}).drop(["lost"])
    return table.rename_columns(["missed" if name == "changed" else name for name in table.column_names])
