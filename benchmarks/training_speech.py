"""English speech with known texts, and recordings of noise, that any Debian or Ubuntu machine can fetch.

It makes the corpora that the adapter of `docs/training-example.md` was trained and tested on:

    apt-get update && apt-get install flite ffmpeg && python benchmarks/training_speech.py speech

- `train.jsonl`: the actors of the game Flight of the Amazon Queen, three hours, each clip with its line
  of the script; and sentences from `fortunes` read by three voices of flite.
- `test.jsonl`: the telephone prompts of Asterisk, five lines of an audiobook, and sentences read by another
  voice of flite. Nobody who speaks here and no text is in train.
- `noise/train`, `noise/test`: sounds of the game Lincity-NG; and its markets, crowds, trains and harbours
  with the sounds of Unknown Horizons.

It fetches 340 MB, and then takes eight minutes of processor time, nearly all of it to hear the clips. The
same command again goes on where it stopped.

Which line of the script is spoken in a clip is found by hearing it: Moonshine Tiny transcribes it, and the
most similar line is taken if at least 72 % of the characters agree. So a wrong line is rare, and the
transcripts are the script's and not the model's.
"""

import gzip
import hashlib
import io
import json
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from rapidfuzz import fuzz, process

from asrdiag.engines.base import Clip, Transcript
from asrdiag.engines.moonshine import MoonshineRecognizer, MoonshineSpec
from asrdiag.metrics import score

Samples = npt.NDArray[np.float32]
RATE_HZ = 16_000
PACKAGES = (
    "flight-of-the-amazon-queen",  # freeware: may be passed on and changed, not sold by itself
    "fortunes",  # BSD
    "fortunes-min",
    "asterisk-core-sounds-en",  # CC-BY-SA 3.0, with the next
    "asterisk-core-sounds-en-g722",
    "pocketsphinx-testdata",  # public domain (LibriVox), of what is used of it
    "lincity-ng-data",  # sounds: GPL-2+ or CC-BY-SA 2.0
    "unknown-horizons",  # GPL-2+ and CC-BY-SA 3.0
)
TRAINED_VOICES, TESTED_VOICE = ("awb", "rms", "kal16"), "slt"
TRAINED_TEXTS = ("people", "wisdom", "work", "platitudes")
TESTED_TEXTS = ("humorists", "literature", "education")
TESTED_NOISE = r"Market|SportsCroud|RailTrain|Harbor"
MOST_OF_ONE = 600
"""Clips of one speaker."""
LIKE_IT = 72.0
"""Per cent of the characters of what was heard that must agree with a line."""


@dataclass(frozen=True)
class Spoken:
    """A row of a manifest."""

    id: str
    text: str
    speaker: str
    subset: str
    audio: str = ""
    duration: float = 0.0


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python training_speech.py FOLDER")
    if missing := [
        program for program in ("apt-get", "dpkg", "flite", "ffmpeg") if not shutil.which(program)
    ]:
        sys.exit(f"not installed: {', '.join(missing)}; expected Debian or Ubuntu with flite and ffmpeg")
    out = Path(sys.argv[1])
    files = fetch(out)
    noises(files, out / "noise")
    scripted = list(game(files, out / "audio"))
    trained = read_aloud(files, TRAINED_TEXTS, TRAINED_VOICES, 1000, out / "audio")
    tested = read_aloud(files, TESTED_TEXTS, (TESTED_VOICE,), 200, out / "audio")
    tested += [*prompts(files, out / "audio"), *audiobook(files, out / "audio")]
    texts = heard(out, [*scripted, *trained])
    lines = script(files)
    kept = [found for row in scripted if (found := matched(row, texts[row.id], lines))]
    kept += [row for row in trained if (score([row.text], [texts[row.id]]).wer or 0) < 0.2]
    write(out / "train.jsonl", few_of_each(kept))
    write(out / "test.jsonl", tested)


def few_of_each(rows: Sequence[Spoken]) -> list[Spoken]:
    """Without most of the leading actor's lines, who would be a third of all."""
    ids: dict[str, list[str]] = {}
    for row in rows:
        ids.setdefault(row.speaker, []).append(row.id)
    drawn = {
        row_id
        for own in ids.values()
        for row_id in sorted(own, key=lambda each: hashlib.sha256(each.encode()).digest())[:MOST_OF_ONE]
    }
    return [row for row in rows if row.id in drawn]


def fetch(out: Path) -> Path:
    """The packages' files."""
    packages, files = out / "packages", out / "files"
    packages.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        unpacked = packages / f"{name}.unpacked"
        if not unpacked.exists():
            subprocess.run(["apt-get", "download", "-q", name], cwd=packages, check=True)
            (package,) = packages.glob(f"{name}_*.deb")
            subprocess.run(["dpkg", "-x", package, files], check=True)
            unpacked.touch()
    return files


