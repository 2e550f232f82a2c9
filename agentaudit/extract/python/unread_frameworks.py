"""
Agents of frameworks that are not read: what they may do is unknown.

A file that builds one counts as read in part and is named, as files in C# or Go are that do.
"""

from functools import cache

from agentaudit.errors import Problem
from agentaudit.expressions import regex
from agentaudit.extract.python.building import Building
from agentaudit.readers.cdk import TESTS
from agentaudit.readers.unread_frameworks import UNREAD, UNREAD_FRAMEWORKS


def add_unread_agents(building: Building) -> None:
    """Names each such framework by the first agent that a module builds; tests deploy nothing."""
    module, collector = building.module, building.collector
    imported = {path.partition(".")[0] for path in module.imports.values()}
    if imported.isdisjoint(UNREAD_FRAMEWORKS) or TESTS.search(module.document.file):
        return
    found: set[str] = set()
    for call in building.calls:
        package = call.name.partition(".")[0]
        if package in found or not _builds(package, call.last):
            continue
        found.add(package)
        place = module.place(call.node.func, call.last)
        what = UNREAD.format(framework=UNREAD_FRAMEWORKS[package][0])
        collector.leave_open(place, what, "what it may do is open")
        collector.problems.append(
            Problem(file=place.file, line=place.line, column=place.column, message=what)
        )


@cache
def _builds(package: str, name: str) -> bool:
    if package not in UNREAD_FRAMEWORKS:
        return False
    return regex(UNREAD_FRAMEWORKS[package][1]).fullmatch(name) is not None
