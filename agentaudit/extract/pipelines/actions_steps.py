"""Steps of GitHub's workflows: what each is given, what it runs, and whether that is an agent."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from agentaudit.extract.coding_agents.signs import starts_agent
from agentaudit.extract.coding_agents.switches_in_variables import with_switches
from agentaudit.extract.pipelines.actions_agents import (
    AGENT_ACTIONS,
    SCRIPT,
    asks_once,
    takes_model_key,
)
from agentaudit.extract.pipelines.actions_expressions import BEGINNING, never_runs
from agentaudit.extract.pipelines.actions_inputs import INPUT, given, told
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Node


class Step(Struct, frozen=True, kw_only=True):
    """One step of a job."""

    node: Node
    number: int
    runs_agent_itself: bool
    script: str = ""
    """What it runs, with the switches of agents that its variables hold."""
    variables: Mapping[str, str] = {}
    """Those that it is started with."""
    asks_once: bool = False
    """Whether it only asks a model, which has no tools."""
    unknown: bool = False
    """Whether it is an action that nobody here knows, and that asks a model with a key."""
    run: tuple[Agent, ...] = ()
    """Agents of the repository's own code that its script runs."""
    agent_inside: bool = False
    """Whether it calls steps of this repository that run an agent."""
    caller: Node | None = None
    """The step or job that calls the action or workflow of this repository in which it stands."""
    inputs: Node | None = None
    """What that may be given, with its defaults."""

    @property
    def uses(self) -> str:
        return self.node.raw_at("uses")

    @property
    def action(self) -> str:
        """The action without its version, in lower case."""
        return _action(self.uses)

    @property
    def runs_agent(self) -> bool:
        return self.agent_inside or self.runs_agent_itself or bool(self.run)

    def input(self, name: str) -> Node | None:
        """One of its inputs; GitHub takes their names in any case."""
        return given(self.node, name)

    def told(self, text: str) -> str:
        """A text with what its caller hands over in place of its inputs."""
        return told(text, self.caller, self.inputs) if self.caller is not None else text

    def left_empty(self, text: str) -> bool:
        """
        Whether a text is an input of its action that its caller does not give, or writes out.

        What stands there as it is, is told there if it is a key.
        """
        asked = INPUT.fullmatch(text.strip())
        if asked is None or self.caller is None:
            return False
        name = asked["name"].lower()
        handed = given(self.caller, name)
        if handed is not None:
            return BEGINNING not in raw(handed)
        declared = self.inputs.items() if self.inputs is not None else ()
        return not any(key.lower() == name and value.get("default") for key, value in declared)


def made_step(node: Node, inner: Sequence[Step], variables: Mapping[str, str]) -> Step:
    """A step that calls others, if any; its place among all is not known yet."""
    action, script = _action(node.raw_at("uses")), with_switches(node.raw_at("run"), variables)
    inline = raw(given(node, "script")) if action == SCRIPT else script
    once = asks_once(action, inline, node.get("env"))
    known = action in AGENT_ACTIONS or once or starts_agent(script)
    unknown = not known and bool(action) and takes_model_key(node.get("with"))
    itself = known or unknown
    inside = any(step.runs_agent for step in inner)
    off = (itself or inside) and never_runs(node)
    return Step(
        node=node,
        number=0,
        runs_agent_itself=itself and not off,
        script=script,
        variables=variables,
        asks_once=once and not starts_agent(script),
        unknown=unknown,
        agent_inside=inside and not off,
    )


def _action(uses: str) -> str:
    return uses.partition("@")[0].lower()


def raw(node: Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return (node.text or "") if node is not None else ""


def variables_in(outside: Mapping[str, str], node: Node) -> Mapping[str, str]:
    """The variables within a workflow, a job or a step, each with those around it."""
    own = node.get("env")
    if own is None:
        return outside
    return {**outside, **{name: raw(value) for name, value in own.items()}}


def words_of(step: Step) -> str:
    """Everything that a step tells its agent, inputs as `name: value`."""
    handed = step.node.get("with")
    inputs = [f"{name}: {value.raw}" for name, value in handed.items()] if handed else []
    told = with_switches("\n".join(inputs), step.variables)
    return step.told(f"{step.script}\n{told}")
