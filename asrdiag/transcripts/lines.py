"""Text of transcripts, which may hold anything, as lines for a terminal."""

from rich.text import Text


def printable(text: str) -> str:
    """Text without what would move a terminal's cursor or colour it."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def text_line(label: str, text: str) -> Text:
    """A transcript on one line, cut where the terminal ends."""
    return Text(
        f"  {label} {printable(' '.join(text.split()))}", style="dim", no_wrap=True, overflow="ellipsis"
    )
