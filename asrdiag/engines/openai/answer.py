"""What an endpoint answered, taken apart: a transcript, or why it is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...hosted.chat import chat_text, json_object, shown
from ...hosted.failures import HostedFailure, NoText, UnreadableAnswer
from ...hosted.usage import Usage, number, read_usage
from ...spec import Json


@dataclass(frozen=True, slots=True)
class Read:
    """An answer taken apart."""

    text: str | HostedFailure
    """What was said, or why there is no transcript."""
    details: Mapping[str, Json] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)


def read_answer(api: Literal["transcriptions", "chat"], body: bytes, asked: str) -> Read:
    """Take an answer of status 200 apart.

    Args:
        api: which one was asked.
        body: what came back.
        asked: the model that was asked for.

    Returns:
        The transcript, `""` only if the endpoint gave an empty text; or the failure. Details where they
        apply: `model` (it answered under another name), `language`, `words` and `segments` (lists of text,
        start and end in seconds), `truncated` (the limit of tokens came before the end; of a chat only),
        `refusal`, `finish_reason`.

    >>> read_answer("transcriptions", b'{"text": "It was the best"}', "whisper-1").text
    'It was the best'
    >>> read_answer("transcriptions", b"<html>", "whisper-1").text
    UnreadableAnswer("found no JSON: '<html>'")
    """
    try:
        document = json_object(body)
    except UnreadableAnswer as failure:
        return Read(failure)
    details: dict[str, Json] = {}
    model = document.get("model")
    if isinstance(model, str) and model != asked:
        details["model"] = model
    read = chat_text if api == "chat" else _transcription
    try:
        text = read(document, details)
        text.encode()
    except HostedFailure as failure:
        return Read(failure, details, read_usage(document))
    except UnicodeEncodeError as error:
        return Read(UnreadableAnswer(f"found half a character: {error}"), {}, read_usage(document))
    return Read(text, details, read_usage(document))


def _transcription(document: Mapping[str, Any], details: dict[str, Json]) -> str:
    if "text" not in document:
        raise UnreadableAnswer(f"found {shown(document)}, expected an object with the key 'text'")
    text = document["text"]
    if text is None:
        raise NoText("the answer's text is null")
    if not isinstance(text, str):
        raise UnreadableAnswer(f"found the text {shown(text)}, expected a string")
    if isinstance(language := document.get("language"), str) and language:
        details["language"] = language
    for name, key in (("words", "word"), ("segments", "text")):
        if (timed := _timed(document.get(name), key)) is not None:
            details[name] = timed
    return text


def _timed(found: object, key: str) -> list[Json] | None:
    """Texts with their times; `None` if there are none or one is not as documented."""
    if not isinstance(found, list):
        return None
    timed: list[Json] = []
    for item in found:
        if not isinstance(item, dict) or not isinstance(text := item.get(key), str):
            return None
        start_s, end_s = number(item.get("start")), number(item.get("end"))
        if start_s is None or end_s is None:
            return None
        timed.append([text.strip(), round(start_s, 3), round(end_s, 3)])
    return timed
