"""Each phase moves its own parts and nothing else; what is learnt is what is written."""

import json

import pytest
import torch
from safetensors.torch import load_file

from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip
from asrdiag.engines.transformers.families.base import RATE_HZ
from asrdiag.errors import AsrdiagError
from asrdiag.trainers.data.clips import read_clip
from asrdiag.trainers.learning.parts import own_names, part_of
from asrdiag.trainers.learning.weights import load_weights
from asrdiag.trainers.sft.opening import open_model

PARTS = {
    "moonshine": {"encoder", "decoder"},
    "whisper": {"encoder", "decoder"},
    "qwen3-asr": {"encoder", "aligner", "decoder"},
}
BOTH = [{"name": "all", "learning_rates": {"encoder": 0.01, "decoder": 0.01}}]


def adapter(folder, step):
    return load_file(folder.checkpoint(step) / "adapter_model.safetensors")


def losses(folder):
    return [json.loads(line)["loss"] for line in folder.steps.read_text().splitlines()]


def moved(before, after, parts):
    """The parts of which any number differs in any bit."""
    found = set()
    for name, tensor in after.items():
        if not torch.equal(before[name], tensor):
            own = name.removeprefix("base_model.model.").partition(".lora_")[0] + ".weight"
            found.add(part_of(own, parts))
    return found


@pytest.mark.parametrize("family", PARTS)
def test_each_phase_moves_its_own_parts_alone(finished, family):
    training = finished(family)
    # 3 degraded rows below 30 % and 2 clean ones are 2 steps of 4 rows; 6 and 2 are 2 as well
    assert [(each.stage.name, each.before + each.steps) for each in training.stages] == [
        ("acoustic-1", 2),
        ("acoustic-2", 4),
        ("semantic", 6),
        ("joint", 8),
    ]
    fresh = open_model(training.recipe, "cpu")
    before = {
        name.replace(".default.", "."): each.detach()
        for name, each in fresh.model.named_parameters()
        if ".lora_" in name
    }
    found = {step: adapter(training.folder, step) for step in (2, 4, 6, 8)}
    assert before.keys() == found[2].keys()
    acoustic = PARTS[family] - {"decoder"}
    assert moved(before, found[2], fresh.parts) == acoustic
    assert moved(found[2], found[4], fresh.parts) == acoustic
    assert moved(found[4], found[6], fresh.parts) == {"decoder"}
    assert moved(found[6], found[8], fresh.parts) == PARTS[family]
    trained = dict(training.opened.model.named_parameters())
    for name, each in fresh.model.named_parameters():
        assert ".lora_" in name or torch.equal(each, trained[name])


def test_an_adapter_reaches_every_linear_layer_of_its_parts(finished):
    named = {family: {} for family in PARTS}
    for family, found in named.items():
        training = finished(family)
        for (wrapped, _), (name, _) in zip(
            training.opened.model.named_parameters(),
            own_names(training.opened.model),
            strict=True,
        ):
            if ".lora_A" in wrapped:
                part = part_of(name, training.opened.parts)
                found[part] = found.get(part, 0) + 1
    # 2 layers each. Moonshine: q k v o fc1 fc2; the decoder has a second attention.
    assert named["moonshine"] == {"encoder": 12, "decoder": 20}
    assert named["whisper"] == {"encoder": 12, "decoder": 20}
    # q k v out fc1 fc2 and conv_out; two linears; q k v o gate up down
    assert named["qwen3-asr"] == {"encoder": 13, "aligner": 2, "decoder": 14}


def test_a_recipe_can_name_the_parts(recipe):
    lora = r"model\.language_model\.layers\.1\.self_attn\.q_proj"
    modules = {"head": {"weights": r"model\.language_model\.", "lora": lora}}
    phases = [{"name": "one", "learning_rates": {"head": 0.01}}]
    opened = open_model(recipe("qwen3-asr", modules=modules, phases=phases).recipe, "cpu")
    adapted = [
        name for name, _ in own_names(opened.model) if "language_model.layers.1.self_attn.q_proj" in name
    ]
    assert sum(".lora_" in name for name, _ in opened.model.named_parameters()) == 2  # A and B
    assert [part_of(name, opened.parts) for name in adapted] == ["head"] * len(adapted)
    assert opened.family.shares_batches()


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # by PEFT
@pytest.mark.parametrize("family", PARTS)
def test_a_checkpoint_gives_the_same_scores_to_the_bit_and_is_a_system(finished, place, family):
    training = finished(family)
    again = open_model(training.recipe, "cpu")
    load_weights(again.model, training.folder.checkpoint(8))
    samples = read_clip(place / "1.wav", RATE_HZ)
    scores = []
    for opened in (training.opened, again):
        trained, model = opened.family, opened.model.eval()
        batch = trained.batch([trained.example(trained.piece("x", samples, "en"), "en", "stop")])
        with torch.no_grad():
            scores.append(trained.logits(model, batch))
    assert torch.equal(*scores)

    [answer] = again.family.family.transcribe([again.family.piece("x", samples, "en")])
    spec = ENGINES.load("transformers")(
        id="trained",
        engine="transformers",
        model=training.recipe.model.checkpoint,
        adapter=str(training.folder.checkpoint(8)),
    )
    [heard] = spec.open("cpu").transcribe([Clip("x", samples, RATE_HZ)])
    assert heard.text == answer.text


