"""The transformers engine on tiny random checkpoints in the layouts of real ones."""

import importlib.util
import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jiwer
import numpy as np
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip, Failed
from asrdiag.engines.transformers.families import FAMILIES
from asrdiag.errors import UsageError

torch = pytest.importorskip("torch", reason="needs the extra transformers")
tiny = pytest.importorskip("engines.tiny_checkpoints", reason="needs the extra transformers")

# How transformers calls torch for WavLM, and how PEFT calls transformers.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask:UserWarning"),
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),
]

NORMALIZE = EnglishTextNormalizer()
EXTRA = {"canary": {"language": "en"}}


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """Folder of a tiny checkpoint, written when it is first asked for."""
    root = tmp_path_factory.mktemp("checkpoints")

    def folder(name):
        return root / name if (root / name).is_dir() else tiny.BUILDERS[name](root / name)

    return folder


@pytest.fixture(scope="session")
def spec(checkpoint):
    def make(name, **keys):
        keys = {"model": keys.get("model") or str(checkpoint(name)), **EXTRA.get(name, {}), **keys}
        return ENGINES.load("transformers")(id=name, engine="transformers", **keys)

    return make


@pytest.fixture(scope="session")
def plain(spec):
    """A recogniser with the family's defaults, opened once."""
    opened = {}

    def get(name):
        if name not in opened:
            opened[name] = spec(name).open("cpu")
        return opened[name]

    return get


@pytest.fixture(scope="session")
def clips():
    return [Clip(f"clip-{number}", samples, 16_000) for number, samples in enumerate(tiny.clips())]


def wer(references, transcripts):
    return jiwer.wer(list(map(NORMALIZE, references)), [NORMALIZE(t.text) for t in transcripts])


def content(transcripts):
    """What must not depend on the batch; log-probabilities agree to rounding only."""
    drop = ("mean_logprob",)
    return [(t.text, {k: v for k, v in t.details.items() if k not in drop}) for t in transcripts]


@pytest.mark.parametrize("name", tiny.BUILDERS)
def test_a_batch_of_eight_is_eight_batches_of_one(plain, clips, name):
    recognizer = plain(name)
    alone = [recognizer.transcribe([clip])[0] for clip in clips]
    # A model that ignored the audio would pass without this.
    assert len({t.text for t in alone}) > 4
    assert content(recognizer.transcribe(clips)) == content(alone)
    order = random.Random(1).sample(range(8), 8)
    shuffled = recognizer.transcribe([clips[index] for index in order])
    assert content(shuffled) == content([alone[index] for index in order])
    for together, single in zip(recognizer.transcribe(clips), alone, strict=True):
        if "mean_logprob" in single.details:
            assert together.details["mean_logprob"] == pytest.approx(single.details["mean_logprob"], abs=2e-3)


@pytest.mark.parametrize("name", ["whisper", "moonshine", "qwen3-asr", "canary"])
@pytest.mark.parametrize("keys", [{"temperature": 1.0, "top_p": 0.9, "seed": 3}, {"beams": 2}], ids=str)
def test_sampling_and_beams_do_not_depend_on_the_batch_either(spec, plain, clips, name, keys):
    recognizer = spec(name, max_new_tokens=12, **keys).open("cpu")
    some = clips[:4]
    together = recognizer.transcribe(some)
    assert content(together) == content([recognizer.transcribe([clip])[0] for clip in some])
    greedy = spec(name, max_new_tokens=12).open("cpu").transcribe(some)
    assert [t.text for t in together] != [t.text for t in greedy]
    if "seed" in keys:
        other = spec(name, max_new_tokens=12, **{**keys, "seed": 4}).open("cpu").transcribe(some)
        assert [t.text for t in other] != [t.text for t in together]


def test_real_speech_in_batches_and_alone(spec, real_moonshine, demo_clips, demo_utterances):
    recognizer = spec("moonshine", model=str(real_moonshine)).open("cpu")
    together = recognizer.transcribe(demo_clips)
    assert content(together) == content([recognizer.transcribe([clip])[0] for clip in demo_clips])
    # 8 errors in 119 words when this was written, 6.7 %.
    assert wer([u.reference for u in demo_utterances], together) < 0.10
    assert not any("truncated" in t.details for t in together)


