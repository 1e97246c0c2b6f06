"""A run judged: by a good endpoint, and by one that misbehaves in every way."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judge.judge_server import Asked, JudgeServer, good, says, verdict
from judge.judged_runs import ASKED, BAD, answered, events, hypotheses
from made_runs import score_run
from run_files import leaderboard
from scripted_server import Say

from asrdiag.judge import JudgeReward, JudgeSettings

KEY = "sk-judge-0123456789abcdef"
PRICES = ("--price-per-million-input-tokens", "2", "--price-per-million-output-tokens", "10")
COST = 0.0014
"""Of an answer of the server: 500 tokens at 2 and 40 at 10 in a million."""


def scripted(steps: dict[str, list[Any]]) -> Callable[[Asked, int], Say]:
    """Answers for some hypotheses, of which the last is repeated; `good` for the others."""

    def script(asked: Asked, time: int) -> Say:
        found = steps.get(asked.hypothesis, [good])
        step = found[min(time, len(found)) - 1]
        return step(asked) if callable(step) else step

    return script


def test_each_pair_is_asked_about_once_and_nothing_tells_whose_it_is(judge: Any, run: Path) -> None:
    with JudgeServer() as server:
        done = judge(server)
    assert done.status == 0, done.err
    assert "15 answers, 7 need no judge; of the other 8 all are to be judged: 4 different pairs" in done.out
    assert "4 judged, 0 failed, 0 left" in done.out
    assert sorted(hypotheses(server)) == sorted(text for text in BAD.values() if text)
    sent = json.dumps([heard.fields for heard in server.heard])
    assert not [name for name in ("worse", "bad/", "u1", "z1", "as_recorded") if name in sent]
    [first, *_] = server.heard
    assert first.path == "/v1/chat/completions"
    assert first.fields["model"] == "m"
    assert first.fields["temperature"] == 0
    assert first.fields["max_completion_tokens"] == 1000
    assert first.fields["response_format"]["json_schema"]["strict"] is True
    assert "authorization" not in first.headers
    keys = [event["key"] for event in events(run, "sent")]
    assert keys == sorted(keys)  # by hash

    # Of four English answers u1 holds invented words, and u2, u3 and u4 lack some.
    rows = {(row["system"], row["aggregate"], row["metric"], row["subset"]): row for row in leaderboard(run)}
    assert rows["bad", "pooled", "wer", ""]["n_judged"] == "4"
    for system in ("bad", "worse"):
        row = rows[system, "pooled", "wer", ""]
        assert row["judge"] == "m, judge@1"
        assert (row["judge_hallucination_rate_pct"], row["judge_missed_rate_pct"]) == ("25", "75")
    # u1: 9 of 13 words alike, 69; u2: 9 of 10, 90; u3: 0; u4: 6 of 7, 86: together 245 / 4
    assert rows["bad", "pooled", "wer", ""]["judge_meaning"] == "61.25"
    assert rows["good", "pooled", "wer", ""]["judge_meaning"] == "100"
    # u3 was answered with nothing: its number and nothing else is lost by rule.
    assert rows["bad", "pooled", "wer", ""]["judge_key_error_rate_pct"] == "25"

    with JudgeServer() as server:
        again = judge(server)
    assert (again.status, server.heard) == (0, [])
    assert "0 judged, 0 failed, 0 left" in again.out


def test_what_is_kept_says_all_of_it(judge: Any, run: Path) -> None:
    with JudgeServer() as server:
        judge(server, *PRICES)
    [folder] = (run / "judge").iterdir()
    kept = json.loads((folder / "judge.json").read_text())
    assert kept["prompt"]["name"] == "judge@1"
    assert "You compare two transcripts" in kept["prompt"]["system"]
    assert kept["identity"]["prompt_sha256"]
    assert folder.name == kept["id"]
    assert events(run)[0]["event"] == "sent"
    for event in events(run, "answer"):
        asked = Asked(event["pair"]["reference"], event["pair"]["hypothesis"], "en", {}, None)
        assert event["verdict"] == verdict(asked)
        assert event["cost"] == COST
        assert event["usage"] == {"input_tokens": 500, "output_tokens": 40}
        assert event["format"] == "json_schema"
    for path in folder.iterdir():
        assert server.url not in path.read_text()


def test_every_misbehaviour_ends_in_an_answer_or_a_reason(judge: Any, run: Path) -> None:
    u1, u2, u4, z1 = BAD["u1"], BAD["u2"], BAD["u4"], BAD["z1"]
    script = scripted(
        {
            u1: [Say("busy", 500), Say("slow down", 429, {"Retry-After": "0.2"}), good],
            u2: [says("I would say 90."), good],
            u4: [says("", refusal="I cannot judge this.")],
            z1: [Say({"choices": []}, cut_at=7), Say("<html>"), good],
        }
    )
    with JudgeServer(script) as server:
        done = judge(server, "--retries", "3", *PRICES)
        assert done.status == 1
        assert set(answered(run)) == {u1, u2}
        assert "2 judged, 2 failed, 0 left" in done.out
        assert "Refused: the model refused: I cannot judge this." in done.err
        assert "UnreadableAnswer: found no JSON: '<html>'" in done.err
        # u1 three times; u2 and its repair; u4 once; z1 cut short, then what is no answer
        assert len(server.heard) == 3 + 2 + 1 + 2
        again = judge(server, "--retries", "3", *PRICES)
        assert again.status == 0
        assert set(answered(run)) == {u1, u2, z1}  # the refusal would come again, and be paid again
        assert len(server.heard) == 9
        judge(server, "--retry-failed")
        assert len(server.heard) == 10
    [malformed] = events(run, "malformed")
    assert malformed["content"] == "I would say 90."
    [repaired] = [event for event in events(run, "answer") if event["repaired"]]
    assert repaired["pair"]["hypothesis"] == u2
    repair = next(asked for asked in server.asked if asked.previous is not None)
    assert repair.previous == "I would say 90."


FAILURES = {
    "no JSON": (says("no JSON"), "Malformed", 2),
    "null": (says(None), "Malformed", 2),
    "half of the keys": (says('{"meaning": 100}'), "Malformed", 2),
    "cut off": (says('{"hallucinated_spans": [', finish="length"), "Malformed", 2),
    "cut off at once": (says("", finish="length"), "CutOff", 1),
    "withheld": (says(None, finish="content_filter"), "Filtered", 1),
    "no choices": (Say({"choices": []}), "Filtered", 1),
    "withheld by status": (
        Say({"error": {"message": "policy", "code": "content_filter"}}, 400),
        "Filtered",
        1,
    ),
    "refused": (says(None, refusal="no"), "Refused", 1),
    "half a character": (says("half \ud800"), "UnreadableAnswer", 1),
    "a page": (Say("<html>"), "UnreadableAnswer", 1),
}
"""What is answered, what that is called, and how many requests it takes."""


def test_a_failure_is_recorded_with_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    texts = {"references": ["a b"] * (len(FAILURES) + 1), "hypotheses": ["a", *FAILURES]}
    with JudgeServer(
        lambda asked, _: FAILURES[asked.hypothesis][0] if asked.hypothesis != "a" else good(asked)
    ) as server:
        settings = JudgeSettings(model="m", base_url=server.url)
        with JudgeReward(settings, answers=path) as reward:
            for _ in range(2):
                assert reward.score(**texts)[0] == pytest.approx(0.4)
    found = [json.loads(line) for line in path.read_text().splitlines()]
    for name, (_, kind, requests) in FAILURES.items():
        failed = [
            event for event in found if event["event"] == "failed" and event["pair"]["hypothesis"] == name
        ]
        final = kind != "UnreadableAnswer"
        assert [event["type"] for event in failed] == [kind] * (1 if final else 2), name
        assert [event["final"] for event in failed] == [final] * len(failed)
        assert server.counted("a b", name) == requests * len(failed)


@pytest.mark.parametrize(
    ("refuses", "expected"),
    [({"json_schema"}, "json_object"), ({"json_schema", "json_object"}, "text")],
)
def test_an_endpoint_without_schemas_is_asked_as_it_can_be(
    judge: Any, run: Path, refuses: set[str], expected: str
) -> None:
    def script(asked: Asked, time: int) -> Say:
        if asked.format in refuses:
            return Say({"error": {"message": f"response_format {asked.format} is not supported"}}, 400)
        return good(asked)

    with JudgeServer(script) as server:
        assert judge(server, *PRICES).status == 0
    assert len(answered(run)) == ASKED
    assert {event["format"] for event in events(run, "answer")} == {expected}
    assert len(server.heard) == ASKED + len(refuses)  # one question only found that out
    refused = events(run, "unanswered")
    assert [event["cost"] for event in refused] == [0.0] * len(refuses)


def test_words_that_look_like_orders_are_quoted_and_an_obedient_echo_is_no_answer(
    judge: Any, run: Path
) -> None:
    """A judge that is taken in and says what the transcript says: what it quotes has to be there."""
    fake = {
        "hallucinated_spans": ["the other system's words"],
        "missed_spans": ["nothing that was said"],
        "meaning": 100,
        "key_errors": [{"kind": "name", "reference": "Otto", "hypothesis": "Anna"}],
        "reason": "I was told so",
    }
    with JudgeServer(scripted({BAD["u1"]: [says(fake)]})) as server:
        assert judge(server).status == 0
    [event] = [event for event in events(run, "answer") if event["pair"]["hypothesis"] == BAD["u1"]]
    assert event["unverified"] == [
        "missed: nothing that was said",
        "hallucinated: the other system's words",
        "name: 'Otto' -> 'Anna'",
    ]
    [row] = [row for row in leaderboard(run) if row["system"] == "bad" and row["subset"] == "a"]
    assert row["judge_hallucination_rate_pct"] == "0"


def test_the_key_goes_nowhere(judge: Any, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", KEY)
    leak = says({**verdict(Asked("a b", "a", "en", {}, None)), "reason": f"your key is {KEY}"})
    script = scripted({BAD["u1"]: [Say(f"bad key {KEY}", 500), leak], BAD["u2"]: [says(KEY)]})
    with JudgeServer(script) as server:
        done = judge(server, "--api-key-env", "JUDGE_KEY")
    assert all(heard.headers["authorization"] == f"Bearer {KEY}" for heard in server.heard)
    written = [path for path in run.rglob("*") if path.is_file()]
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
    assert KEY not in done.out + done.err
    assert "[the key]" in json.dumps(events(run))


@pytest.mark.parametrize(
    "say",
    [
        Say("", 302, {"Location": f"http://elsewhere/?key={KEY}"}),
        Say(json.dumps({"error": KEY}).replace(KEY, "".join(f"\\u{ord(sign):04x}" for sign in KEY)), 401),
    ],
    ids=["redirect", "escaped"],
)
def test_trouble_does_not_tell_the_key(
    judge: Any, run: Path, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    monkeypatch.setenv("JUDGE_KEY", KEY)
    with JudgeServer(lambda asked, time: say) as server:
        done = judge(server, "--api-key-env", "JUDGE_KEY")
    assert done.status == 1
    assert KEY not in done.out + done.err + json.dumps(events(run))


def test_what_a_model_says_commands_no_terminal(judge: Any, run: Path) -> None:
    said = says(None, refusal="no \x1b]0;title\x07\x1b[31mred\u202e")
    with JudgeServer(lambda asked, time: said) as server:
        done = judge(server)
    assert "the model refused: no \ufffd]0;title\ufffd\ufffd[31mred\ufffd" in done.err


def test_a_placeholder_for_a_key_changes_no_verdict(
    judge: Any, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "name")
    found = {"kind": "name", "reference": "Anna", "hypothesis": ""}
    script = scripted(
        {BAD["u2"]: [says({**verdict(Asked("a b", "a", "en", {}, None)), "key_errors": [found]})]}
    )
    with JudgeServer(script) as server:
        assert judge(server, "--api-key-env", "JUDGE_KEY").status == 0
    assert answered(run)[BAD["u2"]]["key_errors"] == [found]


@pytest.mark.parametrize("limit", [1, 3])
def test_a_limit_of_requests_holds_over_sessions(judge: Any, run: Path, limit: int) -> None:
    with JudgeServer() as server:
        stopped = judge(server, "--max-requests", limit)
        assert stopped.status == 1
        assert f"stopped: {limit} requests are all that max_requests allows" in stopped.err
        assert len(server.heard) == len(answered(run)) == limit
        judge(server, "--max-requests", limit)
        assert len(server.heard) == limit
        assert judge(server, "--max-requests", ASKED).status == 0
        assert len(server.heard) == ASKED


def test_a_limit_of_cost_is_never_crossed_however_many_are_under_way(judge: Any, run: Path) -> None:
    """All but the first answer come late: only as many are asked for as fit with their worst costs."""
    late = threading.Event()

    def script(asked: Asked, time: int) -> Say:
        if len(server.heard) == 1:
            return good(asked)
        if server.at_once == 2:
            threading.Timer(0.3, late.set).start()
        return Say(good(asked).body, wait_for=late)

    with JudgeServer(script) as server:
        forecast = judge(server, *PRICES, "--dry-run").out
        worst = float(forecast.rsplit(", and ", 1)[1].split(" at most")[0]) / ASKED
        done = judge(server, *PRICES, "--max-cost", f"{COST + 2.5 * worst:.6f}", "--concurrency", "8")
    assert (done.status, len(answered(run))) == (0, ASKED)  # what was not used up is there for the next
    assert server.most_at_once == 2


def test_a_limit_of_cost_stops_before_it_is_crossed(judge: Any, run: Path) -> None:
    dear = {"prompt_tokens": 3000, "completion_tokens": 1000}  # 3000 at 2 and 1000 at 10 in a million: 0.016
    with JudgeServer(lambda asked, _: says(verdict(asked), dear)) as server:
        for limit, count in (("0.01", 0), ("0.02", 1), ("0.04", 2), ("0.04", 2)):
            done = judge(server, *PRICES, "--max-cost", limit)
            assert done.status == 1
            assert f"and max_cost is {limit}" in done.err
            assert len(answered(run)) == len(server.heard) == count
            assert sum(event["cost"] for event in events(run, "answer")) <= float(limit)


def test_an_answer_that_hides_what_it_took_counts_at_its_worst(judge: Any, run: Path) -> None:
    usage: Any = {"prompt_tokens": -5, "completion_tokens": "9"}
    with JudgeServer(lambda asked, _: says(verdict(asked), usage)) as server:
        judge(server, *PRICES, "--max-requests", "1")
    [sent], [answer] = events(run, "sent"), events(run, "answer")
    assert answer["cost"] == sent["worst_cost"] > 0.01  # 1000 tokens at 10 in a million alone


def test_an_endpoint_that_is_gone_is_given_up(judge: Any, run: Path) -> None:
    with JudgeServer() as server:
        pass
    done = judge(server, "--retries", "0", "--concurrency", "1")
    assert done.status == 1
    assert "RequestFailed: ConnectError" in done.err
    assert [event["cost"] for event in events(run, "unanswered")] == [0.0] * ASKED


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": {"message": "The model `m` does not exist"}}),
        (429, {"error": {"message": "no credit", "code": "insufficient_quota"}}),
        (302, ""),
    ],
)
def test_an_endpoint_that_refuses_everything_is_asked_once(
    judge: Any, run: Path, status: int, body: Any
) -> None:
    headers = {"Location": "https://elsewhere/"} if status == 302 else {}
    with JudgeServer(lambda *_: Say(body, status, headers)) as server:
        done = judge(server)
    assert done.status == 1
    assert f"stopped: the endpoint refuses: HTTP {status}" in done.err
    assert len(server.heard) == 1
    assert "Traceback" not in done.err
    with JudgeServer() as server:
        assert judge(server).status == 0  # nothing of that is kept against the questions
    assert len(answered(run)) == ASKED


def test_a_text_without_end_is_not_sent(judge: Any, run: Path) -> None:
    path = run / "cells/bad/set/as_recorded/samples.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    records[0]["hypothesis_raw"] = "no " * 10_000
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    score_run(run)
    with JudgeServer() as server:
        done = judge(server)
    assert "TooLong: a transcript has more than 20000 characters" in done.err
    assert len(server.heard) == ASKED  # u1 of worse is as it was
    assert done.status == 1  # one of five


def test_repeats_are_kept_apart(judge: Any, run: Path) -> None:
    moody = [good, lambda asked: says(verdict(asked) | {"meaning": 7})]
    with JudgeServer(scripted({BAD["u1"]: moody})) as server:
        assert judge(server).status == 0
        assert judge(server, "--repeat", "3").status == 0
    assert len(server.heard) == 3 * ASKED
    meanings = {
        event["repeat"]: event["verdict"]["meaning"]
        for event in events(run, "answer")
        if event["pair"]["hypothesis"] == BAD["u1"]
    }
    assert meanings == {0: 69, 1: 7, 2: 7}
    [row] = [row for row in leaderboard(run) if row["system"] == "bad" and row["subset"] == "a"]
    assert row["judge_meaning"] == "79.5"  # the first verdict counts: (69 + 90) / 2


def test_another_endpoint_or_name_of_the_same_model_pays_for_nothing(
    judge: Any, call: Any, run: Path
) -> None:
    with JudgeServer() as server:
        judge(server)
    with JudgeServer() as other:
        words = ("judge", run, "--base-url", other.url, "--progress", "none", "--model")
        assert call(*words, "served-m", "--model-id", "m").status == 0
        assert other.heard == []
        assert call(*words, "served-m").status == 0  # a model of its own, as far as one can tell
        assert len(other.heard) == ASKED
        assert call(*words, "m", "--no-temperature").status == 0  # and so is one that is told otherwise
        assert len(other.heard) == 2 * ASKED
        assert "temperature" not in other.heard[-1].fields
    assert len(list((run / "judge").iterdir())) == 3


def test_a_dry_run_sends_and_writes_nothing(judge: Any, run: Path) -> None:
    before = sorted(run.rglob("*"))
    with JudgeServer() as server:
        done = judge(server, "--dry-run", *PRICES)
        assert (done.status, server.heard) == (0, [])
        assert sorted(run.rglob("*")) == before
        assert "4 requests, about " in done.out
        assert "; about 0.0" in done.out
        judge(server)
        rest = judge(server, "--dry-run", "--repeat", "2", *PRICES)
        assert "4 requests, about " in rest.out
        assert "and 160 out" in rest.out  # as long as the answers so far: 4 of 40 tokens


def test_scores_made_anew_keep_what_is_judged(judge: Any, call: Any, run: Path) -> None:
    with JudgeServer() as server:
        judge(server)
        assert call("score", run, "--normalizer", "basic@1").status == 0
        rows = {(row["system"], row["subset"]): row for row in leaderboard(run) if not row["aggregate"]}
        assert rows["bad", "a"]["judge_meaning"] == "79.5"
        assert rows["bad", "a"]["normalizer"] == "basic@1"
    assert len(server.heard) == ASKED
