"""NOIZEUS as its archives unpack, whole or in part."""

from itertools import product
from pathlib import Path

from .sounds import write_tone

NOISES = ("airport", "babble", "car", "exhibition", "restaurant", "station", "street", "train")


def build(
    root: Path,
    noises: tuple[str, ...] = NOISES,
    snrs_db: tuple[int, ...] = (0, 5, 10, 15),
    *,
    clean: bool = True,
    sound: bool = True,
) -> Path:
    """Write the corpus below `root`; the folders inside the archives differ, as they do in truth.

    Args:
        root: of the corpus.
        noises: whose files are written.
        snrs_db: at which they are.
        clean: whether the files without noise are there too.
        sound: whether the audio is a tone; otherwise its files are empty.
    """
    folders = {
        f"_{noise}_sn{snr}": root / f"{noise}_{snr}dB" / ("wav" if noise == "car" else f"{snr}dB")
        for noise, snr in product(noises, snrs_db)
    } | ({"": root / "clean"} if clean else {})
    for ending, folder in folders.items():
        folder.mkdir(parents=True)
        for number in range(1, 31):
            path = folder / f"sp{number:02}{ending}.wav"
            if sound:
                write_tone(path, rate=8000, seed=number)
            else:
                path.touch()
    return root
