"""Tiny Voxtral, Granite Speech and Qwen2.5-Omni with their real processors, as far as these can be had."""

import base64
import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from engines.tiny_checkpoints import OMNI_TEMPLATE, RATE, byte_level, omni_thinker, shake

NAMED = """\
<unk> <s> </s> [INST] [/INST] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] [/TOOL_RESULTS]
[TOOL_CALLS] [IMG] <pad> [IMG_BREAK] [IMG_END] [PREFIX] [MIDDLE] [SUFFIX] [SYSTEM_PROMPT] [/SYSTEM_PROMPT]
[TOOL_CONTENT]"""


def tekken() -> dict[str, Any]:
    """Mistral's kind of tokenizer file: a token a byte, after forty special ones that are Voxtral's."""
    named = dict(enumerate(NAMED.split())) | {24: "[AUDIO]", 25: "[BEGIN_AUDIO]", 34: "[TRANSCRIBE]"}
    mels = {"num_mel_bins": 128, "hop_length": 160, "window_size": 400}
    return {
        "config": {
            "pattern": r"[^\s]+|\s+",
            "num_vocab_tokens": 256,
            "default_vocab_size": 296,
            "default_num_special_tokens": 40,
            "version": "v7",
        },
        "vocab": [
            {"rank": byte, "token_bytes": base64.b64encode(bytes([byte])).decode(), "token_str": None}
            for byte in range(256)
        ],
        "special_tokens": [
            {"rank": rank, "token_str": named.get(rank, f"<SPECIAL_{rank}>"), "is_control": True}
            for rank in range(40)
        ],
        "audio": {
            "sampling_rate": RATE,
            "frame_rate": 12.5,
            "chunk_length_s": 30.0,
            "audio_encoding_config": mels,
        },
    }


def voxtral(folder: Path) -> Path:
    """Its windows are those of the real one, 30 s, whatever a clip's length."""
    from transformers import (
        MistralCommonBackend,
        VoxtralConfig,
        VoxtralForConditionalGeneration,
        VoxtralProcessor,
        WhisperFeatureExtractor,
    )

    folder.mkdir(parents=True)
    (folder / "tekken.json").write_text(json.dumps(tekken()))
    tokenizer = MistralCommonBackend(tokenizer_path=str(folder / "tekken.json"))
    config = VoxtralConfig(
        audio_config={
            "num_mel_bins": 128,
            "hidden_size": 16,
            "intermediate_size": 64,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "max_source_positions": 1500,
        },
        text_config={
            "vocab_size": 296,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 16,
            "max_position_embeddings": 4096,
        },
        audio_token_id=24,
    )
    model = shake(VoxtralForConditionalGeneration(config), 2.0)
    for name, number in {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 11}.items():
        setattr(model.generation_config, name, number)
    model.save_pretrained(folder)
    VoxtralProcessor(WhisperFeatureExtractor(feature_size=128), tokenizer).save_pretrained(folder)
    return folder


GRANITE_TEMPLATE = """\
{%- for m in messages -%}
{{- '<|start_of_role|>' + m.role + '<|end_of_role|>' + m.content + '<|end_of_text|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|start_of_role|>assistant<|end_of_role|>' -}}{%- endif -%}"""


def granite_speech(folder: Path) -> Path:
    """With an adapter beside the weights, as the real one has it for audio."""
    from peft import LoraConfig, get_peft_model
    from transformers import (
        GraniteSpeechConfig,
        GraniteSpeechFeatureExtractor,
        GraniteSpeechForConditionalGeneration,
        GraniteSpeechProcessor,
        PreTrainedTokenizerFast,
    )

    end = "<|end_of_text|>"
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=byte_level([end, "<|audio|>", "<|start_of_role|>", "<|end_of_role|>"]),
        unk_token=end,
        bos_token=end,
        eos_token=end,
        pad_token=end,
        chat_template=GRANITE_TEMPLATE,
    )
    number = tokenizer.convert_tokens_to_ids
    config = GraniteSpeechConfig(
        encoder_config={
            "model_type": "granite_speech_encoder",
            "num_layers": 2,
            "hidden_dim": 16,
            "num_heads": 2,
            "output_dim": 8,
            "feedforward_mult": 2,
        },
        projector_config={
            "model_type": "blip_2_qformer",
            "vocab_size": 4,
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 32,
            "encoder_hidden_size": 16,
            "cross_attention_frequency": 1,
        },
        text_config={
            "model_type": "granite",
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "bos_token_id": number(end),
            "eos_token_id": number(end),
            "pad_token_id": number(end),
            "tie_word_embeddings": False,
        },
        audio_token_index=number("<|audio|>"),
        tie_word_embeddings=False,
    )
    model = shake(GraniteSpeechForConditionalGeneration(config), 2.0)
    model.save_pretrained(folder)
    GraniteSpeechProcessor(
        GraniteSpeechFeatureExtractor(), tokenizer, chat_template=GRANITE_TEMPLATE
    ).save_pretrained(folder)
    wrapped = get_peft_model(model, LoraConfig(r=4, target_modules=r".*language_model.*\.q_proj"))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for key, weights in wrapped.named_parameters():
            if "lora_B" in key:
                weights.normal_(0, 1, generator=generator)
    wrapped.save_pretrained(folder)
    return folder


