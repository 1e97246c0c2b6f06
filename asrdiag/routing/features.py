"""Log-Mel spectra of padded batches, equal to those of each clip alone."""

import math

import torch
from torch import nn

from .config import RouterConfig

_FLOOR = 1e-10
_LINEAR_HZ_PER_MEL = 200 / 3
_LOG_FROM_HZ = 1000.0
_LOG_STEP = math.log(6.4) / 27


def mel_bands(n_mels: int, n_fft: int, sample_rate_hz: int) -> torch.Tensor:
    """Triangular bands from 0 Hz to half the rate, equally wide on Slaney's Mel scale, each of area 1.

    The scale is linear (200/3 Hz a mel) up to 1 kHz and logarithmic above (27 mels for a factor of 6.4):
    M. Slaney, Auditory Toolbox, 1998; librosa and torchaudio call it `slaney`.

    Returns:
        float32 of shape [n_fft // 2 + 1, n_mels], to be multiplied with a power spectrum.

    >>> bands = mel_bands(80, 400, 16000)
    >>> tuple(bands.shape), round(float(bands.max()), 4)
    ((201, 80), 0.0259)
    """
    top = _mel(sample_rate_hz / 2)
    edges = torch.tensor([_hz(top * step / (n_mels + 1)) for step in range(n_mels + 2)], dtype=torch.float64)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    hz = torch.linspace(0, sample_rate_hz / 2, n_fft // 2 + 1, dtype=torch.float64)[:, None]
    triangles = torch.minimum((hz - low) / (centre - low), (high - hz) / (high - centre)).clamp(min=0)
    return (triangles * 2 / (high - low)).float()


def _mel(hz: float) -> float:
    if hz < _LOG_FROM_HZ:
        return hz / _LINEAR_HZ_PER_MEL
    return _LOG_FROM_HZ / _LINEAR_HZ_PER_MEL + math.log(hz / _LOG_FROM_HZ) / _LOG_STEP


def _hz(mel: float) -> float:
    first = _LOG_FROM_HZ / _LINEAR_HZ_PER_MEL
    if mel < first:
        return mel * _LINEAR_HZ_PER_MEL
    return _LOG_FROM_HZ * math.exp((mel - first) * _LOG_STEP)


class LogMel(nn.Module):
    """(log10 of the Mel power spectrum + 4) / 4, on whatever device it and its input are.

    Hann windows centred on every `hop`-th sample, the clip mirrored at both ends: as
    `torchaudio.transforms.MelSpectrogram(norm="slaney", mel_scale="slaney")` makes it of one clip.
    """

    bands: torch.Tensor
    window: torch.Tensor

    def __init__(self, config: RouterConfig) -> None:
        super().__init__()
        self.n_fft, self.hop = config.n_fft, config.hop
        bands = mel_bands(config.n_mels, config.n_fft, config.sample_rate_hz)
        self.register_buffer("bands", bands, persistent=False)
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)

    def forward(self, samples: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Spectra of a batch.

        Args:
            samples: float32 of shape [n_clips, n_samples]; what lies behind a clip's end is not looked at.
            lengths: int64 of shape [n_clips], each clip's own number of samples. A clip shorter than a frame
                is filled up to one with zeros.

        Returns:
            float32 of shape [n_clips, n_frames, n_mels], zero behind a clip's end, and the clips' own numbers
            of frames, 1 + n_samples // hop.
        """
        longest = max(samples.shape[1], self.n_fft)
        samples = nn.functional.pad(samples, (0, longest - samples.shape[1]))
        own = torch.arange(longest, device=samples.device) < lengths[:, None]
        samples = samples.masked_fill(~own, 0.0)
        lengths = lengths.clamp(min=self.n_fft)
        half = self.n_fft // 2
        # Each clip is mirrored at its own end, which padding with zeros would change.
        place = torch.arange(-half, longest + half, device=samples.device).abs()
        last = lengths[:, None] - 1
        mirrored = torch.where(place > last, 2 * last - place, place).clamp(min=0)
        spectrum = torch.stft(
            samples.gather(1, mirrored),
            self.n_fft,
            self.hop,
            window=self.window,
            center=False,
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()
        levels = (power.transpose(1, 2) @ self.bands).clamp(min=_FLOOR).log10()
        n_frames = 1 + lengths // self.hop
        inside = torch.arange(levels.shape[1], device=samples.device) < n_frames[:, None]
        return ((levels + 4) / 4).masked_fill(~inside[..., None], 0.0), n_frames
