"""Checkpoints of a hundred thousand random weights in the layouts of real ones, written in a second each.

Their transcripts are noise, but noise that depends on the audio: what changes a transcript of a real model
changes theirs.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

RATE = 16_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def clips(n: int = 8, longest_s: float = 1.9) -> list[np.ndarray]:
    """Mixed lengths from 0.3 s on; a few tones that come and go, with some noise."""
    rng = np.random.default_rng(5)
    found = []
    for index in range(n):
        length = round(RATE * (0.3 + (longest_s - 0.3) * index / max(n - 1, 1))) + 37 * index
        time = np.arange(length) / RATE
        tones = sum(
            np.sin(2 * np.pi * rng.uniform(100, 3000) * time)
            * (np.sin(2 * np.pi * rng.uniform(1, 5) * time) > 0)
            for _ in range(3)
        )
        found.append((0.1 * tones + rng.normal(0, 0.02, length)).astype(np.float32))
    return [found[index] for index in rng.permutation(n)]


def shake(model: Any, scale: float = 1.0) -> Any:
    """Random weights large enough that the audio decides what is written."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weights in sorted(model.named_parameters()):
            if weights.dim() > 1:
                fan_in = weights[0].numel()
                weights.normal_(0, scale * fan_in**-0.5, generator=generator)
            elif "norm" not in name:
                weights.normal_(0, 0.1, generator=generator)
    return model.eval()


def byte_level(specials: list[str]) -> Tokenizer:
    """One token a letter, then the special ones in their order."""
    # Bytes as the byte level writes them: "\u0120" is the space, "\u010a" the newline.
    alphabet = [*LETTERS, *LETTERS.upper(), *"0123456789.,:;'-_<>|", "\u0120", "\u010a"]
    vocabulary = {letter: number for number, letter in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in specials])
    return tokenizer


def whisper(folder: Path) -> Path:
    """Windows of 2 s instead of 30; multilingual, with alignment heads."""
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
        WhisperTokenizer,
    )
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    languages = [f"<|{tag}|>" for tag in LANGUAGES]
    tasks = ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
    specials = ["<|endoftext|>", "<|startoftranscript|>", *languages, *tasks, "<|notimestamps|>"]
    stamps = [f"<|{0.02 * step:.2f}|>" for step in range(101)]
    raw = byte_level(specials)
    raw.add_tokens([AddedToken(stamp, special=False) for stamp in stamps])
    tokenizer = WhisperTokenizer(
        tokenizer_object=raw,
        vocab=json.loads(raw.to_str())["model"]["vocab"],
        merges=[],
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        unk_token="<|endoftext|>",
        additional_special_tokens=specials[1:],
    )
    tokenizer.add_tokens([AddedToken(stamp, special=False) for stamp in stamps])
    number = tokenizer.convert_tokens_to_ids
    end = number("<|endoftext|>")
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_source_positions=100,
        max_target_positions=64,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=number("<|startoftranscript|>"),
    )
    torch.manual_seed(0)
    model = shake(WhisperForConditionalGeneration(config), 2.0)
    model.generation_config = GenerationConfig(
        decoder_start_token_id=number("<|startoftranscript|>"),
        eos_token_id=end,
        pad_token_id=end,
        bos_token_id=end,
        max_length=64,
        is_multilingual=True,
        lang_to_id={token: number(token) for token in languages},
        task_to_id={"transcribe": number("<|transcribe|>"), "translate": number("<|translate|>")},
        no_timestamps_token_id=number("<|notimestamps|>"),
        prev_sot_token_id=number("<|startofprev|>"),
        max_initial_timestamp_index=50,
        alignment_heads=[[0, 0], [1, 1]],
        return_timestamps=False,
    )
    model.save_pretrained(folder)
    WhisperProcessor(WhisperFeatureExtractor(chunk_length=2), tokenizer).save_pretrained(folder)
    return folder


