import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrdiag.checkpoints.moonshine_tokenizer import tokenizer_document
from asrdiag.checkpoints.ort_weights import OrtGraph
from asrdiag.datasets import DATASETS
from asrdiag.engines import ENGINES
from asrdiag.engines.base import Clip
from asrdiag.engines.moonshine_files import find_files
from asrdiag.engines.moonshine_tokens import read_tokens, read_vocabulary
from asrdiag.errors import UsageError

torch = pytest.importorskip("torch", reason="needs the extra transformers")
transformers = pytest.importorskip("transformers", reason="needs the extra transformers")
from asrdiag.audio import read_audio  # noqa: E402
from asrdiag.checkpoints import moonshine_tiny  # noqa: E402
from asrdiag.metrics import score  # noqa: E402


@pytest.fixture(scope="module")
def model(real_moonshine):
    model, info = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(
        real_moonshine, output_loading_info=True, local_files_only=True
    )
    assert not any(info.values())
    return model.eval()


@pytest.fixture(scope="module")
def processor(real_moonshine):
    return transformers.AutoProcessor.from_pretrained(real_moonshine, local_files_only=True)


@pytest.fixture(scope="module")
def clips():
    utterances = DATASETS.load("demo")(id="demo", loader="demo").utterances()
    return [
        (read_audio(u.audio_path, 16_000, offset_s=u.offset_s, duration_s=u.duration_s), u.reference)
        for u in utterances
    ]


