"""What a declaration is of: the tools or servers of a name, unless nobody can say which of them."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Generic, TypeVar

from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.declaration_file import Declaration
from agentaudit.extract.mcp.tools import unknown_tools
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import Tool, ToolServer

NOTHING = "the entry adds nothing"
SubjectT = TypeVar("SubjectT", Tool, ToolServer)


def subjects(named: "Named[SubjectT]", declaration: Declaration, word: str) -> tuple[SubjectT, ...]:
    """What a declaration is of, while it holds; when that is nothing, it is told why."""
    found, collector = named.meant(declaration), named.collector
    name = plain(declaration.name)
    if not holds(collector, declaration, name):
        return ()
    if not found:
        where = f" in {plain(declaration.file)}" if declaration.file else ""
        collector.leave_open(declaration.at, f"no {word} is called {name}{where}", NOTHING)
    elif not one(found):
        places = ", ".join(sorted(str(fact.evidence[0]) for fact in found))
        what = f"{len(found)} different {word}s are called {name}: {places}"
        collector.leave_open(declaration.at, what, f"`file` may say which; until then {NOTHING}")
    else:
        return found
    return ()


class Named(Generic[SubjectT]):
    """The facts of one kind by their names, without what stands for a server's unknown tools."""

    def __init__(self, collector: Collector, kind: type[SubjectT]) -> None:
        self.collector = collector
        self._kind: type[SubjectT] = kind

    @cached_property
    def _ids(self) -> Mapping[str, Sequence[FactId]]:
        """Gathered when the first declaration asks: most deployments have none."""
        found: dict[str, list[FactId]] = {}
        stand_ins = {unknown_tools(server) for server in self.collector.of(ToolServer)}
        for fact in self.collector.of(self._kind):
            if fact.id not in stand_ins:
                found.setdefault(fact.name, []).append(fact.id)
        return found

    def meant(self, declaration: Declaration) -> tuple[SubjectT, ...]:
        """What a declaration may be of, as it stands now."""
        found = (self.collector.facts[name] for name in self._ids.get(declaration.name, ()))
        return tuple(
            fact
            for fact in found
            if isinstance(fact, self._kind) and declaration.file in ("", fact.evidence[0].file)
        )


def holds(collector: Collector, declaration: Declaration, name: str) -> bool:
    """Whether a declaration has not expired; that it has is told."""
    over = expired(collector, declaration)
    if over:
        what = f"the declaration of {name} expired on {declaration.expires}"
        collector.leave_open(declaration.at, what, "what it said is unknown again")
    return not over


def expired(collector: Collector, declaration: Declaration) -> bool:
    return collector.today > declaration.expires


def one(facts: Sequence[Tool | ToolServer]) -> bool:
    """Whether there is one, or several of one file that are the same to it: a tool of two crews."""
    return len({_launch(fact) for fact in facts}) == 1


def _launch(fact: Tool | ToolServer) -> tuple[str, ...]:
    file = fact.evidence[0].file
    if isinstance(fact, ToolServer):
        return (file, fact.url, fact.command, *fact.arguments)
    return (file,)
