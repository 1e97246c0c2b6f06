"""An adapter is in the model whole or not at all, and in the identity."""

import json

import pytest

from asrdiag.errors import UsageError

pytest.importorskip("peft", reason="needs the extra transformers")
tiny = pytest.importorskip("engines.tiny_checkpoints", reason="needs the extra transformers")
safe = pytest.importorskip("safetensors.torch", reason="needs the extra transformers")

pytestmark = pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"  # by PEFT
)
WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="module")
def adapter(checkpoint, tmp_path_factory):
    """Writes an adapter for a tiny checkpoint."""

    def write(name, scale=1.0):
        return tiny.adapter(checkpoint(name), name, tmp_path_factory.mktemp("adapter"), scale)

    return write


@pytest.mark.parametrize("name", tiny.ADAPTED)
def test_an_adapter_changes_transcripts_and_identity(spec, plain, clips, adapter, name, content):
    off = content(plain(name).transcribe(clips[:4]))
    found = {}
    for scale in (1.0, 0.0):
        with_adapter = spec(name, adapter=str(adapter(name, scale)))
        found[scale] = content(with_adapter.open("cpu").transcribe(clips[:4]))
        assert with_adapter.identity()["adapter"]["revision"].startswith("sha256:")
        assert with_adapter.identity()["revision"] == spec(name).identity()["revision"]
    assert found[1.0] != off
    assert found[0.0] == off


def test_an_adapter_for_another_model_is_refused(spec, adapter):
    with pytest.raises(UsageError, match=r"cannot be loaded: \w+: Target modules .* not found"):
        spec("ctc-group-norm", adapter=str(adapter("qwen3-asr"))).open("cpu")


def test_an_adapter_for_a_model_of_another_size_is_refused(spec, adapter):
    folder = adapter("moonshine")
    weights = safe.load_file(folder / WEIGHTS)
    safe.save_file({key: values[:, :8].contiguous() for key, values in weights.items()}, folder / WEIGHTS)
    with pytest.raises(UsageError, match=r"cannot be loaded: RuntimeError: (?s:.*)size mismatch"):
        spec("moonshine", adapter=str(folder)).open("cpu")


def test_an_adapter_without_some_of_its_weights_is_refused(spec, adapter):
    folder = adapter("moonshine")
    weights = safe.load_file(folder / WEIGHTS)
    safe.save_file({k: v for k, v in weights.items() if "decoder" in k}, folder / WEIGHTS)
    # 2 layers, of each q_proj and v_proj, of each A and B.
    with pytest.raises(UsageError, match=r"8 missing adapter weights: .*encoder.*lora_A.*and 3 more"):
        spec("moonshine", adapter=str(folder)).open("cpu")


def test_one_weight_too_many_is_listed(spec, adapter):
    folder = adapter("moonshine")
    weights = safe.load_file(folder / WEIGHTS)
    surplus = "base_model.model.thinker.layers.0.self_attn.q_proj.lora_A.weight"
    safe.save_file({**weights, surplus: next(iter(weights.values())).clone()}, folder / WEIGHTS)
    with pytest.raises(UsageError) as caught:
        spec("moonshine", adapter=str(folder)).open("cpu")
    assert str(caught.value) == f"{folder}: 1 surplus adapter weights: {surplus}"


def test_weights_that_target_modules_does_not_cover_are_refused(spec, adapter):
    folder = adapter("moonshine")
    config = json.loads((folder / "adapter_config.json").read_text())
    assert sorted(config["target_modules"]) == ["q_proj", "v_proj"]
    (folder / "adapter_config.json").write_text(json.dumps(config | {"target_modules": ["q_proj"]}))
    # v_proj of 2 layers in the encoder and, twice each, 2 in the decoder: 6 modules of A and B.
    with pytest.raises(UsageError, match=r"12 surplus adapter weights: .*v_proj.lora_A.weight"):
        spec("moonshine", adapter=str(folder)).open("cpu")


def test_an_adapter_that_is_a_prompt_is_refused(spec, tmp_path):
    config = {"peft_type": "PROMPT_TUNING", "task_type": "SEQ_2_SEQ_LM", "num_virtual_tokens": 4}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match="an adapter of the kind PROMPT_TUNING, which changes the prompt"):
        spec("moonshine", adapter=str(tmp_path)).open("cpu")


def test_where_an_adapters_base_lay_is_not_part_of_it(spec, adapter):
    folder = adapter("ctc")
    before = spec("ctc", adapter=str(folder)).identity()
    config = json.loads((folder / "adapter_config.json").read_text())
    moved = config | {"base_model_name_or_path": "/elsewhere/ctc", "peft_version": "0.19.0"}
    (folder / "adapter_config.json").write_text(json.dumps(moved))
    assert spec("ctc", adapter=str(folder)).identity() == before
    (folder / "adapter_config.json").write_text(json.dumps(moved | {"lora_alpha": 9}))
    assert spec("ctc", adapter=str(folder)).identity() != before
