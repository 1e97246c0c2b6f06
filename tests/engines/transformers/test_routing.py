"""A system with a router: each clip through the weights chosen for it; off is the base to the last bit."""

import numpy as np
import pytest

from asrdiag.engines.base import Clip, Failed
from asrdiag.errors import UsageError

torch = pytest.importorskip("torch", reason="needs the extra transformers")
peft = pytest.importorskip("peft", reason="needs the extra transformers")
tiny = pytest.importorskip("engines.tiny_checkpoints", reason="needs the extra transformers")
routers = pytest.importorskip("routers", reason="needs the extra transformers")

from asrdiag.engines.transformers.adapters import put_in  # noqa: E402
from asrdiag.engines.transformers.checkpoint import Checkpoint  # noqa: E402
from asrdiag.routing.router import Router  # noqa: E402
from asrdiag.routing.switching import LayerSwitch, WeightSwitch, make_switch  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"  # by PEFT
)
NAMES = ("moonshine", "qwen3-asr", "whisper")


@pytest.fixture(scope="module")
def adapter(checkpoint, tmp_path_factory):
    written = {}

    def get(name):
        if name not in written:
            written[name] = tiny.adapter(checkpoint(name), name, tmp_path_factory.mktemp("adapter"), 1.0)
        return written[name]

    return get


@pytest.fixture(scope="module")
def router(tmp_path_factory):
    return routers.write_router(tmp_path_factory.mktemp("router"))


@pytest.fixture(scope="module")
def halfway(router, clips):
    """A threshold that two of the first four clips reach."""
    found = sorted(Router.open(router).p_degraded([clip.samples for clip in clips[:4]]))
    return (found[1] + found[2]) / 2


def model_of(name, folder):
    import transformers

    kinds = {"moonshine": "Moonshine", "qwen3-asr": "Qwen3ASR", "whisper": "Whisper"}
    return getattr(transformers, f"{kinds[name]}ForConditionalGeneration").from_pretrained(folder)


def bits(model):
    return {name: weights.detach().view(torch.int32).clone() for name, weights in model.named_parameters()}


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_switches_leave_every_bit(checkpoint, adapter, name):
    plain = bits(model_of(name, checkpoint(name)))
    model = put_in(model_of(name, checkpoint(name)), Checkpoint(str(adapter(name))))
    layers = {
        key: (layer.get_base_layer().weight.detach().clone(), layer.get_delta_weight("default").detach())
        for key, layer in model.named_modules()
        if isinstance(layer, peft.tuners.lora.LoraLayer)
    }
    switch = make_switch(model)
    assert isinstance(switch, WeightSwitch)
    adapted = bits(model)
    for key, (weight, delta) in layers.items():
        assert torch.equal(model.get_submodule(key).weight, weight + delta)
    for number in range(1000):
        switch.use(number % 2 == 1)
    assert equal(bits(model), adapted)
    switch.use(False)
    assert equal(bits(model), plain)  # PEFT's layers are gone, the names are the base's again
    # The memory is that of the adapted layers, a second time.
    assert switch.extra_bytes == sum(4 * weight.numel() for weight, _ in layers.values())
    # What the usual way would have made of it: a sum and a difference in floating point.
    assert any(not torch.equal((weight + delta) - delta, weight) for weight, delta in layers.values())


@pytest.mark.parametrize("name", NAMES)
def test_each_clip_is_transcribed_as_its_path_alone_would(
    spec, plain, adapter, router, halfway, clips, content, name
):
    routed = spec(name, adapter=str(adapter(name)), router=str(router), router_threshold=halfway)
    clips = clips[:4]
    found = routed.open("cpu").transcribe(clips)
    always = spec(name, adapter=str(adapter(name)), router=str(router), router_threshold=0.0)
    adapted, base = always.open("cpu").transcribe(clips), plain(name).transcribe(clips)
    assert {one.details["route"] for one in adapted} == {"adapted"}
    taken = [one.details["route"] for one in found]
    assert sorted(taken) == ["adapted"] * 2 + ["base"] * 2
    expected = [adapted[index] if route == "adapted" else base[index] for index, route in enumerate(taken)]
    assert [one.text for one in found] == [one.text for one in expected]
    assert [one.text for one in base] != [one.text for one in adapted]
    heard = Router.open(router).p_degraded([clip.samples for clip in clips])
    assert [one.details["p_degraded"] for one in found] == pytest.approx(heard, abs=2e-6)
    assert [p >= halfway for p in heard] == [route == "adapted" for route in taken]


def test_a_long_clip_is_routed_as_a_whole(spec, adapter, router, clips):
    long = Clip("long", np.concatenate([clip.samples for clip in clips] * 2), 16_000)
    routed = spec("moonshine", adapter=str(adapter("moonshine")), router=str(router), longest_chunk_s=10.0)
    found = routed.open("cpu").transcribe([long])[0]
    assert found.details["n_chunks"] > 1
    assert found.details["route"] in ("adapted", "base")


