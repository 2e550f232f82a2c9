"""What a section consists of: blocks that say what is shown, and nothing of how it looks."""

from dataclasses import dataclass
from typing import TypeAlias

from agentaudit.report.tones import Tone

NOTHING = "\N{EN DASH}"
"""What stands in a cell that has nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table. With a tone it is shown as a badge, with `href` as a link."""

    text: str
    tone: Tone = Tone.PLAIN
    code: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The head of a column; numbers stand right."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; `id` makes it an anchor, and the first cell is its head."""

    cells: tuple[Cell, ...]
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its caption; `note` says what was cut."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    filterable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """An SVG that this package drew: the only markup that is not escaped."""

    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A drawing, what it says in words, and the same numbers as a table."""

    id: str
    title: str
    summary: str
    drawing: Drawing
    twin: Table | None = None
    twin_folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """A list of sentences."""

    title: str
    items: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One sentence of evidence: whether it speaks for or against, and where it stands."""

    tone: Tone
    text: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Evidence, item by item."""

    title: str
    items: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumber:
    """A number that a reader takes away."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumbers:
    """A row of numbers."""

    items: tuple[KeyNumber, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Words and what they mean, or names and values."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Text to copy."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A headed part of a section, with a badge and an anchor."""

    id: str
    title: str
    blocks: tuple["Block", ...]
    badge: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Blocks behind a line that says what they are; print opens them."""

    summary: str
    blocks: tuple["Block", ...]
    id: str = ""


Block: TypeAlias = (
    Code | Figure | Folded | KeyNumbers | Marks | Paragraph | Part | Points | Table | Terms
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of the page; `lead` is the sentence that says what its numbers say."""

    id: str
    title: str
    lead: str
    blocks: tuple[Block, ...] = ()


def plain(*texts: str) -> tuple[Cell, ...]:
    """Cells without a tone."""
    return tuple(Cell(text=text) for text in texts)


def columns(*titles: str, numbers: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """Columns by title; those in `numbers` hold numbers."""
    return tuple(Column(title=title, number=title in numbers) for title in titles)
