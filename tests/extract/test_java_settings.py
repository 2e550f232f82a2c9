"""Settings of Spring AI, LangChain4j and Quarkus: servers, memory and logs, without their code."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known, Truth

RESOURCES = "src/main/resources"
SPRING = """spring.application.name=desk
spring.ai.mcp.client.stdio.connections.brave.command=npx
spring.ai.mcp.client.stdio.connections.brave.args=-y,@modelcontextprotocol/server-brave-search
spring.ai.mcp.client.stdio.connections.brave.env.BRAVE_API_KEY=${BRAVE_API_KEY}
spring.ai.mcp.client.sse.connections.tickets.url=http://tickets.example.com
spring.ai.mcp.client.streamable-http.connections.wiki.url=https://wiki.example.com
"""
SPRING_IN_YAML = """spring:
  application: {name: desk}
  ai:
    mcp:
      client:
        stdio:
          connections:
            brave:
              command: npx
              args: ["-y", "@modelcontextprotocol/server-brave-search"]
              env: {BRAVE_API_KEY: "${BRAVE_API_KEY}"}
        sse: {connections: {tickets: {url: "http://tickets.example.com"}}}
        streamableHttp: {connections: {wiki: {url: "https://wiki.example.com"}}}
"""
QUARKUS = """quarkus.application.name=desk
quarkus.langchain4j.mcp.brave.transport-type=stdio
quarkus.langchain4j.mcp.brave.command=npx,-y,@modelcontextprotocol/server-brave-search
quarkus.langchain4j.mcp.brave.environment.BRAVE_API_KEY=${BRAVE_API_KEY}
quarkus.langchain4j.mcp.tickets.transport-type=http
quarkus.langchain4j.mcp.tickets.url=http://tickets.example.com
quarkus.langchain4j.mcp.wiki.transport-type=streamable-http
quarkus.langchain4j.mcp.wiki.url=https://wiki.example.com
"""


def of(text: str, file: str = "application.properties") -> Deployment:
    return deployment_of({f"{RESOURCES}/{file}": text})


@pytest.mark.parametrize(
    ("file", "text", "framework"),
    [
        ("application.properties", SPRING, "spring-ai"),
        ("application-prod.yaml", SPRING_IN_YAML, "spring-ai"),
        ("application.properties", QUARKUS, "quarkus-langchain4j"),
        ("META-INF/microprofile-config.properties", QUARKUS, "quarkus-langchain4j"),
    ],
)
def test_servers_are_those_of_any_client(file: str, text: str, framework: str) -> None:
    found = of(text, file)
    (agent,) = found.agents
    servers = {server.name: server for server in found.tool_servers}
    brave, tickets, wiki = servers["brave"], servers["tickets"], servers["wiki"]

    assert (agent.name, agent.framework) == ("desk", framework)
    assert (brave.package, brave.pinned) == ("@modelcontextprotocol/server-brave-search", Truth.NO)
    assert (brave.command, brave.arguments[0]) == ("npx", "-y")
    assert [each.name for each in found.credentials] == ["BRAVE_API_KEY"]
    assert (tickets.transport, tickets.tls) == ("sse", Truth.NO)
    assert (wiki.transport, wiki.tls) == ("http", Truth.YES)
    assert {(edge.src, edge.dst) for edge in found.edges if edge.kind == "exposes"} >= {
        (agent.id, server.id) for server in servers.values()
    }


def test_whether_a_server_asks_who_calls_is_open_and_so_is_the_program() -> None:
    found = of(SPRING)

    assert {server.authenticated for server in found.tool_servers} == {Truth.UNKNOWN}
    assert {each.what for each in found.unresolved} >= {
        "with which headers the server wiki is called is not known",
        "the program of desk, which is in Java or Kotlin, is not read",
    }


def test_arguments_with_numbers_are_a_list() -> None:
    text = SPRING.replace("brave.args=-y,@model", "brave.args[0]=-y\n").replace(
        "contextprotocol",
        "spring.ai.mcp.client.stdio.connections.brave.args[1]=@modelcontextprotocol",
    )
    (brave,) = (each for each in of(text).tool_servers if each.name == "brave")

    assert brave.arguments == ("-y", "@modelcontextprotocol/server-brave-search")


def test_files_of_one_application_are_one_agent() -> None:
    other = "quarkus.langchain4j.mcp.more.url=https://more.example.com\n"
    found = deployment_of(
        {
            f"{RESOURCES}/application.properties": SPRING,
            f"{RESOURCES}/application-prod.properties": other,
            "other/application.properties": other,
        }
    )

    assert [agent.name for agent in found.agents] == ["desk", "the application in other"]


@pytest.mark.parametrize(
    ("line", "turns", "tokens"),
    [("memory-window.max-messages=20", 20, None), ("token-window.max-tokens=4000", None, 4000)],
)
def test_a_window_has_the_bound_that_is_set(
    line: str, turns: int | None, tokens: int | None
) -> None:
    (store,) = of(f"quarkus.langchain4j.chat-memory.{line}\n").memory_stores

    assert (store.kind, store.max_turns_count, store.max_tokens_count) == ("window", turns, tokens)


@pytest.mark.parametrize(
    ("setting", "ttl", "seconds"),
    [
        ("repository.jdbc.initialize-schema=always", Known.NONE, None),
        ("repository.cassandra.time-to-live=30d", Known.SET, 2_592_000),
        ("repository.cassandra.time-to-live=PT12H", Known.SET, 43_200),
        ("repository.cassandra.time-to-live=${TTL}", Known.UNKNOWN, None),
        ("cassandra.keyspace=chat", Known.UNKNOWN, None),
    ],
)
def test_a_repository_keeps_conversations_as_long_as_is_told(
    setting: str, ttl: Known, seconds: int | None
) -> None:
    (store,) = of(f"spring.ai.chat.memory.{setting}\n").memory_stores

    assert (store.kind, store.ttl, store.ttl_s) == ("history", ttl, seconds)


@pytest.mark.parametrize(
    "setting",
    [
        "spring.ai.chat.observations.log-prompt",
        "spring.ai.chat.client.observations.include-prompt",
        "spring.ai.tools.observations.include-content",
        "quarkus.langchain4j.log-requests",
        'quarkus.langchain4j."fast".openai.chat-model.log-responses',
        "quarkus.langchain4j.tracing.include-tool-arguments",
        "langchain4j.open-ai.chat-model.log-requests",
        "langchain4j.azure-open-ai.chat-model.log-requests-and-responses",
    ],
)
def test_prompts_in_logs_are_told(setting: str) -> None:
    told = of(f"a=b\n{setting}=true\n%prod.{setting}=${{LOGGED:true}}\n").audit_logs

    assert {(log.environment, log.evidence[0].line) for log in told} == {("", 2), ("production", 3)}
    assert all(log.content_logged for log in told)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("application.properties", "spring.ai.chat.observations.log-prompt=false\n"),
        ("application.properties", "%dev.quarkus.langchain4j.log-requests=true\n"),
        ("application-local.properties", "quarkus.langchain4j.log-requests=true\n"),
        ("application.yml", "spring:\n  ai: {chat: {observations: {log-prompt: ${LOG:false}}}}\n"),
        ("messages.properties", "quarkus.langchain4j.log-requests=true\n"),
        ("application.properties", "acme.langchain4j.log-requests=true\n"),
    ],
)
def test_nothing_is_logged_where_that_is_off_or_tried(file: str, text: str) -> None:
    assert of(text, file).audit_logs == ()


def test_a_profile_within_a_file_is_told() -> None:
    logged = "spring:\n  config.activate.on-profile: {}\n  ai.chat.observations.log-prompt: true\n"
    text = "---\n".join(map(logged.format, ("dev", "prod")))

    assert [log.environment for log in of(text, "application.yml").audit_logs] == ["production"]


def test_settings_of_tests_deploy_nothing() -> None:
    found = deployment_of({"src/test/resources/application.properties": SPRING})

    assert (found.agents, found.tool_servers) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "quarkus.langchain4j." + "log-" * 100_000 + "=true\n",
        "spring.ai." + ".observations" * 100 + "=true\n" * 20_000,
        "spring.ai.mcp.client.stdio.connections.a.args=" + "," * 400_000 + "\n",
        "spring.ai.mcp.client.stdio.connections.a.command=b\n"
        + "spring.ai.mcp.client.stdio.connections.a.args[1]=b\n" * 5_000,
    ],
)
def test_hostile_settings_are_read_in_linear_time(text: str) -> None:
    assert len(of(text).agents) <= 1


MAPPED = """apiVersion: v1
kind: ConfigMap
metadata: {name: desk, namespace: desk}
data:
  application-prod.yml: |
    spring:
      application: {name: desk}
      datasource:
        password: Winter2024xy
      ai:
        openai:
          api-key: 8f2Kd93jQmXp71LzVn5RtY6bWc0HsA4e
        chat.observations.log-prompt: true
  application.properties: |
    spring.ai.mcp.client.stdio.connections.brave.command=npx
    spring.ai.mcp.client.stdio.connections.brave.args=-y,@modelcontextprotocol/server-brave-search
