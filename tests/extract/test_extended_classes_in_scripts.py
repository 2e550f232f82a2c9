"""Classes of agents in TypeScript that extend one another: of which of them an agent is made."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind

START = (
    "import { Agent, tool } from '@openai/agents';\n"
    "const look = tool({ name: 'look', execute: async (a) => fetch(`https://a.test/${a.x}`) });\n"
)
BUILT = "constructor() { super({ name: 'built', tools: [look] }); }"


def invoking(code: str) -> tuple[Deployment, list[str]]:
    """What is deployed, and the names of the agents that may call a tool."""
    found = deployment_of({"server.ts": START + code})
    names = {agent.id: agent.name for agent in found.agents}
    links = (edge for edge in found.edges if edge.kind is EdgeKind.INVOKES)
    return found, sorted(names[edge.src] for edge in links)


@pytest.mark.parametrize(
    "code",
    [
        f"class Base extends Agent {{ {BUILT} }}\nclass Sub extends Base {{}}\nnew Sub();\n",
        (
            f"class Base extends Agent {{ {BUILT} }}\n"
            "class Sub extends Base { constructor() { super(); this.ready = true; } }\nnew Sub();\n"
        ),
        f"class Base extends Agent {{ {BUILT} }}\nclass Sub extends Base {{}}\nnew Base();\n",
        (
            "class Base extends Agent { constructor() { "
            "if (ready) { super({ name: 'built', tools: [look] }); } } }\nnew Base();\n"
        ),
    ],
)
def test_the_constructor_that_says_what_an_agent_is_builds_it_once(code: str) -> None:
    found, names = invoking(code)

    assert [agent.name for agent in found.agents] == names == ["built"]


def test_an_agent_is_made_of_a_class_that_others_extend() -> None:
    code = (
        "class Base extends Agent {}\nclass Sub extends Base {}\n"
        "new Base({ name: 'one', tools: [look] });\nnew Sub({ name: 'two', tools: [look] });\n"
    )

    assert invoking(code)[1] == ["one", "two"]


def test_what_a_class_above_adds_to_what_it_is_given_is_open() -> None:
    code = (
        "class Base extends Agent { constructor(own) { super({ ...own, tools: [look] }); } }\n"
        "class Sub extends Base { constructor() { super({ name: 'sub' }); } }\nnew Sub();\n"
    )
    found, _ = invoking(code)

    assert [agent.name for agent in found.agents] == ["sub"]
    assert "the list of tools does not fold" in {end.what for end in found.unresolved}
