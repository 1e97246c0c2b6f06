"""Voxtral, Granite Speech and Qwen2.5-Omni, through their own processors as far as these can be had here."""

import random
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from asrdiag.engines.base import Clip
from asrdiag.errors import UsageError

tiny = pytest.importorskip("engines.tiny_chat_models", reason="needs the extra transformers")

pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{said}")
    for said in (
        "`is_gradient_checkpointing` is deprecated:FutureWarning",  # by PEFT
        "Could not find a config file in:UserWarning",  # by PEFT 0.19, of a model that lies nowhere yet
        "`text` property of `Tokenized`:DeprecationWarning",  # by transformers 5.15
    )
]


def same_alone_and_together(recognizer, clips, content):
    alone = [recognizer.transcribe([clip])[0] for clip in clips]
    assert len({t.text for t in alone}) > len(clips) // 2
    order = random.Random(1).sample(range(len(clips)), len(clips))
    together = recognizer.transcribe([clips[index] for index in order])
    assert content(together) == content([alone[index] for index in order])
    return alone


@pytest.fixture(scope="module")
def voxtral(tmp_path_factory):
    pytest.importorskip("mistral_common", minversion="1.11.5", reason="needs mistral-common[audio]")
    return tiny.voxtral(tmp_path_factory.mktemp("voxtral") / "voxtral")


def test_voxtral_with_short_and_long_clips(voxtral, spec, clips, content):
    recognizer = spec("voxtral", model=str(voxtral), max_new_tokens=10).open("cpu")
    # Of two windows, beside others of one.
    long = Clip("long", np.tile(np.concatenate([clip.samples for clip in clips]), 5)[: 35 * 16_000], 16_000)
    same_alone_and_together(recognizer, [*clips[:4], long], content)


def test_voxtral_is_asked_for_a_transcription(voxtral, spec, clips):
    for language, named in (("from_clip", "lang:en"), ("auto", "")):
        recognizer = spec("voxtral", model=str(voxtral), language=language, max_new_tokens=4).open("cpu")
        ids = recognizer._family.prepare(recognizer._cut(clips[0]).pieces[0])["input_ids"][0].tolist()
        assert ids.count(24) == 375  # 30 s at 12.5 a second
        text = recognizer._family.processor.tokenizer.decode([token for token in ids if token != 24])
        assert text == f"<s>[INST][BEGIN_AUDIO][/INST]{named}[TRANSCRIBE]"


def test_voxtral_without_its_tokenizer_says_what_to_install(spec, tmp_path):
    if find_spec("mistral_common"):
        pytest.skip("mistral-common is installed")
    (tmp_path / "config.json").write_text('{"model_type": "voxtral"}')
    with pytest.raises(UsageError, match=r"family voxtral need mistral-common.audio.: pip install 'mistral-"):
        spec("voxtral", model=str(tmp_path)).open("cpu")


@pytest.fixture
def granite(tmp_path, monkeypatch):
    tiny.torchaudio_or_stand_in(monkeypatch)
    return tiny.granite_speech(tmp_path / "granite")


def test_granite_speech(granite, spec, clips, content):
    keys = {
        "model": str(granite),
        "prompt": "write it down",
        "system_prompt": "Listen.",
        "max_new_tokens": 10,
    }
    recognizer = spec("granite", **keys).open("cpu")
    # Some of equal length, which share a batch.
    shortest = min(len(clip.samples) for clip in clips)
    equal = [Clip(f"{c.sample_id}-cut", c.samples[:shortest], 16_000) for c in clips[:3]]
    alone = same_alone_and_together(recognizer, [*clips[:4], *equal], content)
    ids = recognizer._family.prepare(recognizer._cut(clips[0]).pieces[0])["input_ids"][0]
    text = recognizer._family.processor.tokenizer.decode(ids)
    # A frame every 160 samples and one more, stacked in pairs; 3 tokens for 15 of these or part of them.
    n_stacked = (len(clips[0].samples) // 160 + 1) // 2
    assert text.count("<|audio|>") == -(-n_stacked // 15) * 3
    assert text.replace("<|audio|>", "") == (
        "<|start_of_role|>system<|end_of_role|>Listen.<|end_of_text|>\n"
        "<|start_of_role|>user<|end_of_role|>write it down<|end_of_text|>\n"
        "<|start_of_role|>assistant<|end_of_role|>"
    )
    model = recognizer._family.model
    model.set_adapter("default")
    for module in model.modules():
        if hasattr(module, "lora_B"):
            module.lora_B["default"].weight.data.zero_()
    assert [t.text for t in recognizer.transcribe(clips[:4])] != [t.text for t in alone[:4]]


def test_granite_speech_without_its_adapter_is_refused(granite, spec):
    (granite / "adapter_config.json").unlink()
    with pytest.raises(UsageError, match=r"`has_lora_adapter` of config\.json is true, but there is no"):
        spec("granite", model=str(granite), prompt="write it down").open("cpu")


def test_a_whole_qwen2_5_omni(spec, clips, monkeypatch, tmp_path, content):
    from asrdiag.engines.transformers.families.qwen2_5_omni import Qwen25Omni

    processor = tiny.whole_omni(tmp_path / "whole")
    keys = {"prompt": {"en": "Write it down."}, "system_prompt": "Listen.", "max_new_tokens": 12}
    described = spec("omni", model=str(tmp_path / "whole"), **keys)
    if find_spec("torchvision") is None:
        with pytest.raises(UsageError, match=r"family qwen2.5-omni need .*pip install 'torchvision'"):
            described.open("cpu")
    monkeypatch.setattr(Qwen25Omni, "open_processor", lambda *_: processor)
    installed = SimpleNamespace(find_spec=lambda name: name)
    monkeypatch.setattr("asrdiag.engines.transformers.loading.util", installed)
    recognizer = described.open("cpu")
    # The whole checkpoint says of none of its parts what ends a text; its tokenizer does.
    tokenizer = recognizer._family.processor.tokenizer
    ends = tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
    assert recognizer._family.end_tokens() == sorted(ends)
    alone = same_alone_and_together(recognizer, clips[:5], content)
    thinker = spec("omni", model=str(tmp_path / "thinker"), **keys).open("cpu")
    assert content(thinker.transcribe(clips[:5])) == content(alone)
    inputs = recognizer._family.prepare(recognizer._cut(clips[0]).pieces[0])
    text = tokenizer.decode(inputs["input_ids"][0])
    # A frame every 160 samples or part of them, halved by a convolution and once more by pooling.
    n_frames = -(-len(clips[0].samples) // 160)
    assert inputs["input_features"].shape == (1, 128, n_frames)
    assert text.count("<|AUDIO|>") == ((n_frames - 1) // 2 + 1 - 2) // 2 + 1
    assert text.replace("<|AUDIO|>", "") == (
        "<|im_start|>system\nListen.<|im_end|>\n"
        "<|im_start|>user\nWrite it down.<|audio_bos|><|audio_eos|><|im_end|>\n<|im_start|>assistant\n"
    )
