"""A server that others wrote, `transformers serve`, with tiny models whose words depend on the audio."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip


@pytest.fixture(scope="module", autouse=True)
def _needed() -> None:
    for name in ("transformers", "fastapi", "uvicorn", "openai", "multipart"):
        pytest.importorskip(
            name, reason=f"{name} is not installed: pip install 'transformers[serving]' python-multipart"
        )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log.txt"
    command = [
        Path(sys.executable).with_name("transformers"),
        "serve",
        "--device",
        "cpu",
        "--port",
        str(port),
    ]
    with (
        log.open("w") as stream,
        subprocess.Popen(
            command, stdout=stream, stderr=stream, env=os.environ | {"HF_HUB_OFFLINE": "1"}
        ) as process,
    ):
        try:
            # While the server imports the same for itself.
            from transformers import Qwen3ASRForConditionalGeneration, WhisperForConditionalGeneration  # noqa: F401

            wait_for(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=30).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"the server did not come up: {log.read_text()[-2000:]}")


def as_clips(tones: list[np.ndarray]) -> list[Clip]:
    return [Clip(f"c{number}", samples, 16_000) for number, samples in enumerate(tones)]


def in_16_bits(clip: Clip) -> np.ndarray:
    return np.rint(clip.samples * 32768) / 32768


def asked(clips: list[Clip], **keys: Any) -> list[Any]:
    spec = ENGINES.load("openai")(**{"id": "served", "engine": "openai", "retries": 0} | keys)
    with closing(spec.open("cpu")) as recognizer:
        return list(recognizer.transcribe(clips))


def test_transcriptions_are_those_of_the_model(address: str, tmp_path: Path) -> None:
    from engines.tiny_checkpoints import clips as tones
    from engines.tiny_checkpoints import whisper
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    folder, clips = whisper(tmp_path), as_clips(tones(4))
    model = WhisperForConditionalGeneration.from_pretrained(folder)
    processor = WhisperProcessor.from_pretrained(folder)
    expected = []
    for clip in clips:
        features = processor(in_16_bits(clip), sampling_rate=16_000, return_tensors="pt")
        expected += processor.batch_decode(model.generate(**features), skip_special_tokens=True)
    answers = asked(clips, base_url=address, model=str(folder), language="from_clip")
    assert [answer.text for answer in answers] == expected
    assert all(expected)
    assert len(set(expected)) > 1

    [failed] = asked(clips[:1], base_url=address, model=str(folder), extra_body={"no_such_field": 1})
    assert "HTTP 422" in str(failed.error)
    assert "no_such_field" in str(failed.error)


def test_chats_are_those_of_the_model(address: str, tmp_path: Path) -> None:
    from engines.tiny_checkpoints import clips as tones
    from engines.tiny_checkpoints import qwen3_asr
    from transformers import Qwen3ASRForConditionalGeneration, Qwen3ASRProcessor

    folder, clips = qwen3_asr(tmp_path), as_clips(tones(3))
    model = Qwen3ASRForConditionalGeneration.from_pretrained(folder)
    processor = Qwen3ASRProcessor.from_pretrained(folder)
    expected = []
    for clip in clips:
        content = [{"type": "text", "text": "Write."}, {"type": "audio", "audio": in_16_bits(clip)}]
        system = {"role": "system", "content": [{"type": "text", "text": "You hear."}]}
        inputs = processor.apply_chat_template(
            [system, {"role": "user", "content": content}],
            **{"add_generation_prompt": True, "tokenize": True, "return_dict": True, "return_tensors": "pt"},
        )
        tokens = model.generate(**inputs, max_new_tokens=8, do_sample=False)[
            0, inputs["input_ids"].shape[1] :
        ]
        ended = bool(set(tokens.tolist()) & set(model.generation_config.eos_token_id))
        expected.append((processor.tokenizer.decode(tokens, skip_special_tokens=True), ended, len(tokens)))
    keys = {"api": "chat", "prompt": "Write.", "system_prompt": "You hear.", "max_output_tokens": 8}
    answers = asked(clips, base_url=address, model=str(folder), **keys)
    assert [
        (answer.text, "truncated" not in answer.details, answer.details["usage"]["output_tokens"])
        for answer in answers
    ] == expected
    assert len(set(expected)) > 1
    assert {ended for _, ended, _ in expected} == {True, False}
