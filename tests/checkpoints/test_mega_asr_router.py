"""The released router's layout, built of torch's own layers, gives the same logits after the import."""

import json
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra transformers")
safe = pytest.importorskip("safetensors.torch", reason="needs the extra transformers")
pytest.importorskip("transformers", reason="needs the extra transformers")

from torch import nn  # noqa: E402

from asrdiag.checkpoints.mega_asr_router import import_mega_asr_router  # noqa: E402
from asrdiag.errors import UsageError  # noqa: E402
from asrdiag.routing.features import LogMel  # noqa: E402
from asrdiag.routing.router import Router, padded  # noqa: E402


class Released(nn.Module):
    """What the weights' names and shapes in the release stand for."""

    def __init__(self, n_mels=80, width=256, heads=4, feed_forward=1024):
        super().__init__()
        half = width // 2
        self.frontend = nn.Module()
        self.frontend.conv = nn.Sequential(
            nn.Conv1d(n_mels, half, 3, 2, 1),
            nn.BatchNorm1d(half),
            nn.GELU(),
            nn.Identity(),
            nn.Conv1d(half, width, 3, 2, 1),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Identity(),
        )
        self.pos_encoder = nn.Module()
        places, rates = torch.arange(850.0)[:, None], torch.arange(0, width, 2.0)
        angles = places * torch.exp(rates * (-math.log(10_000) / width))
        table = torch.zeros(850, width)
        table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
        self.pos_encoder.register_buffer("pe", table[None])
        layer = nn.TransformerEncoderLayer(
            width, heads, feed_forward, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.transformer = nn.TransformerEncoder(layer, 1, nn.LayerNorm(width), enable_nested_tensor=False)
        self.pooling = nn.Module()
        self.pooling.query = nn.Linear(width, 1)
        self.classifier = nn.Sequential(nn.Linear(width, half), nn.GELU(), nn.Identity(), nn.Linear(half, 2))

    def forward(self, mels):
        values = self.frontend.conv(mels.transpose(1, 2)).transpose(1, 2)
        values = self.transformer(values + self.pos_encoder.pe[:, : values.shape[1]])
        weights = self.pooling.query(values).softmax(dim=1)
        return self.classifier((weights * values).sum(dim=1))


def write(folder, model, **said):
    folder.mkdir(parents=True)
    # As the release has it: these do not match the weights.
    config = {"model": {"nhead": 4, "num_layers": 4, "d_model": 256, **said}}
    tensors = {name: value.contiguous() for name, value in model.state_dict().items()}
    safe.save_file(tensors, folder / "best_acc_model.safetensors", metadata={"config": json.dumps(config)})


def shaken(**keys):
    torch.manual_seed(0)
    model = Released(**keys).eval()
    for norm in (model.frontend.conv[1], model.frontend.conv[5]):
        norm.running_mean.normal_(0, 0.3)
        norm.running_var.uniform_(0.5, 2)
        norm.bias.data.normal_(0, 0.3)
    return model


def test_the_release_has_the_size_that_is_said_of_it(tmp_path):
    write(tmp_path / "Mega-ASR" / "audio_quality_router", shaken())
    found = import_mega_asr_router(tmp_path / "Mega-ASR", tmp_path / "router")
    assert (found.n_tensors, found.n_parameters) == (35, 1_172_229)


def test_its_logits_are_the_same_after_the_import(tmp_path):
    model = shaken(width=32, feed_forward=48)
    write(tmp_path / "a", model)
    import_mega_asr_router(tmp_path / "a", tmp_path / "router")
    router = Router.open(tmp_path / "router")
    assert (router.config.hidden, router.config.downsampling, router.config.threshold) == (32, 4, 0.5)
    rng = np.random.default_rng(0)
    clips = [rng.normal(0, 0.1, length).astype(np.float32) for length in (16_000, 9_999)]
    expected = []
    for clip in clips:
        with torch.no_grad():
            logits = model(LogMel(router.config)(*padded([clip]))[0])[0]
        expected.append(float(logits[1] - logits[0]))
    assert router.logits(clips) == pytest.approx(expected, abs=1e-5)
    assert abs(expected[0] - expected[1]) > 1e-3


def test_other_files_are_refused(tmp_path):
    with pytest.raises(
        UsageError, match=r"cannot be read as safetensors .*expected best_acc_model\.safetensors"
    ):
        import_mega_asr_router(tmp_path / "gone", tmp_path / "out")
    safe.save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors")
    with pytest.raises(UsageError, match="this is not the router of Mega-ASR's release: KeyError"):
        import_mega_asr_router(tmp_path / "a.safetensors", tmp_path / "out")
    model = shaken(width=32, feed_forward=48)
    model.pos_encoder.pe.add_(1)
    write(tmp_path / "moved", model)
    with pytest.raises(UsageError, match="does not hold the sinusoidal positions"):
        import_mega_asr_router(tmp_path / "moved", tmp_path / "out")
    write(tmp_path / "heads", shaken(width=32, feed_forward=48), nhead=5)
    with pytest.raises(UsageError, match="32 channels of the last convolution and 5 heads"):
        import_mega_asr_router(tmp_path / "heads", tmp_path / "out")
    model = shaken(width=32, feed_forward=48)
    model.classifier[3] = nn.Linear(16, 3)
    write(tmp_path / "three", model)
    with pytest.raises(UsageError, match=r"head\.weight"):
        import_mega_asr_router(tmp_path / "three", tmp_path / "out")
    assert not (tmp_path / "out").exists()
