"""
Agents that a class of the module's own makes, which extends one of a framework.

Whatever such a class does besides, an agent is made where it begins what it extends, with
`super().__init__(…)`, or where it is called, if it does not say how it begins.
"""

from collections.abc import Iterator, Mapping, Sequence

from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.python.builders import BUILDERS

_BEGINS, _OF_SUPER = "__init__", "super.__init__"


def extended_agents(module: Module, calls: Sequence[Call]) -> Iterator[Call]:
    """The calls that make agents by a class of the module, as calls of what it extends."""
    extended = _extended(module)
    if not extended:
        return
    starts = (each for each in module.functions if each.name == _BEGINS)
    around = map(module.class_around, starts)
    told = {defined.name for defined in around if defined is not None}
    for call in calls:
        if call.last == _BEGINS:
            defined = module.class_around(call.node)
            base = extended.get(defined.name) if defined is not None else None
            if defined is not None and call.name in {_OF_SUPER, f"{base}.{_BEGINS}"} and base:
                yield Call(name=base, node=call.node, variable=defined.name)
        elif call.name in extended and call.name not in told:
            yield Call(name=extended[call.name], node=call.node, variable=call.variable)


def _extended(module: Module) -> Mapping[str, str]:
    """By class what it extends, also through a class above it that does."""
    found: dict[str, str] = {}
    for name, defined in sorted(module.classes.items(), key=lambda item: item[1].lineno):
        named = map(module.dotted, defined.bases)
        bases = (found.get(base, base) for base in named)
        base = next((base for base in bases if base in BUILDERS), None)
        if base is not None:
            found[name] = base
    return found
