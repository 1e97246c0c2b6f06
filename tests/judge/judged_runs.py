"""Texts with errors of every kind, and what a judge's file says of them, read without asrdiag."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from made_runs import Said

CORPUS = (
    Said("u1", "the cat sat on the mat by the door", subset="a"),
    Said("u2", "we meet Anna at nine in the old town hall", subset="a"),
    Said("u3", "it rained all day and the river rose by 12 metres", subset="b"),
    Said("u4", "please do not open the window tonight", subset="b"),
    Said("z1", "今天天气很好我们去公园", language="zh", subset="b"),
)
GOOD = {said.sample_id: said.reference for said in CORPUS}
BAD = {
    "u1": "the cat sat on the mat by the door thank you for watching",
    "u2": "we meet at nine in the old town hall",
    "u3": "",
    "u4": "please do open the window tonight",
    "z1": "今天天气很好我们去",
}
"""Words added, a name lost, nothing at all, a negation lost, and the end lost in Chinese."""
ASKED = 4
"""Pairs of `BAD` that take a judge."""


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


def events(run: Path, kind: str | None = None) -> list[dict[str, Any]]:
    """The events of the run's only judge, as they stand in the file; every line must be whole."""
    [path] = (run / "judge").glob("*/answers.jsonl")
    text = path.read_text()
    assert text.endswith("\n") or not text
    found = [json.loads(line) for line in text.splitlines()]
    return [event for event in found if kind in (None, event["event"])]


def answered(run: Path) -> dict[str, dict[str, Any]]:
    """Verdicts by hypothesis; none may be there twice."""
    found = events(run, "answer")
    assert len({(event["key"], event["repeat"]) for event in found}) == len(found)
    return {event["pair"]["hypothesis"]: event["verdict"] for event in found if not event["repeat"]}


def hypotheses(server: Any) -> Sequence[str]:
    """What the server was asked about, in order."""
    return [asked.hypothesis for asked in server.asked]
