"""Which rules `agentaudit lint` asks: ours and the user's, as he and the repository name them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentaudit.errors import InputError, Problem, UsageError, named
from agentaudit.lists import MOST_HELPED, meant

if TYPE_CHECKING:
    from agentaudit.rules.compiled import CompiledRule
    from agentaudit.rules.configured import Configuration


def rules_in(folders: Sequence[Path]) -> "tuple[CompiledRule, ...]":
    """Ours, and those of the folders."""
    from agentaudit.rules.ours import lint_rules

    return lint_rules(folders)


def chosen(
    rules: "tuple[CompiledRule, ...]",
    select: Sequence[str] | None,
    ignore: Sequence[str] | None,
    configured: "Configuration",
) -> frozenset[str]:
    """The names of the rules to ask; a name that is neither a rule's nor a family's is an error."""
    known = _known(rules)
    said, unsaid = _listed(select), _listed(ignore)
    unknown = sorted((said | unsaid) - known)
    if "" in unknown:
        raise UsageError("--select and --ignore take names of rules or families; one is empty")
    if unknown:
        told = (f"{name}{suggested(name, known)}" for name in unknown[:MOST_HELPED])
        raise UsageError("no rule or family is called " + "\n  nor ".join(told))
    wanted, unwanted = said or set(configured.select), unsaid or set(configured.ignore)
    asked = frozenset(
        rule.rule.id
        for rule in rules
        if (not wanted or _names(rule) & wanted) and not _names(rule) & unwanted
    )
    if not asked:
        raise UsageError("everything that is selected is also ignored: no rule is left to run")
    return asked


def _listed(given: Sequence[str] | None) -> set[str]:
    """Names that were given one by one, or several parted by commas."""
    return {name.strip() for each in given or () for name in each.split(",")}


def misnamed(
    load: "Callable[[tuple[Path, ...]], tuple[CompiledRule, ...]]",
    folders: Sequence[Path],
    configured: "Configuration",
) -> Iterator[Problem]:
    """What the configuration calls a rule or a family and is none of ours or of the user's."""
    from agentaudit.linting.suppressions import META_RULES

    try:
        loaded = load((*configured.rules, *folders))
    except InputError as error:
        yield from error.problems
        return
    known = _known(loaded)
    of_paths = {*known, *(rule.id for rule in META_RULES)}
    unknown = (
        name for name in configured.names if name.said not in (of_paths if name.of_path else known)
    )
    for number, name in enumerate(unknown):
        told = f"no rule or family is called {named(name.said)}"
        near = suggested(name.said, known) if number < MOST_HELPED else ""
        yield Problem(
            file=str(configured.file), line=name.line, column=name.column, message=told + near
        )


def suggested(name: str, known: Iterable[str]) -> str:
    """What may be meant by a name that none of the known is, or where all are listed."""
    return meant(name, known, "; see `agentaudit rules list`")


def _names(rule: "CompiledRule") -> frozenset[str]:
    """By which a rule can be chosen."""
    return frozenset((rule.rule.id, rule.rule.family.value))


def _known(rules: "Sequence[CompiledRule]") -> frozenset[str]:
    return frozenset(name for rule in rules for name in _names(rule))
