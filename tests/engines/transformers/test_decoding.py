"""Draws are draws, and log-probabilities are those of the model."""

import pytest

torch = pytest.importorskip("torch", reason="needs the extra transformers")
decoding = pytest.importorskip("asrdiag.engines.transformers.decoding")

PROBABILITIES = torch.tensor([0.5, 0.3, 0.2])


def drawn(n, temperature=1.0, top_p=1.0, seed=0):
    scores = PROBABILITIES.log().repeat(n, 1)
    draw = decoding.Draw(temperature, top_p, seed, [f"clip-{row}" for row in range(n)])
    return draw(torch.zeros(n, 1, dtype=torch.long), scores).argmax(dim=1)


def test_tokens_are_drawn_as_often_as_they_are_likely():
    shares = torch.bincount(drawn(4000), minlength=3) / 4000
    # Standard deviation of a share: sqrt(0.25 / 4000) = 0.008 at most.
    assert (shares - PROBABILITIES).abs().max() < 0.032


def test_temperature_sharpens():
    # At a temperature of 0.5 the probabilities are squared: 25 : 9 : 4.
    shares = torch.bincount(drawn(4000, temperature=0.5), minlength=3) / 4000
    assert (shares - torch.tensor([25, 9, 4]) / 38).abs().max() < 0.032


def test_top_p_leaves_the_rest_out():
    # The first two reach 0.8.
    shares = torch.bincount(drawn(2000, top_p=0.75), minlength=3) / 2000
    assert shares[2] == 0
    assert abs(float(shares[0]) - 0.5 / 0.8) < 0.045


def test_a_row_draws_the_same_beside_any_others():
    assert drawn(50).tolist() == drawn(200)[:50].tolist()
    assert drawn(50, seed=1).tolist() != drawn(50).tolist()


def test_log_probabilities_are_those_of_the_tokens_chosen(plain, clips):
    recognizer = plain("moonshine")
    family = recognizer._family
    for clip, transcript in zip(clips[:3], recognizer.transcribe(clips[:3]), strict=True):
        family._norm.n_frames = [(len(clip.samples) - 127) // 64 + 1]
        tokens = family.processor.tokenizer(transcript.text, add_special_tokens=False)["input_ids"]
        assert transcript.details["truncated"]
        assert len(tokens) == transcript.details["n_tokens"]
        start = family.model.config.decoder_start_token_id
        with torch.inference_mode():
            logits = family.model(
                input_values=torch.from_numpy(clip.samples)[None],
                decoder_input_ids=torch.tensor([[start, *tokens[:-1]]]),
            ).logits[0]
        chosen = logits.log_softmax(dim=-1)[range(len(tokens)), tokens]
        assert transcript.details["mean_logprob"] == pytest.approx(float(chosen.mean()), abs=1e-3)
