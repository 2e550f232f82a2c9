"""How often an agent in TypeScript or JavaScript may loop, for how long, what it may spend."""

import ast
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from agentaudit.extract.bounds import Bound
from agentaudit.extract.documents import Documents
from agentaudit.extract.javascript.building import RUNS, Building
from agentaudit.extract.javascript.frameworks import Builder
from agentaudit.extract.javascript.middleware import may_have_more, middleware
from agentaudit.extract.javascript.modules import defined_at, program
from agentaudit.extract.javascript.options import Options, members
from agentaudit.extract.javascript.spending import program_of
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.limits import count
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.evidence import Known

_STEPS = (
    *("maxSteps", "maxTurns", "recursionLimit", "maxIterations", "maxIter", "max_iterations"),
    *("maxChatCompletions", "maxLlmCalls", "turns"),
)
_COUNTS = frozenset({"ai.stepCountIs", "ai.isStepCount"})
_UNENDING = frozenset({"ai.hasToolCall", "ai.isLoopFinished"})
"""Conditions that may never hold."""
_TIMES = ("timeout", "abortSignal", "signal", "stepTimeout", "maxExecutionTime")
_SPENDING = (
    *("maxOutputTokens", "maxTokens", "maxBudgetUsd", "maxCompletionTokens"),
    *("max_tokens", "max_completion_tokens", "outputTokens", "totalTokens"),
)
_NESTED = (
    "modelSettings",
    "limits",
    "runConfig",
    "config",
    "callSettings",
    "defaultOptions",
    "defaultGenerateOptions",
    "defaultStreamOptions",
)
"""Options that hold others: of models, and of every run."""
_COUNTING = ("modelCallLimitMiddleware", "toolCallLimitMiddleware")
_OF_ONE = "toolName"
"""With which the latter counts the calls of one tool alone."""
_SIGNALS = ("signal", "abortSignal")
_CLOCK, _RACE = "AbortSignal.timeout(", "Promise.race"
_LASTS = "maxDuration"
"""What a route of Next.js exports to end its function, and the run in it, after so many seconds."""


def iterations(building: Building, options: Options, builder: Builder) -> Bound:
    """The loop limit: given here, given anywhere in the file's runs, or the framework's default."""
    stops = given_anywhere(building, options, ("stopWhen",))
    if stops is not None:
        return _stops(building, stops)
    steps = given_anywhere(building, options, _STEPS)
    if steps is not None:
        return _count(building, steps)
    counting = middleware(building, options, *_COUNTING, unless=_OF_ONE)
    calls = counting.get("runLimit", "threadLimit") if counting is not None else None
    if calls is not None:
        return _count(building, calls)
    if options.hidden:
        return Known.UNKNOWN, None
    if builder.answers_alone and _has_no_tools(building, options, builder):
        return Known.SET, 1
    return (Known.SET if builder.iterations else Known.NONE), builder.iterations


def _has_no_tools(building: Building, options: Options, builder: Builder) -> bool:
    """Whether an agent is given nothing to call, or a list of nothing."""
    given = options.get(*builder.tools)
    node = building.program.meant(given).node if given is not None else None
    empty = isinstance(node, ast.List) and not node.elts
    return given is None or (empty and not building.program.grows(given))


def _stops(building: Building, given: Written) -> Bound:
    """The fewest steps after which a condition holds; a function of one's own may count as well."""
    meant = building.program.meant(given)
    listed = meant.node.elts if isinstance(meant.node, ast.List) else [meant.node]
    found: list[int] = []
    known = True
    for each in listed:
        condition = building.program.meant(meant.beside(each))
        name = condition.name if isinstance(condition.node, ast.Call) else ""
        if isinstance(condition.node, ast.Call) and name in _COUNTS:
            first = next(iter(condition.node.args), condition.node)
            limit, number = _count(building, condition.beside(first))
            known = known and limit is Known.SET
            found += [number] if number is not None else []
        elif name not in _UNENDING:
            known = False
    if found:
        return Known.SET, min(found)
    return (Known.NONE if known else Known.UNKNOWN), None


