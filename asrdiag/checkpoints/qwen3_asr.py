"""Original Qwen3-ASR checkpoints (`thinker.*`) as transformers checkpoints."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .documents import read_object
from .extra import compare_tensors, expected_tensors, listing, require_extra, save_processor
from .folder import Imported, check_free, new_folder
from .qwen3_asr_config import CHAT_TEMPLATE, native_config
from .qwen3_asr_names import PREFIX, native_name
from .tensor_files import (
    Tensor,
    TensorFile,
    copy_renamed,
    find_tensor_files,
    n_parameters,
    write_index,
)

ARCHITECTURE = "Qwen3ASRForConditionalGeneration"
_HEAD, _EMBEDDING = f"{PREFIX}lm_head.weight", f"{PREFIX}model.embed_tokens.weight"
_END_OF_TURN, _END_OF_TEXT = "<|im_end|>", "<|endoftext|>"
_MOST_NEW_TOKENS = 512  # what qwen-asr's own recogniser generates at most
_DTYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}
_FEATURES = (
    "feature_size",
    "sampling_rate",
    "hop_length",
    "n_fft",
    "chunk_length",
    "padding_value",
    "dither",
)


def import_qwen3_asr(source: Path, out: Path) -> Imported:
    """Write an original checkpoint under transformers' names.

    The weights' bytes are copied as they are, a piece at a time, so memory does not grow with the model;
    shards stay shards. A head that is tied to the embedding is left out.

    Args:
        source: a folder with the original's `config.json`, weights in safetensors and tokenizer.
        out: the new folder.

    Raises:
        UsageError: the extra is not installed, `out` is taken, a file is missing or damaged, the folder
            holds something else, or a weight is missing, surplus or of another shape.
        SaveError: it could not be written; nothing is left.
    """
    require_extra()
    check_free(out)
    document = read_object(source / "config.json", "an original Qwen3-ASR")
    arguments = native_config(document, source / "config.json")
    files = find_tensor_files(source)
    names, notes = _names(files, source, tied=bool(arguments["tie_word_embeddings"]))
    tokenizer = _tokenizer(source)
    try:
        config = _config(arguments, tokenizer, files)
        expected = expected_tensors(ARCHITECTURE, config)
    except Exception as error:  # each check of a configuration raises an error of its own
        reason = " ".join(str(error).split())
        raise UsageError(f"{source / 'config.json'}: transformers refuses what it says: {reason}") from error
    shapes = {
        names[name]: tensor.shape for file in files for name, tensor in file.tensors.items() if name in names
    }
    compare_tensors(str(source), shapes, expected)
    with new_folder(out) as folder:
        _write_weights(files, names, folder)
        config.save_pretrained(folder)
        _write_generation_config(config, folder)
        _write_processor(source, arguments, tokenizer, folder)
    return Imported(out, len(shapes), n_parameters(shapes), tuple(notes))


def _names(files: list[TensorFile], source: Path, *, tied: bool) -> tuple[dict[str, str], list[str]]:
    """New names by old ones, and what is to be said about those left out."""
    places = {name: file for file in files for name in file.tensors}
    names = {name: native_name(name) if name.startswith(PREFIX) else None for name in places}
    unknown = [name for name, new in names.items() if new is None]
    if unknown:
        raise UsageError(
            f"{source}: {len(unknown)} weights have names that the original Qwen3-ASR does not have: "
            f"{listing(unknown)}"
        )
    notes = []
    if tied and _HEAD in names:
        del names[_HEAD]
        if _EMBEDDING in places and not _same(places, _HEAD, _EMBEDDING):
            notes.append(
                f"{_HEAD} differs from the embedding, to which config.json ties it; as the original does "
                "when it loads, the embedding serves for both"
            )
    return {old: new for old, new in names.items() if new is not None}, notes


def _same(places: Mapping[str, TensorFile], first: str, second: str) -> bool:
    found = places[first].tensors[first], places[second].tensors[second]
    if (found[0].dtype, found[0].shape) != (found[1].dtype, found[1].shape):
        return False
    pairs = zip(places[first].pieces(first), places[second].pieces(second), strict=True)
    return all(one == other for one, other in pairs)


def _tokenizer(source: Path) -> Any:
    if not (source / "tokenizer.json").is_file():
        missing = [name for name in ("vocab.json", "merges.txt") if not (source / name).is_file()]
        if missing:
            raise UsageError(f"{source}: found neither tokenizer.json nor {' and '.join(missing)}")
    kind = import_module("transformers").Qwen2TokenizerFast
    try:
        tokenizer = kind.from_pretrained(source, local_files_only=True)
    except Exception as error:  # tokenizers raises bare Exceptions
        reason = " ".join(str(error).split())
        raise UsageError(f"{source}: the tokenizer cannot be read: {reason}") from error
    needed = (_END_OF_TURN, _END_OF_TEXT, "<|audio_pad|>", "<asr_text>")
    missing = [token for token in needed if token not in tokenizer.get_vocab()]
    if missing:
        raise UsageError(f"{source}: the tokenizer lacks {', '.join(missing)}, which Qwen3-ASR's has")
    return tokenizer


def _config(arguments: Mapping[str, Any], tokenizer: Any, files: list[TensorFile]) -> Any:
    dtypes = {tensor.dtype for file in files for tensor in file.tensors.values()}
    dtype = _DTYPES.get(dtypes.pop()) if len(dtypes) == 1 else None
    end_of_turn, end_of_text = tokenizer.convert_tokens_to_ids([_END_OF_TURN, _END_OF_TEXT])
    return import_module("transformers").Qwen3ASRConfig(
        **arguments,
        pad_token_id=end_of_turn,
        eos_token_id=[end_of_text, end_of_turn],
        **({"dtype": dtype} if dtype else {}),
    )


def _write_weights(files: list[TensorFile], names: Mapping[str, str], folder: Path) -> None:
    written: dict[str, dict[str, Tensor]] = {}
    for file in files:
        held = {names[name]: tensor for name, tensor in file.tensors.items() if name in names}
        if held:
            copy_renamed(file, names, folder / file.path.name)
            written[file.path.name] = held
    if len(files) > 1:
        write_index(folder, written)


def _write_generation_config(config: Any, folder: Path) -> None:
    import_module("transformers").GenerationConfig(
        do_sample=False,
        eos_token_id=list(config.eos_token_id),
        max_new_tokens=_MOST_NEW_TOKENS,
        pad_token_id=config.pad_token_id,
    ).save_pretrained(folder)


def _write_processor(source: Path, arguments: Mapping[str, Any], tokenizer: Any, folder: Path) -> None:
    transformers = import_module("transformers")
    path = source / "preprocessor_config.json"
    document = read_object(path, "an original Qwen3-ASR") if path.is_file() else {}
    options = {name: document[name] for name in _FEATURES if name in document}
    features = transformers.Qwen3ASRFeatureExtractor(
        n_window=arguments["audio_config"]["n_window"], **options
    )
    processor = transformers.Qwen3ASRProcessor(features, tokenizer, chat_template=CHAT_TEMPLATE)
    save_processor(processor, folder)
