"""Which rules `agentaudit lint` asks: ours and the user's, as he and the repository name them."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentaudit.errors import InputError, Problem, UsageError

if TYPE_CHECKING:
    from agentaudit.rules.compiled import CompiledRule
    from agentaudit.rules.configured import Configuration


def rules_in(folders: Sequence[Path]) -> "tuple[CompiledRule, ...]":
    from agentaudit.rules.ours import lint_rules

    return lint_rules(folders)


def chosen(
    rules: "tuple[CompiledRule, ...]",
    select: Sequence[str] | None,
    ignore: Sequence[str] | None,
    configured: "Configuration",
) -> frozenset[str]:
    """The names of the rules to ask; a name that is neither a rule's nor a family's is an error."""
    words = [{rule.rule.id, rule.rule.family.value} for rule in rules]
    known = set().union(*words)
    unknown = sorted({*(select or ()), *(ignore or ())} - known)
    if unknown:
        from agentaudit.cli.rules import suggested

        near = suggested(unknown[0], sorted(known))
        raise UsageError(f"no rule or family is called {', '.join(unknown)}{near}")
    if configured.names:
        _check_names(configured, known)
    wanted, unwanted = set(select or configured.select), set(ignore or configured.ignore)
    return frozenset(
        rule.rule.id
        for rule, names in zip(rules, words, strict=True)
        if (not wanted or names & wanted) and not names & unwanted
    )


def _check_names(configured: "Configuration", known: Collection[str]) -> None:
    """Every name of a rule in the configuration is one, or InputError tells all that are none."""
    from agentaudit.cli.rules import suggested
    from agentaudit.linting.suppressions import META_RULES

    of_paths = {*known, *(rule.id for rule in META_RULES)}
    problems = [
        Problem(
            file=str(configured.file),
            line=name.line,
            column=name.column,
            message=f"no rule or family is called '{name.said[:60]}'"
            f"{suggested(name.said, sorted(known))}",
        )
        for name in sorted(configured.names, key=lambda name: (name.line, name.column))
        if name.said not in (of_paths if name.of_path else known)
    ]
    if problems:
        raise InputError(*problems)
