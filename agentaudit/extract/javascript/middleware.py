"""What stands around the loop of an agent of LangChain.js, or of its deep agents."""

import ast

from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.options import Options, options_of

_PACKAGES = ("langchain", "@langchain/", "deepagents")


def middleware(
    building: Building, options: Options, *names: str, unless: str = ""
) -> Options | None:
    """
    The options of the first of an agent's middleware that is made by one of these functions.

    One that has a certain option may be passed by.
    """
    given = options.get("middleware")
    listed = building.program.meant(given) if given is not None else None
    if listed is None or not isinstance(listed.node, ast.List):
        return None
    if not listed.module.affords(len(listed.node.elts)):
        return None
    for element in listed.node.elts:
        made = building.program.meant(listed.beside(element))
        package, _, name = made.name.rpartition(".")
        if isinstance(made.node, ast.Call) and name in names and package.startswith(_PACKAGES):
            found = options_of(building.program, made.module, made.node)
            if not unless or found.get(unless) is None:
                return found
    return None


def may_have_more(building: Building, options: Options) -> bool:
    """Whether there may be middleware that nobody can see here."""
    given = options.get("middleware")
    if given is None:
        return False
    if building.program.grows(given):
        return True
    listed = building.program.meant(given).node
    return not isinstance(listed, ast.List) or any(
        isinstance(each, ast.Starred) for each in listed.elts
    )
