"""Answers by a scripted vLLM: the weights and parameters that it is given, and what becomes of its tokens."""

import os

import pytest
import torch
from engines.vllm.scripted import Scripted, install
from engines.vllm.stand_in import SIGNATURES
from pydantic import ValidationError
from safetensors.torch import load_file

from asrdiag.errors import AsrdiagError, UsageError
from asrdiag.trainers.rl import vllm_rollouts
from asrdiag.trainers.rl.policies import Sampling
from asrdiag.trainers.rl.schema import SamplingSpec
from asrdiag.trainers.rl.update import Learner
from asrdiag.trainers.rl.vllm_rollouts import open_vllm

WITH_VLLM = {"engine": "vllm", "repetition_penalty": 1.0}
DRAWN = Sampling(temperature=0.7, top_p=0.9, top_k=20, repetition_penalty=1.0, max_new_tokens=500)


@pytest.fixture
def vllm(monkeypatch):
    fake = Scripted()
    install(fake, monkeypatch)
    return fake


@pytest.fixture
def opened(vllm, tiny_policy, recipe):
    if tiny_policy.name == "moonshine":
        pytest.skip("vLLM does not serve it")
    found = recipe(tiny_policy.name, sampling=WITH_VLLM | {"vllm": {"gpu_memory_utilization": 0.4}}).recipe
    return open_vllm(found, tiny_policy.policy, "cuda:0", 1)


def written_by_hand(model):
    """W + B A alpha / r of the adapted layers, from the adapter's own weights (r 8, alpha 16: s = 2)."""
    own = dict(model.named_parameters())
    return {
        name.replace(".base_layer", ""): weight
        + 2.0
        * own[name.replace("base_layer", "lora_B.default")]
        @ own[name.replace("base_layer", "lora_A.default")]
        for name, weight in own.items()
        if name.endswith(".base_layer.weight")
    }


def test_it_is_given_the_weights_of_the_moment(opened, vllm, tiny_policy, checkpoint):
    policy = tiny_policy.policy
    before = {name: weight.clone() for name, weight in policy.model.named_parameters()}
    opened.take_up()
    changed = written_by_hand(policy.model)
    stored = load_file(checkpoint(tiny_policy.name) / "model.safetensors")
    assert {*vllm.loads[0]} == {*stored}  # its checkpoint's names, each once
    assert len(vllm.loads[0]) == len(stored)
    for name, weight in stored.items():
        expected = changed.get(name, weight)
        torch.testing.assert_close(vllm.weights[name], expected, atol=1e-6, rtol=1e-6)
        assert torch.equal(vllm.weights[name], weight) == (name not in changed)
    factor = next(each for name, each in policy.model.named_parameters() if "lora_B" in name)
    kept = factor.detach().clone()
    try:
        with torch.no_grad():
            factor += 1
        opened.take_up()
        for name, expected in written_by_hand(policy.model).items():
            torch.testing.assert_close(vllm.weights[name], expected, atol=1e-6, rtol=1e-6)
    finally:
        with torch.no_grad():
            factor.copy_(kept)
    assert {*vllm.loads[1]} == {*changed}
    assert vllm.forgot == ["prefix", "encoder"] * 2
    # Nothing was added to the policy's own weights and taken away again.
    assert all(torch.equal(weight, before[name]) for name, weight in policy.model.named_parameters())
    vllm.forgets = False
    with pytest.raises(AsrdiagError, match="vLLM kept what it had computed with older weights"):
        opened.take_up()


def test_it_is_asked_as_the_recipe_says(opened, vllm, tiny_policy, checkpoint):
    policy, prompts = tiny_policy.policy, tiny_policy.prompts
    assert vllm.asked.engine["model"] == str(checkpoint(tiny_policy.name))
    assert (vllm.asked.engine["dtype"], vllm.asked.engine["gpu_memory_utilization"]) == ("float32", 0.4)
    assert os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] == "0"
    torch.manual_seed(3)
    first = opened.answers(prompts, 2, DRAWN)
    hows, sent = vllm.asked.last()["how"], vllm.asked.last()["prompts"]
    assert [len(group) for group in first] == [2] * len(prompts)
    for how in hows:
        assert (how.n, how.temperature, how.top_p, how.top_k) == (2, 0.7, 0.9, 20)
        assert (how.repetition_penalty, how.ignore_eos, how.detokenize) == (1.0, True, False)
        assert how.stop_token_ids == list(policy.end_tokens())
    if tiny_policy.name == "whisper":
        # The decoder has 448 positions in large checkpoints and fewer here; the prefix takes some of them.
        positions = policy.model.config.max_target_positions
        assert hows[0].max_tokens == min(500, positions - len(prompts[0].prefix))
        assert sent[0]["decoder_prompt"]["prompt_token_ids"] == list(prompts[0].prefix)
        assert hows[0].logit_bias is None
    else:
        assert hows[0].max_tokens == 500
        assert hows[0].logit_bias == {policy.suppressed()[0]: -100.0}
    seeds = [how.seed for how in hows]
    assert len({*seeds}) == len(prompts)
    torch.manual_seed(3)
    assert opened.answers(prompts, 2, DRAWN) == first
    assert [how.seed for how in vllm.asked.last()["how"]] == seeds
    assert opened.answers(prompts, 2, DRAWN) != first


