"""The shipped policies, for a terminal and for the page that the repository keeps."""

import textwrap
from collections.abc import Sequence

from msgspec import Struct


class PolicyRow(Struct, frozen=True, kw_only=True):
    """One policy: its name, what it does, how it is set on the paper's machine, and its source."""

    name: str
    what: str
    parameters: str
    source: str


def render_policies(rows: Sequence[PolicyRow], *, width: int) -> str:
    """A paragraph for each, its name in front."""
    indent = max(len(row.name) for row in rows) + 2
    paragraphs = []
    for row in rows:
        lines = [
            line
            for part in (row.what, row.source)
            for line in textwrap.wrap(part, max(width - indent, 30), break_long_words=False)
        ]
        names = [row.name, *("" for _ in lines[1:])]
        pairs = zip(names, lines, strict=True)
        paragraphs.append("\n".join(f"{name:<{indent}}{line}" for name, line in pairs))
    return "\n".join(paragraphs) + "\n"


def render_policy_table(rows: Sequence[PolicyRow]) -> str:
    """The table of docs/policies.md."""
    return "\n".join(
        (
            "| policy | what it does | with the paper's caps | source |",
            "|---|---|---|---|",
            *(f"| `{r.name}` | {r.what} | {r.parameters} | {r.source} |" for r in rows),
            "",
        )
    )
