"""What was done to a clip, and how it came out, in lines that can be read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_UNITS = {
    "db": "dB",
    "s": "s",
    "ms": "ms",
    "hz": "Hz",
    "khz": "kHz",
    "kbps": "kbit/s",
    "pct": "%",
    "lufs": "LUFS",
}
_SHORT = {"snr": "SNR", "id": "id", "rt60": "RT60", "sha256": "SHA-256"}
_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Draw:
    """One parameter: what it belongs to ("" for the whole), its name, and its value with its unit."""

    part: str
    name: str
    value: str


def draws(degradation: object) -> list[Draw]:
    """The parameters of a record's `degradation`, in its order; nothing where nothing was done.

    Units come from the ends of names (`snr_db`), parts from where values are nested; a list of parts is
    numbered and named by its `primitive` or `kind`.

    >>> for draw in draws({"kind": "scenario", "steps": [{"primitive": "add_noise", "snr_db": 5.25}]}):
    ...     print(draw)
    Draw(part='', name='kind', value='scenario')
    Draw(part='step 1: add noise', name='SNR', value='5.25 dB')
    """
    return list(_parts("", degradation)) if isinstance(degradation, dict) else []


def _parts(part: str, values: Mapping[str, Any]) -> Iterator[Draw]:
    inner: list[tuple[str, Mapping[str, Any]]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            inner.append((f"{part}, {_words(key)}".lstrip(", "), value))
        elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            inner += [
                (f"{part}, {_numbered(key, place, each)}".lstrip(", "), each)
                for place, each in enumerate(value, start=1)
            ]
        elif not (part and key in ("primitive", "kind")):
            name, unit = _name(str(key))
            yield Draw(part, name, _value(value, unit))
    for name, found in inner:
        yield from _parts(name, found)


def _numbered(key: str, place: int, part: Mapping[str, Any]) -> str:
    name = part.get("primitive") or part.get("kind")
    return f"{_words(key).removesuffix('s')} {place}" + (f": {_words(str(name))}" if name else "")


def _name(key: str) -> tuple[str, str]:
    """A key as words, and the unit that it ends in, which may stand before `measured`."""
    words = key.split("_")
    place = next((at for at in range(len(words) - 1, 0, -1) if words[at].lower() in _UNITS), None)
    unit = _UNITS[words.pop(place).lower()] if place is not None else ""
    return _words("_".join(words)), unit


def _words(key: str) -> str:
    return " ".join(_SHORT.get(word, word) for word in str(key).split("_"))


def _value(value: object, unit: str) -> str:
    if isinstance(value, list):
        return ", ".join(_value(each, unit) for each in value) or "none"
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "no"}[value]
    if isinstance(value, float):
        text = f"{value:.4g}"
        text = "0" if abs(value) < 1e-4 and unit else text
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and len(value) == _DIGITS and set(value) <= set("0123456789abcdef"):
        return f"{value[:12]}…"
    return f"{text} {unit}" if unit and not isinstance(value, str) else text
