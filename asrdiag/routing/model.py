"""The router's network. Padding a batch does not change what it makes of a clip."""

import math

import torch
from torch import nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from .config import Convolution, RouterConfig
from .features import LogMel

CLASSES = ("clean", "degraded")
"""Of the two logits, in their order."""


def sinusoids(length: int, width: int) -> torch.Tensor:
    """Positions as sines and cosines in turn, of shape [length, width] (Vaswani et al. 2017, section 3.5).

    >>> sinusoids(2, 4)[1].tolist() == [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)]
    False
    >>> [round(value, 4) for value in sinusoids(2, 4)[1].tolist()]
    [0.8415, 0.5403, 0.01, 0.9999]
    """
    rates = torch.exp(torch.arange(0, width, 2).float() * (-math.log(10_000.0) / width))
    angles = torch.arange(length).float()[:, None] * rates
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


class _Step(nn.Module):
    """A convolution with its activation, in which nothing behind a clip's end has a part."""

    def __init__(self, taken: int, step: Convolution, config: RouterConfig) -> None:
        super().__init__()
        self.stride = step.stride
        self.convolution = nn.Conv1d(taken, step.channels, step.kernel, step.stride, step.kernel // 2)
        self.norm = nn.BatchNorm1d(step.channels) if config.batch_norm else None
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, values: torch.Tensor, n_frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """`values` is of shape [n_clips, channels, n_frames] and zero behind each clip's end."""
        values = self.convolution(values)
        if self.norm is not None:
            values = self.norm(values)
        n_frames = (n_frames - 1) // self.stride + 1
        outside = torch.arange(values.shape[2], device=values.device) >= n_frames[:, None]
        return self.dropout(gelu(values)).masked_fill(outside[:, None], 0.0), n_frames


class _Layer(nn.Module):
    """A Transformer encoder layer, normalised before each half."""

    def __init__(self, config: RouterConfig) -> None:
        super().__init__()
        width = config.hidden
        self.heads = config.heads
        self.attention_norm, self.feed_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention_in, self.attention_out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed_in = nn.Linear(width, config.feed_forward)
        self.feed_out = nn.Linear(config.feed_forward, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, values: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """`values` is of shape [n_clips, n_frames, width], `inside` says which frames are the clip's own."""
        rows, length, width = values.shape
        split = self.attention_in(self.attention_norm(values)).view(rows, length, 3, self.heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        heard = scaled_dot_product_attention(query, key, value, attn_mask=inside[:, None, None])
        heard = self.attention_out(heard.transpose(1, 2).reshape(rows, length, width))
        values = values + self.dropout(heard)
        fed = self.feed_out(self.dropout(gelu(self.feed_in(self.feed_norm(values)))))
        found: torch.Tensor = values + self.dropout(fed)
        return found


class RouterModel(nn.Module):
    """Log-Mel spectra in, two logits out; with `features`, samples in."""

    def __init__(self, config: RouterConfig) -> None:
        super().__init__()
        self.config = config
        self.features = LogMel(config)
        taken = (config.n_mels, *(step.channels for step in config.convolutions))
        self.steps = nn.ModuleList(
            _Step(channels, step, config) for channels, step in zip(taken, config.convolutions, strict=False)
        )
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.hidden)
        self.pooling = nn.Linear(config.hidden, 1)
        self.hidden = None if config.head_hidden is None else nn.Linear(config.hidden, config.head_hidden)
        self.head = nn.Linear(config.head_hidden or config.hidden, len(CLASSES))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, features: torch.Tensor, n_frames: torch.Tensor) -> torch.Tensor:
        """Logits of a padded batch.

        Args:
            features: float32 of shape [n_clips, n_frames, n_mels], as `features` makes it.
            n_frames: int64 of shape [n_clips]: each clip's own number of frames.

        Returns:
            Shape [n_clips, 2]: clean, degraded. Not divided by the temperature.
        """
        values = features.transpose(1, 2)
        for step in self.steps:
            values, n_frames = step(values, n_frames)
        values = values.transpose(1, 2)
        inside = torch.arange(values.shape[1], device=values.device) < n_frames[:, None]
        positions = sinusoids(values.shape[1], self.config.hidden).to(values)
        values = self.dropout(values + positions)
        for layer in self.layers:
            values = layer(values, inside)
        values = self.norm(values)
        weights = self.pooling(values)[..., 0].masked_fill(~inside, float("-inf")).softmax(dim=-1)
        pooled = (weights[:, None] @ values)[:, 0]
        if self.hidden is not None:
            pooled = self.dropout(gelu(self.hidden(pooled)))
        logits: torch.Tensor = self.head(pooled)
        return logits

    def logits_of(self, samples: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """As `forward`, of samples: shapes as `LogMel.forward` has them. The spectra are always float32."""
        with torch.autocast(samples.device.type, enabled=False):
            features, n_frames = self.features(samples, lengths)
        logits: torch.Tensor = self(features, n_frames)
        return logits
