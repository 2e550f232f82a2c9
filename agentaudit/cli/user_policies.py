"""
Policies from a file that the user names on the command line, as in `--policy my.py:MyPolicy`.

That file is the user's own and is executed, as any program is that the user starts. It is the only
code that agentaudit executes; nothing that is audited ever is.
"""

import ast
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from msgspec import Struct

from agentaudit.errors import InputError, Problem, UsageError

if TYPE_CHECKING:
    from agentaudit.simulation.policies.foreign import ForeignPolicy

_WORD = re.compile(r"(?P<file>.+\.py)(?::(?P<name>\w+))?")


class PolicySource(Struct, frozen=True, kw_only=True):
    """A policy of the user's as text, which can be sent to other processes and machines."""

    file: str
    name: str
    text: str


def split_policies(words: Sequence[str]) -> "tuple[list[str], list[ForeignPolicy]]":
    """The names of shipped policies among the words, and the policies that come from files."""
    names, sources = split_words(words)
    return names, own_policies(sources)


def split_words(words: Sequence[str]) -> tuple[list[str], list[PolicySource]]:
    """The names of shipped policies among the words, and what the files of others say."""
    names, sources = [], []
    for word, match in {word: _WORD.fullmatch(word) for word in words}.items():
        if match is None:
            names.append(word)
        else:
            sources.append(_source(match))
    return names, sources


def own_policies(sources: "Sequence[PolicySource]") -> "list[ForeignPolicy]":
    """The policies of these texts; UsageError where two have one name."""
    policies = [_made(source) for source in sources]
    from agentaudit.simulation.policies.catalogue import SHIPPED

    taken = set(SHIPPED)
    for policy in policies:
        if policy.name in taken:
            raise UsageError(
                f"{policy.file}: another policy is called {policy.name!r} already; give this one a"
                " `name` of its own"
            )
        taken.add(policy.name)
    return policies


def _source(match: re.Match[str]) -> PolicySource:
    file = match["file"]
    return PolicySource(file=file, name=match["name"] or "", text=_text(file))


def _made(source: PolicySource) -> "ForeignPolicy":
    """
    The policy of a text, made once to see that it can be used.

    Raises InputError, with file and line, for what is missing in the file or wrong with it.
    """
    from agentaudit.simulation.policies.foreign import ForeignPolicy, check_hooks
    from agentaudit.simulation.policy import THEIRS

    file, name, text = source.file, source.name, source.text
    lines = _definitions(file, text)
    if name not in lines:
        said = f"there is no {name!r} in it" if name else "say which policy is meant"
        raise _fault(file, None, f"{said}, as in {file}:{next(iter(lines), 'MyPolicy')}")
    line = lines[name]
    theirs = _executed(file, text).get(name)
    if not callable(theirs):
        raise _fault(file, line, f"{name} is neither a class nor a function that makes a policy")
    try:
        made = theirs()
        make = made.admission if hasattr(made, "admission") else theirs
        run = make()
    except THEIRS as error:
        raise _failed(error, file, line, f"{name}() cannot be made") from error
    check_hooks(run, file=file, line=line)
    return ForeignPolicy(
        name=str(getattr(made, "name", name)),
        source=str(getattr(made, "source", f"{file}:{line}")),
        parameters=str(getattr(made, "parameters", "")),
        file=file,
        make=make,
    )


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise _fault(file, None, "no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _fault(file, None, f"cannot be read: {error}") from error


def _definitions(file: str, text: str) -> dict[str, int]:
    """The lines of what is defined or assigned at the top of the file, classes first."""
    try:
        body = ast.parse(text, filename=file).body
    except SyntaxError as error:
        raise _fault(file, error.lineno, f"is no Python: {error.msg}") from error
    classes = {node.name: node.lineno for node in body if isinstance(node, ast.ClassDef)}
    functions = {node.name: node.lineno for node in body if isinstance(node, ast.FunctionDef)}
    assigned = {
        target.id: node.lineno
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {**classes, **functions, **assigned}


def _executed(file: str, text: str) -> dict[str, object]:
    from agentaudit.simulation.policy import THEIRS

    module = ModuleType(f"agentaudit_policy_{Path(file).stem}")
    module.__file__ = file
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        exec(compile(text, file, "exec"), module.__dict__)  # noqa: S102 - it is the user's own
    except THEIRS as error:
        raise _failed(error, file, None, "cannot be executed") from error
    return vars(module)


def _failed(error: BaseException, file: str, line: int | None, what: str) -> InputError:
    from agentaudit.simulation.policies.foreign import failure

    place = failure(error, file=file) or line
    return _fault(file, place, f"{what}: {type(error).__name__}: {error}")


def _fault(file: str, line: int | None, message: str) -> InputError:
    return InputError(Problem(file=file, line=line, message=message))
