"""An endpoint that answers, fails and recovers, asked by the recogniser itself."""

import base64
import io
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
import soundfile
from scripted_server import STEP, Say, Script, ScriptedServer, by_clip, fine

from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip, Failed, NotAsked, Transcript

KEY = "sk-test-0123456789abcdef"


def clip(number: int, language: str = "en") -> Clip:
    samples = np.random.default_rng(number).normal(0, 0.1, (number + 1) * STEP).astype(np.float32)
    return Clip(f"secret-reference-{number}", samples, 16_000, language)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Any, ScriptedServer]]]:
    """Opens an endpoint with a script, and the keys of a suite."""
    monkeypatch.setenv("HOSTED_KEY", KEY)
    with ExitStack() as stack:

        def open_(script: Script = fine, **keys: Any) -> tuple[Any, ScriptedServer]:
            server = stack.enter_context(ScriptedServer(script))
            given = {"id": "hosted", "engine": "openai", "model": "whisper-1", "base_url": server.url}
            given |= {"api_key_env": "HOSTED_KEY", "backoff_s": 0.01, "timeout_s": 20.0, "retries": 3}
            recognizer = ENGINES.load("openai")(**given | keys).open("cpu")
            stack.callback(recognizer.close)
            return recognizer, server

        yield open_


def chat_says(**message: Any) -> Say:
    finish = message.pop("finish", "stop")
    return Say({"choices": [{"finish_reason": finish, "message": message}], **message.pop("beside", {})})


def test_a_transcription_is_asked_for_as_documented(opened: Any) -> None:
    recognizer, server = opened(
        language="from_clip", prompt="Names: Dickens.", timestamps="words", extra_body={"top_p": 0.5}
    )
    answer = recognizer.transcribe([clip(2, "en-GB")])[0]
    assert answer.text == "clip 2"
    [heard] = server.heard
    assert heard.path == "/v1/audio/transcriptions"
    assert heard.headers["authorization"] == f"Bearer {KEY}"
    assert heard.fields == {
        **{"model": "whisper-1", "language": "en", "prompt": "Names: Dickens.", "temperature": "0.0"},
        **{"response_format": "verbose_json", "timestamp_granularities[]": "word", "top_p": "0.5"},
    }
    expected = np.clip(np.rint(clip(2).samples * 32768), -32768, 32767)
    np.testing.assert_array_equal(heard.samples, expected)
    assert 0 < answer.transcribe_s < 20


def test_segments_are_asked_for_and_kept(opened: Any) -> None:
    segments = [{"id": 0, "start": 0, "end": 0.1, "text": " clip"}]
    recognizer, server = opened(lambda *_: Say({"text": "clip", "segments": segments}), timestamps="segments")
    assert recognizer.transcribe([clip(0)])[0].details == {"segments": [["clip", 0.0, 0.1]]}
    assert server.heard[0].fields["response_format"] == "verbose_json"
    assert server.heard[0].fields["timestamp_granularities[]"] == "segment"


def test_a_chat_is_asked_for_as_documented(opened: Any) -> None:
    prompts = {"en": "Write it down.", "zh": "请写下来。"}
    keys = {"api": "chat", "prompt": prompts, "system_prompt": "You hear.", "max_output_tokens": 99}
    recognizer, server = opened(
        lambda number, _: chat_says(content="yes"), **keys, temperature=None, api_key_env=None
    )
    answers = recognizer.transcribe([clip(0, "zh"), clip(1, "de")])
    assert answers[0].text == "yes"
    assert type(answers[1].error).__name__ == "SampleError"
    assert "secret-reference-1: found the language 'de'; hosted has prompts for: en, zh" in str(
        answers[1].error
    )
    [heard] = server.heard
    assert heard.path == "/v1/chat/completions"
    assert "authorization" not in heard.headers
    audio = heard.fields["messages"][1]["content"].pop()
    assert audio["type"] == "input_audio"
    assert audio["input_audio"]["format"] == "wav"
    assert len(heard.samples) == STEP
    assert heard.fields == {
        "model": "whisper-1",
        "messages": [
            {"role": "system", "content": "You hear."},
            {"role": "user", "content": [{"type": "text", "text": "请写下来。"}]},
        ],
        "max_completion_tokens": 99,
    }


