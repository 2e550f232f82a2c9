"""The runs that a module in Python starts, and the limits that they are handed."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct, field

from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Call, Module, written_keys
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.python.builders import RUN_METHODS

_STARTS = RUN_METHODS | {"with_config", "RunConfig", "RunnableConfig", "iter", "run_stream_events"}
"""What starts a run; `RunConfig` is what Google's ADK hands to one, `RunnableConfig` LangChain."""
_Names = tuple[str, ...]


class Runs(Struct, dict=True, eq=False):
    """
    What the runs of a module are handed under some names, sought once and only if it is asked.

    Every agent of the module asks for the same few names.
    """

    module: Module
    calls: tuple[Call, ...]
    _found: dict[_Names, ast.expr | None] = field(default_factory=dict)
    _below: dict[tuple[str, _Names], ast.expr | None] = field(default_factory=dict)

    def given(self, names: _Names) -> ast.expr | None:
        """What the first run that has it is handed: a keyword of it, or a key of its `config`."""
        if names not in self._found:
            self._found[names] = next(self._handed(names), None)
        return self._found[names]

    def _handed(self, names: _Names) -> Iterator[ast.expr]:
        for call in self._starting:
            found = keyword(call.node, *names) or next(self._configured(call.node, names), None)
            if found is not None:
                yield found

    def _configured(self, call: ast.Call, names: _Names) -> Iterator[ast.expr]:
        """What mappings say that stand in the call, or under a name that it is given."""
        for candidate in (keyword(call, "config"), keyword(call, "limits"), *call.args):
            if isinstance(candidate, ast.Dict):
                yield from self._values(candidate, names)
            elif isinstance(candidate, ast.Name):
                value = self._named(candidate.id, names)
                yield from () if value is None else (value,)

    def _named(self, variable: str, names: _Names) -> ast.expr | None:
        key = (variable, names)
        if key not in self._below:
            mappings = self._written.get(variable, ())
            values = (value for each in mappings for value in self._values(each, names))
            self._below[key] = next(values, None)
        return self._below[key]

    def _values(self, mapping: ast.Dict, names: _Names) -> Iterator[ast.expr]:
        yield from (value for name, value in written_keys(self.module, mapping) if name in names)

    @cached_property
    def _starting(self) -> Sequence[Call]:
        """
        The calls that start a run, or say with which limits one starts.

        An agent of Strands is called itself: `agent(prompt, limits={"turns": 5})`.
        """
        return [
            call
            for call in self.calls
            if call.last in _STARTS or any(item.arg == "limits" for item in call.node.keywords)
        ]

    @cached_property
    def _written(self) -> Mapping[str, list[ast.Dict]]:
        """The mappings that are written under each name of the module."""
        found: dict[str, list[ast.Dict]] = {}
        assigned = (*self.module.of(ast.Assign), *self.module.of(ast.AnnAssign))
        for target, value in bindings(assigned):
            if isinstance(target, ast.Name) and isinstance(value, ast.Dict):
                found.setdefault(target.id, []).append(value)
        return found
