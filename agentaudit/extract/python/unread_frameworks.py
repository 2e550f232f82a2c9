"""
Agents of frameworks that are not read: what they may do is unknown.

A file that builds one counts as read in part and is named, as files in C# or Go are that do.
"""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import chain

from agentaudit.errors import Problem
from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import packages
from agentaudit.extract.python.building import Building
from agentaudit.readers.cdk import TESTS
from agentaudit.readers.unread_frameworks import UNREAD, UNREAD_FRAMEWORKS


def add_unread_agents(building: Building) -> None:
    """Names each such framework by the first agent that a module builds; tests deploy nothing."""
    module, collector = building.module, building.collector
    read = module.once(packages).isdisjoint(UNREAD_FRAMEWORKS)
    if read or TESTS.search(module.document.file):
        return
    found: set[str] = set()
    called = ((call.node.func, call.name) for call in building.calls)
    for node, name in chain(called, _derived(module)):
        package, last = name.partition(".")[0], name.rpartition(".")[2]
        if package in found or not _builds(package, last):
            continue
        found.add(package)
        place = module.place(node, last)
        what = UNREAD.format(framework=UNREAD_FRAMEWORKS[package][0])
        collector.leave_open(place, what, "what it may do is open")
        collector.problems.append(
            Problem(file=place.file, line=place.line, column=place.column, message=what)
        )


def _derived(module: Module) -> Iterator[tuple[ast.expr, str]]:
    """What classes of the module are made of: a kind of agent of one's own is one, too."""
    for defined in module.of(ast.ClassDef):
        yield from ((base, module.dotted(base)) for base in defined.bases)


@cache
def _builds(package: str, name: str) -> bool:
    if package not in UNREAD_FRAMEWORKS:
        return False
    return regex(UNREAD_FRAMEWORKS[package][1]).fullmatch(name) is not None
