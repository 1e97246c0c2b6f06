"""How vLLM is opened and asked, and how its outputs are read."""

import json
import os
import shutil
from pathlib import Path

import pytest
from engines.vllm.asking import clip, system
from engines.vllm.stand_in import SIGNATURES, Vllm, tokenizer_of
from pydantic import ValidationError


def test_the_versions_read_are_those_that_are_asked_for() -> None:
    from asrdiag.engines.vllm.spec import VllmSpec

    oldest, newest = (signatures["version"] for signatures in SIGNATURES)
    assert oldest == f"{VllmSpec.requires[0].at_least}.0"
    assert f"vllm=={newest}," in VllmSpec.install
    for signatures in SIGNATURES:
        # What the engine relies on beside arguments.
        assert signatures["LLM"]["positional"] == ["model"]
        assert signatures["LLM"]["any_keyword"]
        assert signatures["LLM.generate"]["positional"] == ["prompts", "sampling_params"]
        assert signatures["LLM.get_tokenizer"]["positional"] == []
        assert "renderer" in signatures["LLM attributes"]
        assert "get_mm_processor" in signatures["renderer methods"]
        assert signatures["skip_decoder_start_token"] is False


def test_the_engine_is_given_what_decides_the_output(vllm: Vllm, qwen3: Path) -> None:
    system(qwen3, dtype="bfloat16", seed=3, max_model_len=4096).open("cuda")
    assert vllm.engine == {
        "model": str(qwen3),
        "revision": None,
        "tokenizer_revision": None,
        "dtype": "bfloat16",
        "seed": 3,
        "trust_remote_code": False,
        "tensor_parallel_size": 1,
        "gpu_memory_utilization": 0.9,
        "limit_mm_per_prompt": {"audio": 1},
        "max_model_len": 4096,
        # 1200 s of audio have 13 tokens a second, 15,600; the next 1024 is 16,384.
        "max_num_batched_tokens": 16384,
    }
    # What a checkpoint without a number format is run in is said too: vLLM would choose float16.
    system(qwen3, longest_chunk_s=600).open("cuda")
    assert vllm.engine["dtype"] == "float32"
    assert "max_num_batched_tokens" not in vllm.engine  # 7,800 tokens have room in any case
    assert os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] == "0"


def test_greedy_is_the_default_and_sampling_has_a_seed_for_each_clip(vllm: Vllm, qwen3: Path) -> None:
    system(qwen3).open("cuda").transcribe([clip("a"), clip("b", 2.0)])
    greedy = vllm.last()["how"]
    assert [(how.temperature, how.top_p, how.seed) for how in greedy] == [(0.0, 1.0, None)] * 2
    # Ten tokens a second and 32; the longer clip goes first.
    assert [how.max_tokens for how in greedy] == [52, 42]
    keys = {"temperature": 0.7, "top_p": 0.9, "seed": 1, "max_new_tokens": 99, "repetition_penalty": 1.1}
    drawn = system(qwen3, **keys)
    drawn.open("cuda").transcribe([clip("a"), clip("b", 2.0)])
    both = vllm.last()["how"]
    assert [(how.temperature, how.top_p, how.max_tokens) for how in both] == [(0.7, 0.9, 99)] * 2
    assert [how.repetition_penalty for how in (*greedy, *both)] == [1.0, 1.0, 1.1, 1.1]
    assert both[0].seed != both[1].seed
    drawn.open("cuda").transcribe([clip("b", 2.0)])
    assert vllm.last()["how"][0].seed == both[0].seed
    decoding = drawn.identity()["decoding"]
    expected = {"strategy": "sample", "repetition_penalty": 1.1, "temperature": 0.7, "top_p": 0.9, "seed": 1}
    assert {name: decoding[name] for name in expected} == expected
    with pytest.raises(ValidationError, match="less than or equal to 2"):
        system(qwen3, temperature=2.5)  # vLLM takes no more


def test_what_transformers_never_chooses_is_not_chosen_here(
    vllm: Vllm, qwen3: Path, whisper: Path, tmp_path: Path
) -> None:
    system(qwen3).open("cuda").transcribe([clip("a")])
    audio = tokenizer_of(str(qwen3)).convert_tokens_to_ids("<|audio_pad|>")
    assert vllm.last()["how"][0].logit_bias == {audio: -100.0}
    system(whisper, language="en").open("cuda").transcribe([clip("a")])
    assert vllm.last()["how"][0].logit_bias is None
    symbols = tmp_path / "symbols"
    shutil.copytree(whisper, symbols)
    generation = json.loads((symbols / "generation_config.json").read_text())
    (symbols / "generation_config.json").write_text(json.dumps(generation | {"suppress_tokens": [-1, 7, 9]}))
    system(symbols, language="en").open("cuda").transcribe([clip("a")])
    assert vllm.last()["how"][0].logit_bias == {7: -100.0, 9: -100.0}


def test_the_output_is_taken_apart_as_by_the_transformers_engine(vllm: Vllm, qwen3: Path) -> None:
    recognizer = system(qwen3).open("cuda")
    vllm.answers = [("language English<asr_text>no no no no ", "length"), ("language None<asr_text>", "stop")]
    second, first = recognizer.transcribe([clip("b"), clip("a", 2.0)])
    assert first.text == "no no no no"
    assert first.details == {
        "n_tokens": 29,  # a token for each of 16 + 12 characters, and the marker
        "n_chunks": 1,
        "truncated": True,
        "language": "English",
        "raw": "language English<asr_text>no no no no ",
        "mean_logprob": -0.5,
    }
    # Thirteen characters and the marker; the token that ended it is not counted.
    assert (second.text, second.details["n_tokens"], "truncated" in second.details) == ("", 14, False)


def test_a_stray_timestamp_of_whisper_is_no_word(vllm: Vllm, whisper: Path) -> None:
    recognizer = system(whisper, language="en").open("cuda")
    vllm.answers = [("<|0.40|> yes<|1.20|> sir", "stop")]
    [answer] = recognizer.transcribe([clip("a")])
    assert (answer.text, answer.details["n_tokens"]) == ("yes sir", 10)  # eight characters, two timestamps


def test_a_request_that_vllm_gives_up_is_no_answer(vllm: Vllm, qwen3: Path) -> None:
    recognizer = system(qwen3).open("cuda")
    vllm.answers = [("half a", "abort")]
    with pytest.raises(RuntimeError, match="vLLM ended a request with 'abort'"):
        recognizer.transcribe([clip("a")])


def test_the_same_model_has_the_same_name_and_revision_behind_both_engines(qwen3: Path) -> None:
    ours, theirs = system(qwen3).identity(), system(qwen3, "transformers").identity()
    assert {name for name in theirs if ours.get(name) != theirs[name]} == {"decoding"}
    assert theirs["decoding"].items() - ours["decoding"].items() == {("timestamps", "none")}