def moonshine(folder: Path) -> Path:
    from transformers import (
        MoonshineConfig,
        MoonshineForConditionalGeneration,
        PreTrainedTokenizerFast,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2Processor,
    )

    raw = byte_level(["<unk>", "<s>", "</s>"])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    end, start = tokenizer.eos_token_id, tokenizer.bos_token_id
    config = MoonshineConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        encoder_num_hidden_layers=2,
        decoder_num_hidden_layers=2,
        encoder_num_attention_heads=2,
        decoder_num_attention_heads=2,
        max_position_embeddings=194,
        pad_token_id=end,
        eos_token_id=end,
        bos_token_id=start,
        decoder_start_token_id=start,
    )
    model = shake(MoonshineForConditionalGeneration(config), 2.0)
    model.save_pretrained(folder)
    features = Wav2Vec2FeatureExtractor(sampling_rate=RATE, do_normalize=False, return_attention_mask=True)
    Wav2Vec2Processor(features, tokenizer).save_pretrained(folder)
    return folder


QWEN3_ASR_TEMPLATE = """\
{%- set ns = namespace(system='') -%}
{%- for m in messages -%}{%- if m.role == 'system' -%}
{%- for c in m.content -%}{%- set ns.system = ns.system + c.text -%}{%- endfor -%}
{%- endif -%}{%- endfor -%}
{{- '<|im_start|>system\\n' + ns.system + '<|im_end|>\\n' -}}
{%- for m in messages -%}{%- if m.role != 'system' -%}
{{- '<|im_start|>' + m.role + '\\n' -}}
{%- for c in m.content -%}
{{- '<|audio_start|><|audio_pad|><|audio_end|>' if c.type == 'audio' else c.text -}}
{%- endfor -%}
{{- '<|im_end|>\\n' -}}
{%- endif -%}{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"""


def qwen3_asr(folder: Path) -> Path:
    from transformers import (
        Qwen2TokenizerFast,
        Qwen3ASRConfig,
        Qwen3ASRFeatureExtractor,
        Qwen3ASRForConditionalGeneration,
        Qwen3ASRProcessor,
    )

    audio = ["<|audio_start|>", "<|audio_end|>", "<|audio_pad|>"]
    raw = byte_level(["<|endoftext|>", "<|im_start|>", "<|im_end|>", *audio])
    raw.add_tokens([AddedToken("<asr_text>", special=False)])
    tokenizer = Qwen2TokenizerFast(
        tokenizer_object=raw,
        vocab=json.loads(raw.to_str())["model"]["vocab"],
        merges=[],
        unk_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens={
            "audio_token": "<|audio_pad|>",
            "audio_bos_token": "<|audio_start|>",
            "audio_eos_token": "<|audio_end|>",
        },
    )
    tokenizer.add_tokens(["<|im_start|>", "<|im_end|>", *audio], special_tokens=True)
    tokenizer.add_tokens([AddedToken("<asr_text>", special=False)])
    number = tokenizer.convert_tokens_to_ids
    config = Qwen3ASRConfig(
        audio_config={
            "model_type": "qwen3_asr_encoder",
            "num_mel_bins": 128,
            "encoder_layers": 2,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 32,
            "d_model": 16,
            "output_dim": 32,
            "downsample_hidden_size": 8,
            "n_window": 50,
            "n_window_infer": 100,
        },
        text_config={
            "model_type": "qwen3",
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 16,
            "max_position_embeddings": 4096,
        },
        audio_token_id=number("<|audio_pad|>"),
        pad_token_id=number("<|endoftext|>"),
        eos_token_id=[number("<|im_end|>"), number("<|endoftext|>")],
    )
    model = shake(Qwen3ASRForConditionalGeneration(config), 2.0)
    model.generation_config.eos_token_id = list(config.eos_token_id)
    model.generation_config.pad_token_id = config.pad_token_id
    model.save_pretrained(folder)
    Qwen3ASRProcessor(
        Qwen3ASRFeatureExtractor(), tokenizer, chat_template=QWEN3_ASR_TEMPLATE
    ).save_pretrained(folder)
    return folder


