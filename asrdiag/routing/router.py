"""A trained router: clips in, p(degraded) out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from ..errors import SampleError, UsageError
from .config import WEIGHTS, RouterConfig, read_config
from .model import RouterModel

MOST_BATCH_S = 240.0
"""The most audio at once, each window counted as long as the longest beside it."""


class Router:
    """A router on its device, in float32."""

    def __init__(self, model: RouterModel, device: torch.device | str = "cpu") -> None:
        self.config: RouterConfig = model.config
        self.device = torch.device(device)
        self._model = model.to(self.device).eval()

    @classmethod
    def open(cls, folder: Path, device: torch.device | str = "cpu") -> "Router":
        """Load a router's folder.

        Raises:
            UsageError: a file is missing or damaged, or its weights are not those of its configuration.
        """
        config = read_config(folder)
        model = RouterModel(config)
        load_weights(model, folder / WEIGHTS)
        return cls(model, device)

    def logits(self, clips: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float64]:
        """Logit of degraded less logit of clean, divided by the temperature; of shape [n_clips].

        A clip longer than `longest_s` is heard in windows of equal length; its logit is that of the windows'
        mean p.

        Raises:
            SampleError: a clip is empty, or a sample of it is NaN, infinite or so large that its power is.
        """
        windows: list[tuple[int, npt.NDArray[np.float32]]] = []
        for number, clip in enumerate(clips):
            _check(number, clip)
            n_windows = -(-len(clip) // self.config.longest_samples)
            windows += ((number, window) for window in np.array_split(clip, n_windows))
        found = self._logits_of_windows([window for _, window in windows])
        logits = np.zeros(len(clips))
        for number in range(len(clips)):
            own = [value for (of, _), value in zip(windows, found, strict=True) if of == number]
            if not np.isfinite(own).all():
                raise SampleError(
                    f"clip {number} of the router's: found samples up to {np.abs(clips[number]).max():g}, "
                    "too large for its spectrum; expected -1 to 1"
                )
            if len(own) == 1:
                logits[number] = own[0]
            else:
                mean = float(np.clip(_sigmoid(np.array(own)).mean(), 1e-12, 1 - 1e-12))
                logits[number] = np.log(mean / (1 - mean))
        return logits

    def p_degraded(self, clips: Sequence[npt.NDArray[np.float32]]) -> list[float]:
        """The probability that each clip is degraded, rounded to six decimals.

        Args:
            clips: mono audio at 16 kHz, float32 of shape [n_samples] each, of any length from one sample on.

        Raises:
            SampleError: as of `logits`.
        """
        return probabilities(self.logits(clips))

    def _logits_of_windows(self, windows: Sequence[npt.NDArray[np.float32]]) -> list[float]:
        order = sorted(range(len(windows)), key=lambda index: -len(windows[index]))
        found = [0.0] * len(windows)
        most = MOST_BATCH_S * self.config.sample_rate_hz
        while order:
            fit = max(1, int(most // len(windows[order[0]])))
            batch, order = order[:fit], order[fit:]
            samples, lengths = padded([windows[index] for index in batch])
            with torch.inference_mode():
                logits = self._model.logits_of(samples.to(self.device), lengths.to(self.device)).double()
            differences = (logits[:, 1] - logits[:, 0]) / self.config.temperature
            for index, value in zip(batch, differences.tolist(), strict=True):
                found[index] = value
        return found


def probabilities(logits: npt.NDArray[np.float64]) -> list[float]:
    """p(degraded) of logits as it is compared with a threshold, and as records have it: to six decimals.

    >>> probabilities(np.array([0.0, -1e-7]))
    [0.5, 0.5]
    """
    return [round(float(value), 6) for value in _sigmoid(logits)]


def padded(clips: Sequence[npt.NDArray[np.float32]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Clips as one float32 tensor of shape [n_clips, longest], zero behind each end, and their lengths."""
    lengths = torch.tensor([len(clip) for clip in clips])
    samples = torch.zeros(len(clips), int(lengths.max()))
    for row, clip in enumerate(clips):
        samples[row, : len(clip)] = torch.from_numpy(np.ascontiguousarray(clip))
    return samples, lengths


def load_weights(model: RouterModel, path: Path) -> None:
    """Put a file's weights into a model.

    Raises:
        UsageError: the file is missing or damaged, or a weight is missing, surplus, of another shape or not
            finite.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UsageError(f"{path}: cannot be read as safetensors: {error}") from error
    expected = model.state_dict()
    wrong = [f"{name} is missing" for name in expected if name not in found]
    wrong += [f"{name} is surplus" for name in found if name not in expected]
    wrong += [
        f"{name} has the shape {list(tensor.shape)}, expected {list(expected[name].shape)}"
        for name, tensor in found.items()
        if name in expected and tensor.shape != expected[name].shape
    ]
    wrong += [
        f"{name} has NaN or infinity in it" for name, tensor in found.items() if not tensor.isfinite().all()
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise UsageError(f"{path}: not the weights of its configuration: {'; '.join(wrong[:3])}{more}")
    model.load_state_dict(found)


def _check(number: int, clip: npt.NDArray[np.float32]) -> None:
    if not len(clip):
        raise SampleError(f"clip {number} of the router's: found no samples, expected at least one")
    if not np.isfinite(clip).all():
        place = int(np.argmin(np.isfinite(clip)))
        raise SampleError(f"clip {number} of the router's: NaN or infinity at sample {place}")


def _sigmoid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(values, -700, 700)))
    return found
