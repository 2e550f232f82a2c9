"""Variables of Spring AI, Quarkus and .NET make a container an agent, and say what it logs."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment


def of(*variables: str) -> Deployment:
    listed = "\n".join(f"      {each}" for each in variables)
    service = f"  desk:\n    image: ghcr.io/acme/desk:1\n    environment:\n{listed}\n"
    return deployment_of({"docker-compose.yml": f"services:\n{service}"})


@pytest.mark.parametrize(
    "variable",
    [
        "SPRING_AI_OPENAI_API_KEY",
        "QUARKUS_LANGCHAIN4J_OPENAI_API_KEY",
        "LANGCHAIN4J_OPEN_AI_CHAT_MODEL_API_KEY",
        "AzureOpenAI__ApiKey",
        "OpenAI__Key",
    ],
)
def test_a_container_that_has_a_models_key_is_an_agent_that_holds_it(variable: str) -> None:
    found = of(f"{variable}: ${{KEY}}")

    assert [runtime.role for runtime in found.runtimes] == ["agent"]
    assert [(each.name, each.provider, each.holder) for each in found.credentials] == [
        (variable, "openai", "agent")
    ]


@pytest.mark.parametrize(
    "variable",
    ["SPRING_AI_MCP_SERVER_NAME", "SPRING_AI_VECTORSTORE_PGVECTOR_DIMENSIONS", "SPRING_AIR_A"],
)
def test_a_server_of_tools_or_a_store_is_no_agent(variable: str) -> None:
    assert [runtime.role for runtime in of(f"{variable}: a").runtimes] == [""]


@pytest.mark.parametrize(
    "variable",
    [
        "SPRING_AI_CHAT_OBSERVATIONS_LOG_PROMPT",
        "SPRING_AI_CHAT_CLIENT_OBSERVATIONS_INCLUDE_PROMPT",
        "QUARKUS_LANGCHAIN4J_LOG_REQUESTS",
        "LANGCHAIN4J_OPEN_AI_CHAT_MODEL_LOG_REQUESTS_AND_RESPONSES",
        "SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE",
    ],
)
def test_prompts_in_logs_are_told_where_they_are_switched_on(variable: str) -> None:
    key = "SPRING_AI_OPENAI_API_KEY: ${KEY}"
    told = [log.content_logged for log in of(key, f'{variable}: "true"').audit_logs]
    off = [log.content_logged for log in of(key, f'{variable}: "false"').audit_logs]

    assert (told, any(off)) == ([True], False)
