"""The vllm engine against a stand-in for vllm that takes what the real one's signatures take, and no more."""

import importlib.machinery
import json
import os
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip
from asrdiag.errors import SampleError, UsageError

torch = pytest.importorskip("torch", reason="needs the extra transformers")
tiny = pytest.importorskip("engines.tiny_checkpoints", reason="needs the extra transformers")

SIGNATURES = json.loads(Path(__file__).with_name("vllm_0_26_0.json").read_text())
"""Read from the sources in the wheel: parameters, fields of classes, the ranks of adapters."""
RATE = 16_000


def of_record(name: str, given: dict[str, Any]) -> dict[str, Any]:
    assert set(given) <= set(SIGNATURES[name]), f"{name} takes no {set(given) - set(SIGNATURES[name])}"
    return given


@dataclass
class Vllm:
    """What was asked of vllm, and what it answers."""

    engine: dict[str, Any] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[str, list[int], str]] = field(default_factory=list)
    """Text, tokens and finish reason of the next outputs; nothing but an end marker when there are none."""
    tokenizer: Any = None

    def last(self) -> dict[str, Any]:
        return self.calls[-1]


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> Vllm:
    """Puts the stand-in in place of the package, on a machine that seems to have a GPU."""
    fake = Vllm()

    class SamplingParams(types.SimpleNamespace):
        def __init__(self, **given: Any) -> None:
            super().__init__(**of_record("SamplingParams", given))

    class LoRARequest(types.SimpleNamespace):
        def __init__(self, **given: Any) -> None:
            super().__init__(**of_record("LoRARequest", given))

    class LLM:
        def __init__(self, model: str, **given: Any) -> None:
            allowed = {*SIGNATURES["LLM"]["keyword"], *SIGNATURES["EngineArgs"]}
            assert SIGNATURES["LLM"]["positional"] == ["model"]
            assert set(given) <= allowed, set(given) - allowed
            fake.engine = {"model": model, **given}

        def get_tokenizer(self) -> Any:
            return fake.tokenizer

        def generate(self, prompts: Any, sampling_params: Any, **given: Any) -> list[Any]:
            signature = SIGNATURES["LLM.generate"]
            assert signature["positional"] == ["prompts", "sampling_params"]
            assert set(given) <= set(signature["keyword"])
            assert len(prompts) == len(sampling_params)
            fake.calls.append({"prompts": prompts, "how": sampling_params, **given})
            return [self.output(how) for how in sampling_params]

        @staticmethod
        def output(how: Any) -> Any:
            default = ("", getattr(how, "allowed_token_ids", [2])[:1], "stop")
            text, tokens, reason = fake.answers.pop(0) if fake.answers else default
            written = of_record(
                "CompletionOutput",
                {
                    "text": text,
                    "token_ids": tokens,
                    "finish_reason": reason,
                    "cumulative_logprob": -0.5 * len(tokens),
                },
            )
            return types.SimpleNamespace(outputs=[types.SimpleNamespace(**written)])

    modules = {
        "vllm": {"LLM": LLM, "SamplingParams": SamplingParams},
        "vllm.lora": {},
        "vllm.lora.request": {"LoRARequest": LoRARequest},
    }
    for name, content in modules.items():
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for name in ("CUDA_VISIBLE_DEVICES", "VLLM_ENABLE_V1_MULTIPROCESSING", "VLLM_LOGGING_LEVEL"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return fake


@pytest.fixture(scope="session")
def qwen3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.qwen3_asr(tmp_path_factory.mktemp("qwen3"))


@pytest.fixture(scope="session")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "rank_pattern": {"q_proj": 12}}))
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    return folder


def system(model: Path, engine: str = "vllm", **keys: Any) -> Any:
    return ENGINES.load(engine)(id="theirs", engine=engine, model=str(model), **keys)


def clip(sample_id: str, seconds: float = 1.0, language: str = "en") -> Clip:
    samples = np.random.default_rng(1).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    return Clip(sample_id, samples, RATE, language)


