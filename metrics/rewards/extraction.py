r"""The transcript in what a model wrote, whichever form a trainer hands that over in.

A trainer gives a text, a message, a list of messages or the parts of a message's content; the text may hold
special tokens, the turns of a chat template and the tag that Qwen3-ASR writes ahead:

    <|im_start|>assistant\nlanguage English<asr_text>the cat sat<|im_end|>

What the model said twice stays said twice. The parsers of transformers and qwen-asr collapse what is repeated
20 times or more, and would hide from a reward the loops that it is to punish.
"""

import re
from collections.abc import Iterator, Mapping

MARKER = "<asr_text>"
"""What Qwen3-ASR writes between the language and the text; no special token, so decoding keeps it."""

_ANSWERING = frozenset({"assistant", "model"})
_TURN = re.compile(
    r"(?:<\|im_start\|>|<\|start_header_id\|>|<\|start_of_role\|>|<start_of_turn>)\s*"
    r"(system|developer|user|assistant|model|tool)\b(?:<\|end_header_id\|>|<\|end_of_role\|>)?"
)
_SPECIAL = re.compile(
    r"<\|[^<>|\s]{1,64}\|>|</?s>|<pad>|<bos>|<eos>|<unk>|<(?:start|end)_of_turn>", re.IGNORECASE
)
_HEADER = re.compile(rf"\s*(?:language(?:[ \t]+[^\s<]{{1,40}}){{1,3}}\s*)?{MARKER}", re.IGNORECASE)


def transcript(output: object) -> str:
    """Return what the model said, and all of it: never raises, and never takes out a repetition.

    Args:
        output: a text; a message, which is a mapping with `content`; a list of messages, of which the last
            ones by `assistant` count (or by `model`, or without a role); or a list of content parts, of which
            those with text count. Anything else, such as `None`, holds no text.

    Taken off are, in this order:

    1. a prompt decoded with the answer: a text that begins with the turn of a system or user begins to count
       at the first assistant's turn;
    2. special tokens `<|...|>`, `<s>`, `</s>`, `<pad>` and the like, and the headers of turns. A space takes
       their place, so that no two words become one;
    3. at the beginning, `language X<asr_text>` or `<asr_text>` alone. X has up to three words: anything
       longer there was said, and counts. So does what follows later tags.

    >>> transcript("language English<asr_text>no no no no<|im_end|>")
    'no no no no'
    >>> transcript([{"role": "assistant", "content": [{"type": "text", "text": "the cat"}]}])
    'the cat'
    >>> transcript("<|im_start|>user\\n<|audio_pad|><|im_end|>\\n<|im_start|>assistant\\nhello<|im_end|>")
    'hello'
    >>> transcript("hello hello<asr_text>hello"), transcript(None)
    ('hello hello hello', '')
    """
    return " ".join(filter(None, map(_said, texts(output))))


def raw_text(output: object) -> str:
    """Return the text as the model wrote it, with tags and special tokens: for a reward that judges the form.

    >>> raw_text({"role": "assistant", "content": "language English<asr_text>the cat"})
    'language English<asr_text>the cat'
    """
    return " ".join(texts(output))


def texts(output: object) -> list[str]:
    """Return the texts in an output, one for each message; see `transcript` for the forms.

    >>> texts([{"role": "user", "content": "Write it down."}, {"role": "assistant", "content": "the cat"}])
    ['the cat']
    >>> texts(float("nan"))
    []
    """
    if isinstance(output, str):
        return [str(output)]
    if isinstance(output, Mapping):
        return _of_message(output)
    if not isinstance(output, list | tuple):
        return []
    if any(isinstance(item, Mapping) and ("role" in item or "content" in item) for item in output):
        return [text for message in _answer(output) for text in _of_message(message)]
    return _joined(output)


def _answer(messages: list[object] | tuple[object, ...]) -> list[Mapping[str, object]]:
    """The last messages in a row that are the model's."""
    answer: list[Mapping[str, object]] = []
    for message in reversed(messages):
        if not isinstance(message, Mapping):
            continue
        role = message.get("role")
        if role is None or (isinstance(role, str) and role in _ANSWERING):
            answer.append(message)
        elif answer:
            break
    return answer[::-1]


def _of_message(message: Mapping[str, object]) -> list[str]:
    content = message.get("content", message.get("text"))
    if isinstance(content, str):
        return [str(content)]
    return _joined(content) if isinstance(content, list | tuple) else []


def _joined(parts: list[object] | tuple[object, ...]) -> list[str]:
    found = list(_of_parts(parts))
    return [" ".join(found)] if found else []


def _of_parts(parts: list[object] | tuple[object, ...]) -> Iterator[str]:
    for part in parts:
        text = part.get("text") if isinstance(part, Mapping) else part
        if isinstance(text, str):
            yield str(text)


def _said(text: str) -> str:
    if "<" not in text:
        return text.strip()
    turns = list(_TURN.finditer(text))
    if turns and turns[0][1] not in _ANSWERING and not _SPECIAL.sub("", text[: turns[0].start()]).strip():
        answers = (turn.end() for turn in turns if turn[1] in _ANSWERING)
        text = text[next(answers, 0) :]
    text = _SPECIAL.sub(" ", _TURN.sub(" ", text))
    header = _HEADER.match(text)
    return text[header.end() if header else 0 :].replace(MARKER, " ").strip()
