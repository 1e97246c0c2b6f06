import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from asrdiag.checkpoints.lora_pairs import original_name
from asrdiag.checkpoints.qwen3_asr_names import native_name
from asrdiag.errors import UsageError

torch = pytest.importorskip("torch", reason="needs the extra transformers")
transformers = pytest.importorskip("transformers", reason="needs the extra transformers")
peft = pytest.importorskip("peft", reason="needs the extra transformers")
from checkpoints import original_checkpoints as original  # noqa: E402
from safetensors.numpy import load_file, save_file  # noqa: E402

from asrdiag.checkpoints.mega_asr import import_mega_asr  # noqa: E402
from asrdiag.checkpoints.qwen3_asr import import_qwen3_asr  # noqa: E402

# How peft calls transformers.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

# What qwen-asr's model computes with the deltas that the release's own `LoRADeltaSwitch` added to it.
LOGITS = json.loads((Path(__file__).parent / "original_logits.json").read_text())


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    return import_qwen3_asr(original.qwen3_asr(folder / "original"), folder / "native").folder


@pytest.fixture
def released(tmp_path):
    """The release's folder, and what it adds to which of the original's weights."""
    deltas = original.mega_asr(tmp_path / "release" / "mega-asr-merged")
    return tmp_path / "release", deltas


@pytest.fixture
def adapter(released):
    return released[0] / "mega-asr-merged"


def loaded(base, folder):
    model = transformers.Qwen3ASRForConditionalGeneration.from_pretrained(base)
    return peft.PeftModel.from_pretrained(model, folder).eval()


def test_peft_computes_what_the_release_computes(base, released, tmp_path):
    found = import_mega_asr(released[0], tmp_path / "adapter", base)
    # 2 layers of 6 linears, 2 of 7, and 3 of the aligner: 29 modules, two matrices each; 14 under two names.
    assert found.n_tensors == 2 * 29
    assert found.notes == ("14 modules had a pair under each of two names; the pairs are joined",)
    model = loaded(base, tmp_path / "adapter")
    processor = transformers.AutoProcessor.from_pretrained(base)
    for duration, expected in LOGITS["tied+mega"].items():
        inputs = processor.apply_transcription_request(
            original.sound(float(duration)), language="en", prompt="hot words", return_tensors="pt"
        )
        with torch.no_grad():
            on = model(**inputs).logits[0, -1].numpy()
            with model.disable_adapter():
                off = model(**inputs).logits[0, -1].numpy()
        np.testing.assert_allclose(on, expected, rtol=0, atol=3e-6)
        np.testing.assert_allclose(off, LOGITS["tied"][duration], rtol=0, atol=2e-6)
        assert np.abs(on - off).max() > 0.01


def test_each_weight_changes_by_what_the_release_adds(base, released, tmp_path):
    folder, deltas = released
    import_mega_asr(folder, tmp_path / "adapter", base)
    before = load_all(base)
    merged = loaded(base, tmp_path / "adapter").merge_and_unload().state_dict()
    changed = {f"{native_name(name)}.weight": delta for name, delta in deltas.items()}
    assert len(changed) == 29
    for name, value in before.items():
        np.testing.assert_allclose(merged[name].numpy() - value, changed.get(name, 0 * value), atol=3e-7)


def load_all(folder):
    return {name: value for path in folder.glob("*.safetensors") for name, value in load_file(path).items()}


def test_every_key_is_used_and_none_is_missing(base, released, tmp_path):
    import_mega_asr(released[0], tmp_path / "adapter", base)
    model = loaded(base, tmp_path / "adapter")
    wanted = peft.get_peft_model_state_dict(model)
    written = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert {name: value.shape for name, value in wanted.items()} == {
        name: value.shape for name, value in written.items()
    }
    # One scale for all: a loader that knows only r and lora_alpha applies the right one.
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert config["r"] == config["lora_alpha"]
    assert config["rank_pattern"] == config["alpha_pattern"]
    assert config["base_model_name_or_path"] == str(base)


def test_the_adapters_own_folder_does_too_and_without_a_base(adapter, tmp_path):
    found = import_mega_asr(adapter, tmp_path / "adapter")
    assert found.notes[-1] == "the modules were not looked up in a model; --base DIR does that"
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] is None


