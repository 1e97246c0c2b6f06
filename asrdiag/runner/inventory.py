"""What a run would read: clips, hours, and what is wrong with them, from file headers alone."""

from dataclasses import dataclass
from pathlib import Path

from ..audio import audio_duration_s
from ..datasets.base import Utterance
from ..errors import SampleError
from ..metrics import spoken_languages
from .dataset import LoadedDataset
from .plan import Plan


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a dataset's selected utterances amount to."""

    clips: int
    audio_s: float
    """Of the clips whose headers can be read."""
    empty_references: int
    problems: tuple[str, ...]
    """One line for each clip that cannot be read, naming it and its file."""


def take_inventory(dataset: LoadedDataset) -> Inventory:
    """Look at each audio file's header once."""
    headers: dict[Path, float | str] = {}
    audio_s, problems = 0.0, []
    for utterance in dataset.selected:
        if utterance.audio_path not in headers:
            headers[utterance.audio_path] = _length(utterance.audio_path)
        found = _stretch(utterance, headers[utterance.audio_path])
        if isinstance(found, str):
            problems.append(f"{dataset.spec.id}: {utterance.sample_id}: {found}")
        else:
            audio_s += found
    empty = sum(not utterance.reference.strip() for utterance in dataset.selected)
    return Inventory(dataset.n_selected, audio_s, empty, tuple(problems))


def mismatches(plan: Plan) -> list[str]:
    """Clips that cannot be answered: in languages their system does not know, or with nobody to babble."""
    found: dict[str, None] = {}
    for cell in plan.cells:
        name, known = cell.dataset.spec.id, cell.system.languages
        languages = {utterance.language for utterance in cell.dataset.selected}
        foreign = sorted(
            tag for tag in languages if known and not set(known).issuperset(spoken_languages(tag))
        )
        if known and foreign:
            clips = f"dataset {name} has clips in {', '.join(foreign)}"
            found[f"{clips}; system {cell.system.id} knows {', '.join(known)}"] = None
        if cell.system.hears and cell.condition.draws_on_pool() and len(cell.dataset.utterances) == 1:
            found[f"dataset {name} has one utterance; {cell.condition.id} draws on others"] = None
    return list(found)


def _length(path: Path) -> float | str:
    try:
        return audio_duration_s(path)
    except SampleError as error:
        return str(error)


def _stretch(utterance: Utterance, length: float | str) -> float | str:
    if isinstance(length, str):
        return length
    available = length - utterance.offset_s
    if available <= 0:
        return f"{utterance.audio_path}: has {length:.3f} s, the stretch starts at {utterance.offset_s} s"
    wanted = available if utterance.duration_s is None else utterance.duration_s
    if wanted > available + 0.001:
        end = utterance.offset_s + wanted
        return f"{utterance.audio_path}: has {length:.3f} s, the stretch ends at {end:.3f} s"
    return wanted