@pytest.mark.parametrize("language", ["auto", "en", "yue"])
@pytest.mark.parametrize("prompt", [None, "", "Ludwig, Köchel <|x|>\nlist"])
def test_prompts_of_qwen3_asr_are_those_of_its_processor(
    vllm: Vllm, qwen3: Path, language: str, prompt: str | None
) -> None:
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(qwen3)
    [expected] = processor.apply_transcription_request(
        np.zeros(RATE, np.float32),
        language=None if language == "auto" else language,
        prompt=prompt or None,  # as the transformers engine has it
        tokenize=False,
    )
    heard = clip("a")
    system(qwen3, language=language, prompt=prompt).open("cuda").transcribe([heard])
    [request] = vllm.last()["prompts"]
    assert set(request) <= set(SIGNATURES["TextPrompt"])
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
    vllm.tokenizer = theirs._family.processor.tokenizer
    system(whisper, language="de", prompt=prompt).open("cuda").transcribe([clip("a")])
    [request] = vllm.last()["prompts"]
    assert set(request) == set(SIGNATURES["ExplicitEncoderDecoderPrompt"])
    assert request["encoder_prompt"]["prompt"] == ""
    text = request["decoder_prompt"]["prompt"]
    assert vllm.tokenizer.encode(text, add_special_tokens=False) == seen[0][0].tolist()
    assert text.startswith("<|startofprev|> earlier words<|start") == bool(prompt)


def test_whisper_is_asked_for_the_language_it_is_not_told(vllm: Vllm, whisper: Path) -> None:
    known = json.loads((whisper / "generation_config.json").read_text())["lang_to_id"]
    recognizer = system(whisper).open("cuda")
    vllm.answers = [
        ("", [known["<|fr|>"]], "length"),
        ("", [known["<|en|>"]], "length"),
        (" oui", [5, 6, 2], "stop"),
        (" yes", [5, 6, 2], "stop"),
    ]
    first, second = recognizer.transcribe([clip("a"), clip("b", 1.5)])
    assert [(first.text, first.details["language"]), (second.text, second.details["language"])] == [
        ("yes", "en"),  # the longer one goes first
        ("oui", "fr"),
    ]
    asked = vllm.calls[-2]
    assert [request["decoder_prompt"]["prompt"] for request in asked["prompts"]] == [
        "<|startoftranscript|>"
    ] * 2
    assert (asked["how"][0].max_tokens, asked["how"][0].temperature) == (1, 0.0)
    assert asked["how"][0].allowed_token_ids == sorted(known.values())
    assert "<|fr|><|transcribe|><|notimestamps|>" in vllm.last()["prompts"][0]["decoder_prompt"]["prompt"]


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
    from asrdiag.engines.vllm.prompts import prompts_of

    seen: list[Any] = []

    class Processor:
        @staticmethod
        def apply_chat_template(turns: Any, **options: Any) -> str:
            seen.append((turns, options))
            return "<rendered>"

    monkeypatch.setattr("transformers.AutoProcessor.from_pretrained", lambda *given, **named: Processor)
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_5_omni"}')
    spec = system(tmp_path, prompt="Transcribe.", system_prompt="You hear.")
    piece = Piece("a", np.zeros(RATE, np.float32), None, "Transcribe.")
    request = prompts_of(spec, lambda text: []).request(piece)
    assert request["prompt"] == "<rendered>"
    [(turns, options)] = seen
    assert options == {"add_generation_prompt": True, "tokenize": False}
    assert turns[0] == {"role": "system", "content": [{"type": "text", "text": "You hear."}]}
    assert [part["type"] for part in turns[1]["content"]] == ["text", "audio"]


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
    }
    # What a checkpoint without a number format is run in is said too: vLLM would choose float16.
    system(qwen3).open("cuda")
    assert vllm.engine["dtype"] == "float32"
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
    assert {
        name: decoding[name] for name in ("strategy", "temperature", "top_p", "seed", "repetition_penalty")
    } == {
        "strategy": "sample",
        "repetition_penalty": 1.1,
        "temperature": 0.7,
        "top_p": 0.9,
        "seed": 1,
    }


def test_an_adapter_goes_with_every_request_and_reaches_the_encoder(
    vllm: Vllm, qwen3: Path, adapter: Path
) -> None:
    adapted = system(qwen3, adapter=str(adapter))
    adapted.open("cuda").transcribe([clip("a"), clip("b")])
    given = vllm.engine
    assert (given["enable_lora"], given["max_loras"], given["enable_tower_connector_lora"]) == (True, 1, True)
    assert given["max_lora_rank"] == 16  # the adapter's largest rank is 12
    assert given["max_lora_rank"] in SIGNATURES["max_lora_rank"]
    first, second = vllm.last()["lora_request"]
    assert (first.lora_name, first.lora_int_id, first.lora_path) == ("adapter", 1, str(adapter))
    assert first is second
    assert adapted.identity()["adapter"]["model"] == "adapter"
    system(qwen3).open("cuda").transcribe([clip("a")])
    assert "enable_lora" not in vllm.engine
    assert vllm.last()["lora_request"] is None


def test_the_ranks_are_those_that_vllm_takes() -> None:
    from asrdiag.engines.vllm.spec import RANKS

    assert list(RANKS) == SIGNATURES["max_lora_rank"]