CTC_NAMES = {
    "data2vec-audio": "Data2VecAudio",
    "hubert": "Hubert",
    "sew": "SEW",
    "sew-d": "SEWD",
    "unispeech": "UniSpeech",
    "unispeech-sat": "UniSpeechSat",
    "wav2vec2": "Wav2Vec2",
    "wav2vec2-bert": "Wav2Vec2Bert",
    "wav2vec2-conformer": "Wav2Vec2Conformer",
    "wavlm": "WavLM",
}


def ctc(folder: Path, norm: str = "layer", kind: str = "wav2vec2") -> Path:
    """A wav2vec 2.0 or one of its kin; `norm` is that of its front end."""
    import transformers
    from transformers import Wav2Vec2CTCTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {token: number for number, token in enumerate(["<pad>", "<unk>", "|", *LETTERS])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), bos_token=None, eos_token=None)
    from_waves = {
        "conv_dim": (16, 16, 16),
        "conv_kernel": (10, 8, 4),
        "conv_stride": (5, 8, 4),
        "num_feat_extract_layers": 3,
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 2,
        "feat_extract_norm": norm,
        "do_stable_layer_norm": norm == "layer",
    }
    config = getattr(transformers, f"{CTC_NAMES[kind]}Config")(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=1,
        **({} if kind == "wav2vec2-bert" else from_waves),
        **({"conv_depthwise_kernel_size": 5} if kind in ("wav2vec2-bert", "wav2vec2-conformer") else {}),
    )
    model = shake(getattr(transformers, f"{CTC_NAMES[kind]}ForCTC")(config), 8.0 if kind == "sew-d" else 2.0)
    model.save_pretrained(folder)
    ctc_processor(kind, norm, tokenizer).save_pretrained(folder)
    return folder


def ctc_processor(kind: str, norm: str, tokenizer: Any) -> Any:
    from transformers import (
        SeamlessM4TFeatureExtractor,
        Wav2Vec2BertProcessor,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2Processor,
    )

    if kind == "wav2vec2-bert":
        return Wav2Vec2BertProcessor(SeamlessM4TFeatureExtractor(), tokenizer)
    features = Wav2Vec2FeatureExtractor(
        sampling_rate=RATE, do_normalize=True, return_attention_mask=norm == "layer"
    )
    return Wav2Vec2Processor(features, tokenizer)


def parakeet(folder: Path, head: str = "ctc") -> Path:
    """A FastConformer with a CTC, TDT or RNN-T head."""
    import transformers
    from transformers import ParakeetFeatureExtractor, ParakeetProcessor, ParakeetTokenizer

    raw = Tokenizer(
        models.BPE(vocab={letter: number for number, letter in enumerate(["\u2581", *LETTERS])}, merges=[])
    )
    raw.pre_tokenizer = pre_tokenizers.Metaspace()
    raw.decoder = decoders.Metaspace()
    raw.add_special_tokens(["<unk>", "<pad>", "<blank>"][: 2 if head == "ctc" else 3])
    tokenizer = ParakeetTokenizer(tokenizer_object=raw, unk_token="<unk>", pad_token="<pad>")
    encoder = {
        "model_type": "parakeet_encoder",
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "intermediate_size": 64,
        "subsampling_conv_channels": 8,
        "num_mel_bins": 80,
        "conv_kernel_size": 9,
    }
    name = {"ctc": "CTC", "tdt": "TDT", "rnnt": "RNNT"}[head]
    size = len(tokenizer)
    further = {} if head == "ctc" else {"decoder_hidden_size": 32, "blank_token_id": size - 1}
    config = getattr(transformers, f"Parakeet{name}Config")(
        encoder_config=encoder, vocab_size=size, pad_token_id=tokenizer.pad_token_id, **further
    )
    model = shake(getattr(transformers, f"ParakeetFor{name}")(config), 1.5)
    model.generation_config.decoder_start_token_id = None if head == "ctc" else size - 1
    model.save_pretrained(folder)
    features = ParakeetFeatureExtractor(feature_size=80)
    ParakeetProcessor(features, tokenizer, decoder_type=head).save_pretrained(folder)
    return folder


