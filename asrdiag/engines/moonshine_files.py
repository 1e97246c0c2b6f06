"""Where the moonshine-voice wheel keeps its model and its recordings, found without importing it."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import metadata, util
from pathlib import Path

PACKAGE = "moonshine-voice==0.1.0"
"""Later versions no longer carry the model."""


@dataclass(frozen=True, slots=True)
class MoonshineFiles:
    """The three files of Moonshine Tiny (English)."""

    encoder: Path
    decoder: Path
    tokenizer: Path

    def all(self) -> tuple[Path, Path, Path]:
        return self.encoder, self.decoder, self.tokenizer


def asset(name: str) -> Path | None:
    """A file of the installed wheel's `assets` folder; `None` if package or file is not there."""
    # Importing the package would load its own library and its microphone support.
    spec = util.find_spec("moonshine_voice")
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / "assets" / name
        if path.is_file():
            return path
    return None


def find_files() -> MoonshineFiles | None:
    """The model's files; `None` unless all are there."""
    encoder = asset("tiny-en/encoder_model.ort")
    decoder = asset("tiny-en/decoder_model_merged.ort")
    tokenizer = asset("tiny-en/tokenizer.bin")
    if encoder is None or decoder is None or tokenizer is None:
        return None
    return MoonshineFiles(encoder, decoder, tokenizer)


def package_version() -> str:
    """Version of the installed wheel, which has to be there."""
    return metadata.version("moonshine-voice")


@cache
def sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits; computed once a process."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
