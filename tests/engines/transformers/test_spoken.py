"""Which languages a system knows, and that its other clips are not given to it."""

import json
import shutil

import pytest

pytest.importorskip("torch", reason="needs the extra transformers")


@pytest.mark.parametrize(
    ("family", "model", "known"),
    [
        ("moonshine", "UsefulSensors/moonshine-tiny", ("en",)),
        ("moonshine", "UsefulSensors/moonshine-tiny-ko", ("ko",)),
        ("moonshine", "somebody/checkpoint-300", ("en",)),
        ("moonshine-streaming", "UsefulSensors/moonshine-streaming-small", ("en",)),
        ("parakeet-ctc", "nvidia/parakeet-ctc-1.1b", ("en",)),
        ("parakeet-transducer", "nvidia/parakeet-tdt-0.6b-v2", ("en",)),
        ("parakeet-transducer", "nvidia/parakeet-tdt_ctc-0.6b-ja", None),
        ("ctc", "facebook/wav2vec2-base-960h", None),
    ],
)
def test_from_family_and_name(spec, family, model, known):
    assert spec("a", model=model, family=family).known_languages() == known


def test_the_25_of_canary_and_the_third_parakeet(spec):
    canary = pytest.importorskip("transformers.models.canary.processing_canary")
    for family, model in (("canary", "a/b"), ("parakeet-transducer", "nvidia/parakeet-tdt-0.6b-v3")):
        keys = {"language": "en"} if family == "canary" else {}
        known = spec("a", model=model, family=family, **keys).known_languages()
        assert sorted(known) == sorted(canary.LANGUAGE_CODE_TO_NAME)


def test_whisper_says_it_in_its_files(spec, checkpoint, tmp_path):
    assert spec("whisper").known_languages() is None
    english = shutil.copytree(checkpoint("whisper"), tmp_path / "whisper.en")
    config = json.loads((english / "generation_config.json").read_text())
    del config["lang_to_id"], config["task_to_id"]
    (english / "generation_config.json").write_text(json.dumps(config | {"is_multilingual": False}))
    assert spec("whisper", model=str(english)).known_languages() == ("en",)


def test_the_system_has_the_last_word_and_it_is_no_part_of_the_identity(spec):
    system = spec("moonshine", languages=("ja", "en"))
    assert system.known_languages() == ("ja", "en")
    assert system.identity() == spec("moonshine").identity()
