"""How often an agent in Python may loop, for how long, and what it may spend."""

import ast
from collections.abc import Sequence

from agentaudit.expressions import regex
from agentaudit.extract.bounds import Bound
from agentaudit.extract.programs.code import UNFOLDED, Call, Module
from agentaudit.extract.programs.syntax import argument, keyword, splatted
from agentaudit.extract.python.builders import RUN_METHODS, Builder
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.direct_calls import takes_no_turn
from agentaudit.extract.python.graphs import GRAPH
from agentaudit.extract.python.spending import may_be_limited, takes_away
from agentaudit.extract.python.steps import asks_model, is_handed_in
from agentaudit.extract.python.temporal import ends_with_temporal
from agentaudit.extract.python.waits import ends_in_time, may_end_with_workflow
from agentaudit.model.evidence import Known, Truth

LIMITS = (
    *("max_iter", "max_iterations", "max_turns", "recursion_limit", "max_llm_calls", "max_steps"),
    *("max_agent_steps", "max_iters", "tool_call_limit", "max_consecutive_auto_reply"),
    "max_tool_iterations",
)
_TIMEOUTS = ("max_execution_time", "timeout", "timeout_s", "step_timeout")
_BUDGETS = ("max_rpm", "max_tokens", "usage_limits", "max_budget", "max_budget_usd")
_USAGE = ("usage_limits",)
_TOOLS = ("tools",)
_JOINED, _JOINING = "agent_framework", ("Builder", "Workflow", "workflow")
"""What makes a workflow of agents."""
_REPLIES = "max_consecutive_auto_reply"
"""At zero, an agent of AG2 sends no reply by itself, and takes only the turn it is asked for."""
_SCRIPTED = regex(r"^langchain_core\.language_models\..*Fake|^pydantic_ai\.models\.test\.")
"""Models that answer from a list: an agent of theirs tries something out, and ends with it."""
_OLLAMA = regex(r"(?i)^ollama(?:_chat)?[/:]|ollama\w{0,40}$")
"""Names of its models as LiteLLM and Pydantic AI write them, and classes that ask it."""
_STOPPING = regex(r"(?i)limit|max|budget|guard(?!rail)|breaker|stop|(?<!event)(?<!event_)loop")
"""
How hooks are called that cancel what an agent wants to call: `ToolLimitHook`. Guardrails look at
what is said, and every agent of Strands has an event loop.
"""
_COUNTING = (("ModelCallLimitMiddleware", ""), ("ToolCallLimitMiddleware", "tool_name"))
"""Middleware of LangChain that counts calls, and by which argument only those of one tool."""


def iterations(building: Building, call: Call, builder: Builder) -> Bound:
    """The loop limit: given here, given anywhere in the file's runs, or the framework's default."""
    given = given_limit(building, call, builder)
    limited = _counting(building, call) if given is None else None
    if limited is not None:
        given = keyword(limited, "run_limit", "thread_limit")
        if given is None:
            return Known.NONE, None
    if given is None:
        if splatted(call.node) or builder.decided_elsewhere or _is_scripted(building, call):
            return Known.UNKNOWN, None
        once = _only_answers(builder, call.node) or _only_serves(building, call, builder)
        most = 1 if once and _asked_alone(building, builder) else builder.iterations
        if most is None and _may_be_stopped(building, call, builder):
            return Known.UNKNOWN, None
        return (Known.SET if most else Known.NONE), most
    if given is keyword(call.node, _REPLIES) and building.module.value(given) == 0:
        return Known.SET, 1
    return count(building.module, given)


def given_limit(building: Building, call: Call, builder: Builder) -> ast.expr | None:
    """What an agent's loop, or any run of the file, is given as its limit."""
    names = (*LIMITS, *builder.limits)
    given = keyword(call.node, *names) or _nested(building, call) or building.runs.given(names)
    return given or _requests(building, builder)


def _counting(building: Building, call: Call) -> ast.Call | None:
    """The middleware that counts all of an agent's calls, those of models first."""
    for name, of_one in _COUNTING:
        limited = building.middleware(call, name, unless=of_one)
        if limited is not None:
            return limited
    return None


def _may_be_stopped(building: Building, call: Call, builder: Builder) -> bool:
    """Whether middleware or hooks of an agent may end its loop: some are not seen, or say so."""
    if building.may_have_more(keyword(call.node, "middleware")):
        return True
    hooks = keyword(call.node, "hooks") if builder.framework == "strands" else None
    if hooks is None:
        return False
    made = (building.made_by(each) for each in building.elements(hooks) or ())
    names = (building.module.dotted(each.func) for each in made if each is not None)
    return building.may_have_more(hooks) or any(map(_STOPPING.search, names))


def _is_scripted(building: Building, call: Call) -> bool:
    """Whether nothing but a list answers: a class of a framework, or one that extends it."""
    made = building.made_by(argument(call.node, 0, "model"))
    name = building.module.dotted(made) if made is not None else ""
    defined = building.module.classes.get(name)
    bases = [building.module.dotted(base) for base in defined.bases] if defined is not None else ()
    return any(map(_SCRIPTED.search, (name, *bases)))


def _only_answers(builder: Builder, call: ast.Call) -> bool:
    """Whether an agent has nothing to call, so that its first answer is its last."""
    given = {item.arg for item in call.keywords if not _empty_list(item)}
    before = builder.tools_at or 0
    told = len(call.args) > before or any(isinstance(item, ast.Starred) for item in call.args)
    return bool(builder.wording) and not told and given <= builder.wording


