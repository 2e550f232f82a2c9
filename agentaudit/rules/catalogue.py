"""The catalogue: what an audit should find, and what finds each row, or why nothing does."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from agentaudit.model.lint_rule import LintRule
from agentaudit.readers.document import NodeKind
from agentaudit.rules.loading import Fields, Problems, fields_of
from agentaudit.store.shipped import shipped


class Row(Struct, frozen=True, kw_only=True):
    """One row of the catalogue."""

    id: str
    title: str
    elsewhere: str
    """What finds it that is no rule; empty when nothing else does."""
    partly: str
    """What of it is not seen by what finds it; empty when all is."""
    none: str
    """Why nothing finds it; empty when something does."""


def load_catalogue(path: Path | None = None) -> tuple[Row, ...]:
    """The rows in their order; InputError lists all that is wrong with the file."""
    file = path or shipped("rules") / "catalogue.yaml"
    problems = Problems()
    fields = fields_of(file, problems)
    names = ("rows", "elsewhere", "partly", "none")
    if fields is not None:
        fields.check_names(*names)
    titles, elsewhere, partly, none = (_texts(fields, name) if fields else {} for name in names)
    problems.end_the_run()
    return tuple(
        Row(
            id=name,
            title=title,
            elsewhere=elsewhere.get(name, ""),
            partly=partly.get(name, ""),
            none=none.get(name, ""),
        )
        for name, title in titles.items()
    )


def rules_of_rows(rules: Iterable[LintRule]) -> Mapping[str, tuple[str, ...]]:
    """Ids of the rules that say of themselves that they cover a row, by row."""
    found: dict[str, list[str]] = {}
    for rule in rules:
        for row in rule.catalogue:
            found.setdefault(row, []).append(rule.id)
    return {row: tuple(sorted(names)) for row, names in found.items()}


def _texts(fields: Fields, name: str) -> dict[str, str]:
    """Texts by row; a row that has no title is not of the catalogue."""
    node = fields.node.child(name)
    if node is None or node.kind is not NodeKind.MAPPING:
        fields.complain(node or fields.node, f"`{name}` must be a mapping of rows to texts")
        return {}
    titles = fields.node.child("rows")
    for key, value in node.entries:
        if titles is not None and titles.child(key.raw) is None:
            fields.complain(key, f"`{key.raw}` is no row")
        if not (value.text or "").strip():
            fields.complain(value, f"`{key.raw}` must be a text")
    return {key.raw: value.text or "" for key, value in node.entries}
