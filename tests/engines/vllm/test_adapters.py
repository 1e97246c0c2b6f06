import json
from pathlib import Path

import numpy as np
import pytest
from engines.vllm.asking import clip, system
from engines.vllm.stand_in import SIGNATURES, Vllm

from asrdiag.engines.transformers.checkpoint import Checkpoint
from asrdiag.engines.vllm.lora import RANKS, lora_of
from asrdiag.errors import UsageError


def test_an_adapter_goes_with_every_request_and_reaches_the_encoder(
    vllm: Vllm, qwen3: Path, adapter: Path
) -> None:
    adapted = system(qwen3, adapter=str(adapter), dtype="bfloat16")
    adapted.open("cuda").transcribe([clip("a"), clip("b")])
    given = vllm.engine
    assert (given["enable_lora"], given["max_loras"], given["enable_tower_connector_lora"]) == (True, 1, True)
    assert given["max_lora_rank"] == 16  # the adapter's largest rank is 12
    # As vLLM calls them; `conv_out` is left alone.
    expected = "down_proj fc1 fc2 gate_proj k_proj o_proj out_proj proj1 proj2 q_proj up_proj v_proj"
    assert given["lora_target_modules"] == expected.split()
    first, second = vllm.last()["lora_request"]
    assert (first.lora_name, first.lora_int_id, first.lora_path) == ("adapter", 1, str(adapter))
    assert first is second
    assert adapted.identity()["adapter"]["model"] == "adapter"
    system(qwen3).open("cuda").transcribe([clip("a")])
    assert "enable_lora" not in vllm.engine
    assert vllm.last()["lora_request"] is None


@pytest.mark.parametrize("signatures", SIGNATURES, ids=lambda signatures: signatures["version"])
def test_what_is_said_of_adapters_is_so_in_the_versions_read(signatures: dict) -> None:
    assert list(RANKS) == signatures["max_lora_rank"]
    model = signatures["Qwen3-ASR"]
    assert model["supports_tower_connector_lora"] is True
    # Packed layers are adapted where their name is in the map; in 0.26 that of the encoder was `qkv`.
    assert model["linear layers of the encoder's attention"] == ["qkv_proj", "out_proj"]
    assert model["packed"]["qkv_proj"] == ["q_proj", "k_proj", "v_proj"]


def test_an_adapter_of_another_family_is_refused(whisper: Path, adapter: Path) -> None:
    with pytest.raises(
        UsageError, match="an adapter is possible for qwen3-asr only; of whisper it would leave"
    ):
        system(whisper, adapter=str(adapter)).facts()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"peft_type": "LORA", "r": 1024}, "found the rank 1024, expected at most 512"),
        ({"peft_type": "IA3"}, "found an adapter of type IA3, expected LORA with a rank `r`"),
    ],
)
def test_an_adapter_that_vllm_does_not_take_is_refused(
    vllm: Vllm, qwen3: Path, adapter: Path, config: dict, message: str
) -> None:
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match=message):
        system(qwen3, adapter=str(adapter), dtype="bfloat16").open("cuda")
    assert not vllm.engine


@pytest.mark.parametrize(
    "name",
    [
        "base_model.model.model.audio_tower.conv1.lora_A.weight",
        "base_model.model.model.audio_tower.conv_out.lora_B.weight",  # it goes over padding too
        "base_model.model.lm_head.lora_A.weight",
        "base_model.model.model.language_model.embed_tokens.lora_embedding_A",
        "base_model.model.model.audio_tower.layers.0.self_attn.q_proj.lora_magnitude_vector",
        "base_model.model.model.language_model.layers.0.input_layernorm.weight",  # modules_to_save
    ],
)
def test_an_adapter_that_vllm_would_not_apply_whole_is_refused(
    vllm: Vllm, qwen3: Path, adapter: Path, name: str
) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(adapter / "adapter_model.safetensors")
    save_file(weights | {name: np.zeros((1, 1), np.float32)}, adapter / "adapter_model.safetensors")
    with pytest.raises(UsageError) as refused:
        system(qwen3, adapter=str(adapter), dtype="bfloat16").open("cuda")
    assert str(refused.value) == (
        f"{adapter}: vLLM would leave out or misapply 1 of its weights: {name}; the transformers engine "
        "applies them"
    )
    assert not vllm.engine


def test_an_adapter_without_weights_is_said_so(vllm: Vllm, qwen3: Path, adapter: Path) -> None:
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(UsageError, match=r"adapter_model\.safetensors: cannot be read as safetensors: "):
        system(qwen3, adapter=str(adapter), dtype="bfloat16").open("cuda")


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # by PEFT
def test_an_adapter_that_peft_writes_is_taken(qwen3: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft", reason="needs the extra transformers")
    from transformers import Qwen3ASRForConditionalGeneration

    layers = (
        r"model\.(audio_tower\.(layers\.\d+\.(self_attn\.(q_proj|k_proj|v_proj|out_proj)|fc1|fc2))"
        r"|multi_modal_projector\.linear_[12]"
        r"|language_model\.layers\.\d+\.(self_attn\.(q|k|v|o)_proj|mlp\.(gate|up|down)_proj))"
    )
    model = Qwen3ASRForConditionalGeneration.from_pretrained(qwen3)
    peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=layers)).save_pretrained(tmp_path)
    found = lora_of(Checkpoint(str(tmp_path)))
    assert (found.folder, found.rank, len(found.layers)) == (tmp_path, 8, 12)


def test_an_adapter_needs_half_precision(qwen3: Path, adapter: Path) -> None:
    with pytest.raises(UsageError, match="found an adapter and the dtype float32; vLLM adapts models in bfl"):
        system(qwen3, adapter=str(adapter)).facts()


def test_a_routed_adapter_goes_with_the_requests_that_are_for_it(
    vllm: Vllm, qwen3: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    routers = pytest.importorskip("routers", reason="needs the extra transformers")
    router = pytest.importorskip("asrdiag.routing.router").Router
    folder = routers.write_router(tmp_path / "router")
    clips = [clip("a"), clip("b", seconds=2.0)]
    first, second = router.open(folder).p_degraded([each.samples for each in clips])
    assert first != second
    devices: list[str] = []

    def on_the_cpu(place: Path, device: str) -> object:
        devices.append(device)
        return found(place)

    found = router.open
    monkeypatch.setattr(router, "open", on_the_cpu)
    keys = {"adapter": str(adapter), "dtype": "bfloat16", "router": str(folder)}
    answers = system(qwen3, **keys, router_threshold=max(first, second)).open("cuda").transcribe(clips)
    routes = [answer.details["route"] for answer in answers]
    assert devices == ["cuda"]
    assert sorted(routes) == ["adapted", "base"]
    assert [answer.details["p_degraded"] for answer in answers] == [first, second]
    # In one call, longest first: vLLM makes its own batches.
    given = vllm.last()["lora_request"]
    assert [request is not None for request in given] == [route == "adapted" for route in reversed(routes)]
