"""CHiME-4 in its official layout, of any size."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path

from .sounds import write_tone

SPEAKERS = {"dt05": ("F01", "F04", "M03", "M04"), "et05": ("F05", "F06", "M05", "M06")}
FULL = {"dt05": 410, "et05": 330}


def build(
    root: Path,
    sizes: Mapping[str, int] = {"dt05": 2, "et05": 2},
    *,
    together: bool = True,
    sound: bool = True,
) -> Path:
    """Write the corpus below `root`.

    Args:
        root: of the corpus.
        sizes: utterances of each subset, by set.
        together: whether the transcripts of a set are one `.trn_all`; otherwise a `.trn` each.
        sound: whether the audio is a tone; otherwise its files are empty.
    """
    texts = root / "data/transcriptions"
    texts.mkdir(parents=True)
    for (name, size), kind in product(sizes.items(), ("real", "simu")):
        lines = []
        for place in ("bus", "caf", "ped", "str"):
            audio = root / "data/audio/16kHz/isolated_1ch_track" / f"{name}_{place}_{kind}"
            audio.mkdir(parents=True)
            (texts / audio.name).mkdir()
            for number in range(size):
                utterance = f"{SPEAKERS[name][number % 4]}_{number:03}C0101_{place.upper()}"
                line = f"{utterance} MR. SMITH OF THE U. S. SAID NUMBER {number} ROSE\n"
                lines.append(line)
                if not together:
                    (texts / audio.name / f"{utterance}.trn").write_text(line)
                if sound:
                    write_tone(audio / f"{utterance}.wav", seed=number)
                else:
                    (audio / f"{utterance}.wav").touch()
        if together:
            (texts / f"{name}_{kind}.trn_all").write_text("".join(lines))
    return root
