"""One case of a study: what was said of it, what is heard, and every answer under the reference."""

from collections.abc import Callable, Sequence

from asrdiag.errors import SampleError
from asrdiag.report.page.text import count, html

from ..data.case import Case
from ..data.draws import draws
from ..data.index import ERRORS, CaseKey
from ..data.picture import Clip, read_clip
from ..data.runs import OpenRun
from ..data.sound import Refused, Sound, heard, rate_of, recorded
from ..data.together import Line, answers, why_apart
from ..texts import percent, shown
from .rows import rows_of
from .takes import LONGEST_S, takes_of

_LONG_TEXT = 20_000
_UNITS = {"word": "word", "character": "character"}


def section(
    place: int, note: str, case: Case, runs: Sequence[OpenRun], read: Callable[[CaseKey], Case]
) -> str:
    """A case as HTML.

    Args:
        place: its number.
        note: what is said of it.
        case: the case.
        runs: all runs whose answers to the same clip are shown.
        read: reads another case.
    """
    key, score = case.key, case.score
    run = next(run for run in runs if run.name == key.run)
    together, apart = answers(runs, case, read)
    where = [key.dataset, key.condition, str(score.get("subset") or ""), str(score.get("language") or "")]
    where += [f"speaker {score['speaker']}"] if score.get("speaker") else []
    where += [f"run {key.run}"] if len(runs) > 1 else []
    clips, silent = _clips(run, case)
    notes = [f"{shown(line.name, 60)}: {why_apart(line.case)}" for line in apart if line.case is not case]
    notes = [shown(silent, 500), *notes] if silent else notes
    language = str(case.record.get("language") or score.get("language") or "")
    return f"""<section id="case-{place}">
<h2><span class=n>{place}</span> {html(shown(key.sample_id, 120))} <small>{html(key.system)}</small></h2>
<p class=where>{" · ".join(html(shown(each, 80)) for each in where if each)}</p>
<p><b class=mode>{html(mode_of(case))}</b> {html(_counted(case))}</p>
<p class=why>{html(shown(_evidence(case), 1000))}</p>
{said(note)}
{takes_of(clips) if clips else ""}
{rows_of(together, case.unit, language) if together else ""}
{"".join(f"<p class=dim>{html(note)}</p>" for note in notes)}
<details><summary>Texts as they were written</summary><dl>{_texts(case, [*together, *apart])}</dl></details>
{_done(case)}
</section>
"""


def said(text: str) -> str:
    """What somebody wrote, with its lines, as HTML."""
    if not text:
        return ""
    lines = "\n".join(html(line) for line in text.split("\n"))
    return f"<div class=note>{lines}</div>"


def mode_of(case: Case) -> str:
    """The failure mode in words; an answer that never came has none."""
    if case.error is not None or not case.answered:
        return "no answer"
    return str(case.score.get("failure_mode") or "").replace("_", " ")


def _evidence(case: Case) -> str:
    if case.error is not None:
        found = case.error
        return f"{found.get('stage')} failed, {found.get('type')}: {found.get('message')}"
    return str(case.score.get("evidence") or "")


def rate_of_case(case: Case) -> float | None:
    """The error rate in %; `None` where there is none."""
    rate = case.score.get("error_rate")
    return None if rate is None else 100 * rate


def _counted(case: Case) -> str:
    if not case.answered:
        return ""
    kinds = {kind: int(case.score.get(column) or 0) for kind, column in ERRORS.items()}
    split = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items() if number)
    tokens = count(len(case.reference_tokens), _UNITS.get(case.unit, "token"))
    total = f"{count(sum(kinds.values()), 'error')} in {tokens} ({percent(rate_of_case(case))})"
    return f"{total}: {split}" if split else total


def _texts(case: Case, lines: Sequence[Line]) -> str:
    found = [("reference", case.record.get("reference_raw"))]
    found += [(line.name, line.case.record.get("hypothesis_raw")) for line in lines]
    return "".join(
        f"<dt>{html(shown(name, 60))}</dt><dd>"
        + ("<i>no answer</i>" if text is None else html(shown(str(text), _LONG_TEXT)) or "<i>nothing</i>")
        + "</dd>"
        for name, text in found
    )


def _done(case: Case) -> str:
    lines: dict[str, list[str]] = {}
    for draw in draws(case.record.get("degradation")):
        if draw.value:
            lines.setdefault(draw.part, []).append(f"{draw.name} {shown(draw.value, 200)}")
    items = "".join(
        f"<li>{f'<b>{html(part)}</b> ' if part else ''}{html(' · '.join(values))}</li>"
        for part, values in lines.items()
    )
    return (
        f"<details><summary>What was done to the audio</summary><ul>{items}</ul></details>" if items else ""
    )


def _clips(run: OpenRun, case: Case) -> tuple[list[tuple[str, Clip]], str]:
    """What can be embedded, and why something cannot be."""
    if not case.record:
        return [], "the record cannot be read"
    asked = {"as heard": heard(run, case.key.dataset, case.record)}
    if case.record.get("degradation"):
        asked["as recorded"] = recorded(run, case.key.dataset, case.record)
    found, why = [], []
    for name, sound in asked.items():
        clip = _clip(sound, rate_of(case.record))
        if isinstance(clip, str):
            why.append(f"{name}: {clip}")
        else:
            found.append((name, clip))
    return found, "; ".join(why)


def _clip(sound: Sound | Refused, rate: int) -> Clip | str:
    if isinstance(sound, Refused):
        return sound.why
    if sound.duration_s is not None and sound.duration_s > LONGEST_S:
        return _too_long(sound.duration_s)
    try:
        clip = read_clip(sound, rate)
    except (OSError, SampleError) as error:
        return str(error)
    return clip if clip.duration_s <= LONGEST_S else _too_long(clip.duration_s)


def _too_long(seconds: float) -> str:
    return f"{seconds:.0f} s of audio are not embedded, {LONGEST_S:.0f} s are at most"