def noises(files: Path, out: Path) -> None:
    """Every sound of half a second or more, as it is."""
    city = files / "usr/share/games/lincity-ng/sounds"
    island = files / "usr/share/unknown-horizons/content/audio"
    tested = [*(island / "sounds").glob("*.ogg"), island / "music/waves.ogg"]
    for sound in [*city.glob("*.wav"), *tested]:
        part = "test" if sound in tested or re.match(TESTED_NOISE, sound.name) else "train"
        if soundfile.info(sound).duration >= 0.5:
            (out / part).mkdir(parents=True, exist_ok=True)
            shutil.copy(sound, out / part / sound.name)


def resources(files: Path) -> Iterator[tuple[str, bytes]]:
    """What is in the game's one file, as ScummVM packs it: a table of names, places and sizes."""
    packed = (files / "usr/share/scummvm/flight-of-the-amazon-queen/queen.1c").read_bytes()
    (count,) = struct.unpack_from(">H", packed, 13)
    for number in range(count):
        name, _, start, size = struct.unpack_from(">12sBII", packed, 15 + 21 * number)
        yield name.rstrip(b"\0").decode("latin-1"), packed[start : start + size]


def game(files: Path, out: Path) -> Iterator[Spoken]:
    """The game's speech (MP3, 11 kHz). In dialogues Joe's lines end in J, others' in P and a number."""
    for name, content in resources(files):
        if not name.endswith(".SB"):
            continue
        samples, rate_hz = soundfile.read(io.BytesIO(content), dtype="float32")
        stem = name.removesuffix(".SB")
        speaker = f"dialogue-{stem[:2]}" if re.match(r"\d.*P\d$", stem) else "joe"
        speaker = f"scene-{stem[:3]}" if re.match(r"C\d", stem) else speaker
        if 1 <= len(samples) / rate_hz <= 20 and abs(samples).max() > 0.01:
            yield keep(out, Spoken(stem, "", speaker, "game"), samples, rate_hz)


def script(files: Path) -> dict[str, str]:
    """The game's lines, by what they come to without capitals and punctuation.

    A string of the dialogues and scenes has its length before it and the actors' gestures (`*14`) between its
    lines. Where a length happens to be a letter, the line with it and the line without it are both kept.
    """
    lines: set[str] = set()
    for name, content in resources(files):
        if name.rpartition(".")[2] not in ("DOG", "CUT", "JAS"):
            continue
        for found in re.findall(rb"[\x20-\x7e]{4,}", content):
            text = found.decode()
            for part in re.split(r"\*\w\w|\*\.|\*", text) + re.split(r"\*\w\w|\*\.|\*", text[1:])[:1]:
                for line in {tidy(part), tidy(part[1:]) if part[:1].isupper() else tidy(part)}:
                    spoken = sum(each.isalpha() or each in " '.,!?-" for each in line)
                    if len(line) >= 3 and re.search("[a-z]", line) and spoken > 0.93 * len(line):
                        lines.add(line)
    return {key: line for line in sorted(lines, key=lambda each: (-len(each), each)) if (key := plain(line))}


def tidy(line: str) -> str:
    """Without what is not said, and with an ellipsis written as the pause that it is."""
    line = re.sub(r"^[^A-Za-z']+", "", re.sub(r"[\"^_()]", "", line)).strip()
    line = re.sub(r"\s*\.{2,}$", ".", line)
    return re.sub(r"\s+", " ", re.sub(r"\.{2,}", ", ", line))


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z' ]", " ", text.lower()).split())


def matched(row: Spoken, text: str, lines: dict[str, str]) -> Spoken | None:
    """The clip with its line, where one is like what was heard and can be said in the time."""
    found = process.extractOne(plain(text), lines.keys(), scorer=fuzz.ratio, score_cutoff=LIKE_IT)
    if not plain(text) or found is None:
        return None
    line = lines[found[0]]
    if len(line.split()) < 2 or not 4 < len(line) / row.duration < 23 or not line[0].isupper():
        return None
    return replace(row, text=line)


