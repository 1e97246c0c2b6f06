"""What is sent for a clip."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...audio import write_pcm16
from ...errors import SampleError
from ...metrics import spoken_languages
from ..base import Clip
from .spec import OpenAISpec


@dataclass(frozen=True, slots=True)
class Request:
    """A POST request."""

    path: str
    """Below the endpoint's address."""
    arguments: Mapping[str, Any]
    """Of `httpx2.AsyncClient.stream`: the body."""


def request_for(spec: OpenAISpec, clip: Clip) -> Request:
    """What to ask about a clip; its id and its reference are not in it.

    The audio goes as 16-bit FLAC to transcriptions, as 16-bit WAV to chat, which knows no FLAC.

    Raises:
        SampleError: there is no prompt for the clip's language.
        ValueError: a sample is NaN or infinite.
    """
    return _chat(spec, clip) if spec.api == "chat" else _transcription(spec, clip)


def _transcription(spec: OpenAISpec, clip: Clip) -> Request:
    words = spec.timestamps == "words"
    fields: dict[str, Any] = {
        "model": spec.model,
        "response_format": "verbose_json" if words else "json",
        "language": _language(spec, clip),
        "prompt": _prompt(spec, clip),
        "temperature": spec.temperature,
        "max_completion_tokens": spec.max_output_tokens,
        "timestamp_granularities": ["word"] if words else None,
    } | dict(spec.extra_body)
    form = {
        f"{name}[]" if isinstance(value, list) else name: value
        for name, value in fields.items()
        if value is not None
    }
    audio = _encoded(clip, "FLAC")
    return Request(
        "audio/transcriptions", {"data": form, "files": {"file": ("audio.flac", audio, "audio/flac")}}
    )


def _chat(spec: OpenAISpec, clip: Clip) -> Request:
    audio = base64.b64encode(_encoded(clip, "WAV")).decode("ascii")
    system = [] if spec.system_prompt is None else [{"role": "system", "content": spec.system_prompt}]
    user = {
        "role": "user",
        "content": [
            {"type": "text", "text": _prompt(spec, clip)},
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


def _language(spec: OpenAISpec, clip: Clip) -> str | None:
    if spec.language == "auto":
        return None
    # Of a clip that switches languages the first one counts.
    return spoken_languages(clip.language)[0] if spec.language == "from_clip" else spec.language


def _prompt(spec: OpenAISpec, clip: Clip) -> str | None:
    if spec.prompt is None or isinstance(spec.prompt, str):
        return spec.prompt
    spoken = spoken_languages(clip.language)[0]
    if spoken not in spec.prompt:
        known = ", ".join(spec.prompt)
        raise SampleError(
            f"{clip.sample_id}: found the language {clip.language!r}; {spec.id} has prompts for: {known}"
        )
    return spec.prompt[spoken]
