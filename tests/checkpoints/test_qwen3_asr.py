import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from asrdiag.checkpoints.qwen3_asr_config import native_config
from asrdiag.checkpoints.qwen3_asr_names import native_name
from asrdiag.errors import UsageError

torch = pytest.importorskip("torch", reason="needs the extra transformers")
transformers = pytest.importorskip("transformers", reason="needs the extra transformers")
from checkpoints import original_checkpoints as original  # noqa: E402

from asrdiag.checkpoints.qwen3_asr import import_qwen3_asr  # noqa: E402

# What qwen-asr 0.0.6 computes with transformers 4.57.6 for the same folders: the last position's logits.
LOGITS = json.loads((Path(__file__).parent / "original_logits.json").read_text())


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return original.qwen3_asr(tmp_path_factory.mktemp("original") / "qwen")


@pytest.fixture
def copied(source, tmp_path):
    return Path(shutil.copytree(source, tmp_path / "copy"))


def last_logits(folder, duration_s):
    model, info = transformers.Qwen3ASRForConditionalGeneration.from_pretrained(
        folder, output_loading_info=True
    )
    assert not any(info.values())
    processor = transformers.AutoProcessor.from_pretrained(folder)
    inputs = processor.apply_transcription_request(
        original.sound(duration_s), language="en", prompt="hot words", return_tensors="pt"
    )
    with torch.no_grad():
        return model.eval()(**inputs).logits[0, -1].numpy()


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("shards", [1, 3])
def test_it_computes_what_the_original_code_computes(tmp_path, tied, shards):
    source = original.qwen3_asr(tmp_path / "original", tied=tied, shards=shards)
    before = original.files_of(source)
    found = import_qwen3_asr(source, tmp_path / "native")
    # Every tensor and every number of the original, whose shapes the builder lists.
    shapes = original.shapes(tied)
    assert found.n_tensors == len(shapes)
    assert found.n_parameters == sum(int(np.prod(shape)) for shape in shapes.values())
    assert len(list((tmp_path / "native").glob("*.safetensors"))) == shards
    for duration, expected in LOGITS["tied" if tied else "untied"].items():
        np.testing.assert_allclose(
            last_logits(tmp_path / "native", float(duration)), expected, rtol=0, atol=2e-6
        )
    assert original.files_of(source) == before


def test_the_prompt_is_the_originals(source, tmp_path):
    import_qwen3_asr(source, tmp_path / "native")
    processor = transformers.AutoProcessor.from_pretrained(tmp_path / "native")
    [forced] = processor.apply_transcription_request(
        original.sound(1.0), language="en", prompt="hot words", tokenize=False
    )
    assert forced == original.PROMPT
    [plain] = processor.apply_transcription_request(original.sound(1.0), tokenize=False)
    assert plain == original.PROMPT.replace("hot words", "").replace("language English<asr_text>", "")
    trained = processor.apply_chat_template(
        [
            {"role": "user", "content": [{"type": "audio", "audio": original.sound(1.0)}]},
            {"role": "assistant", "content": "language English<asr_text>hello"},
        ],
        tokenize=True,
        return_dict=True,
        return_assistant_tokens_mask=True,
        return_tensors="pt",
    )
    mask = torch.as_tensor(trained["assistant_masks"][0]).bool()
    ids = trained["input_ids"][0][mask]
    assert processor.tokenizer.decode(ids) == "language English<asr_text>hello<|im_end|>\n"


def test_generation_ends_where_the_tokenizer_says(source, tmp_path):
    import_qwen3_asr(source, tmp_path / "native")
    generation = transformers.GenerationConfig.from_pretrained(tmp_path / "native")
    # <|im_end|> is 256 and <|endoftext|> 257 in the builder's tokenizer.
    assert (generation.eos_token_id, generation.pad_token_id) == ([257, 256], 256)
    assert transformers.AutoConfig.from_pretrained(tmp_path / "native").pad_token_id == 256


def test_a_tied_head_in_the_file_is_left_out(copied, tmp_path):
    add_tensor(copied, "thinker.lm_head.weight", read_tensor(copied, "thinker.model.embed_tokens.weight"))
    found = import_qwen3_asr(copied, tmp_path / "native")
    assert found.n_tensors == len(original.shapes(tied=True))
    assert found.notes == ()


def test_a_tied_head_that_differs_is_left_out_and_named(copied, tmp_path):
    add_tensor(copied, "thinker.lm_head.weight", np.zeros((original.VOCABULARY, original.HIDDEN), np.float32))
    [note] = import_qwen3_asr(copied, tmp_path / "native").notes
    assert "thinker.lm_head.weight differs from the embedding" in note


def read_tensor(folder, name):
    from safetensors.numpy import load_file

    for path in folder.glob("*.safetensors"):
        if name in (tensors := load_file(path)):
            return tensors[name]
    raise AssertionError(name)


def add_tensor(folder, name, array):
    from safetensors.numpy import save_file

    path = folder / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    index["weight_map"][name] = "extra.safetensors"
    path.write_text(json.dumps(index))
    save_file({name: array}, folder / "extra.safetensors")


