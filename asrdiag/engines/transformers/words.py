"""Words from tokens and the times at which these ended."""

from collections.abc import Callable, Sequence

from .families.base import Word


def words_of(
    decode: Callable[[list[int]], str], tokens: Sequence[int], ends_s: Sequence[float]
) -> tuple[Word, ...]:
    """Join tokens into words: one begins with a token that begins with a space.

    In a script without spaces all tokens that make up whole characters are words of their own.

    Args:
        decode: tokens to text, with their leading spaces.
        ends_s: when each token ended, in seconds; a token begins where the one before it ended.

    >>> pieces = {1: " the", 2: " kit", 3: "ten"}
    >>> [word.text for word in words_of(lambda ids: pieces[ids[0]], [1, 2, 3], [0.2, 0.4, 0.6])]
    ['the', 'kitten']
    """
    words: list[Word] = []
    pending: list[int] = []
    began = 0.0
    for token, end_s in zip(tokens, ends_s, strict=True):
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
        pending, began = [], end_s
    return tuple(words)


def _spaceless(text: str) -> bool:
    # Han, kana, Thai, Lao, Khmer and Burmese do not put spaces between words.
    first = text[:1]
    return "\u3040" <= first <= "\u9fff" or "\u0e00" <= first <= "\u0eff" or "\u1000" <= first <= "\u17ff"