def test_requests_are_those_of_openais_own_client(opened: Any) -> None:
    openai = pytest.importorskip("openai", reason="openai is not installed: pip install openai")
    further = {"seed": 3, "chunking_strategy": {"type": "server_vad", "threshold": 0.5}, "stop": [1, 2]}
    transcriber, server = opened(language="en", prompt="Names.", timestamps="words", extra_body=further)
    keys = {"api": "chat", "prompt": "Write.", "system_prompt": "You hear.", "max_output_tokens": 9}
    chatter, chat_server = opened(lambda *_: chat_says(content="yes"), **keys, extra_body={"seed": 3})
    assert transcriber.transcribe([clip(0)])[0].text == "clip 0"
    assert chatter.transcribe([clip(0)])[0].text == "yes"
    flac, wav = io.BytesIO(), io.BytesIO()
    soundfile.write(flac, server.heard[0].samples, 16_000, format="FLAC")
    soundfile.write(wav, server.heard[0].samples, 16_000, format="WAV")

    with openai.OpenAI(base_url=server.url, api_key=KEY) as client:
        said = client.audio.transcriptions.create(
            **{"file": ("audio.flac", flac.getvalue()), "model": "whisper-1", "language": "en"},
            **{"prompt": "Names.", "temperature": 0.0, "response_format": "verbose_json"},
            timestamp_granularities=["word"],
            extra_body=further,
        )
        assert said.text == "clip 0"
    part = {"data": base64.b64encode(wav.getvalue()).decode(), "format": "wav"}
    content = [{"type": "text", "text": "Write."}, {"type": "input_audio", "input_audio": part}]
    messages = [{"role": "system", "content": "You hear."}, {"role": "user", "content": content}]
    with openai.OpenAI(base_url=chat_server.url, api_key=KEY) as client:
        client.chat.completions.create(
            model="whisper-1", messages=messages, temperature=0.0, max_completion_tokens=9, seed=3
        )

    for heard in (server.heard, chat_server.heard):
        ours, theirs = heard
        assert (ours.path, ours.fields) == (theirs.path, theirs.fields)
        assert ours.headers["authorization"] == theirs.headers["authorization"]
        np.testing.assert_array_equal(ours.samples, theirs.samples)


def test_nothing_that_names_a_clip_is_sent(opened: Any) -> None:
    recognizer, server = opened()
    recognizer.transcribe([clip(0)])
    assert "secret-reference" not in repr(server.heard)


@pytest.mark.parametrize(
    "trouble",
    [
        Say("busy", 500),
        Say("busy", 503),
        Say("slow", 408),
        Say({"error": {"message": "slow down"}}, 429),
        Say({"text": "clip 0 is here"}, cut_at=9),
        Say({"text": "clip 0 is here"}, cut_at=0),
        Say("not packed", headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda say: f"{say.status}-{say.cut_at}",
)
def test_trouble_that_may_pass_is_tried_again(opened: Any, trouble: Say) -> None:
    recognizer, server = opened(by_clip({0: [trouble, trouble, fine(0)]}))
    assert recognizer.transcribe([clip(0)])[0].text == "clip 0"
    assert server.times(0) == 3


@pytest.mark.parametrize("trouble", [Say("busy", 500), Say({"text": "clip 0"}, cut_at=4)])
def test_trouble_that_stays_is_a_failure_after_all_tries(opened: Any, trouble: Say) -> None:
    recognizer, server = opened(by_clip({0: [trouble]}))
    [failed] = recognizer.transcribe([clip(0)])
    assert type(failed.error).__name__ == "RequestFailed"
    assert str(failed.error).startswith("4 requests, the last: ")
    assert server.times(0) == 4


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (Say({"error": {"message": "no such model"}}, 404), "HTTP 404 Not Found: no such model"),
        (Say({"detail": "unknown field"}, 422), "HTTP 422 Unprocessable.*: unknown field"),
        (Say('[{"error": {"message": "bad key"}}]', 400), "HTTP 400 Bad Request: bad key"),
        (Say("<h1>  too\nlarge</h1>", 413), "HTTP 413 .*: <h1> too large</h1>"),
        (Say(b"\xff", 401), "HTTP 401 Unauthorized: \ufffd"),
        (Say("", 403), "HTTP 403 Forbidden: no message"),
        (
            Say({"error": {"message": "no credit", "code": "insufficient_quota"}}, 429),
            "HTTP 429 Too Many Requests: no credit",
        ),
        (
            Say("", 302, {"Location": "http://elsewhere/"}),
            "it points to http://elsewhere/; base_url has to be",
        ),
        (Say("", 429, {"Retry-After": "86400"}), r"asks to wait 86400 s \(longest_wait_s: 120\)"),
        (Say("x" * (16 * 2**20 + 1)), "more than 16777216 bytes"),
        (Say("", 204), "HTTP 204"),
    ],
    ids=lambda value: str(getattr(value, "status", "")),
)
def test_trouble_that_does_not_pass_is_not_tried_again(opened: Any, trouble: Say, message: str) -> None:
    recognizer, server = opened(by_clip({0: [trouble]}))
    [failed] = recognizer.transcribe([clip(0)])
    with pytest.raises(Exception, match=message):
        raise failed.error
    assert server.times(0) == 1