def moonshine_streaming(folder: Path) -> Path:
    from transformers import (
        MoonshineStreamingConfig,
        MoonshineStreamingForConditionalGeneration,
        MoonshineStreamingProcessor,
        PreTrainedTokenizerFast,
        Wav2Vec2FeatureExtractor,
    )

    raw = byte_level(["<unk>", "<s>", "</s>"])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2}
    config = MoonshineStreamingConfig(
        **size,
        **heads,
        encoder_config={**size, **heads, "sliding_windows": [[16, 4], [16, 4]]},
        vocab_size=len(tokenizer),
        max_position_embeddings=512,
        pad_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        decoder_start_token_id=tokenizer.bos_token_id,
    )
    shake(MoonshineStreamingForConditionalGeneration(config), 2.0).save_pretrained(folder)
    features = Wav2Vec2FeatureExtractor(sampling_rate=RATE, do_normalize=False, return_attention_mask=True)
    MoonshineStreamingProcessor(features, tokenizer).save_pretrained(folder)
    return folder


CANARY_TEMPLATE = (
    "{% for m in messages %}{% for c in m.content %}{% if c.type == 'text' %}<|startofcontext|>"
    "<|{{ c.source_language }}|><|{{ c.target_language }}|>{% endif %}{% endfor %}{% endfor %}"
)


def canary(folder: Path) -> Path:
    pytest.importorskip("transformers.models.canary", reason="transformers has it from 5.17 on")
    from transformers import (
        CanaryConfig,
        CanaryForConditionalGeneration,
        CanaryProcessor,
        ParakeetFeatureExtractor,
        PreTrainedTokenizerFast,
    )

    raw = byte_level(["<unk>", "<pad>", "<s>", "</s>", "<|startofcontext|>", "<|en|>", "<|de|>"])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    encoder = {
        "model_type": "parakeet_encoder",
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "intermediate_size": 64,
        "subsampling_conv_channels": 8,
        "num_mel_bins": 128,
        "conv_kernel_size": 9,
        "scale_input": False,
    }
    decoder = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 128,
    }
    number = tokenizer.convert_tokens_to_ids
    tokens = {
        "pad_token_id": number("<pad>"),
        "bos_token_id": number("<s>"),
        "eos_token_id": number("</s>"),
        "decoder_start_token_id": number("<|startofcontext|>"),
    }
    config = CanaryConfig(encoder_config=encoder, decoder_config=decoder, vocab_size=len(tokenizer), **tokens)
    shake(CanaryForConditionalGeneration(config), 2.0).save_pretrained(folder)
    features = ParakeetFeatureExtractor(feature_size=128)
    CanaryProcessor(features, tokenizer, chat_template=CANARY_TEMPLATE).save_pretrained(folder)
    return folder


OMNI_TEMPLATE = """\
{%- for m in messages -%}
{{- '<|im_start|>' + m.role + '\\n' -}}
{%- for c in m.content -%}
{{- '<|audio_bos|><|AUDIO|><|audio_eos|>' if c.type == 'audio' else c.text -}}
{%- endfor -%}
{{- '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"""


