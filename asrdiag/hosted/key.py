"""The key of an endpoint: read from the environment, sent, and never shown."""

import json
import os
import re
from dataclasses import dataclass, field

from ..errors import UsageError
from ..spec import Json

HIDDEN = "[the key]"
PLACEHOLDER = 12
"""Shorter ones are what local servers take for a key (`EMPTY`): words that may be in a transcript."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, or none; it has no readable form."""

    value: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.value}"} if self.value else {}

    @property
    def is_placeholder(self) -> bool:
        return len(self.value) < PLACEHOLDER

    def hide(self, value: Json) -> Json:
        """The value with every occurrence of the key in its texts replaced.

        >>> Key("sk-123").hide({"said": ["your key sk-123 is wrong", 4]})
        {'said': ['your key [the key] is wrong', 4]}
        """
        if isinstance(value, str):
            return self.hide_in(value)
        if isinstance(value, dict):
            return {self.hide_in(name): self.hide(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.hide(item) for item in value]
        return value

    def hide_in_answer(self, value: Json) -> Json:
        """What a model answered, with the key replaced; as it is if the key is a placeholder.

        >>> [Key(key).hide_in_answer({"kind": key}) for key in ("name", "sk-of-12-letters")]
        [{'kind': 'name'}, {'kind': '[the key]'}]
        """
        return value if self.is_placeholder else self.hide(value)

    def hide_in_body(self, body: bytes) -> bytes:
        """An answer with every occurrence of the key replaced, also of the key as JSON writes it.

        >>> Key('a"key-of-12').hide_in_body(b'{"said": "a\\\\"key-of-12 is wrong"}')
        b'{"said": "[the key] is wrong"}'
        """
        if self.value:
            for form in (json.dumps(self.value)[1:-1], self.value):
                body = body.replace(form.encode(), HIDDEN.encode())
        return body

    def hide_in(self, text: str) -> str:
        """The text with every occurrence of the key replaced."""
        return text.replace(self.value, HIDDEN) if self.value else text


def missing_key(variable: str | None) -> str | None:
    """Why there is no usable key in an environment variable; `None` if there is one, or none is needed."""
    if variable is None:
        return None
    value = os.environ.get(variable, "").strip()
    if not value:
        return f"the environment variable {variable} is not set; it has to hold the endpoint's key"
    # Sent, such a value would come back whole in the message of an error.
    if not re.fullmatch(r"[!-~]+", value):
        return f"the environment variable {variable} holds no key: found spaces or characters beyond ASCII"
    return None


def read_key(variable: str | None) -> Key:
    """The key that an environment variable holds; none for `None`.

    Raises:
        UsageError: there is no usable one; the message does not show what was found.
    """
    if reason := missing_key(variable):
        raise UsageError(reason)
    return Key(os.environ[variable].strip()) if variable else Key()