@pytest.mark.parametrize("family", PARTS)
def test_the_loss_falls(session, family):
    training = session(
        family,
        phases=[{"name": "all", "learning_rates": dict.fromkeys(PARTS[family], 0.02), "epochs": 4}],
        lora={"dropout": 0.0},
        checkpoint_every=100,
    )
    training.run()
    found = losses(training.folder)
    assert len(found) == 8
    assert sum(found[-3:]) < 0.8 * sum(found[:3])


def test_without_an_adapter_only_the_parts_own_weights_move(session):
    training = session("whisper", lora=None, phases=[{"name": "one", "learning_rates": {"encoder": 0.01}}])
    before = {name: each.clone() for name, each in training.opened.model.named_parameters()}
    training.run()
    after = load_file(training.folder.checkpoint(2) / "model.safetensors")
    still = {name for name, each in before.items() if torch.equal(after[name], each)}
    assert {name.split(".")[1] for name in still} == {"decoder"}
    assert {name.split(".")[1] for name in before.keys() - still} == {"encoder"}


def test_in_bfloat16_small_steps_are_not_rounded_away(session):
    phases = [{"name": "one", "learning_rates": {"encoder": 1e-6}, "warmup_ratio": 0}]
    training = session("whisper", lora=None, model={"dtype": "bfloat16"}, phases=phases)
    before = {name: each.clone() for name, each in training.opened.model.named_parameters()}
    training.run()
    after = load_file(training.folder.checkpoint(2) / "model.safetensors")
    names = [name for name in before if name.startswith("model.encoder.layers") and before[name].dim() > 1]
    moved = [float((before[name] != after[name]).float().mean()) for name in names]
    assert min(moved) > 0.5  # of the numbers of a weight; rounded to bfloat16, next to none


def test_the_first_step_teaches_though_all_steps_but_the_last_are_warm_up(session):
    training = session(phases=[BOTH[0] | {"warmup_ratio": 0.9}], checkpoint_every=1)
    assert [(each.steps, each.warmup_steps) for each in training.stages] == [(2, 1)]
    before = {
        name: each.detach().clone()
        for name, each in training.opened.model.named_parameters()
        if "lora" in name
    }
    training.run()
    after = adapter(training.folder, 1)
    changes = {
        name: (after[name.replace(".default.", ".")] - each).abs().max().item()
        for name, each in before.items()
    }
    # The first step of AdamW moves a weight by the learning rate: here half of 0.01.
    assert max(changes.values()) == pytest.approx(0.005, rel=1e-2)


def test_a_gradient_that_is_no_number_stops_before_anything_of_it_is_kept(session):
    training = session(phases=BOTH)
    for name, weights in training.opened.model.named_parameters():
        if ".lora_B" in name:
            weights.register_hook(lambda gradient: gradient * float("nan"))
    with pytest.raises(
        AsrdiagError, match="stage all, step 1: the norm of the gradient is nan; lower the learn"
    ):
        training.run()
    assert not list(training.folder.path.glob("checkpoints/*")) and not losses(training.folder)


def test_checkpointed_gradients_and_workers_change_nothing(session):
    found = []
    for number, keys in enumerate([{}, {"gradient_checkpointing": True, "workers": 1}]):
        training = session(phases=BOTH, out=str(number), **keys)
        training.run()
        found.append(adapter(training.folder, 2))
    assert found[0].keys() == found[1].keys()
    for name, each in found[0].items():
        assert torch.allclose(each, found[1][name], atol=1e-6), name


def test_accumulated_batches_are_one_step(session):
    """The mean is over the tokens of the step, not of each batch: 4 x 1 rows learn what 1 x 4 learn."""
    found = []
    for per_device in (1, 4):
        batch = {"per_device": per_device, "by_length": False}
        training = session(phases=BOTH, out=str(per_device), lora={"dropout": 0.0}, batch=batch)
        training.run()
        found.append(losses(training.folder))
    assert found[0] == pytest.approx(found[1], rel=1e-5)