def _count(building: Building, given: Written) -> Bound:
    """What an expression bounds, also where another file says how much."""
    meant = building.program.meant(given)
    return count(meant.module, meant.node)


def timeout(building: Building, options: Options) -> tuple[Known, int | None]:
    """Whether anything ends a run that takes too long, and after how many seconds."""
    lasts = building.module.constants.values.get(_LASTS)
    if lasts is not None:
        return count(building.module, lasts)
    found = _presence(building, options, _TIMES)
    if found is Known.NONE and (_lasts_for_others(building) or _may_be_ended(building)):
        return Known.UNKNOWN, None
    return found, None


def _lasts_for_others(building: Building) -> bool:
    """Whether a route that ends by itself imports the module: others may call it as well."""
    return building.module.document.file in building.documents.once(_imported_by_lasting)


def _imported_by_lasting(documents: Documents) -> frozenset[str]:
    """The files that routes import which end by themselves."""
    routes = (
        module
        for module in program(documents).modules.values()
        if _LASTS in module.constants.values
    )
    return frozenset(defined_at(path)[0] for route in routes for path in route.imports.values())


def _may_be_ended(building: Building) -> bool:
    """Whether its program ends what it runs by a clock, or waits no longer: maybe for this."""
    own = program_of(building.module.document.file)
    return own in building.documents.once(_programs_with_clocks)


def _programs_with_clocks(documents: Documents) -> frozenset[str]:
    return frozenset(
        program_of(file)
        for file, module in program(documents).modules.items()
        if not is_rehearsal(file) and _runs_by_clock(module)
    )


def _runs_by_clock(module: Module) -> bool:
    """Whether what it runs gets a signal of its own clock, or is waited for so long."""
    text = module.document.text
    own = _CLOCK in text
    if not own and "imeout" not in text:
        return False
    calls = tuple(module.calls())
    runs = [call.node for call in calls if call.last in RUNS]
    if own and any(keyword(each, *_SIGNALS) is not None for each in runs):
        return True
    places = sorted(map(_begin, runs))
    return bool(places) and any(_times(call) and _holds(call, places) for call in calls)


def _times(call: Call) -> bool:
    """Whether a call waits only so long for what it is handed: `withTimeout(run(), 5_000)`."""
    names = (call.last, *(each.arg or "" for each in call.node.keywords))
    timed = call.last != "setTimeout" and any("timeout" in name.lower() for name in names)
    return timed or call.name == _RACE


def _holds(call: Call, places: Sequence[tuple[int, int]]) -> bool:
    """Whether one of the sorted places is within a call, behind its beginning."""
    at = bisect_right(places, _begin(call.node))
    end = (call.node.end_lineno or 0, call.node.end_col_offset or 0)
    return at < len(places) and places[at] < end


def _begin(node: ast.Call) -> tuple[int, int]:
    return node.lineno, node.col_offset


def budget(building: Building, options: Options) -> Known:
    """Whether a number of tokens or an amount of money is set."""
    if middleware(building, options, *_COUNTING, unless=_OF_ONE) is not None:
        return Known.SET
    found = _presence(building, options, _SPENDING)
    hidden = found is Known.NONE and (may_have_more(building, options) or building.may_be_limited)
    return Known.UNKNOWN if hidden else found


def _presence(building: Building, options: Options, names: Sequence[str]) -> Known:
    given = given_anywhere(building, options, names)
    if given is None:
        return Known.UNKNOWN if options.hidden or building.is_component else Known.NONE
    value = given.value
    return Known.NONE if value is None or value == 0 else Known.SET


def given_anywhere(building: Building, options: Options, names: Sequence[str]) -> Written | None:
    """What is given under a name: at the agent, within its other options, or where it is run."""
    found = (each.get(*names) for each in _places(building, options))
    return next((each for each in found if each is not None), None)


def _places(building: Building, options: Options) -> Iterator[Options]:
    for given in (options, *building.runs):
        yield given
        for name in _NESTED:
            nested = members(building.program, given.get(name))
            if nested is not None:
                yield nested
