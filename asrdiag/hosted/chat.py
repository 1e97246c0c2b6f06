"""What an endpoint answered to a chat, taken apart: a text, or why there is none."""

import json
from collections.abc import Mapping
from typing import Any

from ..spec import Json
from .failures import CutOff, Filtered, HostedFailure, NoText, Refused, UnreadableAnswer
from .sending import shortened


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds.

    Raises:
        UnreadableAnswer: it holds something else.

    >>> json_object(b"<html>")
    Traceback (most recent call last):
    ...
    asrdiag.hosted.failures.UnreadableAnswer: found no JSON: '<html>'
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableAnswer(f"found no JSON: {shortened(body.decode('utf-8', 'replace'))!r}") from None
    if not isinstance(document, dict):
        raise UnreadableAnswer(f"found {shown(document)}, expected a JSON object")
    return document


def chat_text(document: Mapping[str, Any], details: dict[str, Json]) -> str:
    """The text of a chat's answer, `""` only if the endpoint gave an empty one.

    Args:
        document: the answer.
        details: gets, where they apply, `finish_reason`, `refusal` and `truncated` (the limit of tokens came
            before the end).

    Raises:
        HostedFailure: there is no text; its type and message say why.
    """
    choices = document.get("choices")
    if choices == []:
        raise Filtered("the answer has no choices: the provider withheld it")
    choice = choices[0] if isinstance(choices, list) else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise UnreadableAnswer(f"found {shown(document)}, expected an object with choices[0].message")
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        raise UnreadableAnswer(f"found the content {shown(content)}, expected a string")
    finish = choice.get("finish_reason")
    if finish not in ("stop", None):
        details["finish_reason"] = finish if isinstance(finish, str) else shown(finish)
    if refusal := message.get("refusal"):
        details["refusal"] = refusal if isinstance(refusal, str) else shown(refusal)
        raise Refused(f"the model refused: {shortened(str(details['refusal']))}")
    if finish == "length":
        if not content:
            raise CutOff(
                "the limit of tokens was spent before the first word (max_output_tokens, or the model's)"
            )
        details["truncated"] = True
    elif finish not in ("stop", None):
        kept = "" if not content else f"; it had begun: {shortened(content)!r}"
        kind: type[HostedFailure] = Filtered if finish == "content_filter" else NoText
        raise kind(f"the answer ended for the reason {shown(finish)}{kept}")
    if content is None:
        raise NoText("the answer has no content, which is not the same as an empty one")
    return content


def shown(value: object) -> str:
    """A JSON value on one line, its end left out if it is long."""
    return shortened(json.dumps(value))
