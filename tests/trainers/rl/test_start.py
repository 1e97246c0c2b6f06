"""A training from an adapter: what it is held to, and what a suite loads in the end, are what was trained."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from asrdiag.engines.transformers.loading import load
from asrdiag.engines.transformers.spec import TransformersSpec
from asrdiag.trainers.families import trained
from asrdiag.trainers.learning.model_recipe import Lora
from asrdiag.trainers.learning.parts import with_adapter
from asrdiag.trainers.learning.weights import save_weights
from asrdiag.trainers.rl.finishing import finish
from asrdiag.trainers.rl.policies import policy_of


@pytest.fixture(scope="session", params=["whisper", "moonshine", "qwen3-asr"])
def start(request, checkpoint, tmp_path_factory):
    """An adapter of the encoder alone, of another rank than the new one."""
    folder = tmp_path_factory.mktemp("start") / request.param
    spec = TransformersSpec(id="tiny", engine="transformers", model=str(checkpoint(request.param)))
    family = trained(load(spec, "cpu"))
    parts = {"encoder": family.parts["encoder"]}
    save_weights(with_adapter(family.family.model, parts, Lora(r=3, alpha=9), 0), folder)
    weights = load_file(folder / "adapter_model.safetensors")
    shake(weights)
    save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    return request.param, folder


def shake(weights):
    """Second factors, which begin as zeros."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, each in weights.items():
            if "lora_B" in name:
                each.normal_(0, 0.1, generator=generator)


def scores(policy, answer=(5, 9, 11)):
    """Of one answer to one second of noise."""
    samples = torch.randn(16_000, generator=torch.Generator().manual_seed(3)).numpy() / 20
    prompt = policy.prompt(policy.family.piece("a", samples, "en"), "en")
    tokens, mask = policy.collate([answer])
    with torch.no_grad():
        return policy.logits(policy.hear([prompt]), tokens, mask)


def as_a_system(checkpoint, adapter):
    spec = TransformersSpec(
        id="tiny",
        engine="transformers",
        model=str(checkpoint),
        adapter=None if adapter is None else str(adapter),
    )
    return policy_of(trained(load(spec, "cpu")))


def test_the_reference_is_the_start_and_the_result_is_one_adapter(start, session, checkpoint, capsys):
    family, folder = start
    model = checkpoint(family)
    training = session(family=family, start=str(folder), steps=1, checkpoint_every=1)
    plain, begun = scores(as_a_system(model, None)), scores(as_a_system(model, folder))
    # The new adapter changes nothing yet.
    torch.testing.assert_close(scores(training.opened.policy), begun, atol=1e-4, rtol=1e-4)
    assert (begun - plain).abs().max() > 0.1
    shake(dict(training.opened.model.named_parameters()))
    assert finish(training, training.run()) == 0
    learnt = scores(training.opened.policy)
    assert (learnt - begun).abs().max() > 0.1
    with training.opened.model.disable_adapter():
        torch.testing.assert_close(scores(training.opened.policy), begun, atol=1e-4, rtol=1e-4)
    result = training.folder.path / "adapter"
    torch.testing.assert_close(scores(as_a_system(model, result)), learnt, atol=1e-3, rtol=1e-3)
    assert str(result) in capsys.readouterr().out