"""


def test_settings_in_a_config_map_are_those_of_a_file() -> None:
    found = deployment_of({"k8s/desk.yaml": MAPPED})

    assert [agent.name for agent in found.agents] == ["desk"]
    assert [(each.name, each.evidence[0].line) for each in found.tool_servers] == [("brave", 15)]
    assert [(log.name, log.evidence[0].line) for log in found.audit_logs] == [("log of desk", 13)]
    assert {(each.name, each.provider, each.evidence[0].line) for each in found.credentials} == {
        ("spring.datasource.password", "database", 9),
        ("spring.ai.openai.api-key", "openai", 12),
    }


def test_settings_in_a_config_map_that_cannot_be_read_are_open() -> None:
    text = MAPPED.replace("application: {name: desk}", "application: {name: desk")

    assert "the settings in application-prod.yml" in {
        each.what for each in deployment_of({"k8s/desk.yaml": text}).unresolved
    }


@pytest.mark.parametrize(
    ("settings", "name", "transport"),
    [
        ("spring.ai.mcp.server.name=desk\nspring.ai.mcp.server.protocol=SSE\n", "desk", "sse"),
        (
            "spring.ai.mcp.server.name=desk\nspring.ai.mcp.server.protocol=STATELESS\n",
            "desk",
            "http",
        ),
        ("spring.ai.mcp.server.name=${N:desk}\nspring.ai.mcp.server.stdio=true\n", "desk", "stdio"),
        ("quarkus.mcp.server.server-info.name=shop\n", "shop", ""),
    ],
)
def test_an_application_that_serves_tools_is_a_server_of_which_the_tools_are_open(
    settings: str, name: str, transport: str
) -> None:
    found = of(settings)
    (server,) = found.tool_servers

    assert (server.name, server.transport, server.authenticated) == (name, transport, Truth.UNKNOWN)
    assert [each.what for each in found.unresolved] == [
        f"the tools of {name}, which its program declares"
    ]


@pytest.mark.parametrize("secret", ["Winter2024xy", "8f2Kd93jQmXp71LzVn5RtY6bWc0HsA4e"])
def test_no_secret_of_a_setting_is_shown(secret: str) -> None:
    texts = {
        f"{RESOURCES}/application.properties": (
            f"spring.ai.chat.memory.repository.redis.password={secret}\n"
            f"spring.ai.chat.memory.repository.jdbc.password={secret[:5]}\\\n  {secret[5:]}\n"
            f"spring.ai.mcp.client.stdio.connections.a.command=b,--token,{secret}\n"
            f"spring.ai.mcp.client.stdio.connections.a.env.A_TOKEN={secret}\n"
            f"spring.ai.mcp.client.sse.connections.c.url=https://u:{secret}@c.example.com\n"
        ),
        "k8s/desk.yaml": MAPPED.replace("Winter2024xy", secret),
        "appsettings.json": f'{{"OpenAI": {{"Key": "{secret}"}}}}',
    }
    written = repr(deployment_of(texts))

    assert secret not in written
    assert "A_TOKEN" in written
