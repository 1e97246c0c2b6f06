"""Key content: negations, numbers, dates, names and keywords, and what became of them."""

from .content import key_content
from .counts import KeyContentCounts, KeyCounts
from .records import KEY_FLAGS, KEY_KINDS, KeyContent, KeyItem, KeyKind, KeyStatus

__all__ = [
    "KEY_FLAGS",
    "KEY_KINDS",
    "KeyContent",
    "KeyContentCounts",
    "KeyCounts",
    "KeyItem",
    "KeyKind",
    "KeyStatus",
    "key_content",
]
