"""Which configuration of the audited repository counts, and what it switched off."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentaudit.cli.lint_comparison import KEY, where
from agentaudit.cli.terminal import Terminal
from agentaudit.errors import InputError, Problem
from agentaudit.lists import listed

if TYPE_CHECKING:
    from agentaudit.model.deployment import Deployment
    from agentaudit.model.finding import Acceptance, LintResult
    from agentaudit.rules.configured import Configuration

_NAMED = 5


def configuration_of(
    paths: Sequence[Path],
    misnamed: "Callable[[Configuration], Iterable[Problem]]",
    said: Terminal,
    *,
    unread: bool,
) -> "Configuration":
    """The configuration nearest to what is audited; an empty one where there is none."""
    from agentaudit.readers.files import common_folder
    from agentaudit.rules.configured import Configuration, may_be_configured

    root = common_folder(paths)
    if unread or not may_be_configured(root):
        return Configuration(file=Path())
    from agentaudit.rules.acceptances import with_acceptances
    from agentaudit.rules.configuration import find_configuration

    with _told_from_here():
        found = find_configuration(root, misnamed)
        configured = with_acceptances(found or Configuration(file=Path()), root)
    files = [found.file] if found else []
    if configured.accept and not (found and found.accept):
        files.append(configured.accept)
    if files:
        said.note(f"configured by {listed(list(map(os.path.relpath, files)))}")
    return configured


@contextmanager
def _told_from_here() -> Iterator[None]:
    """Problems are told with their files named as findings name them."""
    try:
        yield
    except InputError as error:
        raise InputError(*map(_from_here, error.problems)) from None


def _from_here(problem: Problem) -> Problem:
    """The problem with its file named as findings name files, where that is below this folder."""
    near = os.path.relpath(problem.file)
    return problem if near.startswith("..") else replace(problem, file=near)


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
    from agentaudit.readers.files import common_folder
    from agentaudit.rules.acceptances import load_acceptances

    named = Path(os.path.relpath(file.resolve(), common_folder(paths).resolve())).as_posix()
    with _told_from_here():
        return tuple(replace(item, file=named) for item in load_acceptances(file))


def tell_acceptances(
    accepted: "Sequence[Acceptance]",
    result: "LintResult",
    deployment: "Deployment",
    today: str,
    said: Terminal,
) -> None:
    """Which acceptances end soon, and which would hold for another secret, too."""
    from agentaudit.linting.acceptances import ending_soon, of_any_secret
    from agentaudit.lists import first_of

    for sentence in ending_soon(accepted, today):
        said.note(sentence)
    unbound = of_any_secret(result, deployment, accepted)
    if unbound:
        said.note(
            f"accepted for any secret in its place: {first_of(unbound, _NAMED, where)};"
            f" with {KEY} set, --format json shows the `value` that binds it to this secret"
        )
