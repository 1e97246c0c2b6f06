"""What a recogniser is told beside the audio: the language and a prompt, as suite and clip have them."""

from collections.abc import Mapping

from ..errors import SampleError
from ..metrics import spoken_languages


def told_language(setting: str, clip_language: str) -> str | None:
    """The primary tag that a system is told for a clip; `None`: it is not told.

    Args:
        setting: `auto` (not told), `from_clip`, or a tag for all clips.
        clip_language: the clip's; of one that switches languages the first counts.

    >>> told_language("auto", "de"), told_language("from_clip", "en-GB"), told_language("zh", "de")
    (None, 'en', 'zh')
    """
    if setting == "auto":
        return None
    return spoken_languages(clip_language)[0] if setting == "from_clip" else setting


def told_prompt(prompt: str | Mapping[str, str] | None, clip_language: str, system: str) -> str | None:
    """The prompt for a clip in this language.

    Args:
        prompt: one for all clips, or one for each language.
        clip_language: the clip's.
        system: what a message calls the system.

    Raises:
        SampleError: prompts are given by language, and not for this one.
    """
    if prompt is None or isinstance(prompt, str):
        return prompt
    spoken = spoken_languages(clip_language)[0]
    if spoken not in prompt:
        known = ", ".join(prompt)
        raise SampleError(f"found the language {clip_language!r}; {system} has prompts for: {known}")
    return prompt[spoken]
