"""Languages and prompts reach the model as its makers meant them."""

import pytest

from asrdiag.engines.base import Clip, Failed

tiny = pytest.importorskip("engines.tiny_checkpoints", reason="needs the extra transformers")


def test_whisper_says_which_language_it_heard_and_takes_the_one_it_is_told(spec, plain, clips):
    heard = plain("whisper").transcribe(clips[:3])
    assert all(len(t.details["language"]) in (2, 3) for t in heard)
    assert {t.details["language"] for t in heard} - {"en"}  # random weights do not favour English
    german = [Clip(c.sample_id, c.samples, 16_000, "de-AT") for c in clips[:3]]
    told = spec("whisper", language="from_clip").open("cpu").transcribe(german)
    # What it was told is not what it heard.
    assert not any("language" in t.details for t in told)
    assert [t.text for t in told] != [t.text for t in heard]


def test_a_language_that_the_model_does_not_know_fails_its_clip_only(spec, clips, content):
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


def test_prompts_by_language(spec, clips):
    prompts = {"en": "words", "zh": "\u8bcd"}
    recognizer = spec("whisper", prompt={"en": "words", "de": "Worte"}, max_new_tokens=6).open("cpu")
    french = Clip("fr", clips[2].samples, 16_000, "fr")
    english, failed = recognizer.transcribe([clips[2], french])
    assert str(failed.error) == "fr: found the language 'fr'; whisper has prompts for: en, de"
    unprompted = spec("whisper", max_new_tokens=6).open("cpu").transcribe([clips[2]])
    assert english.text != unprompted[0].text
    assert spec("whisper", prompt=prompts).identity()["prompt"] == prompts
