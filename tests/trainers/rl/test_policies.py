"""Log-probabilities against the model's plain forward pass and against the scores of its own `generate`."""

import pytest
import torch
from transformers import GenerationMixin

from asrdiag.trainers.rl.policies import Sampling, token_logprobs
from asrdiag.trainers.rl.policies.base import until_end

K = 3


def logprobs(tiny, answers, temperature=0.5):
    tokens, mask = tiny.policy.collate(answers)
    heard = tiny.policy.hear(tiny.prompts).repeated(K)
    found = token_logprobs(tiny.policy.logits(heard, tokens, mask), tokens[mask], temperature)
    return torch.zeros(mask.shape).masked_scatter(mask, found), mask


def plain(tiny, prompt, answer):
    """The scores of one answer, by the model as anybody calls it: nothing is shared or padded."""
    tokens = torch.tensor([answer])
    if tiny.name == "qwen3-asr":
        ids = torch.cat([prompt.inputs["input_ids"], tokens], dim=1)
        inputs = {**prompt.inputs, "input_ids": ids, "attention_mask": torch.ones_like(ids)}
        return tiny.model(**inputs).logits[:, prompt.inputs["input_ids"].shape[1] - 1 : -1]
    if tiny.name == "moonshine":
        tiny.policy.family.family.expect([len(prompt.piece.samples)])
    given = torch.tensor([[*prompt.prefix, *answer[:-1]]])
    return tiny.model(**prompt.inputs, decoder_input_ids=given).logits[:, len(prompt.prefix) - 1 :]


def test_sharing_and_padding_change_nothing(tiny_policy):
    torch.manual_seed(0)
    heard = tiny_policy.policy.hear(tiny_policy.prompts)
    groups = tiny_policy.policy.sample(heard, K, Sampling(temperature=1.0, max_new_tokens=10))
    answers = [answer for group in groups for answer in group]
    answers[1] = answers[1][:3]  # mixed lengths, whatever was drawn
    with torch.no_grad():
        found, mask = logprobs(tiny_policy, answers, temperature=0.5)
        for row, answer in enumerate(answers):
            scores = plain(tiny_policy, tiny_policy.prompts[row // K], answer)
            expected = torch.log_softmax(scores[0] / 0.5, dim=-1)[range(len(answer)), answer]
            # Scores of shaken weights reach 50; float32 keeps 7 digits of them.
            torch.testing.assert_close(found[row][mask[row]], expected, atol=1e-4, rtol=1e-5)
    assert len({tuple(answer) for answer in answers}) > 8  # it is no constant that agrees


def test_log_probabilities_are_those_that_generate_drew_from(tiny_policy, monkeypatch):
    kept = {}
    generate = GenerationMixin.generate

    def spy(model, **options):
        options |= {"output_logits": True, "return_dict_in_generate": True}
        kept["found"] = generate(model, **options)
        return kept["found"].sequences

    monkeypatch.setattr(GenerationMixin, "generate", spy)
    torch.manual_seed(0)
    policy = tiny_policy.policy
    heard = policy.hear(tiny_policy.prompts)
    groups = policy.sample(heard, K, Sampling(temperature=0.7, max_new_tokens=10))
    answers = [answer for group in groups for answer in group]
    with torch.no_grad():
        found, mask = logprobs(tiny_policy, answers, temperature=0.7)
        tokens, _ = policy.collate(answers)
        scores = torch.stack(kept["found"].logits, dim=1)[:, : tokens.shape[1]]
        expected = token_logprobs(scores, tokens, 0.7)
    torch.testing.assert_close(found[mask], expected[mask], atol=1e-4, rtol=1e-5)


def drawn_from(logits, before, sampling, never):
    """Probabilities: a penalty on what was said, the temperature, the k likeliest, the nucleus."""
    scores = logits.clone()
    for token in set(before):
        scores[token] *= sampling.repetition_penalty if scores[token] < 0 else 1 / sampling.repetition_penalty
    scores[never] = -torch.inf
    p = torch.softmax(scores / sampling.temperature, dim=-1)
    order = p.argsort(descending=True)
    if sampling.top_k:
        p[order[sampling.top_k :]] = 0
    p = p / p.sum()
    so_far = p[order].cumsum(dim=0) - p[order]
    p[order[so_far >= sampling.top_p]] = 0
    return p / p.sum()


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(temperature=0.7, top_p=0.8, top_k=12, repetition_penalty=1.3, max_new_tokens=6),
        Sampling(temperature=1.5, top_p=1.0, top_k=0, repetition_penalty=1.0, max_new_tokens=6),
    ],
)
def test_answers_are_drawn_as_the_recipe_says(tiny_policy, monkeypatch, sampling):
    kept = {}
    generate = GenerationMixin.generate

    def spy(model, **options):
        options |= {"output_logits": True, "output_scores": True, "return_dict_in_generate": True}
        kept["found"] = generate(model, **options)
        return kept["found"].sequences

    monkeypatch.setattr(GenerationMixin, "generate", spy)
    torch.manual_seed(0)
    policy = tiny_policy.policy
    groups = policy.sample(policy.hear(tiny_policy.prompts), K, sampling)
    found, never = kept["found"], policy.suppressed()
    for row, answer in enumerate(answer for group in groups for answer in group):
        for place in range(len(answer)):
            expected = drawn_from(found.logits[place][row], answer[:place], sampling, never)
            torch.testing.assert_close(torch.softmax(found.scores[place][row], dim=-1), expected)


