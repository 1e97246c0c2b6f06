"""The loops that `throughput.py` compares: wav files in, transcripts out, in the order of the files."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import soundfile

from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip

RATE_HZ = 16_000
Transcribe = Callable[[Sequence[Path]], list[str]]


def read(path: Path) -> Any:
    return soundfile.read(path, dtype="float32")[0]


def pipeline(model: str, device: str, batch: int) -> Transcribe:
    import torch
    from transformers import pipeline as make

    pipe = make("automatic-speech-recognition", model=model, device=device, dtype=torch.float32)

    def given(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
        for path in paths:
            yield {"raw": read(path), "sampling_rate": RATE_HZ}

    greedy = {"num_beams": 1, "do_sample": False}  # left alone, it searches with five beams
    return lambda paths: [
        found["text"] for found in pipe(given(paths), batch_size=batch, generate_kwargs=greedy)
    ]


def sorted_loop(model: str, device: str, batch: int) -> Transcribe:
    import torch
    from transformers import AutoModelForSpeechSeq2Seq, AutoProcessor

    processor = AutoProcessor.from_pretrained(model)
    loaded = AutoModelForSpeechSeq2Seq.from_pretrained(model, dtype=torch.float32).to(device).eval()
    config = loaded.config

    def prepared(clips: Sequence[Any]) -> tuple[Any, int]:
        """Inputs for the model, and the most tokens that it may write."""
        given = {"sampling_rate": RATE_HZ, "return_tensors": "pt", "return_attention_mask": True}
        if config.model_type == "whisper":  # which takes 30 s, no more and no less
            return processor(clips, **given), config.max_target_positions // 2
        if config.model_type == "moonshine":
            return processor(clips, padding=True, **given), int(6.5 * len(clips[0]) / RATE_HZ) + 9
        raise SystemExit(f"found a {config.model_type}; the loop is written for: moonshine, whisper")

    @torch.inference_mode()
    def transcribe(paths: Sequence[Path]) -> list[str]:
        clips = [read(path) for path in paths]
        order = sorted(range(len(clips)), key=lambda index: -len(clips[index]))
        texts = [""] * len(clips)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            inputs, most = prepared([clips[index] for index in chosen])
            tokens = loaded.generate(**inputs.to(device), max_new_tokens=most, do_sample=False)
            found = processor.batch_decode(tokens, skip_special_tokens=True)
            for index, text in zip(chosen, found, strict=True):
                texts[index] = text
        return texts

    return transcribe


def engine_alone(model: str, device: str, batch: int) -> Transcribe:
    spec = ENGINES.load("transformers")(id="model", engine="transformers", model=model, dtype="float32")
    recognizer = spec.open(device)

    def transcribe(paths: Sequence[Path]) -> list[str]:
        clips = [Clip(path.stem, read(path), RATE_HZ) for path in paths]
        order = sorted(range(len(clips)), key=lambda index: -len(clips[index].samples))
        texts = [""] * len(clips)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            for index, answer in zip(
                chosen, recognizer.transcribe([clips[index] for index in chosen]), strict=True
            ):
                texts[index] = answer.text
        return texts

    return transcribe
