"""Which token is asked for where, checked by hand; beside each trap the naive way that falls into it."""

import numpy as np
import pytest
import torch

from asrdiag.errors import SampleError
from asrdiag.trainers.families.base import IGNORED
from asrdiag.trainers.sft.trainer import transcript_loss

RATE = 16_000


def tone(seconds):
    return (0.1 * np.sin(np.arange(round(seconds * RATE)) / 9)).astype(np.float32)


def example(family, text, language="en", seconds=1.0):
    return family.example(family.piece("x", tone(seconds), language), language, text)


def letters(family, tokens):
    return family.tokenizer.convert_ids_to_tokens([token for token in tokens if token != IGNORED])


def loss(family, batch):
    with torch.no_grad():
        return float(transcript_loss(family.logits(family.family.model, batch), batch["labels"]))


def test_moonshine_is_given_the_start_and_asked_for_text_and_end(opened):
    family = opened("moonshine")
    found = example(family, "no")
    # given <s> n o, asked for n o </s>: each label is one place before the token is given
    assert letters(family, found["decoder_input_ids"][0].tolist()) == ["<s>", "n", "o"]
    assert letters(family, found["labels"][0].tolist()) == ["n", "o", "</s>"]


def test_the_end_marker_is_asked_for_though_it_is_the_padding_too(opened):
    family = opened("moonshine")
    assert family.tokenizer.pad_token_id == family.end_token()
    batch = family.batch([example(family, "no"), example(family, "never")])
    end, short = family.end_token(), batch["labels"][0].tolist()
    assert short == [*short[:2], end, IGNORED, IGNORED, IGNORED]
    naive = torch.where(batch["labels"] == family.tokenizer.pad_token_id, IGNORED, batch["labels"])
    assert ((naive == end).sum(), (batch["labels"] == end).sum()) == (0, 2)


def test_whisper_has_its_prefix_once_and_no_label_for_it(opened):
    family = opened("whisper")
    found = example(family, "no")
    given, labels = found["decoder_input_ids"][0].tolist(), found["labels"][0].tolist()
    start = ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]
    assert letters(family, given) == [*start, "\u0120", "n", "o"]
    # <|notimestamps|> asks for the space, o for the end
    assert labels[:3] == [IGNORED] * 3
    assert letters(family, labels) == ["\u0120", "n", "o", "<|endoftext|>"]
    # transformers' own way: labels from the tokenizer, the start token put before them once more
    naive = family.tokenizer("no").input_ids
    assert naive[0] == given[0] == family.family.model.config.decoder_start_token_id


@pytest.mark.parametrize(("prompt", "n_before"), [(None, 0), ("go on", 7)])
def test_whisper_is_given_what_generate_gives_it(opened, prompt, n_before):
    family = opened("whisper", model={"language": "from_clip", "prompt": prompt})
    seen = []
    hook = family.family.model.model.decoder.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append(kwargs["input_ids"][0].tolist()), with_kwargs=True
    )
    piece = family.piece("x", tone(1.0), "de")
    family.family.transcribe([piece])
    hook.remove()
    assert family.prefix(piece, "de") == seen[0]
    assert len(seen[0]) == n_before + 4  # before them <|startofprev|>, a space and five characters


def test_qwen_is_asked_for_its_answer_alone(opened):
    family = opened("qwen3-asr")
    found = example(family, "no")
    labels, given = found["labels"][0].tolist(), found["input_ids"][0].tolist()
    said = "".join(letters(family, labels)).replace("\u0120", " ")
    assert said == "language English<asr_text>no<|im_end|>"
    n = len("language English") + 1 + len("no") + 1
    # n answers asked for, the first of them by the last of the prompt (a newline)
    assert labels[:-n] == [IGNORED] * (len(labels) - n)
    assert letters(family, [given[-n]]) == ["\u010a"]
    assert given[-n + 1 :] == labels[-n:-1]


def test_what_qwen_is_told_is_not_asked_for(opened):
    family = opened("qwen3-asr", model={"language": "from_clip"})
    found = example(family, "no")
    assert letters(family, found["labels"][0].tolist()) == ["n", "o", "<|im_end|>"]
    assert "<asr_text>" in letters(family, found["input_ids"][0].tolist())


