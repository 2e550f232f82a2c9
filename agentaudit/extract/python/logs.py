"""
Files in which frameworks write down what is said, to the end of which nobody looks.

LangChain's `FileCallbackHandler` appends every prompt and answer unless it is opened with another
mode; CrewAI's `output_log_file` every task and its result (its documentation, "Crews"); AutoGen's
`runtime_logging` (0.2) every call of a model. None of them ever begins a new file. LangChain's
`set_verbose` and `set_debug` write prompts to the console, which whoever runs it keeps or does not.
"""

import ast
from collections.abc import Iterator, Sequence

from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.programs.code import UNFOLDED, Call, Module
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.python.crews import CREWS
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.controls import AuditLog

_HANDLERS = frozenset(
    f"{package}.FileCallbackHandler"
    for package in (
        *("langchain.callbacks", "langchain.callbacks.file", "langchain_classic.callbacks"),
        *("langchain_core.callbacks", "langchain_core.callbacks.file"),
    )
)
_SESSIONS = frozenset({"autogen.runtime_logging.start"})


_SWITCHES = frozenset(
    f"{package}.globals.{name}"
    for package in ("langchain", "langchain_core", "langchain_classic")
    for name in ("set_verbose", "set_debug")
)


def message_logs(module: Module, calls: Sequence[Call]) -> Iterator[AuditLog]:
    """Every file of messages that a module opens, and where it has them written to the console."""
    for call in calls:
        if call.name in _SWITCHES and module.value(argument(call.node, 0, "value")) is True:
            yield AuditLog(
                id=fact_id("audit_log", call.last, f"{module.document.file}#{call.last}"),
                name=f"{call.last} of LangChain",
                evidence=(module.place(call.node.func, call.last),),
                kind="console",
                enabled=Truth.YES,
                content_logged=True,
            )
        given = _file(module, call)
        if given is not None:
            file = plain(module.text(given)) or "a file"
            place = given if isinstance(given, ast.Constant) else call.node.func
            yield AuditLog(
                id=fact_id("audit_log", file, f"{module.document.file}#{call.last}.{file}"),
                name=f"log of {call.last} in {file}",
                evidence=(module.place(place, call.last),),
                kind="file",
                enabled=Truth.YES,
                retention=Known.NONE,
                content_logged=True,
            )


def _file(module: Module, call: Call) -> ast.expr | None:
    """Where a call says into which file it writes; None of one that writes into none."""
    if call.name in _HANDLERS:
        given = argument(call.node, 0, "filename")
        return given if _appends(module, call.node) else None
    if call.name in CREWS:
        given = keyword(call.node, "output_log_file")
        return given if _is_given(module, given) else None
    return call.node.func if call.name in _SESSIONS else None


def _is_given(module: Module, given: ast.expr | None) -> bool:
    value = module.value(given) if given is not None else None
    return value is not UNFOLDED and bool(value)


def _appends(module: Module, call: ast.Call) -> bool:
    """What is opened with another mode begins anew whenever it is started."""
    mode = argument(call, 1, "mode")
    return mode is None or module.text(mode).startswith("a")