def test_what_the_checkpoint_forbids_is_forbidden(opened, vllm, tiny_policy, monkeypatch):
    config, ends = tiny_policy.policy.model.generation_config, tiny_policy.policy.end_tokens()
    monkeypatch.setattr(config, "suppress_tokens", [-1, 9, 7])
    monkeypatch.setattr(config, "begin_suppress_tokens", [5, ends[0]])
    opened.answers(tiny_policy.prompts[:1], 1, DRAWN)
    [how] = vllm.asked.last()["how"]
    assert {7, 9} <= {*how.logit_bias} and -1 not in how.logit_bias
    assert how.min_tokens == 1  # an end marker may not come first
    monkeypatch.setattr(config, "begin_suppress_tokens", [5])
    opened.answers(tiny_policy.prompts[:1], 1, DRAWN)
    assert vllm.asked.last()["how"][0].min_tokens == 0


def test_answers_are_cut_as_those_of_the_policy(opened, vllm, tiny_policy):
    policy, prompt = tiny_policy.policy, tiny_policy.prompts[0]
    end = policy.end_tokens()[-1]
    vllm.script = [([40, 41, end], "stop"), ([40, 41], "length"), ([end], "stop"), ([40, end, 41], "stop")]
    [group] = opened.answers([prompt], 4, DRAWN)
    assert group == [[40, 41, end], [40, 41], [end], [40, end]]
    assert [policy.finished(answer) for answer in group] == [True, False, True, True]
    vllm.script = [([40], "abort")]
    with pytest.raises(AsrdiagError, match="0: vLLM ended an answer with 'abort'"):
        opened.answers([prompt], 1, DRAWN)
    vllm.misread = True
    with pytest.raises(AsrdiagError, match=r"0: vLLM answered to the tokens \[1, 2\], expected \["):
        opened.answers([prompt], 1, DRAWN)


class Killed(BaseException):
    """Nothing catches it."""


def test_killed_and_resumed_it_draws_the_same(session, vllm, monkeypatch):
    monkeypatch.setattr(vllm_rollouts, "cuda_index", lambda device: 0)
    given = {"family": "whisper", "sampling": {"engine": "vllm"}, "steps": 3}

    def result(training):
        weights = [path.read_bytes() for path in sorted(training.folder.path.glob("checkpoints/*/*.safet*"))]
        return weights, (training.folder.path / "rollouts.jsonl").read_text()

    whole = session("whole", **given)
    assert whole.run() is None
    # All weights once, then those that learn, before each step.
    assert len(vllm.loads) == 3 and len(vllm.loads[0]) > len(vllm.loads[1]) == len(vllm.loads[2]) > 0
    learn, seen = Learner.learn, []

    def die_in_the_third(self, groups):
        seen.append(1)
        if len(seen) == 3:
            raise Killed
        return learn(self, groups)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "learn", die_in_the_third)
        with pytest.raises(Killed):
            session("cut", **given).run()
    vllm.weights.clear()
    again = session("cut", **given)
    again.run()
    assert result(again) == result(whole)
    assert len(result(whole)[0]) == 2


def test_what_vllm_cannot_do_is_said_before_anything_is_loaded(vllm, tiny_policy, recipe, monkeypatch):
    def opening(device="cuda:0", n_processes=1, **sampling):
        found = recipe(tiny_policy.name, sampling=WITH_VLLM | sampling).recipe
        open_vllm(found, tiny_policy.policy, device, n_processes)

    if tiny_policy.name == "moonshine":
        with pytest.raises(
            UsageError, match="the family moonshine, which vLLM does not serve; expected trans"
        ):
            opening()
        return
    if tiny_policy.name == "qwen3-asr":
        with pytest.raises(UsageError, match=r"repetition_penalty: found 1\.08; vLLM counts the prompt's"):
            opening(repetition_penalty=1.08)
    for device, number, told in (("cpu", 1, "device cpu"), ("cuda:1", 1, "cuda:1"), ("cuda:0", 2, "2 proc")):
        with pytest.raises(UsageError, match=f"found vllm and .*{told}.*, expected one process on the first"):
            opening(device, number)
    monkeypatch.delitem(__import__("sys").modules, "vllm")
    with pytest.raises(UsageError, match=r"found vllm: vllm is not installed: pip install asrdiag vllm=="):
        opening()
    assert not vllm.asked.engine


def test_options_of_vllm_need_vllm():
    with pytest.raises(ValidationError, match="found the key vllm and the engine transformers"):
        SamplingSpec(vllm={"gpu_memory_utilization": 0.5})


@pytest.mark.parametrize("signatures", SIGNATURES, ids=lambda signatures: signatures["version"])
def test_what_is_called_is_in_the_versions_read(signatures):
    assert {"apply_model", "reset_prefix_cache"} <= {*signatures["LLM methods"]}
    assert "reset_encoder_cache" in signatures["engine methods"]
    prefixes = signatures["Qwen3-ASR"]["prefixes of its weights"]
    for name in ("model.audio_tower.", "model.language_model.", "model.multi_modal_projector.linear_1."):
        assert name in prefixes
