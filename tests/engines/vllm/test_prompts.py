"""The prompts are those that the transformers engine gives the same checkpoints."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engines.vllm.asking import RATE, clip, system
from engines.vllm.stand_in import Vllm

from asrdiag.engines.base import Clip
from asrdiag.errors import UsageError


@pytest.fixture(scope="module")
def processor(qwen3: Path) -> Any:
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(qwen3)


@pytest.mark.parametrize("language", ["auto", "en", "yue"])
@pytest.mark.parametrize("prompt", [None, "", "Ludwig, Köchel <|x|>\nlist"])
def test_prompts_of_qwen3_asr_are_those_of_its_processor(
    vllm: Vllm, qwen3: Path, processor: Any, language: str, prompt: str | None
) -> None:
    [expected] = processor.apply_transcription_request(
        np.zeros(RATE, np.float32),
        language=None if language == "auto" else language,
        prompt=prompt or None,  # as the transformers engine has it
        tokenize=False,
    )
    heard = clip("a")
    system(qwen3, language=language, prompt=prompt).open("cuda").transcribe([heard])
    [request] = vllm.last()["prompts"]
    assert request["prompt"].encode() == expected.encode()
    samples, rate = request["multi_modal_data"]["audio"]
    assert rate == RATE
    assert np.array_equal(samples, heard.samples)


def test_a_clip_below_half_a_second_is_filled_up_as_its_processor_does(vllm: Vllm, qwen3: Path) -> None:
    short = clip("a", 0.2)
    system(qwen3).open("cuda").transcribe([short])
    samples, _ = vllm.last()["prompts"][0]["multi_modal_data"]["audio"]
    assert len(samples) == 8000
    assert np.array_equal(samples[: len(short.samples)], short.samples)
    assert not samples[len(short.samples) :].any()


def makers_layout(qwen3: Path, folder: Path) -> Path:
    """The checkpoint with a `config.json` as its makers publish it: all under `thinker_config`."""
    shutil.copytree(qwen3, folder)
    native = json.loads((folder / "config.json").read_text())
    parts = {name: native[name] for name in ("audio_config", "text_config", "audio_token_id")}
    parts["text_config"]["dtype"] = "bfloat16"
    config = {
        "architectures": ["Qwen3ASRForConditionalGeneration"],
        "model_type": "qwen3_asr",
        "support_languages": ["Chinese", "English"],
        "thinker_config": {"model_type": "qwen3_asr", **parts},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_qwen3_asr_in_its_makers_layout_needs_no_further_key(vllm: Vllm, qwen3: Path, tmp_path: Path) -> None:
    theirs = makers_layout(qwen3, tmp_path / "makers")
    spec = system(theirs, language="en")
    assert spec.facts().name == "qwen3-asr"
    assert spec.known_languages() is None
    assert spec.identity()["dtype"] == "bfloat16"
    spec.open("cuda").transcribe([clip("a")])
    assert (vllm.engine["model"], vllm.engine["dtype"]) == (str(theirs), "bfloat16")
    assert vllm.last()["prompts"][0]["prompt"].endswith("assistant\nlanguage English<asr_text>")
    with pytest.raises(UsageError, match="makers' layout, which transformers cannot load"):
        system(theirs, "transformers").facts()


@pytest.mark.parametrize("prompt", [None, " earlier words "])
def test_the_prefix_of_whisper_is_what_transformers_gives_its_decoder(
    vllm: Vllm, whisper: Path, prompt: str | None
) -> None:
    theirs = system(whisper, "transformers", language="de", prompt=prompt).open("cpu")
    seen: list[Any] = []
    decoder = theirs._family.model.model.decoder
    decoder.register_forward_pre_hook(
        lambda module, given, named: seen.append(named["input_ids"]), with_kwargs=True
    )
    theirs.transcribe([clip("a")])
    system(whisper, language="de", prompt=prompt).open("cuda").transcribe([clip("a")])
    [request] = vllm.last()["prompts"]
    assert request["encoder_prompt"]["prompt"] == ""
    assert request["decoder_prompt"] == {"prompt_token_ids": seen[0][0].tolist()}


def test_a_prefix_that_vllm_would_add_to_is_not_taken_for_the_same(vllm: Vllm, whisper: Path) -> None:
    vllm.takes_prefixes_whole = False
    system(whisper, language="de").open("cuda").transcribe([clip("a")])  # nothing is added to this one
    with pytest.raises(RuntimeError, match=r"vLLM decoded after the tokens \[.*\], and was given \["):
        system(whisper, language="de", prompt="before").open("cuda")


def test_whisper_is_asked_for_the_language_it_is_not_told(vllm: Vllm, whisper: Path) -> None:
    known = json.loads((whisper / "generation_config.json").read_text())["lang_to_id"]
    recognizer = system(whisper).open("cuda")
    vllm.answers = [("<|fr|>", "length"), ("<|en|>", "length"), (" oui", "stop"), (" yes", "stop")]
    first, second = recognizer.transcribe([clip("a"), clip("b", 1.5)])
    assert [(first.text, first.details["language"]), (second.text, second.details["language"])] == [
        ("yes", "en"),  # the longer one goes first
        ("oui", "fr"),
    ]
    from engines.vllm.stand_in import tokenizer_of

    number = tokenizer_of(str(whisper)).convert_tokens_to_ids
    asked = vllm.calls[-2]
    start = number("<|startoftranscript|>")
    assert [request["decoder_prompt"]["prompt_token_ids"] for request in asked["prompts"]] == [[start]] * 2
    assert (asked["how"][0].max_tokens, asked["how"][0].temperature) == (1, 0.0)
    assert asked["how"][0].allowed_token_ids == sorted(known.values())
    told = vllm.last()["prompts"][0]["decoder_prompt"]["prompt_token_ids"]
    assert told == number(["<|startoftranscript|>", "<|fr|>", "<|transcribe|>", "<|notimestamps|>"])


def test_a_whisper_for_english_alone_is_not_asked(vllm: Vllm, whisper: Path, tmp_path: Path) -> None:
    english = tmp_path / "english"
    shutil.copytree(whisper, english)
    generation = json.loads((english / "generation_config.json").read_text())
    (english / "generation_config.json").write_text(json.dumps(generation | {"is_multilingual": False}))
    system(english).open("cuda").transcribe([clip("a")])
    assert len(vllm.calls) == 2  # the warm-up and the clip
    assert len(vllm.last()["prompts"][0]["decoder_prompt"]["prompt_token_ids"]) == 2


def test_long_audio_is_cut_to_what_whisper_hears(vllm: Vllm, whisper: Path) -> None:
    recognizer = system(whisper, language="en").open("cuda")
    vllm.calls.clear()
    [answer] = recognizer.transcribe([clip("a", 70)])
    sent = [request for call in vllm.calls for request in call["prompts"]]
    lengths = [len(request["encoder_prompt"]["multi_modal_data"]["audio"][0]) for request in sent]
    assert len(lengths) == 3 == answer.details["n_chunks"]
    assert sum(lengths) == 70 * RATE
    assert max(lengths) <= 30 * RATE
    with pytest.raises(UsageError, match="found longest_chunk_s 40, expected at most 30"):
        system(whisper, longest_chunk_s=40.0).facts()


def test_omni_is_prompted_through_its_own_template(
    vllm: Vllm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from asrdiag.engines.transformers.families.base import Piece
    from asrdiag.engines.vllm.model import engine_arguments
    from asrdiag.engines.vllm.prompts import prompts_of

    seen: list[Any] = []

    class Processor:
        audio_token = "<|AUDIO|>"

        @staticmethod
        def apply_chat_template(turns: Any, **options: Any) -> str:
            seen.append((turns, options))
            return "<rendered>"

    monkeypatch.setattr("transformers.AutoProcessor.from_pretrained", lambda *given, **named: Processor)
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_5_omni"}')
    spec = system(tmp_path, prompt="Transcribe.", system_prompt="You hear.")
    piece = Piece("a", np.zeros(RATE, np.float32), None, "Transcribe.")
    prompts = prompts_of(spec, lambda text: [{"<|AUDIO|>": 77}[text]])
    assert prompts.request(piece)["prompt"] == "<rendered>"
    assert list(prompts.suppressed()) == [77]
    [(turns, options)] = seen
    assert options == {"add_generation_prompt": True, "tokenize": False}
    assert turns[0] == {"role": "system", "content": [{"type": "text", "text": "You hear."}]}
    assert [part["type"] for part in turns[1]["content"]] == ["text", "audio"]
    # It could also be shown pictures; no memory is to be kept for them.
    assert engine_arguments(spec, None)["limit_mm_per_prompt"] == {"audio": 1, "image": 0, "video": 0}


def test_silence_is_not_sent(vllm: Vllm, qwen3: Path) -> None:
    recognizer = system(qwen3).open("cuda")
    sent = len(vllm.calls)
    [answer] = recognizer.transcribe([Clip("a", np.zeros(RATE, np.float32), RATE)])
    assert answer.details["gated"] is True
    assert len(vllm.calls) == sent


def test_a_language_that_the_model_does_not_know_fails_the_clip(vllm: Vllm, qwen3: Path) -> None:
    recognizer = system(qwen3, language="from_clip").open("cuda")
    known, unknown = recognizer.transcribe([clip("b"), clip("a", language="la")])
    assert known.text == ""
    assert "a: found the language 'la'; theirs knows: ar" in str(unknown.error)


def test_a_family_without_prompts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "wav2vec2"}')
    with pytest.raises(
        UsageError, match="the vllm engine does not know the family ctc; known: qwen3-asr, qwen2"
    ):
        system(tmp_path).facts()