def read_aloud(
    files: Path, texts: Sequence[str], voices: Sequence[str], count: int, out: Path
) -> list[Spoken]:
    """Sentences of 5 to 16 words from `fortunes`, spoken by flite at various speeds."""
    rows = []
    for number, text in enumerate(sentences(files, texts)[:count]):
        voice = voices[number % len(voices)]
        stretch = (0.85, 0.95, 1.0, 1.1, 1.2)[number // len(voices) % 5]
        wav = out / "flite.wav"
        out.mkdir(parents=True, exist_ok=True)
        command = [
            "flite",
            "-voice",
            voice,
            "--setf",
            f"duration_stretch={stretch}",
            "-t",
            text,
            "-o",
            str(wav),
        ]
        subprocess.run(command, check=True)
        samples, rate_hz = soundfile.read(wav, dtype="float32")
        wav.unlink()
        row = Spoken(f"{voice}-{number:04}", text, f"flite-{voice}", "flite")
        rows.append(keep(out, row, samples, rate_hz))
    return rows


def sentences(files: Path, names: Sequence[str]) -> list[str]:
    """In an order that has nothing to do with theirs."""
    found = set()
    for name in names:
        for fortune in (files / "usr/share/games/fortunes" / name).read_text().split("\n%\n"):
            text = re.sub(r"\s+", " ", fortune.partition("\n\t\t")[0]).strip()
            for sentence in re.split(r"(?<=[.?!]) ", text):
                if 5 <= len(sentence.split()) <= 16 and re.fullmatch(r"[A-Z][a-z',;A-Z -]+[.?!]", sentence):
                    found.add(sentence)
    return sorted(found, key=lambda text: hashlib.sha256(text.encode()).digest())


def prompts(files: Path, out: Path) -> Iterator[Spoken]:
    """Asterisk's prompts of four words or more; those with sounds have brackets in their text."""
    listing = files / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    folder = files / "usr/share/asterisk/sounds/en_US_f_Allison"
    with gzip.open(listing, "rt") as lines:
        for line in lines:
            name, _, text = line.strip().partition(": ")
            audio = folder / f"{name}.g722"
            if len(text.split()) < 4 or re.search(r"[\[\]<>()0-9]", text) or not audio.is_file():
                continue
            command = [
                "ffmpeg",
                "-v",
                "error",
                "-f",
                "g722",
                "-i",
                str(audio),
                "-f",
                "f32le",
                "-ac",
                "1",
                "-",
            ]
            raw = subprocess.run(command, check=True, capture_output=True).stdout
            samples = np.frombuffer(raw, dtype=np.float32)
            if len(samples) <= 20 * RATE_HZ:
                row = Spoken(f"prompt-{name}".replace("/", "-"), text, "allison", "prompts")
                yield keep(out, row, samples, RATE_HZ)


def audiobook(files: Path, out: Path) -> Iterator[Spoken]:
    """Five lines of Sense and Sensibility, in the order of the transcription."""
    folder = files / "usr/share/pocketsphinx/test/data/librivox"
    for text, name in re.findall(r"<s> (.*) </s> \((.*)\)", (folder / "transcription").read_text()):
        samples, rate_hz = soundfile.read(folder / f"{name}.wav", dtype="float32")
        yield keep(out, Spoken(name, text, "librivox", "audiobook"), samples, rate_hz)


def keep(out: Path, row: Spoken, samples: Samples, rate_hz: int) -> Spoken:
    """Write the clip at 16 kHz."""
    out.mkdir(parents=True, exist_ok=True)
    resampled = np.clip(soxr.resample(samples, rate_hz, RATE_HZ), -1, 1)
    soundfile.write(out / f"{row.id}.flac", resampled, RATE_HZ)
    return replace(row, audio=f"{out.name}/{row.id}.flac", duration=round(len(resampled) / RATE_HZ, 3))


def heard(out: Path, rows: Sequence[Spoken]) -> dict[str, str]:
    """What Moonshine Tiny makes of each clip, kept in `heard.json` as it comes."""
    known = out / "heard.json"
    found: dict[str, str] = json.loads(known.read_text()) if known.exists() else {}
    missing = [row for row in rows if row.id not in found]
    parts = [missing[start : start + 100] for start in range(0, len(missing), 100)]
    with ProcessPoolExecutor() as pool:
        for texts in pool.map(transcribe, [[(row.id, out / row.audio) for row in part] for part in parts]):
            found |= dict(texts)
            begun = known.with_suffix(".part")
            begun.write_text(json.dumps(found))
            begun.replace(known)
            print(f"{len(found)} of {len(rows)} clips heard", flush=True)
    return found


@cache
def recognizer() -> MoonshineRecognizer:
    return MoonshineSpec(id="moonshine-tiny", engine="moonshine").open("cpu")


def transcribe(clips: Sequence[tuple[str, Path]]) -> list[tuple[str, str]]:
    read = [Clip(key, soundfile.read(path, dtype="float32")[0], RATE_HZ) for key, path in clips]
    answers = recognizer().transcribe(read)
    return [
        (clip.sample_id, answer.text if isinstance(answer, Transcript) else "")
        for clip, answer in zip(read, answers, strict=True)
    ]


def write(path: Path, rows: Sequence[Spoken]) -> None:
    """In an order in which the first so many are a fair sample."""
    with path.open("w") as stream:
        for row in sorted(rows, key=lambda row: hashlib.sha256(row.id.encode()).digest()):
            stream.write(json.dumps(asdict(row) | {"language": "en"}) + "\n")
    hours = sum(row.duration for row in rows) / 3600
    print(f"{path}: {len(rows)} clips, {hours:.2f} h, {len({row.speaker for row in rows})} speakers")


if __name__ == "__main__":
    main()
