"""The VOiCES devkit in its official layout, of any size."""

from itertools import product
from pathlib import Path

from .sounds import write_tone

COLUMNS = (
    *("index", "chapter", "degrees", "distractor", "filename", "gender", "mic", "query_name", "room"),
    *("segment", "source", "speaker", "transcript", "noisy_length", "noisy_sr", "noisy_time"),
    *("source_length", "source_sr", "source_time"),
)
POSITIONS = (
    *("clo", "mid", "far", "beh", "tbo", "cec", "ceo", "wal"),
    *("ds1", "ds2", "ds3", "tbc", "sho", "ref", "obs"),
)
MICROPHONES = {1: "stu-clo", 3: "stu-mid", 5: "stu-far", 6: "lav-far"}


def build(
    root: Path,
    n_sources: int = 2,
    *,
    split: str = "test",
    microphones: tuple[int, ...] = (1, 5),
    sound: bool = True,
) -> Path:
    """Write the corpus below `root`.

    Args:
        root: of the corpus.
        n_sources: segments of LibriSpeech, of two for each speaker.
        split: the one that is written.
        microphones: that recorded each segment in each room with each distractor.
        sound: whether the audio is a tone; otherwise its files are empty.
    """
    index, transcripts = [",".join(COLUMNS)], ["index,file_name,transcript"]
    conditions = tuple(product(("rm1", "rm2", "rm3", "rm4"), ("babb", "musi", "none", "tele"), microphones))
    for number in range(n_sources):
        speaker, gender = number // 2 + 1, "FM"[number // 2 % 2]
        key = f"sp{speaker:04}-ch{121720:06}-sg{number:04}"
        source = f"source-16k/{split}/sp{speaker:04}/Lab41-SRI-VOiCES-src-{key}.wav"
        text = f"it was the night of the {number} th"
        _write(root / source, number, sound)
        for room, distractor, microphone in conditions:
            name = f"Lab41-SRI-VOiCES-{room}-{distractor}-{key}-mc{microphone:02}"
            name = f"{name}-{MICROPHONES[microphone]}-dg{number % 19 * 10:03}"
            file = f"distant-16k/speech/{split}/{room}/{distractor}/sp{speaker:04}/{name}.wav"
            _write(root / file, number, sound)
            at = len(index) - 1
            cells = (at, 121720, number % 19 * 10, distractor, file, gender, microphone, name, room, number)
            index.append(",".join(map(str, (*cells, source, speaker, text, *(4000, 16000, 0.25) * 2))))
            transcripts.append(f"{at},{name},{text}")
    references = root / "references"
    references.mkdir()
    (references / f"{split}_index.csv").write_text("\n".join(index) + "\n")
    (references / "filename_transcripts").write_text("\n".join(transcripts) + "\n")
    return root


def _write(path: Path, seed: int, sound: bool) -> None:
    if sound:
        write_tone(path, seed=seed)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