def test_an_answer_that_does_not_come_is_given_up(opened: Any) -> None:
    recognizer, server = opened(by_clip({0: [Say(hang=True)]}), timeout_s=0.3, retries=1)
    [failed] = recognizer.transcribe([clip(0)])
    assert str(failed.error) == "2 requests, the last: no answer within 0.3 s (timeout_s)"
    assert server.times(0) == 2


def test_an_endpoint_that_is_not_there_is_a_failure(opened: Any) -> None:
    recognizer, _ = opened(base_url="http://127.0.0.1:9/v1", retries=1)
    [failed] = recognizer.transcribe([clip(0)])
    assert "2 requests, the last: ConnectError: " in str(failed.error)


def test_a_clip_that_fails_leaves_its_batch_alone(opened: Any) -> None:
    recognizer, server = opened(by_clip({1: [Say("no", 400)], 3: [Say("odd")]}))
    broken = Clip("nan", np.full(STEP, np.nan, np.float32), 16_000)
    answers = recognizer.transcribe([*map(clip, range(5)), broken])
    texts = [answer.text if isinstance(answer, Transcript) else None for answer in answers]
    assert texts == ["clip 0", None, "clip 2", None, "clip 4", None]
    assert [server.times(number) for number in range(5)] == [1, 1, 1, 1, 1]
    assert "NaN" in str(answers[5].error)


def test_retry_after_holds_back_all_requests(opened: Any) -> None:
    script = by_clip({0: [Say("", 429, {"Retry-After": "1"}), fine(0)]})
    recognizer, server = opened(script, concurrency=1)
    answers = recognizer.transcribe([clip(0), clip(1)])
    assert [answer.text for answer in answers] == ["clip 0", "clip 1"]
    assert answers[0].details == {"requests": 2}
    first, *later = server.heard
    assert all(request.came - first.came >= 1 for request in later)


def test_as_many_requests_as_allowed_are_under_way_and_no_more(opened: Any) -> None:
    together = threading.Barrier(3)  # nobody is answered before three are here
    recognizer, server = opened(
        lambda number, _: Say({"text": f"clip {number}"}, wait_for=together), concurrency=3
    )
    answers = recognizer.transcribe([clip(number) for number in range(9)])
    assert [answer.text for answer in answers] == [f"clip {number}" for number in range(9)]
    assert server.most_at_once == 3


def test_an_answer_that_hangs_keeps_nothing_else_from_being_asked(opened: Any) -> None:
    others = threading.Event()

    def script(number: int, _: int) -> Say:
        if server.times(9) == 1:
            others.set()
        return Say({"text": f"clip {number}"}, wait_for=others if number == 0 else None)

    recognizer, server = opened(script, concurrency=2)
    with ThreadPoolExecutor(4) as threads:  # as the runner calls it: several threads with a clip each
        answers = list(threads.map(lambda number: recognizer.transcribe([clip(number)])[0], range(10)))
    assert [answer.text for answer in answers] == [f"clip {number}" for number in range(10)]
    assert len(server.heard) == 10
    assert server.most_at_once == 2


def test_closed_it_gives_up_what_is_under_way_and_takes_nothing_more(opened: Any) -> None:
    recognizer, server = opened(lambda *_: Say(hang=True), timeout_s=1000.0)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(recognizer.transcribe, [clip(0)])
        deadline = time.monotonic() + 300
        while not server.heard and time.monotonic() < deadline:
            time.sleep(0.01)
        recognizer.close()
        with pytest.raises(CancelledError):
            waiting.result(timeout=300)
    with pytest.raises(RuntimeError, match="the connections to the endpoint are closed"):
        recognizer.transcribe([clip(0)])
    assert len(server.heard) == 1


def test_requests_a_minute_are_kept(opened: Any) -> None:
    recognizer, server = opened(requests_per_minute=600)  # one in 0.1 s
    before = time.monotonic()
    recognizer.transcribe([clip(number) for number in range(5)])
    assert max(request.came for request in server.heard) - before >= 0.4


def test_a_limit_of_requests_leaves_the_rest_to_do(opened: Any) -> None:
    recognizer, server = opened(by_clip({0: [Say("busy", 500), fine(0)]}), concurrency=1, max_requests=3)
    answers = recognizer.transcribe([clip(number) for number in range(4)])
    kinds = [type(answer) for answer in answers]
    assert sorted(kind.__name__ for kind in kinds) == ["NotAsked", "NotAsked", "Transcript", "Transcript"]
    assert len(server.heard) == 3
    [left] = recognizer.transcribe([clip(5)])
    assert left == NotAsked("since 3 requests are all that max_requests allows")
    assert len(server.heard) == 3


