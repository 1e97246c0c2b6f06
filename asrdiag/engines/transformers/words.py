"""Words from tokens and the times of these."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from .families.base import Word


def words_of(
    decode: Callable[[list[int]], str], tokens: Sequence[int], times_s: Sequence[tuple[float, float]]
) -> tuple[Word, ...]:
    """Join tokens into words: one begins with a token that begins with a space.

    In a script without spaces all tokens that make up whole characters are words of their own.

    Args:
        decode: tokens to text, with their leading spaces.
        times_s: when each token began and ended, in seconds.

    >>> pieces, times_s = {1: " the", 2: " kit", 3: "ten"}, [(0.0, 0.2), (0.3, 0.4), (0.4, 0.6)]
    >>> [(word.text, word.start_s) for word in words_of(lambda ids: pieces[ids[0]], [1, 2, 3], times_s)]
    [('the', 0.0), ('kitten', 0.3)]
    """
    words: list[Word] = []
    pending: list[int] = []
    began = 0.0
    for token, (start_s, end_s) in zip(tokens, times_s, strict=True):
        if not pending:
            began = start_s
        pending.append(token)
        text = decode(pending)
        if "\ufffd" in text:  # half of a character; the rest is in the next token
            continue
        spaced = text.startswith(" ") or not words or _spaceless(text)
        if spaced and text.strip():
            words.append(Word(text.strip(), round(began, 3), round(end_s, 3)))
        elif words:
            last = words[-1]
            words[-1] = Word(last.text + text.rstrip(), last.start_s, round(end_s, 3))
        pending = []
    return tuple(words)


def one_after_the_other(ends_s: Sequence[float]) -> list[tuple[float, float]]:
    """Times of tokens of which only the ends are known: each begins where the one before it ended.

    >>> one_after_the_other([0.2, 0.5])
    [(0.0, 0.2), (0.2, 0.5)]
    """
    return list(pairwise((0.0, *ends_s)))


def _spaceless(text: str) -> bool:
    # Han, kana, Thai, Lao, Khmer and Burmese do not put spaces between words.
    first = text[:1]
    return "\u3040" <= first <= "\u9fff" or "\u0e00" <= first <= "\u0eff" or "\u1000" <= first <= "\u17ff"