def test_silence_is_not_routed_and_nan_fails_alone(spec, adapter, router, clips):
    broken = Clip("broken", np.array([0.5, np.nan] * 8000, np.float32), 16_000)
    silent = Clip("silent", np.zeros(16_000, np.float32), 16_000)
    routed = spec("moonshine", adapter=str(adapter("moonshine")), router=str(router)).open("cpu")
    answers = routed.transcribe([silent, broken, clips[0]])
    assert "route" not in answers[0].details and answers[0].text == ""
    assert isinstance(answers[1], Failed) and "broken: found NaN" in str(answers[1].error)
    assert answers[2].details["route"] in ("adapted", "base")


def test_the_router_is_part_of_what_a_system_is(spec, adapter, tmp_path):
    folder = routers.write_router(tmp_path / "router")
    keys = {"adapter": str(adapter("moonshine")), "router": str(folder)}
    first = spec("moonshine", **keys).identity()
    assert first["router"]["model"] == "router" and first["router"]["threshold"] == 0.5
    assert first["router"]["revision"].startswith("sha256:")
    assert spec("moonshine", **keys, router_threshold=0.5).identity() == first
    assert spec("moonshine", **keys, router_threshold=0.6).identity() != first
    routers.write_router(folder, seed=1)
    assert spec("moonshine", **keys).identity() != first
    assert "router" not in spec("moonshine").identity()


def test_what_cannot_be_routed_is_refused(spec, adapter, router, tmp_path):
    with pytest.raises(ValueError, match="router without an adapter"):
        spec("moonshine", router=str(router))
    with pytest.raises(ValueError, match="router_threshold without a router"):
        spec("moonshine", adapter=str(adapter("moonshine")), router_threshold=0.5)
    gone = spec("moonshine", adapter=str(adapter("moonshine")), router=str(tmp_path / "gone"))
    assert gone.unavailable() == f"there is no folder {tmp_path / 'gone'}"
    for refused in (gone.identity, lambda: gone.open("cpu")):
        with pytest.raises(UsageError, match="there is no folder"):
            refused()
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"there is no config\.json"):
        spec("moonshine", adapter=str(adapter("moonshine")), router=str(tmp_path / "empty")).identity()
    other = spec("moonshine", adapter=str(adapter("qwen3-asr")), router=str(router))
    with pytest.raises(UsageError, match=r"Target modules .* not found"):
        other.open("cpu")


def adapted(checkpoint, **keys):
    config = peft.LoraConfig(r=2, init_lora_weights=False, **keys)
    return peft.get_peft_model(model_of("moonshine", checkpoint("moonshine")), config).get_base_model()


@pytest.mark.parametrize(
    "keys",
    [
        {"target_modules": ["q_proj"], "modules_to_save": ["fc1"]},
        {"target_modules": ["q_proj", "proj_out"]},  # its weight is the embedding's too
        {"target_modules": ["fc1"], "lora_bias": True},
    ],
    ids=["modules_to_save", "shared", "bias"],
)
def test_what_cannot_be_merged_is_switched_by_peft(checkpoint, keys):
    plain = model_of("moonshine", checkpoint("moonshine")).eval()
    model = adapted(checkpoint, **keys).eval()
    with torch.no_grad():
        for wrapper in model.modules():
            if isinstance(wrapper, peft.utils.other.ModulesToSaveWrapper):
                wrapper.modules_to_save["default"].weight.add_(0.1)
    given = {"input_values": torch.randn(1, 8000, generator=torch.Generator().manual_seed(0))}
    given["decoder_input_ids"] = torch.tensor([[1, 2, 3]])
    with torch.no_grad():
        before, on = plain(**given).logits, model(**given).logits
        switch = make_switch(model)
        assert isinstance(switch, LayerSwitch)
        for _ in range(3):
            switch.use(False)
            assert torch.equal(model(**given).logits, before)
            switch.use(True)
            assert torch.equal(model(**given).logits, on)
    assert not torch.equal(on, before)


def test_a_model_without_an_adapter_is_refused():
    with pytest.raises(ValueError, match="found no adapter in the model"):
        make_switch(torch.nn.Linear(2, 2))


def test_an_adapter_with_weights_that_are_not_finite_is_refused(checkpoint, spec, router, tmp_path):
    model = adapted(checkpoint, target_modules=["q_proj"])
    with torch.no_grad():
        next(w for n, w in model.named_parameters() if "lora_B" in n)[0, 0] = float("nan")
    with pytest.raises(ValueError, match="NaNs detected"):
        make_switch(model)
