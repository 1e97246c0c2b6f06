"""What endpoints answer: transcripts, empty ones, refusals, truncations and nonsense are told apart."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asrdiag.engines.openai.answer import Read, read_answer
from asrdiag.hosted.failures import HostedFailure


def transcription(document: Any) -> Read:
    return read_answer("transcriptions", json.dumps(document).encode(), "asked")


def chat(finish: Any = "stop", content: Any = "yes", **message: Any) -> Read:
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": content} | message,
    }
    return read_answer("chat", json.dumps({"choices": [choice]}).encode(), "asked")


@pytest.mark.parametrize("text", ["It was the best of times", "", " ", "最好的时代"])
def test_a_text_is_kept_as_it_came(text: str) -> None:
    assert transcription({"text": text}).text == text
    assert chat(content=text).text == text
    assert chat(content=text, finish=None).text == text  # some servers leave it out


@pytest.mark.parametrize(
    ("document", "kind", "message"),
    [
        ({"text": None}, "NoText", "the answer's text is null"),
        ({"text": 4}, "UnreadableAnswer", "found the text 4, expected a string"),
        (
            {"error": {"message": "no"}},
            "UnreadableAnswer",
            "found {.*}, expected an object with the key 'text'",
        ),
        ([], "UnreadableAnswer", r"found \[\], expected a JSON object"),
        ({"text": "half \ud800"}, "UnreadableAnswer", "found half a character"),
    ],
)
def test_a_transcription_without_a_text_is_a_failure(document: Any, kind: str, message: str) -> None:
    failure = transcription(document).text
    assert type(failure).__name__ == kind
    with pytest.raises(type(failure), match=message):
        raise failure


keys = st.sampled_from(
    [
        "text",
        "choices",
        "message",
        "content",
        "finish_reason",
        "refusal",
        "usage",
        "words",
        "word",
        "segments",
        "start",
        "end",
    ]
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "it", "stop", "length"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["transcriptions", "chat"]), st.dictionaries(keys, documents, max_size=4))
def test_any_document_is_an_answer_or_a_failure_and_can_be_written_down(api: Any, document: Any) -> None:
    read = read_answer(api, json.dumps(document).encode(), "asked")
    assert isinstance(read.text, str | HostedFailure)
    if read.text == "":  # only ever what the endpoint itself gave as the text
        said = document["text"] if api == "transcriptions" else document["choices"][0]["message"]["content"]
        assert said == ""
    json.dumps([dict(read.details), read.usage.as_details()], allow_nan=False)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"", b'{"text": "it w', b"<html>busy</html>", b"\xff\xfe\x00", b"\x00"]
)
def test_a_body_that_is_no_json_is_a_failure(body: bytes) -> None:
    assert type(read_answer("transcriptions", body, "asked").text).__name__ == "UnreadableAnswer"


@pytest.mark.parametrize(
    ("found", "kind", "message"),
    [
        (chat(content=None), "NoText", "no content, which is not the same as an empty one"),
        (chat(content=None, refusal="I cannot"), "Refused", "the model refused: I cannot"),
        (chat(content="", refusal="I cannot"), "Refused", "the model refused: I cannot"),
        (chat("content_filter", ""), "Filtered", 'for the reason "content_filter"$'),
        (chat("content_filter", "It was"), "Filtered", "it had begun: 'It was'"),
        (chat("length", ""), "CutOff", "spent before the first word"),
        (chat("length", None), "CutOff", "spent before the first word"),
        (chat("tool_calls", None), "NoText", 'for the reason "tool_calls"'),
        (chat(["odd"], "x"), "NoText", r'for the reason \["odd"\]'),
        (chat(content=[{"type": "text"}]), "UnreadableAnswer", "found the content"),
        (read_answer("chat", b'{"choices": []}', ""), "Filtered", "the provider withheld it"),
        (read_answer("chat", b'{"choices": [4]}', ""), "UnreadableAnswer", "expected an object with choices"),
        (read_answer("chat", b'{"choices": {}}', ""), "UnreadableAnswer", "expected an object with choices"),
        (read_answer("chat", b'{"text": "x"}', ""), "UnreadableAnswer", "expected an object with choices"),
    ],
)
def test_a_chat_that_does_not_transcribe_is_a_failure_that_says_why(
    found: Read, kind: str, message: str
) -> None:
    assert type(found.text).__name__ == kind
    with pytest.raises(type(found.text), match=message):  # type: ignore[arg-type]
        raise found.text  # type: ignore[misc]


def test_a_transcript_that_was_cut_off_is_an_answer_that_says_so() -> None:
    found = chat("length", "It was the best of")
    assert found.text == "It was the best of"
    assert found.details == {"finish_reason": "length", "truncated": True}


def test_the_text_of_a_refusal_is_kept() -> None:
    assert chat(content=None, refusal="I cannot").details == {"refusal": "I cannot"}


def test_details_that_the_endpoint_gives() -> None:
    words = [{"word": " it", "start": 0, "end": 0.25}, {"word": "was", "start": 0.25, "end": 0.5004}]
    segments = [{"id": 0, "text": " it was", "start": 0.0, "end": 0.5, "avg_logprob": -0.1}]
    beside = {"model": "other", "language": "english", "words": words, "segments": segments}
    assert transcription({"text": "it was"} | beside).details == {
        "model": "other",
        "language": "english",
        "words": [["it", 0.0, 0.25], ["was", 0.25, 0.5]],
        "segments": [["it was", 0.0, 0.5]],
    }
    assert (
        transcription({"text": "it", "model": "asked", "words": [{"word": "it"}], "language": 3}).details
        == {}
    )
    assert transcription({"text": "it", "words": [{"word": "it", "start": 0, "end": 1e999}]}).details == {}


def test_both_forms_of_usage_are_read() -> None:
    tokens = {"input_tokens": 80, "output_tokens": 9, "input_token_details": {"audio_tokens": 70}}
    usage = transcription({"text": "", "usage": tokens}).usage.as_details()
    assert usage == {"input_tokens": 80, "audio_tokens": 70, "output_tokens": 9}
    for nonsense in ([], "many", {"prompt_tokens": -4, "seconds": "3", "prompt_tokens_details": 3}):
        assert transcription({"text": "", "usage": nonsense}).usage.as_details() == {}