def test_an_adapter_that_vllm_would_not_apply_whole_is_refused(
    vllm: Vllm, qwen3: Path, whisper: Path, adapter: Path
) -> None:
    with pytest.raises(
        UsageError, match="an adapter is possible for qwen3-asr only; of whisper it would leave"
    ):
        system(whisper, adapter=str(adapter)).facts()
    (adapter / "adapter_config.json").write_text('{"r": 1024}')
    with pytest.raises(UsageError, match="found the rank 1024, expected at most 512"):
        system(qwen3, adapter=str(adapter)).open("cuda")


def test_the_output_is_taken_apart_as_by_the_transformers_engine(vllm: Vllm, qwen3: Path) -> None:
    recognizer = system(qwen3).open("cuda")
    vllm.answers = [
        ("language English<asr_text>no no no no ", [4, 5, 6, 7], "length"),
        ("language None<asr_text>", [4, 2], "stop"),
    ]
    second, first = recognizer.transcribe([clip("b"), clip("a", 2.0)])
    assert first.text == "no no no no"
    assert first.details == {
        "n_tokens": 4,
        "n_chunks": 1,
        "truncated": True,
        "language": "English",
        "raw": "language English<asr_text>no no no no ",
        "mean_logprob": -0.5,
    }
    # One token and the end marker.
    assert (second.text, second.details["n_tokens"], "truncated" in second.details) == ("", 1, False)


def test_silence_is_not_sent(vllm: Vllm, qwen3: Path) -> None:
    recognizer = system(qwen3).open("cuda")
    sent = len(vllm.calls)
    [answer] = recognizer.transcribe([Clip("a", np.zeros(RATE, np.float32), RATE)])
    assert answer.details["gated"] is True
    assert all(not call["prompts"] for call in vllm.calls[sent:])


def test_a_language_that_the_model_does_not_know_fails_the_clip(vllm: Vllm, qwen3: Path) -> None:
    recognizer = system(qwen3, language="from_clip").open("cuda")
    try:
        [answer] = recognizer.transcribe([clip("a", language="la")])
    except SampleError as error:
        said = str(error)
    else:
        said = str(answer.error)
    assert "found the language 'la'; theirs knows: ar" in said


@pytest.mark.parametrize(
    ("device", "shared_by", "visible", "expected"),
    [
        ("cuda", 1, None, None),
        ("cuda:1", 1, None, "1"),
        ("cuda:1", 2, None, "1,2"),
        ("cuda:1", 1, "4,7", "7"),
        ("cuda:0", 2, "4,7,9", "4,7"),
    ],
)
def test_the_gpu_asked_for_is_the_one_that_vllm_sees(
    vllm: Vllm,
    qwen3: Path,
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    shared_by: int,
    visible: str | None,
    expected: str | None,
) -> None:
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    system(qwen3, tensor_parallel_size=shared_by).open(device)
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == expected


def test_a_gpu_that_is_not_there(vllm: Vllm, qwen3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4")
    with pytest.raises(
        UsageError, match="found CUDA_VISIBLE_DEVICES '4', expected 1 devices from 'cuda:1' on"
    ):
        system(qwen3).open("cuda:1")
    assert system(qwen3).refuses("cpu") == "theirs cannot use the device 'cpu'; it can use: cuda, cuda:N"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert system(qwen3).unavailable() == "vllm is installed, but torch finds no CUDA device"


def test_without_vllm_it_says_what_to_install(qwen3: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    reason = "vllm is not installed: pip install asrdiag vllm==0.26.0"
    assert system(qwen3).unavailable().startswith(reason)
    with pytest.raises(UsageError, match=reason):
        system(qwen3).open("cuda")


def test_a_vllm_that_cannot_be_imported_is_named(
    vllm: Vllm, qwen3: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sys.modules["vllm"], "LLM")
    with pytest.raises(UsageError, match="theirs: vllm cannot be imported: cannot import name 'LLM'"):
        system(qwen3).open("cuda")


def test_a_family_without_prompts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "wav2vec2"}')
    with pytest.raises(
        UsageError, match="the vllm engine does not know the family ctc; known: qwen3-asr, qwen2"
    ):
        system(tmp_path).facts()


def test_the_same_model_has_the_same_name_and_revision_behind_both_engines(qwen3: Path) -> None:
    ours, theirs = system(qwen3).identity(), system(qwen3, "transformers").identity()
    assert {name for name in theirs if ours.get(name) != theirs[name]} == {"decoding"}
    assert theirs["decoding"].items() - ours["decoding"].items() == {("timestamps", "none")}
