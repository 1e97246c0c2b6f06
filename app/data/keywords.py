"""Recall of words and phrases that somebody types: counted on the tokens of the alignments."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asrdiag.metrics import get_normalizer, tokenize
from asrdiag.metrics.units import Unit

from .entities import recall_table
from .tokens import ADDED, CORRECT, Tokens

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
    spoken = np.flatnonzero(tokens.letters != ADDED)
    reference, rows = tokens.reference[spoken], tokens.rows[spoken]
    right = tokens.letters[spoken] == CORRECT
    names = np.array([name or "" for name in normalizers], dtype=object)
    places = {word: place for place, word in enumerate(tokens.words.to_pylist())} if keywords else {}
    for name in dict.fromkeys(names.tolist()):
        mine = (names == name)[rows]
        for number, keyword in enumerate(keywords):
            codes = [places.get(token, -2) for token in as_tokens(keyword, name, unit)]
            n = len(reference) - len(codes) + 1
            if not codes or -2 in codes or n < 1:
                continue
            starts = np.flatnonzero((reference[:n] == codes[0]) & mine[:n])
            last = starts + len(codes) - 1
            starts = starts[rows[last] == rows[starts]]
            for step, code in enumerate(codes[1:], 1):
                starts = starts[reference[starts + step] == code]
            good = np.ones(len(starts), dtype=np.bool_)
            for step in range(len(codes)):
                good &= right[starts + step]
            good &= spoken[starts + len(codes) - 1] - spoken[starts] == len(codes) - 1
            found[number] += len(starts), int(good.sum())
    return found


def keyword_table(keywords: Sequence[str], counts: NDArray[np.int64]) -> Any:
    """The recall of keywords, the most often missed first, as a pyarrow table."""
    missed = counts[:, 0] - counts[:, 1]
    whole = np.stack([counts[:, 1], missed, np.zeros_like(missed)], axis=1)
    table = recall_table({"text": list(keywords)}, whole, {}).drop(["lost"])
    return table.rename_columns(["missed" if name == "changed" else name for name in table.column_names])
