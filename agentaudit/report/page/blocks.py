"""What a section consists of: blocks that say what is shown, and nothing of how it looks."""

from typing import TypeAlias

from msgspec import Struct

from agentaudit.report.tones import Tone

NOTHING = "\N{EN DASH}"
"""What stands in a cell that has nothing to say."""


class Cell(Struct, frozen=True, kw_only=True):
    """One cell of a table. With a tone it is shown as a badge, with `href` as a link."""

    text: str
    tone: Tone = Tone.PLAIN
    code: bool = False
    href: str = ""
    way: tuple[tuple[str, str], ...] = ()
    """Places one after the other, each with what stands there; folded below the text."""


class Column(Struct, frozen=True, kw_only=True):
    """The head of a column; numbers stand right."""

    title: str
    number: bool = False


class Row(Struct, frozen=True, kw_only=True):
    """One row; `id` makes it an anchor, and the first cell is its head."""

    cells: tuple[Cell, ...]
    id: str = ""


class Table(Struct, frozen=True, kw_only=True):
    """A table with its caption; `note` says what was cut."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    filterable: bool = False


class Drawing(Struct, frozen=True, kw_only=True):
    """An SVG that this package drew: the only markup that is not escaped."""

    svg: str


class Figure(Struct, frozen=True, kw_only=True):
    """A drawing, what it says in words, and the same numbers as a table."""

    id: str
    title: str
    summary: str
    drawing: Drawing
    twin: Table | None = None
    twin_folded: bool = False


class Paragraph(Struct, frozen=True, kw_only=True):
    """Running text."""

    text: str
    tone: Tone = Tone.PLAIN


class Points(Struct, frozen=True, kw_only=True):
    """A list of sentences."""

    title: str
    items: tuple[str, ...]
    ordered: bool = False


class Mark(Struct, frozen=True, kw_only=True):
    """One sentence of evidence: whether it speaks for or against, and where it stands."""

    tone: Tone
    text: str
    place: str


class Marks(Struct, frozen=True, kw_only=True):
    """Evidence, item by item."""

    title: str
    items: tuple[Mark, ...]


class KeyNumber(Struct, frozen=True, kw_only=True):
    """A number that a reader takes away."""

    label: str
    value: str
    note: str = ""


class KeyNumbers(Struct, frozen=True, kw_only=True):
    """A row of numbers."""

    items: tuple[KeyNumber, ...]


class Terms(Struct, frozen=True, kw_only=True):
    """Words and what they mean, or names and values."""

    items: tuple[tuple[str, str], ...]


class Code(Struct, frozen=True, kw_only=True):
    """Text to copy."""

    text: str
    title: str = ""


class Part(Struct, frozen=True, kw_only=True):
    """A headed part of a section, with a badge and an anchor."""

    id: str
    title: str
    blocks: tuple["Block", ...]
    badge: str = ""
    tone: Tone = Tone.PLAIN


class Folded(Struct, frozen=True, kw_only=True):
    """Blocks behind a line that says what they are; print opens them."""

    summary: str
    blocks: tuple["Block", ...]
    id: str = ""


Block: TypeAlias = (
    Code | Figure | Folded | KeyNumbers | Marks | Paragraph | Part | Points | Table | Terms
)


class Section(Struct, frozen=True, kw_only=True):
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
