"""What an endpoint answered, taken apart: a transcript, or why it is none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...spec import Json
from .failures import CutOff, Filtered, HostedFailure, NoText, Refused, UnreadableAnswer
from .sending import shortened
from .spending import Usage, number, read_usage


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
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Read(UnreadableAnswer(f"found no JSON: {shortened(body.decode('utf-8', 'replace'))!r}"))
    if not isinstance(document, dict):
        return Read(UnreadableAnswer(f"found {_shown(document)}, expected a JSON object"))
    details: dict[str, Json] = {}
    model = document.get("model")
    if isinstance(model, str) and model != asked:
        details["model"] = model
    read = _chat if api == "chat" else _transcription
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
        raise UnreadableAnswer(f"found {_shown(document)}, expected an object with the key 'text'")
    text = document["text"]
    if text is None:
        raise NoText("the answer's text is null")
    if not isinstance(text, str):
        raise UnreadableAnswer(f"found the text {_shown(text)}, expected a string")
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


def _chat(document: Mapping[str, Any], details: dict[str, Json]) -> str:
    choices = document.get("choices")
    if choices == []:
        raise Filtered("the answer has no choices: the provider withheld it")
    choice = choices[0] if isinstance(choices, list) else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise UnreadableAnswer(f"found {_shown(document)}, expected an object with choices[0].message")
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        raise UnreadableAnswer(f"found the content {_shown(content)}, expected a string")
    finish = choice.get("finish_reason")
    if finish not in ("stop", None):
        details["finish_reason"] = finish if isinstance(finish, str) else _shown(finish)
    if refusal := message.get("refusal"):
        details["refusal"] = refusal if isinstance(refusal, str) else _shown(refusal)
        raise Refused(f"the model refused: {shortened(str(details['refusal']))}")
    if finish == "length":
        if not content:
            raise CutOff(
                "the limit of tokens was spent before the first word (max_output_tokens, or the model's)"
            )
        details["truncated"] = True
    elif finish not in ("stop", None):
        kept = "" if not content else f"; it had begun: {shortened(content)!r}"
        kind = Filtered if finish == "content_filter" else NoText
        raise kind(f"the answer ended for the reason {_shown(finish)}{kept}")
    if content is None:
        raise NoText("the answer has no content, which is not the same as an empty one")
    return content


def _shown(value: object) -> str:
    return shortened(json.dumps(value))