def _asked_alone(building: Building, builder: Builder) -> bool:
    """
    Whether nobody hands an agent tools later: those of Agent Framework take some for each run.

    They are members of workflows as well, which hand them over to each other by tools.
    """
    if builder.framework != "agent-framework":
        return True
    imports = building.module.imports.values()
    joined = any(path.startswith(_JOINED) and path.endswith(_JOINING) for path in imports)
    asked = any(call.last in RUN_METHODS for call in building.calls)
    return asked and not joined and building.runs.given(_TOOLS) is None


def _only_serves(building: Building, call: Call, builder: Builder) -> bool:
    """Whether an agent of Strands is no more than the holder of tools that its program calls."""
    return builder.framework == "strands" and takes_no_turn(building, call)


def _empty_list(item: ast.keyword) -> bool:
    """`tools=[]` hands over nothing."""
    return isinstance(item.value, ast.List | ast.Tuple) and not item.value.elts


def _nested(building: Building, call: Call) -> ast.expr | None:
    """A limit within the behaviour that an agent of Semantic Kernel is given."""
    behaviour = building.made_by(keyword(call.node, "function_choice_behavior"))
    return keyword(behaviour, "maximum_auto_invoke_attempts") if behaviour is not None else None


def _requests(building: Building, builder: Builder) -> ast.expr | None:
    """How many requests the limits of usage allow that a run of Pydantic AI is handed."""
    if builder.framework != "pydantic-ai":
        return None
    limits = building.made_by(building.runs.given(_USAGE))
    return keyword(limits, "request_limit") if limits is not None else None


def count(module: Module, given: ast.expr | None, unit: float = 1) -> Bound:
    """What an expression bounds, in units of that size: nothing where it is None, zero or below."""
    value = module.value(given)
    if value is UNFOLDED:
        return Known.UNKNOWN, None
    if not isinstance(value, int | float) or value <= 0:
        return Known.NONE, None
    return Known.SET, int(value * unit)


def bounded(module: Module, call: ast.Call, names: Sequence[str], default: int | None) -> Bound:
    """What one of a call's arguments bounds; where none is given, what holds by itself."""
    given = keyword(call, *names)
    if given is not None:
        return count(module, given)
    if names and splatted(call):
        return Known.UNKNOWN, None
    return (Known.SET, default) if default is not None else (Known.NONE, None)


def timeout(building: Building, call: Call) -> Known:
    """Whether anything ends a run that takes too long: a setting, or whoever waits for it."""
    found = _presence(building, call, _TIMEOUTS)
    if found is not Known.NONE:
        return found
    if _spends_nothing(building, call):
        return Known.UNKNOWN
    if ends_in_time(building, call):
        return Known.SET
    ends = ends_with_temporal(building, call) or may_end_with_workflow(building, call)
    return Known.UNKNOWN if ends else Known.NONE


def budget(building: Building, call: Call) -> Known:
    """A limit of calls for a whole thread is a budget; so is one of tokens, rate or money."""
    limited = _counting(building, call)
    if limited is not None and keyword(limited, "thread_limit", "run_limit") is not None:
        return Known.SET
    found = _presence(building, call, _BUDGETS)
    if found is not Known.NONE:
        return found
    unseen = (
        _spends_nothing(building, call)
        or _is_given(building, call)
        or building.may_have_more(keyword(call.node, "middleware"))
        or _may_be_checked(building, call)
        or _asks_ollama(building, call)
    )
    return Known.UNKNOWN if unseen else Known.NONE


def _spends_nothing(building: Building, call: Call) -> bool:
    """Whether it is a graph of which no step is seen to ask a model."""
    idle = call.name == GRAPH and asks_model(building, call) is Truth.NO
    if idle:
        what = "no step of the graph is seen to ask a model"
        _leave_open(building, call, what, "whether it needs limits of its own")
    return idle


def _is_given(building: Building, call: Call) -> bool:
    """Whether it is a graph whose steps all come from elsewhere."""
    given = call.name == GRAPH and is_handed_in(building, call)
    if given:
        what = "what the steps of the graph do is made elsewhere"
        _leave_open(building, call, what, "how much may be spent")
    return given


def _may_be_checked(building: Building, call: Call) -> bool:
    checked = may_be_limited(building.documents, building.module.document.file)
    if checked:
        what = "whether the budgets that its program checks are the agent's"
        _leave_open(building, call, what, "how much may be spent")
    return checked


def _asks_ollama(building: Building, call: Call) -> bool:
    """Whether Ollama serves all models of an agent: most have it on their own machines."""
    module = building.module
    model = module.meant(argument(call.node, 0, "llm", "model"))
    text = module.text(model)
    made = [each for each in ast.walk(model) if isinstance(each, ast.Call)] if model else []
    names = [text] if text else [module.dotted(each.func) for each in made]
    served = bool(names) and all(map(_OLLAMA.search, names))
    if served:
        what = "whether anybody pays for the models of Ollama by the call"
        _leave_open(building, call, what, "how much may be spent")
    return served


def _leave_open(building: Building, call: Call, what: str, effect: str) -> None:
    building.collector.leave_open(building.module.place(call.node, call.last), what, effect)


def _presence(building: Building, call: Call, names: tuple[str, ...]) -> Known:
    given = keyword(call.node, *names) or building.runs.given(names)
    if given is None:
        return Known.UNKNOWN if splatted(call.node) or building.of_framework else Known.NONE
    value = building.module.value(given)
    limits_nothing = value is None or value == 0 or takes_away(building.made_by(given))
    return Known.NONE if limits_nothing else Known.SET
