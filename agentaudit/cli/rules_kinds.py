"""`agentaudit rules list --kind`: the rules that are no lint rules, one a line."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentaudit.cli.terminal import Terminal


class RuleKind(StrEnum):
    """What rules are about."""

    LINT = "lint"
    STEPS = "steps"
    SPANS = "spans"
    THREATS = "threats"


def list_kind(kind: RuleKind, folders: Sequence[Path], said: "Terminal") -> None:
    """The rules of a kind in the order they are tried, the user's own first."""
    from agentaudit.lists import counted

    rows = list(_ROWS[kind](folders))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        said.out.print("  ".join(cells).rstrip(), soft_wrap=True)
    said.note(counted(len(rows), "rule"))


def _steps(folders: Sequence[Path]) -> Iterator[tuple[str, ...]]:
    from agentaudit.rules.ours import step_rules

    for rule in step_rules(folders):
        when = "" if rule.when == "ordinary" else f"({rule.when})"
        kind = "request" if rule.when == "request" else rule.kind.value
        yield rule.framework, kind, rule.id, f"{rule.file}:{rule.function} {when}"


def _spans(folders: Sequence[Path]) -> Iterator[tuple[str, ...]]:
    from agentaudit.rules.ours import span_rules

    for rule in span_rules(folders):
        own = "(self time)" if rule.self_time else ""
        yield rule.dialect or "any", rule.kind.value, f"{rule.attribute} = {rule.value}", own


def _threats(_folders: Sequence[Path]) -> Iterator[tuple[str, ...]]:
    from agentaudit.rules.ours import threat_rules

    for query in threat_rules().queries:
        yield query.id, query.title


_ROWS = {RuleKind.STEPS: _steps, RuleKind.SPANS: _spans, RuleKind.THREATS: _threats}
