"""Tiny checkpoints in the layouts of the originals, written without their code and without ours.

Names, shapes and files are those that qwen-asr 0.0.6 and transformers 4.57.6 save; the adapter's are those of
Mega-ASR's release. Numbers come from a hash of the tensor's name, so that the same folder can be made
anywhere: `original_logits.json` holds what the original code computes on it.
"""

import json
import zlib
from pathlib import Path

import numpy as np
from tokenizers import pre_tokenizers

D, FFN, CHANNELS = 16, 32, 8
HIDDEN, INTERMEDIATE, HEADS, KV, HEAD = 32, 64, 2, 1, 16
LAYERS = 2
SPECIAL = ["<|im_end|>", "<|endoftext|>", "<|im_start|>", "<|audio_start|>", "<|audio_end|>", "<|audio_pad|>"]
VOCABULARY = 256 + len(SPECIAL) + 1
ENCODER_LINEARS = {
    "self_attn.q_proj": (D, D),
    "self_attn.k_proj": (D, D),
    "self_attn.v_proj": (D, D),
    "self_attn.out_proj": (D, D),
    "fc1": (FFN, D),
    "fc2": (D, FFN),
}
DECODER_LINEARS = {
    "self_attn.q_proj": (HEADS * HEAD, HIDDEN),
    "self_attn.k_proj": (KV * HEAD, HIDDEN),
    "self_attn.v_proj": (KV * HEAD, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HEADS * HEAD),
    "mlp.gate_proj": (INTERMEDIATE, HIDDEN),
    "mlp.up_proj": (INTERMEDIATE, HIDDEN),
    "mlp.down_proj": (HIDDEN, INTERMEDIATE),
}
ALIGNER_LINEARS = {"conv_out": (D, CHANNELS * 16), "proj1": (D, D), "proj2": (HIDDEN, D)}


def shapes(tied):
    tower, model = "thinker.audio_tower", "thinker.model"
    found = {f"{model}.embed_tokens.weight": (VOCABULARY, HIDDEN), f"{model}.norm.weight": (HIDDEN,)}
    if not tied:
        found["thinker.lm_head.weight"] = (VOCABULARY, HIDDEN)
    for number, inputs in ((1, 1), (2, CHANNELS), (3, CHANNELS)):
        found[f"{tower}.conv2d{number}.weight"] = (CHANNELS, inputs, 3, 3)
        found[f"{tower}.conv2d{number}.bias"] = (CHANNELS,)
    found[f"{tower}.ln_post.weight"] = found[f"{tower}.ln_post.bias"] = (D,)
    for name, shape in ALIGNER_LINEARS.items():
        found[f"{tower}.{name}.weight"] = shape
        if name != "conv_out":
            found[f"{tower}.{name}.bias"] = shape[:1]
    for layer in range(LAYERS):
        for name, shape in ENCODER_LINEARS.items():
            found[f"{tower}.layers.{layer}.{name}.weight"] = shape
            found[f"{tower}.layers.{layer}.{name}.bias"] = shape[:1]
        for norm in ("self_attn_layer_norm", "final_layer_norm"):
            found[f"{tower}.layers.{layer}.{norm}.weight"] = (D,)
            found[f"{tower}.layers.{layer}.{norm}.bias"] = (D,)
        for name, shape in DECODER_LINEARS.items():
            found[f"{model}.layers.{layer}.{name}.weight"] = shape
        for norm, size in (
            ("input_layernorm", HIDDEN),
            ("post_attention_layernorm", HIDDEN),
            ("self_attn.q_norm", HEAD),
            ("self_attn.k_norm", HEAD),
        ):
            found[f"{model}.layers.{layer}.{norm}.weight"] = (size,)
    return found


def numbers(name, shape):
    values = np.random.default_rng(zlib.crc32(name.encode())).normal(0, 0.08, shape)
    return (values + ("norm" in name and name.endswith("weight"))).astype(np.float32)


