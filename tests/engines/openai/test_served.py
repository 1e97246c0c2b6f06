"""A server that others wrote: `transformers serve` with a tiny Whisper, whose words are noise that depends on
the audio.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

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
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from engines.tiny_checkpoints import whisper

    return whisper(tmp_path_factory.mktemp("whisper"))


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
            wait_for(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"the server did not come up: {log.read_text()[-2000:]}")


def expected(checkpoint: Path, clips: list[Clip]) -> list[str]:
    """What the model says of 16-bit audio, by transformers itself."""
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    model, processor = (
        kind.from_pretrained(checkpoint) for kind in (WhisperForConditionalGeneration, WhisperProcessor)
    )
    texts = []
    for clip in clips:
        samples = np.rint(clip.samples * 32768) / 32768
        features = processor(samples, sampling_rate=16_000, return_tensors="pt")
        texts.append(processor.batch_decode(model.generate(**features), skip_special_tokens=True)[0])
    return texts


def test_transcripts_over_http_are_those_of_the_model(address: str, checkpoint: Path) -> None:
    from engines.tiny_checkpoints import clips as tones

    clips = [Clip(f"c{number}", samples, 16_000) for number, samples in enumerate(tones(4))]
    keys = {"id": "served", "engine": "openai", "base_url": address, "backoff_s": 0.1, "retries": 1}
    recognizer = ENGINES.load("openai")(**keys, model=str(checkpoint), language="from_clip").open("cpu")
    try:
        answers = recognizer.transcribe(clips)
        texts = [getattr(answer, "text", answer) for answer in answers]
        assert texts == expected(checkpoint, clips)
        assert len(set(texts)) > 1
        assert all(texts)

        odd = ENGINES.load("openai")(**keys, model=str(checkpoint), extra_body={"no_such_field": 1}).open(
            "cpu"
        )
        try:
            [failed] = odd.transcribe(clips[:1])
        finally:
            odd.close()
        assert "HTTP 422" in str(failed.error)
        assert "no_such_field" in str(failed.error)
    finally:
        recognizer.close()