def test_adapters_of_the_training_code_lack_the_thinker(base, tmp_path):
    folder = tmp_path / "trained"
    folder.mkdir()
    shape = original.DECODER_LINEARS["mlp.up_proj"]
    a, b = original.numbers("a", (8, shape[1])), original.numbers("b", (shape[0], 8))
    stem = "base_model.model.model.layers.1.mlp.up_proj"
    save_file({f"{stem}.lora_A.weight": a, f"{stem}.lora_B.weight": b}, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": 8, "lora_alpha": 16, "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    import_mega_asr(folder, tmp_path / "adapter", base)
    before = load_all(base)
    merged = loaded(base, tmp_path / "adapter").merge_and_unload().state_dict()
    name = "model.language_model.layers.1.mlp.up_proj.weight"
    np.testing.assert_allclose(merged[name].numpy() - before[name], 16 / 8 * (b @ a), atol=3e-7)


def rewrite(folder, change):
    path = folder / "adapter_model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


def configure(folder, **values):
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def block(folder, **values):
    path = folder / "mega_lora_blocks.json"
    blocks = json.loads(path.read_text())
    next(iter(blocks.values()))[0].update(values)
    path.write_text(json.dumps(blocks))


STEM = "base_model.model.thinker.audio_tower.conv_out"
TWICE = "base_model.model.thinker.layers.0.mlp.up_proj"
BROKEN = {
    "no config": (
        lambda f: (f / "adapter_config.json").unlink(),
        "there is no such file; expected the folder",
    ),
    "no weights": (
        lambda f: (f / "adapter_model.safetensors").unlink(),
        "safetensors: there is no such file",
    ),
    "pickled": (
        lambda f: (f / "adapter_model.safetensors").rename(f / "adapter_model.bin"),
        r"adapter_model.bin is a pickle, which is not read",
    ),
    "cut off": (lambda f: (f / "adapter_model.safetensors").write_bytes(b"no"), "not a safetensors file"),
    "empty": (lambda f: rewrite(f, lambda t: t.clear()), "it holds no weights"),
    "half a pair": (
        lambda f: rewrite(f, lambda t: t.pop(f"{STEM}.lora_B.weight")),
        "the other half is missing of 1 pairs: thinker.audio_tower.conv_out.lora_A",
    ),
    "another model": (
        lambda f: rewrite(
            f, lambda t: t.update({"base_model.model.visual.fc.lora_A.weight": np.ones((2, 2))})
        ),
        "1 weights are no matrices of a Qwen3-ASR adapter: base_model.model.visual.fc.lora_A.weight",
    ),
    "no LoRA": (
        lambda f: rewrite(f, lambda t: t.update({f"{STEM}.lora_magnitude_vector.weight": np.ones(2)})),
        "1 weights are no matrices",
    ),
    "ranks differ": (
        lambda f: rewrite(f, lambda t: t.update({f"{STEM}.lora_A.weight": np.ones((5, 128), np.float32)})),
        "do not fit each other: model.audio_tower.conv_out",
    ),
    "names differ in shape": (
        lambda f: rewrite(f, lambda t: t.update({f"{TWICE}.lora_A.weight": np.ones((4, 31), np.float32)})),
        "do not fit each other: model.language_model.layers.0.mlp.up_proj",
    ),
    "surplus module": (
        lambda f: rewrite(
            f,
            lambda t: t.update(
                {f"{STEM}s.lora_A.weight": np.ones((1, 2)), f"{STEM}s.lora_B.weight": np.ones((2, 1))}
            ),
        ),
        "1 surplus: model.audio_tower.conv_outs.weight",
    ),
    "another size": (
        lambda f: rewrite(f, lambda t: t.update({f"{STEM}.lora_A.weight": np.ones((3, 64), np.float32)})),
        r"1 of another shape: model.audio_tower.conv_out.weight \(found \[16, 64\], expected \[16, 128\]\)",
    ),
    "DoRA": (lambda f: configure(f, use_dora=True), "found use_dora: True; expected a LoRA adapter"),
    "biases": (lambda f: configure(f, bias="all"), "found bias: 'all'"),
    "another kind": (lambda f: configure(f, peft_type="LOHA"), "found peft_type: 'LOHA'"),
    "block without end": (lambda f: block(f, end=None), "is not of the release's form: TypeError"),
    "rank of nothing": (lambda f: block(f, rank=0), "is not of the release's form: ZeroDivisionError"),
    "another pattern": (lambda f: configure(f, rank_pattern=[3]), "release's form: AttributeError"),
    "block outside": (lambda f: block(f, end=9), "found a block 0 to 9 in a rank of 6"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_adapter_says_what_is_wrong(base, adapter, tmp_path, name):
    breaks, message = BROKEN[name]
    breaks(adapter)
    with pytest.raises(UsageError, match=message):
        import_mega_asr(adapter, tmp_path / "adapter", base)
    assert not (tmp_path / "adapter").exists()


def test_the_base_has_to_be_in_transformers_layout(adapter, tmp_path):
    source = original.qwen3_asr(tmp_path / "original")
    with pytest.raises(UsageError, match="this is not Qwen3-ASR in transformers' layout"):
        import_mega_asr(adapter, tmp_path / "adapter", source)


def test_the_blocks_decide_the_scale(base, released, tmp_path):
    # Without the file of blocks, alpha / rank of the patterns (6 / 6 = 1) is the scale of the whole module.
    folder, _ = released
    plain = Path(shutil.copytree(folder, tmp_path / "plain"))
    (plain / "mega-asr-merged" / "mega_lora_blocks.json").unlink()
    import_mega_asr(folder, tmp_path / "with", base)
    import_mega_asr(plain, tmp_path / "without", base)
    key = "base_model.model.model.audio_tower.layers.0.fc1.lora_B.weight"
    blocks = load_file(tmp_path / "with" / "adapter_model.safetensors")[key]
    whole = load_file(tmp_path / "without" / "adapter_model.safetensors")[key]
    # The builder's scales are 2, 0.5 and 1 for two ranks each.
    np.testing.assert_array_equal(blocks, whole * np.repeat([2, 0.5, 1], 2).astype(np.float32))


@pytest.mark.parametrize(
    "name", ["thinker.model.layers.3.mlp.up_proj", "thinker.layers.3.mlp.up_proj", "layers.3.mlp.up_proj"]
)
def test_one_module_has_several_names(name):
    assert native_name(original_name(name)) == "model.language_model.layers.3.mlp.up_proj"
