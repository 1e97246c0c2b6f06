"""Checkpoints, identities, devices, and what is refused."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asrdiag.cli.main import main
from asrdiag.engines.transformers.families import FAMILIES
from asrdiag.errors import UsageError

torch = pytest.importorskip("torch", reason="needs the extra transformers")
loading = pytest.importorskip("asrdiag.engines.transformers.loading")


def test_the_page_shows_a_suite_that_runs(tmp_path, monkeypatch, real_moonshine):
    page = (Path(__file__).parents[3] / "docs" / "engines.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```yaml\n(schema: 1\nname: tiny-torch\n.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "tiny-torch.yaml").write_text(text)
    (tmp_path / "moonshine-tiny").symlink_to(real_moonshine)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert main(["run", "tiny-torch.yaml", "--workers", "1", "--progress", "none", "--limit", "4"]) == 0
    run = json.loads((tmp_path / "runs" / "tiny-torch" / "run.json").read_text())
    assert "transformers" in run["sessions"][0]["packages"]
    samples = tmp_path / "runs/tiny-torch/cells/moonshine-tiny-torch/demo/as_recorded/samples.jsonl"
    records = [json.loads(line) for line in samples.read_text().splitlines()]
    assert len(records) == 4
    assert all(record["hypothesis_raw"] and record["timing"]["batch_size"] > 1 for record in records)


@pytest.mark.parametrize("name", ["whisper", "moonshine", "qwen3-asr", "ctc"])
def test_saved_again_it_answers_the_same(spec, plain, clips, checkpoint, name, tmp_path, content):
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint(name), copy)
    plain(name)._family.model.save_pretrained(copy)
    again = spec(name, model=str(copy)).open("cpu")
    assert content(again.transcribe(clips[:3])) == content(plain(name).transcribe(clips[:3]))


def test_identity_says_what_was_run_and_where_does_not_matter(spec, checkpoint, tmp_path):
    identity = spec("moonshine", temperature=0.5, seed=7).identity()
    assert identity["family"] == "moonshine"
    assert identity["dtype"] == "float32"
    assert identity["decoding"] == {
        "strategy": "sample",
        "temperature": 0.5,
        "top_p": 1.0,
        "seed": 7,
        "max_new_tokens": "min(6.5/s + 8, positions - 1)",
        "timestamps": "none",
        "longest_chunk_s": 24.0,
        "cut_window_s": 6.0,
        "silence_dbfs": -70.0,
    }
    json.dumps(identity, allow_nan=False)
    moved = tmp_path / "elsewhere" / "moonshine"
    shutil.copytree(checkpoint("moonshine"), moved)
    (moved / "README.md").write_text("a card")
    for left_by_a_trainer in ("all_results.json", "trainer_state.json"):
        (moved / left_by_a_trainer).write_text("{}")
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
    with pytest.raises(ValueError, match="code_revision without trust_remote_code"):
        spec("ctc", code_revision="main")


@pytest.mark.skipif(torch.cuda.is_available(), reason="here cuda can be used")
@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_devices_that_torch_does_not_have(spec, device):
    with pytest.raises(
        UsageError, match=rf"ctc cannot use the device '{device}'; it can use: cpu; torch finds"
    ):
        spec("ctc").open(device)


def test_a_process_works_on_its_own_gpu_from_the_first(spec, monkeypatch):
    """Else page-locked memory would make a context of half a gigabyte on the first one."""
    chosen = []

    def choose(index):
        chosen.append(index)
        raise UsageError("there is none here")

    monkeypatch.setattr(torch.cuda, "set_device", choose)
    for device in ("cuda:3", "cuda"):
        with pytest.raises(UsageError, match="there is none here"):
            loading.load(spec("ctc"), device)
    assert chosen == [3, 0]


def test_what_transformers_hides_behind_other_words_is_said(spec, monkeypatch):
    def open_processor(*_):
        try:
            raise ImportError("needs the librosa library")
        except ImportError:
            raise OSError("Can't load feature extractor for 'x'")  # noqa: B904  (as transformers does)

    monkeypatch.setattr("asrdiag.engines.transformers.families.ctc.Ctc.open_processor", open_processor)
    with pytest.raises(UsageError, match=r"OSError: Can't load .* before that: needs the librosa library"):
        spec("ctc").open("cpu")


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