def test_padding_on_the_left_moves_no_label_into_the_prompt(opened):
    family = opened("qwen3-asr", model={"language": "from_clip"})
    short, long = example(family, "no", seconds=0.6), example(family, "no", seconds=1.8)
    batch = family.batch([short, long])
    filled = long["labels"].shape[1] - short["labels"].shape[1]
    assert filled > 0
    assert (batch["labels"] != IGNORED).sum(dim=1).tolist() == [3, 3]
    assert batch["labels"][0, filled:].equal(short["labels"][0])
    # The official script masks the prompt's length from the left, wherever the prompt begins:
    prompt = short["input_ids"].shape[1] - 2
    naive = batch["input_ids"].clone()
    naive[0, :prompt] = IGNORED
    assert (naive[0] != IGNORED).sum() == 2 + filled


def test_padding_on_either_side_gives_the_same_loss(opened):
    family = opened("qwen3-asr")
    rows = [example(family, "no", seconds=0.6), example(family, "never ever", seconds=1.8)]
    alone = sum(loss(family, row) for row in rows)
    left = loss(family, family.batch(rows))
    family.label_side = "right"
    right = loss(family, family.batch(rows))
    assert alone == pytest.approx(left, rel=1e-5)
    assert alone == pytest.approx(right, rel=1e-5)


@pytest.mark.parametrize("name", ["moonshine", "whisper"])
def test_a_batch_has_the_loss_of_its_rows(opened, name):
    family = opened(name)
    rows = [example(family, "no", seconds=0.6), example(family, "never ever", seconds=1.8)]
    assert loss(family, family.batch(rows)) == pytest.approx(sum(loss(family, row) for row in rows), rel=1e-5)


@pytest.mark.parametrize("name", ["moonshine", "whisper", "qwen3-asr"])
def test_what_a_model_writes_is_what_it_is_asked_for(opened, name):
    """Its own transcript asks it, at each place, for the token that it would write there."""
    family = opened(name, model={"language": "auto" if name == "moonshine" else "from_clip"})
    family.family.model.eval()
    piece = family.piece("x", tone(1.1), "en")
    end = family.end_token()
    with torch.no_grad():
        written: list[int] = []
        for _ in range(6):  # greedy, token by token, from the trainers' own inputs
            family.written = lambda *_, tokens=tuple(written): list(tokens)
            found = family.example(piece, "en", "x")
            scores = family.logits(family.family.model, found)[0, -1]
            if name == "qwen3-asr":  # as in recognition: it would ask for more audio
                scores[family.family.audio_token()] = -torch.inf
            written.append(int(scores.argmax()))
            if written[-1] == end:
                break
    rows = []
    generate = family.family.generate
    family.family.generate = lambda *args, **keys: rows.extend(generate(*args, **keys)) or rows
    family.family.transcribe([piece])
    assert [*rows[0].tokens, end][: len(written)] == written
    assert len(set(written)) > 1


@pytest.mark.parametrize("name", ["moonshine", "whisper", "qwen3-asr"])
def test_what_looks_like_a_special_token_is_text(opened, name):
    family = opened(name)
    end = family.tokenizer.convert_ids_to_tokens(family.end_token())
    labels = example(family, f"a {end} b <|audio_pad|>")["labels"][0].tolist()
    assert labels.count(family.end_token()) == 1
    naive = family.tokenizer.encode(f"a {end}", add_special_tokens=False)
    assert family.end_token() in naive


def test_a_text_longer_than_the_decoder_is_refused(opened):
    family = opened("moonshine")
    with pytest.raises(SampleError, match="found a transcript of 200 tokens, expected at most 193"):
        example(family, "a" * 200)
    assert len(example(family, "a" * 193)["labels"][0]) == 194


def test_a_language_that_the_model_does_not_know_is_refused(opened):
    with pytest.raises(SampleError, match=r"found the language 'de'; .* knows: en"):
        example(opened("moonshine"), "nein", language="de")
    with pytest.raises(SampleError, match="found the language 'xx'"):
        example(opened("whisper"), "no", language="xx")


def test_more_than_a_window_is_refused(opened):
    with pytest.raises(SampleError, match=r"found a clip of 2.5 s, expected at most 2 s"):
        example(opened("whisper"), "no", seconds=2.5)


def test_the_loss_is_the_sum_over_what_is_asked_for():
    # p = 1/2 for both asked tokens of three: 2 ln 2 = 1.3863; the ignored one would add 1000
    logits = torch.tensor([[[0.0, 0.0], [0.0, 0.0], [1000.0, 0.0]]])
    assert float(transcript_loss(logits, torch.tensor([[0, 1, IGNORED]]))) == pytest.approx(1.3863, abs=1e-4)
    # only the last two positions have scores
    assert float(transcript_loss(logits[:, 1:], torch.tensor([[IGNORED, 1, 0]]))) == pytest.approx(
        0.6931, abs=1e-4
    )
