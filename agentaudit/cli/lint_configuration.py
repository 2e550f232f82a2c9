"""Which configuration of the audited repository counts, and what it switched off."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentaudit.cli.terminal import Terminal
from agentaudit.errors import InputError, Problem

if TYPE_CHECKING:
    from agentaudit.model.finding import Acceptance, LintResult
    from agentaudit.rules.configured import Configuration


def configuration_of(paths: Sequence[Path], said: Terminal, *, unread: bool) -> "Configuration":
    """The configuration nearest to what is audited; an empty one where there is none."""
    from agentaudit.readers.files import common_folder
    from agentaudit.rules.configured import Configuration, may_be_configured

    root = common_folder(paths)
    if unread or not may_be_configured(root):
        return Configuration(file=Path())
    from agentaudit.rules.configuration import find_configuration

    found = find_configuration(root)
    if found is None:
        return Configuration(file=Path())
    said.note(f"configured by {os.path.relpath(found.file)}")
    return found


def check_names(configured: "Configuration", known: Collection[str]) -> None:
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


def with_narrowings(
    result: "LintResult", configured: "Configuration", paths: Sequence[Path]
) -> "LintResult":
    """The result, with what the configuration switched off said in it."""
    if not configured.narrowings:
        return result
    from agentaudit.linting.narrowed import narrowed
    from agentaudit.readers.files import common_folder

    folder = os.path.relpath(common_folder(paths).resolve(), configured.file.parent)
    return narrowed(result, configured.narrowings, configured.per_path, folder=folder)


def accepted_in(file: Path, paths: Sequence[Path]) -> "tuple[Acceptance, ...]":
    """What a file accepts; it is named as the files of the audit are, from the root of that."""
    from msgspec.structs import replace

    from agentaudit.readers.files import common_folder
    from agentaudit.rules.acceptances import load_acceptances

    named = Path(os.path.relpath(file.resolve(), common_folder(paths).resolve())).as_posix()
    return tuple(replace(item, file=named) for item in load_acceptances(file))
