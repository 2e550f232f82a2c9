"""
Threads of LangChain that last: what of them a model gets again with every turn.

An agent of `create_agent` or `create_react_agent` with a checkpointer is shown all messages of its
thread, however many they are ("Short-term memory", LangChain 1.x). What may shorten them is seen
here: middleware that summarises, edits or is nobody's we know, a hook before the model, a prompt
that is a function, a word of trimming in the file, a thread that is begun anew with each run. Deep
agents bring a summary of their own.
"""

import ast

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.programs.code import Call, Module, written_keys
from agentaudit.extract.programs.syntax import argument, descendants, keyword, splatted
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.stores import Agents
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore

_AGENTS = frozenset(
    {
        "langchain.agents.create_agent",
        "langgraph.prebuilt.create_react_agent",
        "langgraph.prebuilt.chat_agent_executor.create_react_agent",
    }
)
HARMLESS = frozenset(
    {
        *("humanintheloopmiddleware", "modelfallbackmiddleware", "piimiddleware"),
        *("todolistmiddleware", "llmtoolselectormiddleware", "toolretrymiddleware"),
        *("modelretrymiddleware", "llmtoolemulator", "shelltoolmiddleware"),
        *("modelcalllimitmiddleware", "toolcalllimitmiddleware", "openaimoderationmiddleware"),
        *("filesystemfilesearchmiddleware", "anthropicpromptcachingmiddleware"),
    }
)
"""Middleware of LangChain, in small letters, that leaves a thread as long as it is."""
_SHORTENS = regex(
    r"(?i)trim_?messages|filter_?messages|remove_?message|remove_?all_?messages|delete_?thread"
    r"|context_?management|truncation|running_?summary"
    r"|(?:summari[sz]\w{0,6}|compact\w{0,5})_?(?:node|messages|history|conversation)"
)
"""Words of a file that has something to shorten what is said, be it at the model or by hand."""
_HOOKS = ("pre_model_hook", "messages_modifier")
_PROMPTS = ("prompt", "state_modifier")
_WORDED = frozenset(
    {"SystemMessage", "from_messages", "from_template", "format", "dedent", "strip"}
)
"""What makes a prompt that is the same whatever was said."""


def add_threads(building: Building, agents: Agents) -> None:
    """The threads of the agents of a module that outlive its process."""
    for agent, call in agents:
        kept = lasting(building.collector, agent) if call.name in _AGENTS else None
        if kept is None or keyword(call.node, "checkpointer") is None:
            continue
        turns = Known.UNKNOWN if _may_be_shortened(building, call) else Known.NONE
        add_thread(building.collector, agent, kept, turns)


def lasting(collector: Collector, agent: Agent) -> MemoryStore | None:
    """The checkpoints of an agent that stay, where nothing beside them bounds what it is shown."""
    edges = collector.from_fact(agent.id, EdgeKind.RECALLS_FROM)
    sure = (edge for edge in edges if edge.confidence is not Confidence.POSSIBLE)
    stores = [fact for edge in sure if isinstance(fact := collector.facts[edge.dst], MemoryStore)]
    if any(store.compaction is Known.SET for store in stores):
        return None
    lasts = (each for each in stores if each.kind == "checkpoint" and each.persistent is Truth.YES)
    return next(lasts, None)


def add_thread(collector: Collector, agent: Agent, kept: MemoryStore, turns: Known) -> None:
    """What an agent is shown of its thread, which lives as long as its checkpoints."""
    thread = MemoryStore(
        id=fact_id("memory_store", "thread", f"{agent.id}/thread"),
        name=f"the thread of {agent.name}",
        evidence=(*agent.evidence[:1], *kept.evidence[:1]),
        confidence=Confidence.LIKELY,
        kind="buffer",
        backend=kept.backend,
        scope="session",
        ttl=kept.ttl,
        ttl_s=kept.ttl_s,
        max_turns=turns,
        max_tokens=Known.NONE,
        compaction=Known.NONE,
        persistent=Truth.YES,
        explicit_writes=Truth.NO,
        explicit_retrieval=Truth.NO,
    )
    collector.remember(agent.id, collector.add(thread), confidence=Confidence.LIKELY)


def _may_be_shortened(building: Building, call: Call) -> bool:
    """Whether something may keep a thread short that is not known not to."""
    module, node = building.module, call.node
    if building.of_framework or splatted(node) or module.once(speaks_of_shortening):
        return True
    if keyword(node, *_HOOKS) is not None or isinstance(argument(node, 0, "model"), ast.BinOp):
        return True
    prompt = keyword(node, *_PROMPTS)
    if prompt is not None and not _is_wording(module, prompt):
        return True
    return _is_edited(building, call) or module.once(begun_anew)


def speaks_of_shortening(module: Module) -> bool:
    """Whether a file has something to shorten what is said."""
    return _SHORTENS.search(module.document.text) is not None


def _is_wording(module: Module, prompt: ast.expr) -> bool:
    """Whether a prompt says the same whatever was said: a function may choose from the messages."""
    match module.meant(prompt):
        case ast.Constant() | ast.JoinedStr() | ast.BinOp():
            return True
        case ast.Name(id=name):
            return name.isupper()
        case ast.Call() as made:
            return module.dotted(made.func).rpartition(".")[2] in _WORDED
        case _:
            return False


def _is_edited(building: Building, call: Call) -> bool:
    """Whether middleware may change what the model is shown, or ends a thread."""
    given = keyword(call.node, "middleware")
    if building.may_have_more(given):
        return True
    made = [building.made_by(element) for element in building.elements(given) or ()]
    return not all(each is not None and _is_harmless(building.module, each) for each in made)


def _is_harmless(module: Module, made: ast.Call) -> bool:
    name = module.dotted(made.func).rpartition(".")[2]
    return name.lower() in HARMLESS and keyword(made, "thread_limit") is None


def begun_anew(module: Module) -> bool:
    """Whether every thread that a module names is made up on the spot, and ends with its run."""
    threads = [
        value
        for found in module.of(ast.Dict)
        for name, value in written_keys(module, found)
        if name == "thread_id"
    ]
    return bool(threads) and all(_is_made_up(module, value) for value in threads)


def _is_made_up(module: Module, value: ast.expr) -> bool:
    meant = module.meant(value)
    return module.affords_within(meant) and any(
        "uuid" in module.dotted(node.func).lower()
        for node in descendants(meant)
        if isinstance(node, ast.Call)
    )
