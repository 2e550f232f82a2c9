"""
Memories in Python that another object compacts before their messages reach a model.

OpenAI's Agents SDK wraps a session in one that compacts, or asks a function of the program's what a
model is to see (`session_input_callback`); Agent Framework lists a provider that compacts beside
the history, or names the history to it.
"""

import ast
from collections.abc import Iterator, Sequence
from itertools import chain

from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import imported_files, modules
from agentaudit.extract.programs.syntax import keyword, last_name

_CALLBACKS = frozenset({"session_input_callback", "call_model_input_filter"})
"""By which a run of OpenAI's Agents SDK is told what of a session its model gets."""


def chosen_by_program(documents: Documents) -> frozenset[str]:
    """The files with runs that let a function choose what a model gets, and those beside them."""
    told = {file for file, module in modules(documents).items() if _lets_choose(module)}
    if not told:
        return frozenset()
    beside = set[str]()
    for file, imported in documents.once(imported_files).items():
        if file in told:
            beside |= imported
        elif not told.isdisjoint(imported):
            beside.add(file)
    return frozenset(told | beside)


def _lets_choose(module: Module) -> bool:
    return _is_told(module) and any(
        item.arg in _CALLBACKS
        and not (isinstance(item.value, ast.Constant) and item.value.value is None)
        for item in module.of(ast.keyword)
    )


def _is_told(module: Module) -> bool:
    return any(name in module.document.text for name in _CALLBACKS)


def compacted(module: Module, calls: Sequence[Call]) -> frozenset[str | int]:
    """The variables of such memories; those without one, by the identity of the call."""
    makers = {call.variable: call.last for call in calls if call.variable}
    wrapped = chain.from_iterable(map(_named_to_it, calls))
    listed = (
        element
        for item in module.of(ast.keyword)
        if item.arg == "context_providers" and isinstance(item.value, ast.List)
        if any(_compacts(other, makers) for other in item.value.elts)
        for element in item.value.elts
    )
    return frozenset(
        element.id if isinstance(element, ast.Name) else id(element)
        for element in chain(wrapped, listed)
    )


def _compacts(element: ast.expr, makers: dict[str, str]) -> bool:
    if isinstance(element, ast.Name):
        return makers.get(element.id) == "CompactionProvider"
    made = element.func if isinstance(element, ast.Call) else element
    return last_name(made) == "CompactionProvider"


def _named_to_it(call: Call) -> Iterator[ast.expr]:
    """The session that a compacting one keeps its items in."""
    if call.last == "OpenAIResponsesCompactionSession":
        given = keyword(call.node, "underlying_session")
        if given is not None:
            yield given
    elif call.last == "CompactionProvider":
        source = keyword(call.node, "history_source_id")
        if isinstance(source, ast.Attribute):
            yield source.value
