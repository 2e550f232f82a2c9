"""Templates: everything is escaped and made harmless, save the drawings of this package."""

from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from agentaudit.report.page.blocks import Block, Drawing
from agentaudit.report.text import one_line, printable

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache(maxsize=1)
def environment() -> "Environment":
    """The one way to a template; a name that a template misspells is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415, late

    made = Environment(
        loader=PackageLoader("agentaudit.report.page"),
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.filters.update(drawn=_drawn, prose=_prose, form=_form, one_line=one_line, place=_place)
    return made


def _harmless(value: object) -> object:
    """Runs on all that a template shows: no control, bidirectional or invisible characters."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _drawn(drawing: Drawing) -> Markup:
    return Markup(drawing.svg)  # noqa: S704, drawn here; its labels were escaped when it was made


def _prose(text: str) -> Markup:
    """Text whose `quoted` parts are shown as code."""
    parts = printable(text).split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format("`".join(parts))
    code = Markup("<code>{}</code>")
    shown = [code.format(part) if odd % 2 else part for odd, part in enumerate(parts)]
    return Markup("").join(shown)


def _place(text: str) -> Markup:
    """A file and where in it, which breaks after its folders before it breaks in a number."""
    return Markup("/<wbr>").join(one_line(text).split("/"))


def own(source: str) -> Markup:
    """A style sheet or script of this package, and what it has made safe itself."""
    return Markup(source)  # noqa: S704, only ever called with text of our own


def _form(block: Block) -> str:
    """The word by which a template chooses how to show a block."""
    return type(block).__name__.lower()
