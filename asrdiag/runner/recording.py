"""What comes of clips, into their cell's state and files; and when a cell, or a system, is given up."""

from collections.abc import Iterable

from ..engines.base import EngineSpec
from ..errors import AsrdiagError, SampleError, UnknownLanguageError
from ..store.fingerprint import differences
from ..store.log import JsonLog
from .batching import Room
from .cells import CellState
from .clip import Outcome

LONG_CLIPS = 5
"""So many times as many may fail at first where memory ran out over some: the longest come first."""
_OF_THE_CLIP = (SampleError.__name__, UnknownLanguageError.__name__)


class RunAborted(AsrdiagError):
    """The recogniser failed on all of the first clips of a cell, or on too many in a row."""


def require_unchanged(system: EngineSpec, states: Iterable[CellState]) -> None:
    """Make sure that a system is still what its cells were planned for, which may be hours ago.

    Raises:
        AsrdiagError: it is not; say a training has written its folder's weights anew.
    """
    for state in states:
        planned = state.entry["identity"]["system"]
        found = system.identity_of(state.cell.dataset.spec.id, state.cell.condition)
        if unlike := "; ".join(differences(planned, found)):
            raise AsrdiagError(
                f"system {system.id!r} has changed since this command began ({unlike}); the same "
                "command runs it as it is now"
            )


def record_outcome(state: CellState, outcome: Outcome, samples: JsonLog, errors: JsonLog) -> None:
    """Write down what came of a clip, and count it."""
    for failure in outcome.failures:
        errors.append(failure)
    record = outcome.record
    state.done += 1
    state.seen += 1
    if record["hypothesis_raw"] is None:
        state.failed += 1
        state.last_error = "{type}: {message}".format_map(record["error"])
        stage, kind = record["error"]["stage"], record["error"]["type"]
        state.foreign += kind == UnknownLanguageError.__name__
        state.unread += stage == "load"
        state.too_long += stage == "transcribe" and outcome.out_of_memory
        # A fault of this clip says nothing about the system, nor does a clip that it cannot be given.
        broken = stage == "transcribe" and not outcome.out_of_memory and kind not in _OF_THE_CLIP
        state.broken += broken
        state.broken_in_a_row += broken
        if state.failed_before.get(record["sample_id"]) == record["error"]:
            return  # it is on record like this already; the new attempt is in errors.jsonl
    else:
        state.broken_in_a_row = 0
        state.errors += outcome.errors
        state.tokens += outcome.tokens
        state.audio_s += record["audio"]["duration_s"] or 0.0
        state.transcribe_s += record["timing"]["transcribe_s"]
    samples.append(record)


def abort_if_hopeless(state: CellState, first: int, in_a_row: int, room: Room) -> None:
    """Stop where nothing of a cell, or nothing more of it, can be transcribed.

    Args:
        first: so many clips have to have failed at first; 0 never stops.
        in_a_row: so many have to have failed since the last answer; 0 never stops.
        room: what the recogniser is given at once.

    Raises:
        RunAborted: they have, and not because of the clips.
    """
    if in_a_row and state.broken_in_a_row >= in_a_row:
        raise RunAborted(
            f"{state.key}: stopped, since the recogniser failed on {state.broken_in_a_row} clips in a row; "
            f"the last: {state.last_error} (on_error.abort_if_in_a_row: 0 in the suite never stops)"
        )
    if not first or not state.seen == state.done == state.broken + state.too_long:
        return
    # The longest clips come first, and that these do not fit says nothing; but the shortest come next.
    if state.seen >= (max(LONG_CLIPS * first, 2 * room.clips) if state.too_long else first):
        raise RunAborted(
            f"{state.key}: stopped, since the recogniser failed on all of the first {state.seen} clips; "
            f"the last: {state.last_error} (on_error.abort_if_first: 0 in the suite never stops)"
        )
