"""Graphs of LangGraph in code: which of them ask a model, and which take a step twice."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent

HEAD = (
    "from langchain.chat_models import init_chat_model\n"
    "from langgraph.graph import END, START, StateGraph\n"
    "from langgraph.types import Command\n\n\n"
    "def sort(state):\n    return {'thread': state['mail'].strip()}\n\n\n"
    "def keep(state):\n    return stored(state)\n\n\n"
    "def stored(state):\n    return table.put(state)\n\n\n"
    "def answer(state):\n    return llm.invoke(state)\n\n\n"
    "def far(state):\n    return answer(state)\n\n\n"
)


def graph_of(lines: str, files: dict[str, str] | None = None) -> Agent:
    code = f"{HEAD}graph = StateGraph(dict)\n{lines}\napp = graph.compile()\n"
    (agent,) = deployment_of({"graph.py": code, **(files or {})}).agents
    return agent


@pytest.mark.parametrize(
    ("nodes", "known"),
    [
        ("graph.add_node(sort)", Known.UNKNOWN),
        ("graph.add_node('sort', sort)\ngraph.add_node('keep', action=keep)", Known.UNKNOWN),
        ("graph.add_node(sort)\ngraph.add_node(answer)", Known.NONE),
        ("graph.add_node('far', far)", Known.NONE),
        ("graph.add_node('sort', sort)\ngraph.add_node(name, made)", Known.NONE),
        ("graph.add_node(sort)\nmore(graph)", Known.NONE),
        ("graph.add_node(sort)\ngraph.add_sequence(others)", Known.NONE),
        ("sort(1)", Known.NONE),
    ],
)
def test_a_graph_of_which_no_step_asks_a_model_needs_no_budget(nodes: str, known: Known) -> None:
    agent = graph_of(nodes)

    assert {agent.budget, agent.timeout} == {known}


def test_steps_are_followed_into_other_files() -> None:
    asks = "from langchain.chat_models import init_chat_model\n\n\ndef step(state):\n"
    imported = "from steps import step\ngraph.add_node('step', step)"

    assert graph_of(imported, {"steps.py": f"{asks}    return state\n"}).budget is Known.UNKNOWN
    assert graph_of(imported, {"steps.py": f"{asks}    llm.invoke(state)\n"}).budget is Known.NONE
    assert graph_of(imported).budget is Known.NONE


@pytest.mark.parametrize(
    ("node", "known"),
    [
        ("wrapped(self.planner)", Known.UNKNOWN),
        ("self.router.process", Known.UNKNOWN),
        ("wrapped(self.planner, answer)", Known.NONE),
        ("made(planner)", Known.NONE),
        ("planner", Known.UNKNOWN),
        ("self.planner", Known.NONE),
        ("answer", Known.NONE),
    ],
)
def test_what_steps_of_elsewhere_spend_is_open(node: str, known: Known) -> None:
    code = (
        f"{HEAD}class Flow:\n    def built(self, planner):\n        graph = StateGraph(dict)\n"
        f"        graph.add_node('plan', {node})\n        return graph.compile()\n"
    )
    (agent,) = deployment_of({"graph.py": code}).agents

    assert agent.budget is known


WAYS = "graph.add_node(sort)\ngraph.add_node(answer)\ngraph.add_edge(START, 'sort')\n"


@pytest.mark.parametrize(
    ("ways", "once"),
    [
        ("graph.add_edge('sort', 'answer')\ngraph.add_edge('answer', END)", True),
        ("graph.add_edge('sort', 'answer')\ngraph.add_edge('answer', 'sort')", False),
        ("graph.add_edge('answer', 'answer')", False),
        ("graph.add_conditional_edges('sort', choice, {'a': 'answer', 'b': END})", True),
        ("graph.add_conditional_edges('sort', choice, ['answer', 'sort'])", False),
        ("graph.add_conditional_edges('sort', choice)", False),
        ("graph.add_edge(['sort'], 'answer')\ngraph.set_finish_point('answer')", True),
        ("graph.add_node('other', unseen)", False),
        ("graph.add_edge('sort', somewhere)", False),
    ],
)
def test_a_graph_without_a_way_back_takes_each_step_once(ways: str, *, once: bool) -> None:
    assert graph_of(f"{WAYS}{ways}").never_repeats is once


@pytest.mark.parametrize(
    ("body", "once"),
    [
        ("return 'answer' if state else END", True),
        ("if state:\n        return 'answer'\n    return END", True),
        ("return [Send('answer', each) for each in state]", True),
        ("return [Send('sort', each) for each in state]", False),
        ("return state.get('next')", False),
        ("return [Send(each, state) for each in state]", False),
        ("pass", False),
        ("def inner():\n        return 'sort'\n    return 'answer'", True),
    ],
)
def test_a_choice_leads_where_its_function_returns_to(body: str, *, once: bool) -> None:
    chooses = f"from langgraph.types import Send\ndef choice(state):\n    {body}\n"
    graph = f"{chooses}{WAYS}graph.add_conditional_edges('sort', choice)"

    assert graph_of(graph).never_repeats is once


def test_nothing_leads_back_to_where_all_begins() -> None:
    begun = "graph.set_conditional_entry_point(unseen)"
    chosen = "graph.add_conditional_edges(START, unseen)"

    assert graph_of(f"{WAYS}{begun}").never_repeats
    assert graph_of(f"from langgraph.graph import START\n{WAYS}{chosen}").never_repeats


def test_a_step_may_be_a_function_with_some_of_what_it_is_given() -> None:
    filled = WAYS.replace("add_node(answer)", "add_node('answer', partial(answer, 1))")
    graph = f"from functools import partial\n{filled}graph.add_edge('sort', 'answer')"

    assert filled != WAYS
    assert graph_of(graph).never_repeats


def test_a_choice_may_say_in_its_type_where_it_leads_and_a_step_may_jump() -> None:
    chooses = "from typing import Literal\ndef choice(state) -> Literal['answer', '__end__']: ...\n"
    jumps = "def jump(state):\n    return Command(goto='sort')\ngraph.add_node(jump)\n"
    chosen = f"{chooses}{WAYS}graph.add_conditional_edges('sort', choice)"

    assert graph_of(chosen).never_repeats
    assert not graph_of(f"{chosen}\n{jumps}").never_repeats


def test_a_step_that_a_file_without_a_word_of_graphs_defines_cannot_jump() -> None:
    """To jump, it needs a class of LangGraph, and a file that names it is read."""
    code = (
        "from langgraph.graph import END, StateGraph\nfrom desk.steps import sort\n"
        "graph = StateGraph(dict)\ngraph.add_node('sort', sort)\ngraph.set_entry_point('sort')\n"
        "graph.add_edge('sort', END)\ngraph.compile()\n"
    )
    jumping = (
        "from langgraph.types import Command\ndef sort(state):\n    return Command(goto='sort')\n"
    )
    (once,) = deployment_of({"graph.py": code, "desk/steps.py": "def sort(state): ...\n"}).agents
    (again,) = deployment_of({"graph.py": code, "desk/steps.py": jumping}).agents
    (installed,) = deployment_of({"graph.py": code}).agents
    filled = code.replace("'sort', sort", "'sort', partial(sort, by=1)")
    filled = f"from functools import partial\n{filled}"
    steps = "def sort(state, by): ...\n"
    (given,) = deployment_of({"graph.py": filled, "desk/steps.py": steps}).agents

    assert given.never_repeats
    assert once.never_repeats
    assert not again.never_repeats
    assert not installed.never_repeats


def test_an_agent_with_nothing_to_call_answers_once() -> None:
    code = "from strands import Agent\nagent = Agent(system_prompt='Name it.'{more})\n"
    (single,) = deployment_of({"agent.py": code.format(more="")}).agents
    (tooled,) = deployment_of({"agent.py": code.format(more=", tools=[look]")}).agents

    assert single.never_repeats
    assert not tooled.never_repeats


def test_a_choice_with_many_ends_is_not_gone_through_for_each_of_many_graphs() -> None:
    """It took a minute, of which each further graph had its share."""
    ends = "".join(f"    if s: return 'n{number}'\n" for number in range(6_000))
    graphs = "".join(
        f"g{number} = StateGraph(S)\ng{number}.add_node('a', f)\n"
        f"g{number}.add_conditional_edges('a', choose)\n"
        for number in range(2_000)
    )
    code = f"from langgraph.graph import StateGraph\ndef choose(s):\n{ends}{graphs}"
    (read,) = deployment_of({"desk.py": code}).coverage

    assert read.status.value == "partial"
