"""Small routers with random weights, in the form that training writes."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from asrdiag.routing.config import WEIGHTS, Convolution, RouterConfig
from asrdiag.routing.model import RouterModel

SMALL = RouterConfig(
    n_mels=16,
    convolutions=(Convolution(channels=8, stride=2), Convolution(channels=8)),
    heads=2,
    feed_forward=16,
)


def random_model(config: RouterConfig = SMALL, seed: int = 0) -> RouterModel:
    """One whose answer depends on the audio, and on all of it."""
    torch.manual_seed(seed)
    model = RouterModel(config).eval()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "norm" not in name and weights.dim() > 1:
                weights.mul_(3)
    return model


def write_router(folder: Path, config: RouterConfig = SMALL, seed: int = 0) -> Path:
    """A router's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    config.write(folder)
    save_file(
        {name: value.contiguous() for name, value in random_model(config, seed).state_dict().items()},
        folder / WEIGHTS,
    )
    return folder
