"""One module while its agents are built: what each question about an agent is asked of."""

import ast
from collections.abc import Mapping

from msgspec import Struct

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.python_code import Call, Module, keyword
from agentaudit.extract.python_frameworks import is_of_framework
from agentaudit.extract.python_runs import Runs
from agentaudit.model.facts.tools import Tool


class Building(Struct, frozen=True, kw_only=True):
    """A module beside all documents: its calls, and the functions that decorators make tools."""

    documents: Documents
    module: Module
    collector: Collector
    tools: Mapping[str, Tool]
    calls: tuple[Call, ...]
    runs: Runs
    agents: frozenset[str]
    """The variables that hold the agents of the module."""

    def elements(self, node: ast.expr | None) -> tuple[ast.expr, ...] | None:
        """The elements of a list, also through a name that is assigned once; None if unknown."""
        written = self.module.meant(node)
        return tuple(written.elts) if isinstance(written, ast.List | ast.Tuple | ast.Set) else None

    def made_by(self, node: ast.expr | None) -> ast.Call | None:
        """The call that an expression is, or that its name is assigned once."""
        made = self.module.meant(node)
        return made if isinstance(made, ast.Call) else None

    def middleware(self, call: Call, *names: str) -> ast.Call | None:
        """The first of an agent's middleware that is of one of these classes of its framework."""
        for element in self.elements(keyword(call.node, "middleware")) or ():
            if isinstance(element, ast.Call):
                name = self.module.dotted(element.func)
                if name.rpartition(".")[2] in names and is_of_framework(self.module, name):
                    return element
        return None

    def agent_in(self, element: ast.expr) -> str | None:
        """
        The variable of the agent that stands in a list of tools or agents.

        Empty for one that another file builds; None for what is no agent.
        """
        path = self.module.dotted(element)
        owner, _, last = path.rpartition(".")
        if isinstance(element, ast.Name):
            return path if path in self.agents else None
        if not isinstance(element, ast.Call):
            return None
        if last == "AgentTool":
            given = keyword(element, "agent") or next(iter(element.args), None)
            inner = self.module.dotted(given) if given is not None else ""
            return inner if inner in self.agents else ""
        return owner if last in _AS_TOOLS and owner in self.agents else None


_AS_TOOLS = frozenset({"as_tool", "as_mcp_tool", "as_function_tool"})
