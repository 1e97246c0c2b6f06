"""The budget, replayed from the file: at no moment was more set aside than there is."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from judge.judge_server import Asked, JudgeServer, good, says, verdict
from scripted_server import Say

from asrdiag.hosted.usage import Usage
from asrdiag.judge import JudgeReward, JudgeSettings, JudgeStopped, Manner, Prices
from asrdiag.judge.costs import most_input_tokens, settled_cost
from asrdiag.judge.ledger import State

PRICES = Prices(per_million_input_tokens=2.0, per_million_output_tokens=10.0)


def moody(asked: Asked, time: int) -> Say:
    """Every kind of trouble, by what is asked and how often."""
    draw = random.Random(f"{asked.hypothesis} {time}")
    usage: Any = draw.choice([None, None, {}, {"prompt_tokens": 900, "completion_tokens": 300}])
    return draw.choice(
        [
            good(asked),
            says(verdict(asked), usage),
            Say("busy", 500),
            Say("gateway", 502),
            Say("slow down", 429),
            Say(good(asked).body, cut_at=20),
            says("no JSON", usage),
            says(None, usage, refusal="no"),
            Say("<html>"),
        ]
    )


@pytest.mark.parametrize("limits", [{"max_cost": 0.25}, {"max_requests": 40}, {}], ids=str)
def test_no_limit_is_crossed_and_nothing_is_paid_for_twice(tmp_path: Path, limits: dict[str, Any]) -> None:
    path = tmp_path / "answers.jsonl"
    texts = {"references": ["we meet at nine"] * 40, "hypotheses": [f"we meet {n}" for n in range(40)]}
    manner = Manner(concurrency=12, retries=2, backoff_s=0.001)
    with JudgeServer(moody) as server:
        keys = {"model": "m", "base_url": server.url, "manner": manner, "prices": PRICES, **limits}
        for _ in range(3):  # as if the training were started again and again
            with JudgeReward(JudgeSettings(**keys), answers=path) as reward:
                try:
                    reward.score(**texts)
                except JudgeStopped:
                    continue
    events = [json.loads(line) for line in path.read_text().splitlines()]
    state, most = State(), 0.0
    for event in events:
        state.add(event)
        most = max(most, state.cost)
    assert not state.open
    assert state.requests == len(server.heard) == sum(event["event"] == "sent" for event in events)
    assert most <= limits.get("max_cost", 100) + 1e-9
    assert state.requests <= limits.get("max_requests", 1000)
    final = Counter(event["key"] for event in events if event["event"] == "answer" or event.get("final"))
    assert max(final.values()) == 1
    ended = set()
    for event in events:
        if event["event"] == "sent":
            assert event["key"] not in ended  # an answer, or a failure that would come again
        elif event["event"] == "answer" or event.get("final"):
            ended.add(event["key"])
    if not limits:
        assert len({event["key"] for event in events if event["event"] == "sent"}) == 40
        assert len(ended) > 30


def test_the_most_that_a_request_can_cost_is_more_than_it_costs() -> None:
    """A token is a byte at least: 2 Chinese characters are 6 bytes, so 6 tokens at most."""
    short, longer = ({"messages": [{"content": text}]} for text in ("", "天气"))
    assert most_input_tokens(longer) - most_input_tokens(short) == 6


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (Usage(1000, None, 100), 0.003),  # 1000 at 2 and 100 at 10 in a million
        (Usage(10**6, None, 0), 9.0),  # nothing written, but there is a text
        (Usage(0, None, 100), 9.0),
        (Usage(None, None, 100), 9.0),
        (Usage(1000, None, None), 9.0),
        (Usage(10**8, None, 100), 200.001),  # more than the most is believed
    ],
)
def test_what_an_answer_cost_by_what_it_says(usage: Usage, cost: float) -> None:
    assert settled_cost(PRICES, usage, 9.0, said_something=True) == pytest.approx(cost)
    assert settled_cost(Prices(per_request=0.5), Usage(), 9.0, said_something=True) == 0.5


def test_requests_are_those_of_openais_own_client() -> None:
    openai = pytest.importorskip("openai", reason="openai is not installed: pip install openai")
    with JudgeServer() as server:
        settings = JudgeSettings(model="m", base_url=server.url, extra_body={"seed": 3})
        with JudgeReward(settings) as reward:
            reward.score(references=["a b"], hypotheses=["a"])
        with openai.OpenAI(base_url=server.url, api_key="none") as client:
            client.chat.completions.create(**server.heard[0].fields)
        ours, theirs = server.heard
        assert (ours.path, ours.fields) == (theirs.path, theirs.fields)