def test_it_is_the_model_that_was_published(model, real_moonshine):
    # 27,092,736 parameters: 9,437,184 of the embedding, the rest in 159 other tensors.
    assert sum(parameter.numel() for parameter in model.parameters()) == 27_092_736
    assert model.dtype == torch.float32
    assert sorted(path.name for path in real_moonshine.iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "processor_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_the_output_projection_is_the_embedding():
    decoder = OrtGraph(find_files().decoder)
    embedding = decoder.dequantized("model.decoder.embed_tokens.weight_merged_0_quantized")
    np.testing.assert_array_equal(decoder.linear_weights()["proj_out"], embedding)


def test_the_encoder_computes_what_the_graph_computes(model, processor, clips):
    import onnxruntime

    session = onnxruntime.InferenceSession(find_files().encoder, providers=["CPUExecutionProvider"])
    for samples, _ in clips[:3]:
        inputs = processor(samples, sampling_rate=16_000, return_tensors="pt")
        with torch.no_grad():
            ours = model.model.encoder(**inputs).last_hidden_state.numpy()
        mask = np.ones((1, len(samples)), np.int64)
        [theirs] = session.run(None, {"input_values": samples[None], "attention_mask": mask})
        assert ours.shape == theirs.shape
        # The graph rounds activations to 8 bits: 0.9992 and up over all 15 clips.
        cosine = (ours * theirs).sum() / np.linalg.norm(ours) / np.linalg.norm(theirs)
        assert cosine > 0.998


def test_it_transcribes_as_well_as_the_graph(model, processor, clips):
    engine = ENGINES.load("moonshine")(id="moonshine-tiny", engine="moonshine").open("cpu")
    texts = {"graph": [], "torch": []}
    for samples, _ in clips[:8]:
        texts["graph"].append(engine.transcribe([Clip("clip", samples, 16_000)])[0].text)
        inputs = processor(samples, sampling_rate=16_000, return_tensors="pt")
        ids = model.generate(**inputs)[0]
        texts["torch"].append(processor.tokenizer.decode(ids, skip_special_tokens=True).strip())
    references = [reference for _, reference in clips[:8]]
    errors = {name: score(references, found).counts.errors for name, found in texts.items()}
    # Of all 15 clips one differs, by one word: 9 errors against 8.
    assert abs(errors["graph"] - errors["torch"]) <= 1
    assert sum(a == b for a, b in zip(texts["graph"], texts["torch"], strict=True)) >= 7


def test_the_tokenizer_decodes_like_the_vocabulary(processor, clips):
    vocabulary = read_vocabulary(find_files().tokenizer)
    for _, reference in clips:
        ids = processor.tokenizer(reference)["input_ids"]
        assert ids[0] == 1
        assert vocabulary.text(ids) == reference.strip()
        assert processor.tokenizer.decode(ids, skip_special_tokens=True) == reference


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer

    return Tokenizer.from_str(json.dumps(tokenizer_document(read_tokens(find_files().tokenizer))))


# Ids that useful-moonshine-onnx==20251121 gives with its tokenizer.json.
ENCODED = {
    "It was the best of times, it was the worst of times.": [
        1,
        739,
        471,
        278,
        1900,
        310,
        3064,
        29892,
        372,
        471,
        278,
        17322,
        310,
        3064,
        29889,
    ],
    "  two   spaces and a tab\t": [1, 259, 1023, 259, 8162, 322, 263, 4434, 12],
    "Z\u00fcrich \u2014 na\u00efve caf\u00e9, \u6771\u4eac \U0001f389": [
        1,
        24931,
        813,
        1055,
        30085,
        345,
        274,
        28059,
        29892,
        29871,
        30591,
        30675,
        29871,
        243,
        162,
        145,
        140,
    ],
    "don't    stop\nnow": [1, 1016, 29915, 29873, 1678, 5040, 13, 3707],
    "MOONSHINE ASR 16000 Hz": [
        1,
        16999,
        1164,
        7068,
        8895,
        3339,
        29934,
        29871,
        29896,
        29953,
        29900,
        29900,
        29900,
        379,
        29920,
    ],
    "l\u2028r": [1, 301, 31353, 29878],
}


@pytest.mark.parametrize("text", ENCODED)
def test_the_tokenizer_encodes_like_the_published_one(tokenizer, text):
    assert tokenizer.encode(text).ids == ENCODED[text]


@given(st.text(max_size=40))
def test_any_text_survives(tokenizer, text):
    # A space at the front goes with the one that encoding puts there; U+2581 is how a space is written.
    expected = text.replace("\u2581", " ")
    assert tokenizer.decode(tokenizer.encode(text).ids) in (expected, expected.removeprefix(" "))


def test_float16_halves_the_file(tmp_path, real_moonshine):
    found = moonshine_tiny.import_moonshine_tiny(tmp_path / "half", "float16")
    assert found.n_tensors == 160
    sizes = [(f / "model.safetensors").stat().st_size for f in (tmp_path / "half", real_moonshine)]
    assert abs(sizes[0] / sizes[1] - 0.5) < 0.01
    assert transformers.AutoConfig.from_pretrained(tmp_path / "half").dtype == torch.float16


def test_a_missing_wheel_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(moonshine_tiny, "find_files", lambda: None)
    with pytest.raises(UsageError, match=r"pip install moonshine-voice==0\.1\.0"):
        moonshine_tiny.import_moonshine_tiny(tmp_path / "out")


def test_another_models_files_are_refused(tmp_path, monkeypatch):
    files = find_files()
    swapped = type(files)(files.decoder, files.decoder, files.tokenizer)
    monkeypatch.setattr(moonshine_tiny, "find_files", lambda: swapped)
    with pytest.raises(UsageError, match="no node /groupnorm/Mul"):
        moonshine_tiny.import_moonshine_tiny(tmp_path / "out")
    monkeypatch.setattr(
        moonshine_tiny, "find_files", lambda: type(files)(files.encoder, files.encoder, files.tokenizer)
    )
    with pytest.raises(UsageError, match=r"missing: model\.decoder"):
        moonshine_tiny.import_moonshine_tiny(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_no_graphs(tmp_path):
    for content in (b"", b"short", b"a text that is long enough for a header"):
        (tmp_path / "a.ort").write_bytes(content)
        with pytest.raises(UsageError, match=r"a\.ort: this is not a model in ONNX Runtime's own format"):
            OrtGraph(tmp_path / "a.ort")