def edit(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


BROKEN = {
    "no config": (lambda f: (f / "config.json").unlink(), "config.json: there is no such file"),
    "no JSON": (lambda f: (f / "config.json").write_text("{"), "cannot be read as JSON"),
    "no object": (lambda f: (f / "config.json").write_text("[]"), "found a list, expected an object"),
    "another model": (
        lambda f: edit(f / "config.json", lambda d: d.pop("thinker_config")),
        "found no thinker_config",
    ),
    "native already": (
        lambda f: edit(f / "config.json", lambda d: d.update(d.pop("thinker_config"))),
        "transformers' layout already",
    ),
    "aligner": (
        lambda f: edit(f / "config.json", lambda d: d["thinker_config"].update(classify_num=5)),
        "this is a forced aligner",
    ),
    "half a config": (
        lambda f: edit(f / "config.json", lambda d: d["thinker_config"].pop("text_config")),
        "found no thinker_config.text_config",
    ),
    "wrong sizes": (
        lambda f: edit(f / "config.json", lambda d: d["thinker_config"]["audio_config"].update(output_dim=7)),
        r"2 of another shape: .*projector.linear_2.weight \(found \[32, 16\], expected \[7, 16\]\)",
    ),
    "layer too few": (
        lambda f: edit(
            f / "config.json", lambda d: d["thinker_config"]["text_config"].update(num_hidden_layers=1)
        ),
        "11 surplus: model.language_model.layers.1.",
    ),
    "layer too many": (
        lambda f: edit(
            f / "config.json", lambda d: d["thinker_config"]["text_config"].update(num_hidden_layers=3)
        ),
        "11 missing: model.language_model.layers.2.",
    ),
    "unknown weight": (
        lambda f: add_tensor(f, "talker.model.norm.weight", np.zeros(3, np.float32)),
        "1 weights have names that the original Qwen3-ASR does not have: talker.model.norm.weight",
    ),
    "shard missing": (
        lambda f: (f / "model-00001-of-00002.safetensors").unlink(),
        "the index names model-00001-of-00002.safetensors, which is not there",
    ),
    "shard cut off": (
        lambda f: cut(f / "model-00002-of-00002.safetensors"),
        "the file is cut off or damaged",
    ),
    "no safetensors": (
        lambda f: (f / "model-00002-of-00002.safetensors").write_bytes(b"PK\x03\x04 a zip file, say"),
        "this is not a safetensors file",
    ),
    "index lies": (
        lambda f: edit(
            f / "model.safetensors.index.json",
            lambda d: d["weight_map"].update(
                {"thinker.model.norm.weight": "model-00001-of-00002.safetensors"}
            ),
        ),
        "1 tensors are not where the index says, first thinker.model.norm.weight",
    ),
    "pickled": (
        lambda f: (
            (f / "model.safetensors.index.json").unlink(),
            (f / "pytorch_model.bin").write_bytes(b""),
        ),
        "weights in pickle files are not read",
    ),
    "no size": (
        lambda f: edit(f / "config.json", lambda d: d["thinker_config"]["audio_config"].update(d_model="x")),
        "config.json: transformers refuses what it says: .*d_model",
    ),
    "impossible size": (
        lambda f: edit(f / "config.json", lambda d: d["thinker_config"]["audio_config"].update(d_model=15)),
        "config.json: transformers refuses what it says: ",
    ),
    "no window": (
        lambda f: edit(f / "config.json", lambda d: d["thinker_config"]["audio_config"].update(n_window="x")),
        "found n_window 'x', expected a whole number",
    ),
    "broken tokenizer": (
        lambda f: (f / "tokenizer.json").write_text("{"),
        "the tokenizer cannot be read",
    ),
    "no tokenizer": (lambda f: (f / "vocab.json").unlink(), "found neither tokenizer.json nor vocab.json"),
    "another tokenizer": (
        lambda f: edit(f / "tokenizer_config.json", lambda d: d["added_tokens_decoder"].pop("262")),
        "the tokenizer lacks <asr_text>",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_checkpoint_says_what_is_wrong(copied, tmp_path, name):
    breaks, message = BROKEN[name]
    breaks(copied)
    with pytest.raises(UsageError, match=message):
        import_qwen3_asr(copied, tmp_path / "native")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]


def test_what_the_config_leaves_out_is_what_the_original_assumes(tmp_path):
    bare = {"thinker_config": {"audio_config": {}, "text_config": {}}}
    found = native_config(bare, tmp_path)
    # Of qwen-asr's configuration_qwen3_asr.py; transformers' own would be 50, 800 and 10,000.
    assert (found["audio_config"]["n_window"], found["audio_config"]["n_window_infer"]) == (100, 400)
    assert found["text_config"]["rope_parameters"] == {"rope_type": "default", "rope_theta": 5e6}
    # 200 frames: 100, 50, 25 after three convolutions of stride 2.
    assert found["audio_config"]["max_position_embeddings"] == 25
    assert found["tie_word_embeddings"] is False


@pytest.mark.parametrize("tied", [True, False])
def test_names_are_mapped_one_to_one(tied):
    names = list(original.shapes(tied))
    assert len({native_name(name) for name in names}) == len(names)
