"""Runners of the ADK that ask one question in a session of its own."""

import ast
from collections.abc import Sequence

from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, keyword, words_in

IN_MEMORY_RUNNER = "InMemoryRunner"
_IN_MEMORY = "InMemorySessionService"
_ASKING = frozenset({"run", "run_async", "run_debug", "run_live"})
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_DRAWN = frozenset({"uuid", "uuid1", "uuid4", "uuid7", "token_hex", "token_urlsafe"})


class Questions:
    """What the functions of a module ask by which runner, and the sessions that they begin."""

    def __init__(self, module: Module, calls: Sequence[Call]) -> None:
        self._module = module
        self._asked: dict[str, list[ast.Call]] = {}
        self._begun: dict[int, list[ast.Call]] = {}
        for call in calls:
            if call.last in _ASKING:
                self._asked.setdefault(call.name.rpartition(".")[0], []).append(call.node)
            elif call.last == "create_session":
                around = module.function_around(call.node)
                self._begun.setdefault(id(around), []).append(call.node)

    def forgotten(self, runner: Call) -> bool:
        """Whether a function makes a runner with sessions in memory of its own, and asks once."""
        around, module = self._asking_once(runner), self._module
        if around is None or runner.last == IN_MEMORY_RUNNER:
            return around is not None
        kept = module.meant(keyword(runner.node, "session_service"))
        if not isinstance(kept, ast.Call) or module.function_around(kept) is not around:
            return False
        return module.dotted(kept).rpartition(".")[2] == _IN_MEMORY

    def begin_anew(self, runner: Call) -> bool:
        """Whether a function makes a runner, asks once, and begins a new session for that."""
        around = self._asking_once(runner)
        begun = self._begun.get(id(around), ()) if around is not None else ()
        named = [self._module.meant(keyword(call, "session_id")) for call in begun]
        return len(named) == 1 and all(map(self._is_new, named))

    def _is_new(self, identifier: ast.expr | None) -> bool:
        """Whether nobody has that name yet: none is given, or one is drawn."""
        if identifier is None:
            return True
        return self._module.affords_within(identifier) and not _DRAWN.isdisjoint(
            words_in(identifier)
        )

    def _asking_once(self, runner: Call) -> FunctionDef | None:
        """The function that makes a runner, where all that this is asked is one question there."""
        around = self._module.function_around(runner.node)
        asked = self._asked.get(runner.variable, ()) if runner.variable else ()
        if around is None or len(asked) != 1:
            return None
        here = self._module.function_around(asked[0]) is around
        return around if here and not self._repeated(around, asked[0]) else None

    def _repeated(self, around: FunctionDef, asked: ast.Call) -> bool:
        """Whether a question stands in what a loop repeats, and not in what it goes through."""
        if not self._module.affords_within(around):
            return True
        loops = [each for each in descendants(around) if isinstance(each, _LOOPS)]
        parts = [part for loop in loops for part in loop.body]
        at = (asked.lineno, asked.col_offset)
        return any(
            (part.lineno, part.col_offset) <= at < (part.end_lineno or 0, part.end_col_offset or 0)
            for part in parts
        )
