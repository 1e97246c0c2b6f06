"""Moonshine's tokenizer as a `tokenizer.json`, from the records of its `tokenizer.bin`.

It is byte-pair encoding over 32,000 SentencePiece pieces with single bytes to fall back on. The merges are
not in the file, but they follow from it: a SentencePiece model merges any two pieces whose join is a piece,
the join with the smallest id first. Runs of spaces are the exception: their scores are the lowest of all.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ..engines.moonshine_tokens import BEGIN, END_ORDINARY, FIRST_ORDINARY

_SPACE = "\u2581"
_MARKERS = ("<unk>", "<s>", "</s>")
_STORED_EMPTY = {31_353: "\u2028"}
"""The line separator, which the writer of `tokenizer.bin` lost."""


def tokenizer_document(tokens: Sequence[bytes]) -> dict[str, Any]:
    """The content of `tokenizer.json`.

    Args:
        tokens: the records of `tokenizer.bin` by id.
    """
    names = [_name(index, token) for index, token in enumerate(tokens)]
    vocabulary = {name: index for index, name in enumerate(names[:END_ORDINARY])}
    marked = [*range(len(_MARKERS)), *range(END_ORDINARY, len(names))]
    begin = {"SpecialToken": {"id": _MARKERS[BEGIN], "type_id": 0}}
    second = {"SpecialToken": {"id": _MARKERS[BEGIN], "type_id": 1}}
    first_text, second_text = ({"Sequence": {"id": name, "type_id": i}} for i, name in enumerate("AB"))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": index, "content": names[index]}
            | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
            | {"special": True}
            for index in marked
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": _SPACE},
                {"type": "Replace", "pattern": {"String": " "}, "content": _SPACE},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [begin, first_text],
            "pair": [begin, first_text, second, second_text],
            "special_tokens": {
                _MARKERS[BEGIN]: {"id": _MARKERS[BEGIN], "ids": [BEGIN], "tokens": [_MARKERS[BEGIN]]}
            },
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": _SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": _MARKERS[0],
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [f"{left} {right}" for left, right in merges(vocabulary)],
        },
    }


def merges(vocabulary: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Every pair of pieces whose join is a piece, in the order in which they are to be merged.

    >>> list(merges({"a": 0, "b": 1, "ab": 2, "aba": 3, "ba": 4}))
    [('a', 'b'), ('a', 'ba'), ('ab', 'a'), ('b', 'a')]
    """
    for piece in sorted(vocabulary, key=lambda piece: (not piece.strip(_SPACE), vocabulary[piece])):
        halves = ((piece[:cut], piece[cut:]) for cut in range(1, len(piece)))
        pairs = [pair for pair in halves if pair[0] in vocabulary and pair[1] in vocabulary]
        yield from sorted(pairs, key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]))


def _name(index: int, token: bytes) -> str:
    # Ids 3 to 258 are the bytes 0 to 255, which are written as their numbers.
    if FIRST_ORDINARY <= index < FIRST_ORDINARY + 256:
        return f"<0x{token[0]:02X}>"
    return _STORED_EMPTY.get(index) or token.decode()
