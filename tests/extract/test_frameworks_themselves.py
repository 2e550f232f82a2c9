"""Code of a framework itself, whose users choose what it does by default."""

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known

AGENT = (
    "from autogen_agentchat.agents import AssistantAgent\n"
    "from autogen_core.model_context import UnboundedChatCompletionContext\n\n\n"
    "class Helper:\n    def __init__(self, context=None):\n"
    "        self.context = UnboundedChatCompletionContext()\n"
    "        self.agent = AssistantAgent('a', m)\n"
)


def bounds(deployment: Deployment) -> set[Known]:
    agents, stores = deployment.agents, deployment.memory_stores
    return {store.max_turns for store in stores} | {
        known for agent in agents for known in (agent.timeout, agent.budget)
    }


def test_what_a_framework_makes_itself_is_bounded_by_whoever_uses_it() -> None:
    own = {"python/packages/autogen-ext/src/autogen_ext/tasks/helper.py": AGENT}

    assert bounds(deployment_of(own)) == {Known.UNKNOWN}


def test_what_only_lies_in_a_folder_of_that_name_is_a_program() -> None:
    assert bounds(deployment_of({"autogen_ext/helper.py": AGENT})) == {Known.NONE}
    assert bounds(deployment_of({"helper.py": AGENT})) == {Known.NONE}


HISTORY = (
    "import {{ DynamoDBChatMessageHistory }} from '@langchain/community/stores/message/dynamodb';\n"
    "import {{ AgentExecutor }} from 'langchain/agents';\n"
    "class Memory {implements}{{ name = 'memory'; }}\n"
    "const kept = new DynamoDBChatMessageHistory({{ tableName: 'a', sessionId: id }});\n"
    "const agent = new AgentExecutor({{ agent: made, tools: [] }});\n"
)


def test_a_part_to_draw_flows_with_is_bounded_by_whoever_draws_one() -> None:
    part, program = HISTORY.format(implements="implements INode "), HISTORY.format(implements="")

    assert bounds(deployment_of({"Memory.ts": part})) == {Known.UNKNOWN}
    assert bounds(deployment_of({"memory.ts": program})) == {Known.NONE}
