"""Which utterances belong together when it is asked how sure a number is: those of one speaker."""

from collections.abc import Sequence


def speaker_blocks(speakers: Sequence[str | None]) -> list[str] | None:
    """The speakers as blocks of utterances that belong together.

    `None` where one is unknown, and where there is one only: then utterances count as independent, and what
    is said of them holds for that speaker.
    """
    known = [speaker for speaker in speakers if speaker is not None]
    return known if len(known) == len(speakers) and len(set(known)) > 1 else None


def joint_blocks(speakers: Sequence[Sequence[str | None]]) -> list[str] | None:
    """The speakers of several subsets, one after the other, as blocks over all of them.

    `None` where one is unknown or a subset has a single speaker, see `speaker_blocks`: its utterances must
    then stand for themselves, and with them all.
    """
    found = [speaker_blocks(each) for each in speakers]
    return [speaker for each in found if each is not None for speaker in each] if None not in found else None
