"""Threads of LangChain.js that last, as in Python: what of them a model gets again each turn."""

import ast
from collections.abc import Sequence

from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.built import Built
from agentaudit.extract.javascript.middleware import may_have_more
from agentaudit.extract.javascript.options import options_of
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.threads import (
    HARMLESS,
    add_thread,
    begun_anew,
    lasting,
    speaks_of_shortening,
)
from agentaudit.model.evidence import Known

_AGENTS = frozenset({"createAgent", "createReactAgent"})
_SAVERS = ("checkpointer", "checkpointSaver")
_HOOKS = ("preModelHook", "messageModifier", "stateModifier")


def add_threads(building: Building, built: Sequence[Built]) -> None:
    """The threads of the agents of a module that outlive its process."""
    for each in built:
        if each.call.last not in _AGENTS or each.options.get(*_SAVERS) is None:
            continue
        kept = lasting(building.collector, each.agent)
        if kept is not None:
            turns = Known.UNKNOWN if _may_be_shortened(each) else Known.NONE
            add_thread(building.collector, each.agent, kept, turns)


def _may_be_shortened(built: Built) -> bool:
    """Whether something may keep a thread short that is not known not to."""
    building, options = built.building, built.options
    if options.hidden or building.is_component or building.module.once(speaks_of_shortening):
        return True
    if options.get(*_HOOKS) is not None or may_have_more(building, options):
        return True
    prompt = options.get("prompt")
    if prompt is not None and not isinstance(building.program.meant(prompt).node, ast.Constant):
        return True
    return _is_edited(building, options.get("middleware")) or building.module.once(begun_anew)


def _is_edited(building: Building, given: Written | None) -> bool:
    """Whether middleware may change what the model is shown, or ends a thread."""
    listed = building.program.meant(given) if given is not None else None
    if listed is None or not isinstance(listed.node, ast.List):
        return given is not None
    return not all(_is_harmless(building, listed.beside(each)) for each in listed.node.elts)


def _is_harmless(building: Building, given: Written) -> bool:
    made = building.program.meant(given)
    if not isinstance(made.node, ast.Call) or made.name.rpartition(".")[2].lower() not in HARMLESS:
        return False
    return options_of(building.program, made.module, made.node).get("threadLimit") is None
