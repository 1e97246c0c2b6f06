"""Qwen3-ASR's `config.json` in the original layout, and what transformers makes of it.

Source of the original layout and its defaults: qwen-asr 0.0.6, `configuration_qwen3_asr.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..spec import Json

_AUDIO: dict[str, Json] = {
    "num_mel_bins": 128,
    "encoder_layers": 32,
    "encoder_attention_heads": 20,
    "encoder_ffn_dim": 5120,
    "d_model": 1280,
    "dropout": 0,
    "attention_dropout": 0,
    "activation_function": "gelu",
    "activation_dropout": 0,
    "scale_embedding": False,
    "initializer_range": 0.02,
    "n_window": 100,
    "output_dim": 3584,
    "n_window_infer": 400,
    "downsample_hidden_size": 480,
}
_TEXT: dict[str, Json] = {
    "vocab_size": 151_936,
    "hidden_size": 4096,
    "intermediate_size": 22_016,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "head_dim": 128,
    "hidden_act": "silu",
    "max_position_embeddings": 128_000,
    "initializer_range": 0.02,
    "rms_norm_eps": 1e-6,
    "use_cache": True,
    "tie_word_embeddings": False,
    "attention_bias": False,
    "attention_dropout": 0.0,
}
"""What the original assumes where `config.json` says nothing; transformers assumes other numbers."""
_ROPE_THETA = 5_000_000.0
_AUDIO_TOKEN = 151_646
_POSITIONS_OF_IMAGES = ("mrope_interleaved", "mrope_section", "interleaved", "type")
"""Audio has one position a token, for which the three of `mrope` are the same and equal to ordinary ones."""


def native_config(original: Mapping[str, Any], where: Path) -> dict[str, Any]:
    """The arguments of transformers' `Qwen3ASRConfig`, without token ids and dtype.

    Args:
        original: the content of `config.json`.
        where: the file, for messages.

    Raises:
        UsageError: it is not the original layout, or the model is a forced aligner.
    """
    thinker = original.get("thinker_config")
    if not isinstance(thinker, dict):
        native = "; this one is in transformers' layout already" if "audio_config" in original else ""
        raise UsageError(f"{where}: found no thinker_config, which the original Qwen3-ASR has{native}")
    if "classify_num" in thinker:
        raise UsageError(f"{where}: found classify_num: this is a forced aligner, expected a recogniser")
    audio, text = (_part(thinker, name, where) for name in ("audio_config", "text_config"))
    window = audio.get("n_window")
    if window is not None and (not isinstance(window, int) or window < 1):
        raise UsageError(f"{where}: found n_window {window!r}, expected a whole number from 1 up")
    audio_config = {name: audio.get(name, default) for name, default in _AUDIO.items()}
    text_config = {name: text.get(name, default) for name, default in _TEXT.items()}
    return {
        "architectures": ["Qwen3ASRForConditionalGeneration"],
        "audio_config": {
            "model_type": "qwen3_asr_encoder",
            "max_position_embeddings": _positions(audio_config["n_window"]),
            **audio_config,
        },
        "text_config": {"model_type": "qwen3", "rope_parameters": _rope(text), **text_config},
        "audio_token_id": thinker.get("audio_token_id", _AUDIO_TOKEN),
        "initializer_range": thinker.get("initializer_range", 0.02),
        "tie_word_embeddings": text_config["tie_word_embeddings"],
    }


def _part(thinker: Mapping[str, Any], name: str, where: Path) -> Mapping[str, Any]:
    part = thinker.get(name)
    if not isinstance(part, dict):
        raise UsageError(f"{where}: found no thinker_config.{name}")
    return part


def _positions(n_window: int) -> int:
    """Positions of a chunk of 2 * n_window frames after three convolutions of stride 2.

    >>> _positions(50)
    13
    """
    length = 2 * n_window
    for _ in range(3):
        length = (length - 1) // 2 + 1
    return length


def _rope(text: Mapping[str, Any]) -> dict[str, Any]:
    scaling = dict(text.get("rope_parameters") or text.get("rope_scaling") or {})
    kind = scaling.get("rope_type") or scaling.get("type") or "default"
    kept = {name: value for name, value in scaling.items() if name not in _POSITIONS_OF_IMAGES}
    theta = text.get("rope_theta", scaling.get("rope_theta", _ROPE_THETA))
    return {**kept, "rope_type": "default" if kind == "mrope" else kind, "rope_theta": float(theta)}


CHAT_TEMPLATE = """\
{%- macro text(content) -%}
{%- if content is string -%}{{- content -}}
{%- else -%}{%- for part in content if part.text is defined -%}{{- part.text -}}{%- endfor -%}{%- endif -%}
{%- endmacro -%}
{{- '<|im_start|>system\\n' -}}
{%- for turn in messages if turn.role == 'system' -%}{{- text(turn.content) -}}{%- endfor -%}
{{- '<|im_end|>\\n<|im_start|>user\\n' -}}
{%- for turn in messages if turn.content is not string -%}{%- for part in turn.content -%}
{%- if part.type == 'audio' or 'audio' in part or 'audio_url' in part -%}
{{- '<|audio_start|><|audio_pad|><|audio_end|>' -}}
{%- endif -%}{%- endfor -%}{%- endfor -%}
{{- '<|im_end|>\\n' -}}
{%- for turn in messages if turn.role == 'assistant' -%}
{{- '<|im_start|>assistant\\n' -}}
{%- generation -%}{{- text(turn.content) + '<|im_end|>\\n' -}}{%- endgeneration -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
"""
"""The original's prompt: one system turn with the context, even if it is empty, one user turn with the audio,
then the assistant's, which may be begun (`language English<asr_text>`)."""