def qwen3_asr(folder, *, tied=True, shards=2):
    """An original Qwen3-ASR of 36,000 parameters."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: numbers(name, shape) for name, shape in shapes(tied).items()}
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        files = {
            name: f"model-0000{i % shards + 1}-of-0000{shards}.safetensors" for i, name in enumerate(tensors)
        }
        for file in set(files.values()):
            save_file({n: tensors[n] for n in tensors if files[n] == file}, folder / file, {"format": "pt"})
        index = {"metadata": {"total_size": sum(t.nbytes for t in tensors.values())}, "weight_map": files}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text(json.dumps(config(tied)))
    write_tokenizer(folder)
    (folder / "preprocessor_config.json").write_text(
        json.dumps(
            {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 128, "sampling_rate": 16000}
            | {"hop_length": 160, "n_fft": 400, "chunk_length": 30, "padding_value": 0.0, "dither": 0.0}
            | {"n_samples": 480000, "nb_max_frames": 3000, "padding_side": "right"}
        )
    )
    return folder


def config(tied):
    noise = {
        "_name_or_path": "",
        "id2label": {"0": "LABEL_0"},
        "top_k": 50,
        "return_dict": True,
        "prefix": None,
    }
    return {
        "architectures": ["Qwen3ASRForConditionalGeneration"],
        "model_type": "qwen3_asr",
        "support_languages": ["English"],
        "transformers_version": "4.57.6",
        "thinker_config": {
            "model_type": "qwen3_asr_thinker",
            "audio_token_id": 256 + SPECIAL.index("<|audio_pad|>"),
            "audio_start_token_id": 256 + SPECIAL.index("<|audio_start|>"),
            "user_token_id": 872,
            "initializer_range": 0.02,
            "audio_config": {
                "model_type": "qwen3_asr_audio_encoder",
                "num_mel_bins": 128,
                "encoder_layers": LAYERS,
                "num_hidden_layers": LAYERS,
                "encoder_attention_heads": 2,
                "encoder_ffn_dim": FFN,
                "d_model": D,
                "output_dim": HIDDEN,
                "downsample_hidden_size": CHANNELS,
                "n_window": 50,
                "n_window_infer": 800,
                "conv_chunksize": 500,
                "max_source_positions": 1500,
            }
            | noise,
            "text_config": {
                "model_type": "qwen3_asr_text",
                "vocab_size": VOCABULARY,
                "hidden_size": HIDDEN,
                "intermediate_size": INTERMEDIATE,
                "num_hidden_layers": LAYERS,
                "num_attention_heads": HEADS,
                "num_key_value_heads": KV,
                "head_dim": HEAD,
                "max_position_embeddings": 4096,
                "rope_theta": 1000000.0,
                "rope_scaling": {
                    "interleaved": True,
                    "mrope_interleaved": True,
                    "mrope_section": [4, 2, 2],
                    "rope_type": "default",
                    "type": "default",
                },
                "tie_word_embeddings": tied,
            }
            | noise,
        },
    }


def write_tokenizer(folder):
    plain = {"lstrip": False, "rstrip": False, "single_word": False}
    added = {
        str(256 + number): {"content": token, "normalized": False, "special": True} | plain
        for number, token in enumerate(SPECIAL)
    }
    added[str(VOCABULARY - 1)] = {"content": "<asr_text>", "normalized": True, "special": False} | plain
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    (folder / "vocab.json").write_text(json.dumps({letter: number for number, letter in enumerate(alphabet)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "Qwen2Tokenizer",
                "added_tokens_decoder": added,
                "additional_special_tokens": SPECIAL,
                "audio_token": "<|audio_pad|>",
                "audio_bos_token": "<|audio_start|>",
                "audio_eos_token": "<|audio_end|>",
                "bos_token": None,
                "eos_token": "<|im_end|>",
                "pad_token": "<|endoftext|>",
                "unk_token": None,
                "errors": "replace",
            }
        )
    )


PROMPT = (
    "<|im_start|>system\nhot words<|im_end|>\n<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|>"
    "<|im_end|>\n<|im_start|>assistant\nlanguage English<asr_text>"
)


def sound(duration_s):
    """A tone that rises, float32 at 16 kHz."""
    seconds = np.arange(round(16_000 * duration_s)) / 16_000
    return (0.3 * np.sin(2 * np.pi * (200 + 150 * seconds) * seconds)).astype(np.float32)


def mega_asr(folder):
    """An adapter as the release lays it out, and what it adds to each of the original's weights.

    The decoder's linears appear under both names; `blocks` make up the ranks of the encoder's.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors, deltas, blocks, ranks, alphas = {}, {}, {}, {}, {}

    def add(name, weight, shape, rank, scales):
        a, b = numbers(f"{name}.a", (rank, shape[1])), numbers(f"{name}.b", (shape[0], rank))
        tensors[f"base_model.model.{name}.lora_A.weight"] = a
        tensors[f"base_model.model.{name}.lora_B.weight"] = b
        ranks[name] = rank
        alphas[name] = round(scales[0] * rank) if len(scales) == 1 else rank
        step = rank // len(scales)
        for number, scale in enumerate(scales):
            start, end = number * step, (number + 1) * step
            deltas[weight] = deltas.get(weight, 0) + scale * (b[:, start:end] @ a[start:end])
            if len(scales) > 1:
                block = {"start": start, "end": end, "rank": step, "alpha": round(scale * step)}
                blocks.setdefault(name, []).append(block)

    for layer in range(LAYERS):
        for linear, shape in ENCODER_LINEARS.items():
            name = f"thinker.audio_tower.layers.{layer}.{linear}"
            add(name, name, shape, 6, (2.0, 0.5, 1.0))
        for linear, shape in DECODER_LINEARS.items():
            name = f"thinker.model.layers.{layer}.{linear}"
            add(name, name, shape, 2, (2.0,))
            add(f"thinker.layers.{layer}.{linear}", name, shape, 4, (1.5,))
    for linear, shape in ALIGNER_LINEARS.items():
        add(f"thinker.audio_tower.{linear}", f"thinker.audio_tower.{linear}", shape, 3, (1.0,))
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    adapter = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 24, "lora_alpha": 24, "lora_dropout": 0.0}
    adapter |= {"bias": "none", "fan_in_fan_out": False, "inference_mode": True, "target_modules": ".*"}
    adapter |= {"rank_pattern": ranks, "alpha_pattern": alphas, "base_model_name_or_path": "Qwen3-ASR-1.7B"}
    (folder / "adapter_config.json").write_text(json.dumps(adapter))
    (folder / "mega_lora_blocks.json").write_text(json.dumps(blocks))
    return deltas


def files_of(folder: Path):
    """Name and bytes of every file, to see whether anything changed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
