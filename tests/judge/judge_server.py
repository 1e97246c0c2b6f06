"""An endpoint with a judge behind it that goes by words, and misbehaves by script."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from scripted_server import Heard, Say, ScriptedServer


@dataclass(frozen=True)
class Asked:
    """What a request asks about, as a judge reads it."""

    reference: str
    hypothesis: str
    language: str
    fields: dict[str, Any]
    previous: str | None
    """The answer that is to be repaired."""

    @property
    def format(self) -> str:
        return self.fields.get("response_format", {"type": "text"})["type"]


JudgeScript = Callable[[Asked, int], Say]
"""What to say of a pair the n-th time, counted from 1."""


def verdict(asked: Asked) -> dict[str, Any]:
    """Words that stand on one side only: a judge whose answers can be foretold."""
    sides = [re.findall(r"\w+", text.lower()) for text in (asked.reference, asked.hypothesis)]
    missed, invented, same = [], [], 0
    for kind, i, j, k, m in SequenceMatcher(None, *sides, autojunk=False).get_opcodes():
        same += (j - i) * (kind == "equal")
        if kind == "delete":
            missed.append(" ".join(sides[0][i:j]))
        if kind == "insert":
            invented.append(" ".join(sides[1][k:m]))
    numbers = [word for word in sides[0] if word.isdigit() and word not in sides[1]]
    return {
        "hallucinated_spans": invented,
        "missed_spans": missed,
        "meaning": round(100 * same / max(map(len, sides))),
        "key_errors": [{"kind": "number", "reference": word, "hypothesis": ""} for word in numbers],
        "reason": "compared word by word",
    }


def says(content: Any, usage: dict[str, int] | None = None, finish: str = "stop", **message: Any) -> Say:
    """A chat's answer; by default of 500 tokens read and 40 written."""
    text = content if isinstance(content, str | None) else json.dumps(content, ensure_ascii=False)
    choice = {"finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
    used = {"prompt_tokens": 500, "completion_tokens": 40} if usage is None else usage
    return Say({"choices": [choice], "usage": used})


def good(asked: Asked, time: int = 1) -> Say:
    return says(verdict(asked))


class JudgeServer(ScriptedServer):
    """Listens on a free port of 127.0.0.1 inside `with`."""

    def __init__(self, script: JudgeScript = good) -> None:
        super().__init__()
        self.judge = script
        self.asked: list[Asked] = []
        self._counted: Counter[tuple[str, str]] = Counter()

    def counted(self, reference: str, hypothesis: str) -> int:
        """How often a pair was asked about."""
        return self._counted[reference, hypothesis]

    def _next(self, request: Heard) -> Say:
        asked = read(request.fields)
        with self._lock:
            self.heard.append(request)
            self.asked.append(asked)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            pair = asked.reference, asked.hypothesis
            self._counted[pair] += 1
            return self.judge(asked, self._counted[pair])


def read(fields: dict[str, Any]) -> Asked:
    """The request as a well-behaved judge reads it: data between two lines with the code, nothing else."""
    user = fields["messages"][1]["content"]
    head, nonce, data, again, _ = user.split("\n")
    assert nonce == again
    assert re.fullmatch(r"[0-9a-f]{32}", nonce)
    assert head.endswith(f"the code {nonce}.")
    found = json.loads(data)
    return Asked(
        found["reference"], found["hypothesis"], found["language"], fields, found.get("previous_answer")
    )