class MelSpectrogram(torch.nn.Module):
    """torchaudio's of this name with its defaults, where that cannot be had (its wheels need CUDA's)."""

    def __init__(self, sample_rate: int, n_fft: int, win_length: int, hop_length: int, n_mels: int) -> None:
        from transformers.audio_utils import mel_filter_bank

        super().__init__()
        self.n_fft, self.win_length, self.hop_length = n_fft, win_length, hop_length
        filters = mel_filter_bank(n_fft // 2 + 1, n_mels, 0.0, sample_rate / 2, sample_rate, mel_scale="htk")
        self.register_buffer("filters", torch.from_numpy(filters).float())

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        window = torch.hann_window(self.win_length, device=samples.device)
        spectrum = torch.stft(
            samples,
            self.n_fft,
            self.hop_length,
            self.win_length,
            window,
            pad_mode="reflect",
            return_complex=True,
        )
        return (spectrum.abs().square().transpose(-1, -2) @ self.filters).transpose(-1, -2)


def torchaudio_or_stand_in(patch: pytest.MonkeyPatch) -> None:
    """Let Granite's front end find `torchaudio.transforms.MelSpectrogram`: the real one, if it is here."""
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError):
        pass
    else:
        return
    found = ModuleType("torchaudio")
    found.__spec__ = ModuleSpec("torchaudio", None)
    found.transforms = ModuleType("torchaudio.transforms")  # type: ignore[attr-defined]
    found.transforms.MelSpectrogram = MelSpectrogram  # type: ignore[attr-defined]
    patch.setitem(sys.modules, "torchaudio", found)
    from transformers.models.granite_speech import feature_extraction_granite_speech as front_end

    patch.setattr(front_end, "torchaudio", found, raising=False)
    patch.setattr(front_end, "requires_backends", lambda *_: None)


def whole_omni(folder: Path) -> Any:
    """Writes thinker, talker and vocoder as one; returns the processor, without the parts for images."""
    from transformers import (
        Qwen2_5OmniConfig,
        Qwen2_5OmniForConditionalGeneration,
        Qwen2_5OmniThinkerConfig,
        Qwen2_5OmniThinkerForConditionalGeneration,
    )

    thinker = folder.parent / "thinker"
    processor = omni_thinker(thinker)
    width = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    rotary = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]}
    encoder = {"enc_channels": [8, 8, 8, 8, 24], "enc_dim": 8, "enc_emb_dim": 8, "enc_attention_channels": 4}
    config = Qwen2_5OmniConfig(
        thinker_config=Qwen2_5OmniThinkerConfig.from_pretrained(thinker).to_dict(),
        talker_config={
            **width,
            "vocab_size": 40,
            "embedding_size": 32,
            "num_key_value_heads": 1,
            "head_dim": 16,
            "rope_parameters": rotary,
        },
        token2wav_config={
            "dit_config": {
                **encoder,
                "enc_se_channels": 4,
                "hidden_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 1,
                "emb_dim": 8,
                "head_dim": 16,
                "num_embeds": 41,
            },
            "bigvgan_config": {"upsample_initial_channel": 64},
        },
    )
    model = Qwen2_5OmniForConditionalGeneration(config)
    source = Qwen2_5OmniThinkerForConditionalGeneration.from_pretrained(thinker)
    model.thinker.load_state_dict(source.state_dict())
    model.save_pretrained(folder)
    assert processor.chat_template == OMNI_TEMPLATE
    return processor