def omni_thinker(folder: Path) -> Any:
    """Writes the thinker of a Qwen2.5-Omni; returns its processor, without the parts for images."""
    from transformers import (
        Qwen2_5OmniProcessor,
        Qwen2_5OmniThinkerConfig,
        Qwen2_5OmniThinkerForConditionalGeneration,
        Qwen2TokenizerFast,
        WhisperFeatureExtractor,
    )

    places = {
        "image_token": "<|IMAGE|>",
        "audio_token": "<|AUDIO|>",
        "video_token": "<|VIDEO|>",
        "vision_bos_token": "<|vision_bos|>",
        "vision_eos_token": "<|vision_eos|>",
        "audio_bos_token": "<|audio_bos|>",
        "audio_eos_token": "<|audio_eos|>",
    }
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *places.values()]
    raw = byte_level(specials)
    tokenizer = Qwen2TokenizerFast(
        tokenizer_object=raw,
        vocab=json.loads(raw.to_str())["model"]["vocab"],
        merges=[],
        unk_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens=places,
    )
    tokenizer.add_tokens(specials[1:], special_tokens=True)
    number = tokenizer.convert_tokens_to_ids
    config = Qwen2_5OmniThinkerConfig(
        audio_config={
            "d_model": 16,
            "encoder_layers": 2,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 32,
            "output_dim": 32,
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_heads": 2,
            "out_hidden_size": 32,
            "fullatt_block_indexes": [0],
        },
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 4096,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
        },
        pad_token_id=number("<|endoftext|>"),
        audio_token_id=number("<|AUDIO|>"),
        image_token_id=number("<|IMAGE|>"),
        video_token_id=number("<|VIDEO|>"),
        audio_start_token_id=number("<|audio_bos|>"),
        audio_end_token_id=number("<|audio_eos|>"),
        vision_start_token_id=number("<|vision_bos|>"),
        vision_end_token_id=number("<|vision_eos|>"),
    )
    model = shake(Qwen2_5OmniThinkerForConditionalGeneration(config), 2.0)
    model.generation_config.eos_token_id = number("<|im_end|>")
    model.generation_config.pad_token_id = config.pad_token_id
    model.save_pretrained(folder)

    class WithoutImages(Qwen2_5OmniProcessor):
        def check_argument_for_proper_class(self, *_: Any) -> None:
            """Images need torchvision, and no image is asked about."""

    features = WhisperFeatureExtractor(feature_size=128, chunk_length=300, return_attention_mask=True)
    processor = WithoutImages(None, None, features, tokenizer, chat_template=OMNI_TEMPLATE)
    # transformers before 5.23 asks them this even where there is no image.
    processor.image_processor = processor.video_processor = SimpleNamespace(merge_size=2)
    return processor


BUILDERS: dict[str, Callable[[Path], Path]] = {
    "whisper": whisper,
    "moonshine": moonshine,
    "qwen3-asr": qwen3_asr,
    "ctc": ctc,
    "ctc-group-norm": partial(ctc, norm="group"),
    **{kind: partial(ctc, kind=kind) for kind in CTC_NAMES if kind != "wav2vec2"},
    "parakeet-ctc": parakeet,
    "parakeet-tdt": partial(parakeet, head="tdt"),
    "parakeet-rnnt": partial(parakeet, head="rnnt"),
    "moonshine-streaming": moonshine_streaming,
    "canary": canary,
}


ADAPTED = {
    "whisper": ("q_proj", "v_proj"),
    "moonshine": ("q_proj", "v_proj"),
    "qwen3-asr": r"model\.(language_model\.layers\.\d+\.self_attn\.q_proj|multi_modal_projector\.linear_1)",
    "ctc": ("q_proj", "v_proj"),
}


def adapter(model_folder: Path, name: str, folder: Path, scale: float) -> Path:
    """A LoRA adapter as PEFT writes it, with random weights or, at scale 0, without effect."""
    import transformers
    from peft import LoraConfig, get_peft_model

    kinds = {
        "whisper": "WhisperForConditionalGeneration",
        "moonshine": "MoonshineForConditionalGeneration",
        "qwen3-asr": "Qwen3ASRForConditionalGeneration",
        "ctc": "Wav2Vec2ForCTC",
    }
    model = getattr(transformers, kinds[name]).from_pretrained(model_folder)
    targets = ADAPTED[name]
    config = LoraConfig(r=4, lora_alpha=8, target_modules=targets if isinstance(targets, str) else [*targets])
    wrapped = get_peft_model(model, config)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for key, weights in wrapped.named_parameters():
            if "lora_B" in key:
                weights.normal_(0, 1, generator=generator).mul_(scale)
    wrapped.save_pretrained(folder)
    return folder
