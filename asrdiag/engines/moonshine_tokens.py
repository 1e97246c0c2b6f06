"""Reading Moonshine's `tokenizer.bin`: token ids in, text out."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError

BEGIN, END = 1, 2
FIRST_ORDINARY, END_ORDINARY = 3, 32_000
"""Ids outside are markers (`<unk>`, `<s>`, `</s>`, `<<ST_0>>` to `<<ST_767>>`) and no text."""


class Vocabulary:
    """The byte string of every token id.

    The file is one record an id: a length byte, then so many bytes of UTF-8, with U+2581 for a space. Ids 3
    to 258 are the single bytes 0 to 255, for characters that have no token of their own. The longest token
    has 48 bytes. One id (31353, U+2028 in the model's `tokenizer.json`) is stored empty.
    """

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self._tokens = [
            token.replace("\u2581".encode(), b" ") if FIRST_ORDINARY <= index < END_ORDINARY else b""
            for index, token in enumerate(tokens)
        ]

    def __len__(self) -> int:
        return len(self._tokens)

    def text(self, ids: Sequence[int]) -> str:
        """The text of `ids` without markers; bytes that form no character become U+FFFD.

        >>> Vocabulary([b"<unk>", b"<s>", b"</s>", "\u2581a".encode(), b"b"]).text([1, 3, 4, 3, 2])
        'ab a'
        """
        return b"".join(self._tokens[index] for index in ids).decode(errors="replace").strip()


def read_tokens(path: Path) -> list[bytes]:
    """The records of `tokenizer.bin` in the order of their ids, as they are stored.

    Raises:
        UsageError: the file is damaged or of another format.
    """
    data = path.read_bytes()
    tokens: list[bytes] = []
    position = 0
    while position < len(data):
        length = data[position]
        start, position = position + 1, position + 1 + length
        if length > 127 or position > len(data):
            raise UsageError(
                f"{path}: found no whole token at byte {start - 1}, expected a length and its bytes"
            )
        tokens.append(data[start:position])
    return tokens


def read_vocabulary(path: Path) -> Vocabulary:
    """Read `tokenizer.bin`.

    Raises:
        UsageError: the file is damaged or of another format.
    """
    return Vocabulary(read_tokens(path))