def test_a_decoder_is_asked_for_no_more_than_it_has_positions_for(tiny_policy):
    policy, asked = tiny_policy.policy, Sampling(max_new_tokens=10_000)
    config = policy.model.config
    # Of Whisper (4 tokens before the answer) and Moonshine (1); a chat model has no such limit of its own.
    most = {
        "whisper": lambda: config.max_target_positions - 4,
        "moonshine": lambda: config.max_position_embeddings - 1,
        "qwen3-asr": lambda: 10_000,
    }
    assert policy.limit(asked, len(tiny_policy.prompts[0].prefix)) == most[tiny_policy.name]()


def test_all_parts_learn_through_the_shared_states(tiny_policy):
    answers = [[5, 6], [7], [5, 8, 9]] * len(tiny_policy.prompts)
    found, mask = logprobs(tiny_policy, answers)
    (found * mask).sum().backward()
    for name, weights in tiny_policy.model.named_parameters():
        if "lora_A" in name:
            assert weights.grad is not None and weights.grad.any(), name
            weights.grad = None


def test_no_answer_asks_for_audio(checkpoint, tiny_policy):
    if tiny_policy.name != "qwen3-asr":
        pytest.skip("only a chat model has such a token")
    audio = tiny_policy.policy.suppressed()[0]
    head = tiny_policy.policy.model.get_output_embeddings().weight
    kept = head[audio].clone()
    torch.manual_seed(0)
    try:
        with torch.no_grad():
            head[audio] = 10 * head.abs().max()  # by far the likeliest where the state is positive
            groups = tiny_policy.policy.sample(
                tiny_policy.policy.hear(tiny_policy.prompts), K, Sampling(temperature=1.0, max_new_tokens=8)
            )
    finally:
        with torch.no_grad():
            head[audio] = kept
    assert not any(audio in answer for group in groups for answer in group)


def test_what_the_checkpoint_never_writes_is_no_answer(tiny_policy, monkeypatch):
    def written():
        torch.manual_seed(0)
        heard = tiny_policy.policy.hear(tiny_policy.prompts)
        groups = tiny_policy.policy.sample(heard, K, Sampling(temperature=1.0, max_new_tokens=8))
        return {token for group in groups for answer in group for token in answer}

    end = tiny_policy.policy.end_tokens()
    never = sorted(written() - {*end})[::2]
    assert never
    monkeypatch.setattr(tiny_policy.policy.model.generation_config, "suppress_tokens", never)
    assert written().isdisjoint(never)


def test_an_answer_ends_with_its_first_end_marker():
    assert until_end([4, 5, 2, 2, 2], ends=(2,)) == [4, 5, 2]
    assert until_end([4, 5, 6], ends=(2,)) == [4, 5, 6]
