"""What a suite may say of an endpoint, and what of that is the system's identity."""

from typing import Any

import pytest
from pydantic import ValidationError

from asrdiag.engines import ENGINES
from asrdiag.errors import UsageError


def spec(**keys: Any) -> Any:
    return ENGINES.load("openai")(**{"id": "hosted", "engine": "openai", "model": "whisper-1"} | keys)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"base_url": "api.openai.com"}, "expected an address such as https://api.openai.com/v1"),
        ({"base_url": "ftp://host/v1"}, "expected an address such as"),
        ({"base_url": "http://host:99999/v1"}, "expected an address such as"),
        ({"base_url": "http://[::1/v1"}, "expected an address such as"),
        ({"api": "chat"}, "the key 'prompt' is missing"),
        (
            {"api": "chat", "prompt": "Write.", "language": "en"},
            "there is no such field; say it in the prompt",
        ),
        ({"api": "chat", "prompt": "Write.", "timestamps": "words"}, "its answers have none"),
        ({"system_prompt": "You hear."}, "system_prompt with api: transcriptions"),
        ({"extra_body": {"model": "x", "stream": True}}, "extra_body sets model, stream"),
        ({"max_cost": 1}, "max_cost without a price"),
        ({"price_per_million_audio_tokens": 1}, "without price_per_million_input_tokens"),
        ({"language": "English"}, "found 'English', expected auto, from_clip or a tag such as en"),
        ({"concurrency": 0}, "greater than or equal to 1"),
        ({"timeout_s": float("inf")}, "finite number"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_do(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**keys)


@pytest.mark.parametrize(
    "url",
    ["https://me:sk-0123456789@host/v1", "https://host/v1?key=sk-0123456789", "https://host/#sk-0123456789"],
)
def test_a_key_in_the_address_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        spec(base_url=url)
    [problem] = caught.value.errors()
    assert "the key comes from the environment" in problem["msg"]
    assert "sk-0123456789" not in problem["msg"]


def test_the_identity_is_what_can_change_a_transcript() -> None:
    plain = spec().identity()
    same = {
        **{
            "api_key_env": "SOME_KEY",
            "concurrency": 3,
            "requests_per_minute": 9,
            "timeout_s": 3,
            "retries": 1,
        },
        **{"backoff_s": 2, "longest_wait_s": 3, "max_requests": 4, "max_cost": 5, "price_per_minute": 0.006},
        "base_url": "https://api.openai.com/v1/",
    }
    assert spec(**same).identity() == plain
    for changed in (
        {"model": "whisper-2"},
        {"base_url": "http://127.0.0.1:8000/v1"},
        {"language": "from_clip"},
        {"prompt": "Names: Dickens."},
        {"temperature": None},
        {"max_output_tokens": 9},
        {"timestamps": "words"},
        {"extra_body": {"seed": 1}},
        {"api": "chat", "prompt": "Write."},
    ):
        assert spec(**changed).identity() != plain


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the environment variable HOSTED_KEY is not set"),
        ("  ", "the environment variable HOSTED_KEY is not set"),
        ("sk-0123456789\nsk-9876543210", "HOSTED_KEY holds no key: found spaces or characters beyond ASCII"),
        ("schlüssel-0123456789", "HOSTED_KEY holds no key"),
    ],
)
def test_without_a_usable_key_it_says_so_and_does_not_show_it(
    value: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOSTED_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("HOSTED_KEY", value)
    hosted = spec(api_key_env="HOSTED_KEY")
    assert message in hosted.unavailable()
    assert "0123456789" not in hosted.unavailable()
    with pytest.raises(UsageError, match="hosted: the environment variable"):
        hosted.open("cpu")


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert spec().unavailable() == "httpx2 is not installed: pip install 'asrdiag[openai]'"
