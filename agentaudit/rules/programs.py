"""The rows of `rules/programs.yaml`: packages that are not the agent, though it may seem so."""

from pathlib import Path

from agentaudit.errors import InputError, Problem
from agentaudit.model.rule import ProgramRule
from agentaudit.rules.rows import Row, rows_of

ROLES = ("runner", "command_line")
_FIELDS = ("package", "role")


def load_program_rules(file: Path) -> tuple[ProgramRule, ...]:
    """
    The rules of a file.

    Raises InputError with every problem: a row that is no rule, a package that stands twice.
    """
    problems: list[Problem] = []
    rules: dict[str, ProgramRule] = {}
    for rule, line in rows_of(file, problems, _rule):
        if rule.package in rules:
            text = f"`package` {rule.package!r} stands already"
            problems.append(Problem(file=str(file), line=line, message=text))
        rules[rule.package] = rule
    if problems:
        raise InputError(*problems)
    return tuple(rules.values())


def _rule(row: Row) -> ProgramRule | None:
    if not row.names(_FIELDS):
        return None
    return ProgramRule(package=row.identifier("package"), role=row.choice("role", ROLES))