def test_answers_are_priced_and_a_limit_of_cost_leaves_the_rest_to_do(opened: Any) -> None:
    usage = {"prompt_tokens": 120, "completion_tokens": 10, "prompt_tokens_details": {"audio_tokens": 100}}
    says = {"content": "yes", "beside": {"usage": usage}}
    refusal = {"content": None, "refusal": "I cannot", "beside": {"usage": usage}}
    recognizer, server = opened(
        lambda number, _: chat_says(**(refusal if number == 1 else says)),
        **{"api": "chat", "prompt": "Write.", "concurrency": 1, "max_cost": 0.002},
        **{"price_per_million_input_tokens": 5, "price_per_million_audio_tokens": 10},
        price_per_million_output_tokens=20,
    )
    answers = recognizer.transcribe([clip(number) for number in range(4)])
    # 20 text tokens at 5, 100 audio tokens at 10 and 10 written at 20 in a million: 0.0001 + 0.001 + 0.0002
    spent = {
        "usage": {"input_tokens": 120, "audio_tokens": 100, "output_tokens": 10},
        "cost": 0.0013,
    }
    assert answers[0].details == spent
    assert answers[1].details == {"refusal": "I cannot"} | spent  # a refusal is paid for too
    reason = NotAsked("since answers cost 0.0026 and max_cost is 0.002")
    assert answers[2:] == [reason, reason]
    assert len(server.heard) == 2


def test_a_limit_of_cost_stops_where_the_cost_is_not_told(opened: Any) -> None:
    recognizer, _ = opened(concurrency=1, max_cost=5, price_per_million_input_tokens=1)
    answers = recognizer.transcribe([clip(0), clip(1)])
    assert [type(answer) for answer in answers] == [Transcript, NotAsked]
    assert "an answer did not say what the set prices are for" in answers[1].reason


def test_a_minute_of_audio_has_its_price(opened: Any) -> None:
    recognizer, _ = opened(price_per_minute=0.6)
    [answer] = recognizer.transcribe([clip(9)])
    assert answer.details == {"cost": 0.01}  # 10 * 1600 samples are a second: 0.6 / 60


@pytest.mark.parametrize("status", [200, 401, 500])
def test_an_endpoint_that_repeats_the_key_does_not_bring_it_out(opened: Any, status: int) -> None:
    body = {"text": f"the key {KEY}", "language": KEY, "error": {"message": f"{KEY} is wrong"}}
    recognizer, _ = opened(by_clip({0: [Say(body, status)], 1: [Say(KEY)]}), retries=0)
    answers = recognizer.transcribe([clip(0), clip(1)])
    told = "".join(f"{a!r} {a.error} {a.error!r}" if isinstance(a, Failed) else repr(a) for a in answers)
    assert "[the key]" in told
    assert KEY not in told
    assert KEY not in repr(recognizer._key)


ESCAPED = "".join(f"\\u{ord(sign):04x}" for sign in KEY)
"""The key as JSON may write it, too."""


@pytest.mark.parametrize(
    "say",
    [
        Say("", 302, {"Location": f"http://elsewhere/{KEY}?key={KEY}"}),
        Say(f'{{"error": {{"message": "{ESCAPED} is wrong"}}}}', 401),
        Say(f'{{"error": {{"message": "{"x" * 290}{ESCAPED}"}}}}', 500),
    ],
    ids=["redirect", "escaped", "cut"],
)
def test_no_form_of_the_key_is_in_the_trouble_with_an_endpoint(opened: Any, say: Say) -> None:
    recognizer, _ = opened(lambda number, _: say, retries=0)
    [answer] = recognizer.transcribe([clip(0)])
    assert isinstance(answer, Failed)
    assert KEY[:6] not in str(answer.error)


@pytest.mark.parametrize("before", [300 - len(KEY) + 1, 290, 299])
@pytest.mark.parametrize("status", [200, 401])
def test_no_part_of_the_key_is_left_where_a_long_message_is_cut(
    opened: Any, before: int, status: int
) -> None:
    text = "x" * before + KEY
    body = {"error": {"message": text}} if status == 401 else f"<html>{text}"
    recognizer, _ = opened(lambda number, _: Say(body, status), retries=0)
    [answer] = recognizer.transcribe([clip(0)])
    assert isinstance(answer, Failed)
    assert KEY[:4] not in str(answer.error)


def test_a_placeholder_for_a_key_may_be_said(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTED_KEY", "EMPTY")
    recognizer, _ = opened(lambda number, _: Say({"text": "EMPTY streets"}))
    assert recognizer.transcribe([clip(0)])[0].text == "EMPTY streets"


def test_connections_are_kept_between_batches(opened: Any) -> None:
    recognizer, server = opened(concurrency=2)
    for _ in range(3):
        assert [answer.text for answer in recognizer.transcribe([clip(0), clip(1)])] == ["clip 0", "clip 1"]
    assert len(server.heard) == 6
    assert len({request.port for request in server.heard}) == 2
