"""Checkpoints, adapters, identities, devices, and what is refused."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asrdiag.engines.transformers.families import FAMILIES
from asrdiag.errors import UsageError

torch = pytest.importorskip("torch", reason="needs the extra transformers")
tiny = pytest.importorskip("engines.tiny_checkpoints", reason="needs the extra transformers")


def test_the_page_shows_a_suite_that_runs(asrdiag, real_moonshine):
    page = (Path(__file__).parents[3] / "docs" / "engines.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```yaml\n(schema: 1\nname: tiny-torch\n.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (asrdiag.folder / "tiny-torch.yaml").write_text(text)
    (asrdiag.folder / "moonshine-tiny").symlink_to(real_moonshine)
    ended = asrdiag("run", "tiny-torch.yaml", "--workers", 1, "--progress", "none", HF_HUB_OFFLINE="1")
    assert ended.returncode == 0, ended.stderr
    run = json.loads((asrdiag.folder / "runs" / "tiny-torch" / "run.json").read_text())
    assert "transformers" in run["sessions"][0]["packages"]
    samples = asrdiag.folder / "runs/tiny-torch/cells/moonshine-tiny-torch/demo/as_recorded/samples.jsonl"
    records = [json.loads(line) for line in samples.read_text().splitlines()]
    assert len(records) == 15
    assert all(record["hypothesis_raw"] and record["timing"]["batch_size"] > 1 for record in records)


@pytest.mark.parametrize("name", ["whisper", "moonshine", "qwen3-asr", "ctc"])
def test_saved_again_it_answers_the_same(spec, plain, clips, checkpoint, name, tmp_path, content):
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint(name), copy)
    plain(name)._family.model.save_pretrained(copy)
    again = spec(name, model=str(copy)).open("cpu")
    assert content(again.transcribe(clips[:3])) == content(plain(name).transcribe(clips[:3]))


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # by PEFT
@pytest.mark.parametrize("name", tiny.ADAPTED)
def test_an_adapter_changes_transcripts_and_identity(spec, plain, clips, checkpoint, name, tmp_path, content):
    off = content(plain(name).transcribe(clips[:4]))
    found = {}
    for scale in (1.0, 0.0):
        folder = tiny.adapter(checkpoint(name), name, tmp_path / str(scale), scale)
        with_adapter = spec(name, adapter=str(folder))
        found[scale] = content(with_adapter.open("cpu").transcribe(clips[:4]))
        assert with_adapter.identity()["adapter"]["revision"].startswith("sha256:")
        assert with_adapter.identity()["revision"] == spec(name).identity()["revision"]
    assert found[1.0] != off
    assert found[0.0] == off


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # by PEFT
def test_an_adapter_for_another_model_is_refused(spec, checkpoint, tmp_path):
    folder = tiny.adapter(checkpoint("whisper"), "whisper", tmp_path / "adapter", 1.0)
    with pytest.raises(UsageError, match=r"cannot be loaded|missing adapter keys"):
        spec("ctc-group-norm", adapter=str(folder)).open("cpu")


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # by PEFT
def test_an_adapter_without_its_weights_is_refused(spec, checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tiny.adapter(checkpoint("moonshine"), "moonshine", tmp_path / "adapter", 1.0)
    weights = load_file(folder / "adapter_model.safetensors")
    save_file({k: v for k, v in weights.items() if "decoder" in k}, folder / "adapter_model.safetensors")
    with pytest.raises(UsageError, match="missing adapter keys"):
        spec("moonshine", adapter=str(folder)).open("cpu")


def test_identity_says_what_was_run_and_where_does_not_matter(spec, checkpoint, tmp_path):
    identity = spec("moonshine", temperature=0.5, seed=7).identity()
    assert identity["family"] == "moonshine"
    assert identity["dtype"] == "float32"
    assert identity["decoding"] == {
        "strategy": "sample",
        "temperature": 0.5,
        "top_p": 1.0,
        "seed": 7,
        "max_new_tokens": None,
        "timestamps": "none",
        "longest_chunk_s": 24.0,
        "cut_window_s": 6.0,
        "silence_dbfs": -70.0,
    }
    json.dumps(identity, allow_nan=False)
    moved = tmp_path / "elsewhere" / "moonshine"
    shutil.copytree(checkpoint("moonshine"), moved)
    (moved / "README.md").write_text("a card")
    assert spec("moonshine", model=str(moved)).identity() == spec("moonshine").identity()
    config = json.loads((moved / "generation_config.json").read_text())
    (moved / "generation_config.json").write_text(json.dumps(config | {"repetition_penalty": 1.1}))
    changed = spec("moonshine", model=str(moved)).identity()
    assert changed["revision"] != spec("moonshine").identity()["revision"]


def test_a_folder_is_relative_to_the_suite(spec, checkpoint):
    kind = type(spec("ctc"))
    parent = checkpoint("ctc").parent
    keys = {"id": "a", "engine": "transformers"}
    near = kind.model_validate({**keys, "model": "ctc"}, context={"folder": parent})
    assert near.model == str(checkpoint("ctc"))
    hub = kind.model_validate({**keys, "model": "openai/whisper-tiny"}, context={"folder": parent})
    assert hub.model == "openai/whisper-tiny"


def test_a_folder_that_is_not_there(spec, tmp_path):
    absent = spec("ctc", model=str(tmp_path / "absent"))
    reason = f"there is no folder {tmp_path / 'absent'}"
    assert absent.unavailable() == reason
    for action in (absent.identity, lambda: absent.open("cpu")):
        with pytest.raises(UsageError) as caught:
            action()
        assert str(caught.value) == reason


def test_a_name_that_cannot_be_fetched(spec, monkeypatch, tmp_path):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UsageError, match=r"openai/whisper-tiny: config\.json is not in the local cache"):
        spec("ctc", model="openai/whisper-tiny").identity()


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # by PEFT
def test_a_name_in_the_local_cache_is_resolved_to_its_commit(
    spec, checkpoint, monkeypatch, tmp_path, clips, content
):
    import huggingface_hub.constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    for name, inside, source in (("base", ".", checkpoint("ctc")), ("lora", "best/r4", None)):
        repository = tmp_path / f"models--tiny--{name}"
        folder = repository / "snapshots" / commit / inside
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(
            source or tiny.adapter(checkpoint("ctc"), "ctc", tmp_path / "a", 1.0), folder, dirs_exist_ok=True
        )
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(commit)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    found = spec("ctc", model="tiny/base", adapter="tiny/lora/best/r4")
    assert (found.identity()["model"], found.identity()["revision"]) == ("tiny/base", commit)
    assert found.identity()["adapter"] == {"model": "tiny/lora/best/r4", "revision": commit}
    local = spec("ctc", adapter=str(tmp_path / "a"))
    answers = [content(one.open("cpu").transcribe(clips[:2])) for one in (found, local)]
    assert answers[0] == answers[1]


def test_a_model_of_no_known_family_lists_the_families(spec, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(UsageError) as caught:
        spec("ctc", model=str(tmp_path)).identity()
    assert str(caught.value).startswith(f"{tmp_path}: found model_type 'bert', which no family takes; known")
    for family in FAMILIES:
        assert f"{family.name} ({', '.join(family.model_types)})" in str(caught.value)


def test_the_original_layout_of_qwen3_asr_is_named(spec, checkpoint, tmp_path):
    config = json.loads((checkpoint("qwen3-asr") / "config.json").read_text())
    original = {"model_type": "qwen3_asr", "thinker_config": {"audio_config": config["audio_config"]}}
    (tmp_path / "config.json").write_text(json.dumps(original))
    with pytest.raises(
        UsageError, match=r"its makers' layout, which transformers cannot load; `asrdiag models"
    ):
        spec("ctc", model=str(tmp_path)).identity()


def test_a_checkpoint_without_some_of_its_weights_is_refused(spec, checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(checkpoint("ctc"), tmp_path / "cut")
    file = tmp_path / "cut" / "model.safetensors"
    save_file({k: v for k, v in load_file(file).items() if "lm_head" not in k}, file, {"format": "pt"})
    with pytest.raises(UsageError, match=r"no weights for 2 parts of Wav2Vec2ForCTC.*lm_head"):
        spec("ctc", model=str(tmp_path / "cut")).open("cpu")


@pytest.mark.parametrize(
    ("name", "keys", "said"),
    [
        ("moonshine", {"language": "en"}, "models of the family moonshine take no `language`"),
        ("ctc", {"prompt": "x"}, "models of the family ctc take no `prompt`"),
        ("qwen3-asr", {"timestamps": "words"}, "family qwen3-asr do not say when a word was spoken"),
        ("ctc", {"beams": 2}, "decoded frame by frame; beams, temperature and max_new_tokens mean nothing"),
        (
            "canary",
            {"language": "auto"},
            "models of the family canary need `language` .from_clip, or a tag such as en.",
        ),
        ("ctc", {"family": "granite-speech"}, "models of the family granite-speech need `prompt`"),
        ("whisper", {"language": "xx"}, "`language`: found the language 'xx'; whisper knows: af, am, ar"),
        (
            "ctc",
            {"device_map": "auto"},
            "ctc cannot use the device 'cpu'; it can use: cuda; `device_map: auto`",
        ),
        ("ctc", {"family": "wisper"}, "unknown family of models 'wisper' .did you mean 'whisper'"),
    ],
)
def test_keys_that_the_family_cannot_honour(spec, name, keys, said):
    with pytest.raises(UsageError, match=said):
        spec(name, **keys).open("cpu")


def test_keys_that_contradict_each_other(spec):
    with pytest.raises(ValueError, match="beams with a temperature above 0"):
        spec("ctc", beams=2, temperature=0.5)
    with pytest.raises(ValueError, match="top_p without a temperature"):
        spec("ctc", top_p=0.5)


@pytest.mark.skipif(torch.cuda.is_available(), reason="here cuda can be used")
@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_devices_that_torch_does_not_have(spec, device):
    with pytest.raises(
        UsageError, match=rf"ctc cannot use the device '{device}'; it can use: cpu; torch finds"
    ):
        spec("ctc").open(device)


def test_half_precision_is_loaded_as_asked(spec, clips):
    half = spec("ctc", dtype="bfloat16")
    recognizer = half.open("cpu")
    assert next(recognizer._family.model.parameters()).dtype == torch.bfloat16
    assert half.identity()["dtype"] == "bfloat16"
    assert all(t.text for t in recognizer.transcribe(clips))


def test_neither_the_spec_nor_its_identity_imports_torch(checkpoint):
    keys = {"id": "a", "engine": "transformers", "model": str(checkpoint("ctc"))}
    code = (
        "import sys; from asrdiag.engines import ENGINES\n"
        f"spec = ENGINES.load('transformers')(**{keys!r})\n"
        "assert spec.unavailable() is None and spec.identity()\n"
        "print({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