def test_the_page_shows_a_suite_that_runs(asrdiag, real_moonshine):
    page = (Path(__file__).parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")
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


def test_padding_as_transformers_has_it_does_change_moonshine(plain, clips):
    """What the engine puts right is there: with the plain GroupNorm a batch differs from clips alone."""
    family = plain("moonshine")._family
    encoder = family.model.model.encoder
    fixed = encoder.groupnorm
    before = [plain("moonshine").transcribe([clip])[0].text for clip in clips]
    try:
        encoder.groupnorm = torch.nn.GroupNorm(1, fixed.num_channels, fixed.eps)
        encoder.groupnorm.weight, encoder.groupnorm.bias = fixed.weight, fixed.bias
        alone = [plain("moonshine").transcribe([clip])[0].text for clip in clips]
        together = [t.text for t in plain("moonshine").transcribe(clips)]
    finally:
        encoder.groupnorm = fixed
    assert alone == before
    assert together != alone


@pytest.mark.parametrize("name", ["whisper", "moonshine", "qwen3-asr", "ctc"])
def test_saved_again_it_answers_the_same(spec, plain, clips, checkpoint, name, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint(name), copy)
    plain(name)._family.model.save_pretrained(copy)
    again = spec(name, model=str(copy)).open("cpu")
    assert content(again.transcribe(clips[:3])) == content(plain(name).transcribe(clips[:3]))


ADAPTED = {
    "whisper": ("q_proj", "v_proj"),
    "moonshine": ("q_proj", "v_proj"),
    "qwen3-asr": r"model\.(language_model\.layers\.\d+\.self_attn\.q_proj|multi_modal_projector\.linear_1)",
    "ctc": ("q_proj", "v_proj"),
}


def adapter(model_folder, name, folder, scale):
    """A LoRA adapter as PEFT writes it, with random weights or, at scale 0, without effect."""
    import transformers
    from peft import LoraConfig, get_peft_model

    kinds = {
        "whisper": "WhisperForConditionalGeneration",
        "moonshine": "MoonshineForConditionalGeneration",
        "qwen3-asr": "Qwen3ASRForConditionalGeneration",
        "ctc": "Wav2Vec2ForCTC",
    }
    model = getattr(transformers, kinds[name]).from_pretrained(model_folder)
    targets = ADAPTED[name]
    config = LoraConfig(r=4, lora_alpha=8, target_modules=targets if isinstance(targets, str) else [*targets])
    wrapped = get_peft_model(model, config)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for key, weights in wrapped.named_parameters():
            if "lora_B" in key:
                weights.normal_(0, 1, generator=generator).mul_(scale)
    wrapped.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", ADAPTED)
def test_an_adapter_changes_transcripts_and_identity(spec, plain, clips, checkpoint, name, tmp_path):
    off = content(plain(name).transcribe(clips[:4]))
    found = {}
    for scale in (1.0, 0.0):
        folder = adapter(checkpoint(name), name, tmp_path / str(scale), scale)
        with_adapter = spec(name, adapter=str(folder))
        found[scale] = content(with_adapter.open("cpu").transcribe(clips[:4]))
        assert with_adapter.identity()["adapter"]["revision"].startswith("sha256:")
        assert with_adapter.identity()["revision"] == spec(name).identity()["revision"]
    assert found[1.0] != off
    assert found[0.0] == off


def test_an_adapter_for_another_model_is_refused(spec, checkpoint, tmp_path):
    folder = adapter(checkpoint("whisper"), "whisper", tmp_path / "adapter", 1.0)
    with pytest.raises(UsageError, match=r"cannot be loaded|missing adapter keys"):
        spec("ctc-group-norm", adapter=str(folder)).open("cpu")


def test_an_adapter_without_its_weights_is_refused(spec, checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = adapter(checkpoint("moonshine"), "moonshine", tmp_path / "adapter", 1.0)
    weights = load_file(folder / "adapter_model.safetensors")
    save_file({k: v for k, v in weights.items() if "decoder" in k}, folder / "adapter_model.safetensors")
    with pytest.raises(UsageError, match="missing adapter keys"):
        spec("moonshine", adapter=str(folder)).open("cpu")


def test_whisper_says_which_language_it_heard_and_takes_the_one_it_is_told(spec, plain, clips):
    heard = plain("whisper").transcribe(clips[:3])
    assert all(len(t.details["language"]) in (2, 3) for t in heard)
    assert {t.details["language"] for t in heard} - {"en"}  # random weights do not favour English
    german = [Clip(c.sample_id, c.samples, 16_000, "de-AT") for c in clips[:3]]
    told = spec("whisper", language="from_clip").open("cpu").transcribe(german)
    assert [t.details["language"] for t in told] == ["de"] * 3
    assert [t.text for t in told] != [t.text for t in heard]


def test_a_language_that_the_model_does_not_know_fails_its_clip_only(spec, clips):
    recognizer = spec("qwen3-asr", language="from_clip", max_new_tokens=4).open("cpu")
    icelandic = Clip("saga", clips[0].samples, 16_000, "is")
    failed, fine = recognizer.transcribe([icelandic, clips[1]])
    assert isinstance(failed, Failed)
    assert str(failed.error).startswith("saga: found the language 'is'; qwen3-asr knows: ar, cs, da, de,")
    assert content([fine]) == content(recognizer.transcribe([clips[1]]))


def test_qwen3_asr_is_prompted_as_its_makers_do(spec, clips):
    piece_keys = {"language": "en", "prompt": "names: Ada", "max_new_tokens": 4}
    recognizer = spec("qwen3-asr", **piece_keys).open("cpu")
    family = recognizer._family
    piece = recognizer._cut(clips[0]).pieces[0]
    text = family.processor.tokenizer.decode(family.prepare(piece)["input_ids"][0])
    shortened = text.replace("<|audio_pad|>", "*")
    assert shortened.replace("*" * shortened.count("*"), "*") == (
        "<|im_start|>system\nnames: Ada<|im_end|>\n"
        "<|im_start|>user\n<|audio_start|>*<|audio_end|><|im_end|>\n"
        "<|im_start|>assistant\nlanguage English<asr_text>"
    )
    untold = spec("qwen3-asr").open("cpu")
    plain_piece = untold._cut(clips[0]).pieces[0]
    ids = untold._family.prepare(plain_piece)["input_ids"][0]
    assert untold._family.processor.tokenizer.decode(ids).endswith("<|im_start|>assistant\n")


def test_the_thinker_of_qwen2_5_omni(spec, clips, monkeypatch, tmp_path):
    from asrdiag.engines.transformers.families.qwen2_5_omni import Qwen25Omni

    processor = tiny.omni_thinker(tmp_path)
    keys = {"model": str(tmp_path), "prompt": {"en": "Write it down."}, "system_prompt": "Listen."}
    described = spec("omni", **keys, max_new_tokens=12)
    if importlib.util.find_spec("torchvision") is None:
        with pytest.raises(UsageError, match=r"family qwen2.5-omni need .*pip install 'torchvision'"):
            described.open("cpu")
    monkeypatch.setattr(Qwen25Omni, "open_processor", lambda *_: processor)
    installed = SimpleNamespace(find_spec=lambda name: name)
    monkeypatch.setattr("asrdiag.engines.transformers.loading.util", installed)
    recognizer = described.open("cpu")
    alone = [recognizer.transcribe([clip])[0] for clip in clips]
    assert len({t.text for t in alone}) > 4
    assert content(recognizer.transcribe(clips)) == content(alone)
    inputs = recognizer._family.prepare(recognizer._cut(clips[0]).pieces[0])
    text = processor.tokenizer.decode(inputs["input_ids"][0])
    # A frame every 160 samples or part of them, halved by a convolution and once more by pooling.
    n_frames = -(-len(clips[0].samples) // 160)
    assert inputs["input_features"].shape == (1, 128, n_frames)
    assert text.count("<|AUDIO|>") == ((n_frames - 1) // 2 + 1 - 2) // 2 + 1
    assert text.replace("<|AUDIO|>", "") == (
        "<|im_start|>system\nListen.<|im_end|>\n"
        "<|im_start|>user\nWrite it down.<|audio_bos|><|audio_eos|><|im_end|>\n<|im_start|>assistant\n"
    )


def test_prompts_by_language(spec, clips):
    prompts = {"en": "words", "zh": "\u8bcd"}
    recognizer = spec("whisper", prompt={"en": "words", "de": "Worte"}, max_new_tokens=6).open("cpu")
    french = Clip("fr", clips[2].samples, 16_000, "fr")
    english, failed = recognizer.transcribe([clips[2], french])
    assert str(failed.error) == "fr: found the language 'fr'; whisper has prompts for: en, de"
    unprompted = spec("whisper", max_new_tokens=6).open("cpu").transcribe([clips[2]])
    assert english.text != unprompted[0].text
    assert spec("whisper", prompt=prompts).identity()["prompt"] == prompts


def test_limits_are_kept_and_marked(spec, clips):
    for name in ("whisper", "moonshine", "qwen3-asr"):
        for transcript in spec(name, max_new_tokens=5).open("cpu").transcribe(clips):
            assert transcript.details["n_tokens"] <= 5
            assert transcript.details.get("truncated", False) == (transcript.details["n_tokens"] == 5)


def test_moonshine_has_the_limit_of_each_clip_in_a_batch(plain, clips):
    for clip, transcript in zip(clips, plain("moonshine").transcribe(clips), strict=True):
        # ceil(6.5 * seconds) + 8
        assert transcript.details["n_tokens"] <= int(-(-6.5 * clip.duration_s // 1)) + 8


@pytest.mark.parametrize("name", ["whisper", "ctc", "parakeet-tdt"])
def test_words_have_times_inside_the_clip(spec, plain, clips, name):
    recognizer = spec(name, timestamps="words").open("cpu")
    together = recognizer.transcribe(clips)
    assert content(together) == content([recognizer.transcribe([clip])[0] for clip in clips])
    assert [t.text for t in together] == [t.text for t in plain(name).transcribe(clips)] or name == "whisper"
    for clip, transcript in zip(clips, together, strict=True):
        words = transcript.details["words"]
        assert "".join("".join(word for word, _, _ in words).split()) == "".join(transcript.text.split())
        times = [time for _, start_s, end_s in words for time in (start_s, end_s)]
        assert times == sorted(times)
        assert not times or (times[0] >= 0 and times[-1] <= max(clip.duration_s, 0.1) + 0.05)


def test_long_audio_is_cut_or_windowed(spec, plain, clips):
    samples = np.concatenate([clip.samples for clip in clips] * 4)
    long = Clip("long", samples, 16_000)
    assert 24 < long.duration_s < 48
    moonshine, short = plain("moonshine").transcribe([long, clips[0]])
    assert moonshine.details["n_chunks"] == 2
    assert content([short]) == content(plain("moonshine").transcribe([clips[0]]))
    (qwen,) = spec("qwen3-asr", max_new_tokens=4, longest_chunk_s=10).open("cpu").transcribe([long])
    assert qwen.details["n_chunks"] == -(-long.duration_s // 10)
    # Windows of 2 s in the tiny Whisper; its random timestamps may end one early.
    whisper, short = plain("whisper").transcribe([Clip("long", samples[: 5 * 16_000], 16_000), clips[0]])
    assert whisper.details["n_chunks"] == 1
    assert whisper.details["n_windows"] >= 3
    assert content([short]) == content(plain("whisper").transcribe([clips[0]]))


def test_silence_is_gated_as_by_the_embedded_engines(plain, clips):
    silent = Clip("silent", np.zeros(16_000, np.float32), 16_000)
    empty = Clip("empty", np.zeros(0, np.float32), 16_000)
    answers = plain("ctc").transcribe([silent, clips[0], empty])
    assert [a.text for a in answers][::2] == ["", ""]
    assert answers[0].details == answers[2].details == {"gated": True, "peak_dbfs": None}
    assert content(answers[1:2]) == content(plain("ctc").transcribe([clips[0]]))


@pytest.mark.parametrize("name", tiny.BUILDERS)
def test_ten_milliseconds_are_answered(plain, clips, name):
    (answer,) = plain(name).transcribe([Clip("short", clips[0].samples[:160], 16_000)])
    assert "gated" not in answer.details
    assert all(np.isfinite(v) for v in answer.details.values() if isinstance(v, float))


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


def test_a_name_in_the_local_cache_is_resolved_to_its_commit(spec, checkpoint, monkeypatch, tmp_path, clips):
    import huggingface_hub.constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    for name, inside, source in (("base", ".", checkpoint("ctc")), ("lora", "best/r4", None)):
        repository = tmp_path / f"models--tiny--{name}"
        folder = repository / "snapshots" / commit / inside
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(
            source or adapter(checkpoint("ctc"), "ctc", tmp_path / "a", 1.0), folder, dirs_exist_ok=True
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


def test_out_of_memory_goes_through(plain, clips, monkeypatch):
    def forward(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    recognizer = plain("ctc")
    monkeypatch.setattr(recognizer._family.model, "forward", forward)
    with pytest.raises(torch.OutOfMemoryError, match="CUDA out of memory"):
        recognizer.transcribe(clips)


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
