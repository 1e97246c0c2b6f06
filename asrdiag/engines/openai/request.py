"""What is sent for a clip."""

import base64
import io
from collections.abc import Mapping
from typing import Any

from ...audio import write_pcm16
from ...hosted.request import Request
from ..base import Clip
from ..telling import told_language, told_prompt
from .spec import OpenAISpec


def request_for(spec: OpenAISpec, clip: Clip) -> Request:
    """What to ask about a clip; its id and its reference are not in it.

    The audio goes as 16-bit FLAC to transcriptions, as 16-bit WAV to chat, which knows no FLAC.

    Raises:
        SampleError: there is no prompt for the clip's language.
        ValueError: a sample is NaN or infinite.
    """
    return _chat(spec, clip) if spec.api == "chat" else _transcription(spec, clip)


def _transcription(spec: OpenAISpec, clip: Clip) -> Request:
    timed = spec.timestamps != "none"
    fields: dict[str, Any] = {
        "model": spec.model,
        "response_format": "verbose_json" if timed else "json",
        "language": told_language(spec.language, clip.language),
        "prompt": told_prompt(spec.prompt, clip.language, spec.id),
        "temperature": spec.temperature,
        "max_completion_tokens": spec.max_output_tokens,
        "timestamp_granularities": [spec.timestamps.removesuffix("s")] if timed else None,
    } | dict(spec.extra_body)
    audio = _encoded(clip, "FLAC")
    return Request(
        "audio/transcriptions",
        {"data": _form(fields), "files": {"file": ("audio.flac", audio, "audio/flac")}},
    )


def _form(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as a form has them: lists and mappings with brackets, as OpenAI's own client writes them.

    >>> _form({"model": "m", "prompt": None, "include": ["logprobs"], "chunking_strategy": {"type": "auto"}})
    {'model': 'm', 'include[]': ['logprobs'], 'chunking_strategy[type]': 'auto'}
    """
    form: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, Mapping):
            form |= _form({f"{name}[{key}]": item for key, item in value.items()})
        elif value is not None:
            form[f"{name}[]" if isinstance(value, list) else name] = value
    return form


def _chat(spec: OpenAISpec, clip: Clip) -> Request:
    audio = base64.b64encode(_encoded(clip, "WAV")).decode("ascii")
    system = [] if spec.system_prompt is None else [{"role": "system", "content": spec.system_prompt}]
    user = {
        "role": "user",
        "content": [
            {"type": "text", "text": told_prompt(spec.prompt, clip.language, spec.id)},
            {"type": "input_audio", "input_audio": {"data": audio, "format": "wav"}},
        ],
    }
    fields: dict[str, Any] = {
        "model": spec.model,
        "messages": [*system, user],
        "temperature": spec.temperature,
        "max_completion_tokens": spec.max_output_tokens,
    }
    body = {name: value for name, value in fields.items() if value is not None} | dict(spec.extra_body)
    return Request("chat/completions", {"json": body})


def _encoded(clip: Clip, container: str) -> bytes:
    encoded = io.BytesIO()
    write_pcm16(encoded, clip.samples, clip.sample_rate_hz, container, "PCM_16")
    return encoded.getvalue()
