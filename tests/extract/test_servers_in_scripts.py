"""Servers of MCP in TypeScript and JavaScript: those that it builds, and those that agents call."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.tools import ToolServer

SDK = (
    "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
    "import { z } from 'zod';\nimport express from 'express';\n"
    "const server = new McpServer({ name: 'own', version: '1.0.0' });\n"
)
HTTP = "const transport = new StreamableHTTPServerTransport({});\nconst app = express();\n"


def only_server(code: str) -> ToolServer:
    (server,) = deployment_of({"server.ts": code}).tool_servers
    return server


def exposed(found: Deployment) -> set[str]:
    """The names of tools that servers expose."""
    ids = {edge.dst for edge in found.edges if edge.kind is EdgeKind.EXPOSES}
    return {tool.name for tool in found.tools if tool.id in ids}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (
            (
                f"{SDK}server.registerTool('a', {{ inputSchema: {{ url: z.string() }} }},"
                " (a) => fetch(a.url));"
            ),
            "a",
        ),
        (
            (
                f"{SDK}server.tool('b', 'about', {{ url: z.string() }},"
                " async ({ url }) => fetch(url));"
            ),
            "b",
        ),
        (
            (
                f"{SDK}server.tool('c', {{ url: z.string() }},"
                " async ({ url }, extra) => fetch(url));"
            ),
            "c",
        ),
        (
            (
                "import { z } from 'zod';\nimport { FastMCP } from 'fastmcp';\n"
                "const f = new FastMCP({ name: 'f' });\n"
                "f.addTool({ name: 'd', parameters: z.object({ url: z.string() }), "
                "execute: async ({ url }) => fetch(url) });"
            ),
            "d",
        ),
    ],
)
def test_a_server_has_the_tools_that_are_registered_at_it(code: str, name: str) -> None:
    found = deployment_of({"server.ts": code})
    (tool,) = found.tools

    assert exposed(found) == {name}
    assert (tool.effects, tool.egress, tool.free_form_parameters) == (
        ("read",),
        Truth.YES,
        ("url",),
    )
    assert not found.unresolved


@pytest.mark.parametrize(
    "code",
    [
        SDK,
        (
            "import { Server } from '@modelcontextprotocol/sdk/server/index.js';\n"
            "const s = new Server({ name: 'own' }, {});\ns.setRequestHandler(ListTools, f);\n"
        ),
        "import { MCPServer } from '@mastra/mcp';\nnew MCPServer({ name: 'own', tools: given });\n",
    ],
)
def test_tools_that_are_not_seen_are_open(code: str) -> None:
    (end,) = deployment_of({"server.ts": code}).unresolved

    assert "the tools of the server own" in end.what


@pytest.mark.parametrize(
    ("code", "transport", "everywhere", "authenticated"),
    [
        ("await server.connect(new StdioServerTransport());", "stdio", False, Truth.UNKNOWN),
        (f"{HTTP}app.listen(3000, () => log('up'));", "http", True, Truth.NO),
        (
            (
                f"{HTTP}import {{ serve }} from '@hono/node-server';\n"
                "serve({ fetch: app.fetch, port: 3000 });"
            ),
            "http",
            True,
            Truth.NO,
        ),
        (f"{HTTP}Bun.serve({{ port: 3000, fetch }});", "http", True, Truth.NO),
        (f"{HTTP}Deno.serve({{ hostname: '127.0.0.1' }}, f);", "http", False, Truth.UNKNOWN),
        (
            (
                f"{HTTP}import fastify from 'fastify';\nconst own = fastify();\n"
                "own.listen({ port: 1 });"
            ),
            "http",
            False,
            Truth.UNKNOWN,
        ),
        (
            (
                f"{HTTP}import fastify from 'fastify';\nconst own = fastify();\n"
                "own.listen({ port: 1, host: '::' });"
            ),
            "http",
            True,
            Truth.NO,
        ),
        (f"{HTTP}app.listen(PORT, '127.0.0.1');", "http", False, Truth.UNKNOWN),
        (f"{HTTP}app.listen(3000, '0.0.0.0');", "http", True, Truth.NO),
        (f"{HTTP}app.listen({{ port: 3000, host: HOST }});", "http", False, Truth.UNKNOWN),
        (
            f"{HTTP}app.use(requireBearerAuth({{}}));\napp.listen(3000);",
            "http",
            True,
            Truth.UNKNOWN,
        ),
        ("new SSEServerTransport('/messages', res);", "sse", False, Truth.UNKNOWN),
    ],
)
def test_how_a_server_is_reached(
    code: str, transport: str, authenticated: Truth, *, everywhere: bool
) -> None:
    server = only_server(SDK + code)

    assert (server.transport, server.listens_everywhere, server.authenticated) == (
        (transport, everywhere, authenticated)
    )


@pytest.mark.parametrize(
    "code",
    [
        (
            "import { Agent, MCPServerStdio } from '@openai/agents';\n"
            "const s = new MCPServerStdio({ name: 'files', "
            "fullCommand: 'npx -y some-server /' });\n"
            "new Agent({ mcpServers: [s] });\n"
        ),
        (
            "import { Agent } from '@mastra/core/agent';\n"
            "import { MCPClient } from '@mastra/mcp';\n"
            "const c = new MCPClient({ servers: { files: { command: 'npx', "
            "args: ['-y', 'some-server', '/'] } } });\n"
            "new Agent({ tools: await c.getTools() });\n"
        ),
        (
            "import { streamText, experimental_createMCPClient as open } from 'ai';\n"
            "import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';\n"
            "const files = await open({ transport: new StdioClientTransport({ command: 'npx', "
            "args: ['-y', 'some-server', '/'] }) });\nconst tools = await files.tools();\n"
            "streamText({ tools: { ...tools } });\n"
        ),
        (
            "import { createReactAgent } from '@langchain/langgraph/prebuilt';\n"
            "import { MultiServerMCPClient } from '@langchain/mcp-adapters';\n"
            "const c = new MultiServerMCPClient({ mcpServers: { files: { command: 'npx', "
            "args: ['-y', 'some-server', '/'] } } });\n"
            "createReactAgent({ llm, tools: await c.getTools() });\n"
        ),
        (
            "import { query } from '@anthropic-ai/claude-agent-sdk';\n"
            "const options = { mcpServers: "
            "{ files: { command: 'npx', args: ['-y', 'some-server', '/'] } } };\n"
            "query({ prompt, options });\n"
        ),
    ],
)
def test_every_framework_has_its_way_to_start_a_server(code: str) -> None:
    found = deployment_of({"agent.ts": code})
    (server,) = found.tool_servers

    assert (server.name, server.package, server.pinned) == ("files", "some-server", Truth.NO)
    assert server.root_paths == ("/",)
    assert found.agents[0].tool_servers == 1


def test_a_server_is_called_with_what_the_environment_holds() -> None:
    found = deployment_of(
        {
            "agent.ts": "import { query } from '@anthropic-ai/claude-agent-sdk';\n"
            "query({ options: {\n"
            "  mcpServers: { far: { type: 'http', url: 'http://tools.example.test/mcp',\n"
            "    headers: { Authorization: `Bearer ${process.env.FAR_TOKEN}` } } } } });\n"
        }
    )
    (server,) = found.tool_servers
    (credential,) = found.credentials

    assert (server.tls, server.authenticated, server.remote) == (Truth.NO, Truth.YES, True)
    assert credential.form is CredentialForm.ENV_REF


def test_a_secret_that_a_header_is_made_of_stands_in_one_place() -> None:
    secret = "k7Qw-" + "Zr2xLp9Vb4TnYc8M"
    code = (
        "import { query } from '@anthropic-ai/claude-agent-sdk';\n"
        f"const apiKey = '{secret}';\nquery({{ options: {{ mcpServers: {{ far: {{ type: 'http', "
        "url: 'https://far.test/mcp', headers: { Authorization: `Bearer ${apiKey}` } } } } });\n"
    )
    (credential,) = deployment_of({"agent.ts": code}).credentials

    assert (credential.form, credential.evidence[0].line) == (CredentialForm.LITERAL, 2)


@pytest.mark.parametrize(
    ("options", "mode", "limit"),
    [
        ("{ permissionMode: 'bypassPermissions' }", "bypass", None),
        ("{ permissionMode: 'acceptEdits', maxTurns: 4 }", "acceptEdits", 4),
        ("{ ...base, maxTurns: 9 }", "", 9),
    ],
)
def test_a_query_of_claude_is_an_agent(options: str, mode: str, limit: int | None) -> None:
    code = "import { query } from '@anthropic-ai/claude-agent-sdk';\n"
    (agent,) = deployment_of({"agent.ts": f"{code}query({{ options: {options} }});"}).agents

    assert (agent.permission_mode, agent.max_iterations_count) == (mode, limit)


def test_claude_uses_what_it_is_allowed_and_tools_of_its_own_process() -> None:
    code = (
        "import { query, tool, createSdkMcpServer } from '@anthropic-ai/claude-agent-sdk';\n"
        "const own = tool('own', 'about', {}, async () => ({}));\n"
        "const server = createSdkMcpServer({ name: 's', tools: [own] });\n"
        "query({ prompt, options: { allowedTools: ['Bash', 'Read'], mcpServers: { server } } });\n"
    )
    found = deployment_of({"agent.ts": code})

    assert {tool.name for tool in found.tools} == {"Bash", "Read", "own"}
    assert not found.tool_servers


def test_claude_hands_work_to_the_agents_that_it_defines() -> None:
    code = (
        "import { query } from '@anthropic-ai/claude-agent-sdk';\n"
        "const reviewer = { description: 'a', prompt: 'b', permissionMode: 'bypassPermissions' };\n"
        "query({ prompt, options: { agents: { reviewer, other: given() } } });\n"
    )
    found = deployment_of({"agent.ts": code})
    below = {agent.id: agent for agent in found.agents}
    (edge,) = [edge for edge in found.edges if edge.kind is EdgeKind.DELEGATES_TO]

    assert below[edge.dst].name == "reviewer"
    assert below[edge.dst].permission_mode == "bypass"


@pytest.mark.parametrize(
    ("given", "url", "approved"),
    [
        (
            "hostedMcpTool({ serverLabel: 'far', serverUrl: 'https://far.test/mcp' })",
            "https://far.test/mcp",
            False,
        ),
        (
            "hostedMcpTool({ serverLabel: 'far', serverUrl: URL, requireApproval: 'never' })",
            "",
            True,
        ),
    ],
)
def test_a_server_that_the_vendor_calls_is_one_of_the_agent(
    given: str, url: str, *, approved: bool
) -> None:
    code = "import { Agent, hostedMcpTool } from '@openai/agents';\n"
    (server,) = deployment_of({"a.ts": f"{code}new Agent({{ tools: [{given}] }});\n"}).tool_servers

    assert (server.name, server.url, server.auto_approved) == ("far", url, approved)


@pytest.mark.parametrize(
    "transport",
    [
        "new StreamableHTTPClientTransport(new URL('https://far.test/mcp'))",
        "{ type: 'http', url: 'https://far.test/mcp', requestInit: { headers: { a: 'b' } } }",
    ],
)
def test_a_client_is_made_of_a_transport(transport: str) -> None:
    code = (
        "import { createMCPClient } from '@ai-sdk/mcp';\nimport { ToolLoopAgent } from 'ai';\n"
        "import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';\n"
        f"const far = await createMCPClient({{ transport: {transport} }});\n"
        "new ToolLoopAgent({ tools: await far.tools() });\n"
    )
    (server,) = deployment_of({"a.ts": code}).tool_servers

    assert (server.name, server.url, server.tls) == ("far", "https://far.test/mcp", Truth.YES)


@pytest.mark.parametrize(
    ("given", "authenticated"),
    [
        ("{ url: FAR, headers: { ...held } }", Truth.UNKNOWN),
        ("{ url: FAR, headers: { [name]: 'a' } }", Truth.UNKNOWN),
        ("{ url: FAR, headers: { 'x-desk': 'a' } }", Truth.NO),
        ("{ url: FAR, headers: { ...{ Authorization: held.proof } } }", Truth.YES),
        ("{ url: FAR, ...held }", Truth.UNKNOWN),
        ("{ url: FAR, requestInit: { headers: { ...held } } }", Truth.UNKNOWN),
        ("{ url: FAR, requestInit: held }", Truth.UNKNOWN),
        ("new SSEClientTransport(new URL(FAR), held)", Truth.UNKNOWN),
        ("new SSEClientTransport(new URL(FAR), { ...held })", Truth.UNKNOWN),
    ],
)
def test_headers_that_stand_elsewhere_are_unknown(given: str, authenticated: Truth) -> None:
    code = (
        "import { createMCPClient } from '@ai-sdk/mcp';\nimport { ToolLoopAgent } from 'ai';\n"
        "import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';\n"
        "import { held, name } from './held';\nconst FAR = 'https://far.test/mcp';\n"
        f"const far = await createMCPClient({{ transport: {given} }});\n"
        "new ToolLoopAgent({ tools: await far.tools() });\n"
    )
    found = deployment_of({"a.ts": code})
    what = "with which headers the server far is called is not known"

    assert found.tool_servers[0].authenticated is authenticated
    assert (what in {end.what for end in found.unresolved}) is (authenticated is Truth.UNKNOWN)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("await client.getTools()", "the list of tools does not fold"),
        ("await new MCPClient({ ...x }).getTools()", "the servers of MCPClient do not fold"),
        ("await new MCPClient({ servers: { a: b() } }).getTools()", "the server a does not fold"),
    ],
)
def test_servers_that_nobody_can_read_are_open(given: str, what: str) -> None:
    code = "import { Agent } from '@mastra/core';\nimport { MCPClient } from '@mastra/mcp';\n"
    found = deployment_of({"a.ts": f"{code}new Agent({{ id: 'a', tools: {given} }});\n"})

    assert what in {end.what for end in found.unresolved}


MAKES = (
    "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
    "export function make() { return new McpServer({ name: 'own' }); }\n"
)
STREAMS = (
    "import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/http.js';\n"
    "import { make } from './MAKE';\n"
)


@pytest.mark.parametrize(
    ("files", "everywhere", "asks"),
    [
        ({"http.ts": STREAMS.replace("MAKE", "make") + "app.listen(3000);\n"}, True, Truth.NO),
        (
            {"http.ts": STREAMS.replace("MAKE", "make") + "app.listen(3000, 'localhost');\n"},
            False,
            Truth.UNKNOWN,
        ),
        (
            {
                "http.ts": STREAMS.replace("MAKE", "make")
                + "app.use(verifyBearer); app.listen(3);\n"
            },
            True,
            Truth.UNKNOWN,
        ),
        (
            {
                "all.ts": "export { make } from './make';\n",
                "http.ts": STREAMS.replace("MAKE", "all") + "app.listen(3000);\n",
            },
            True,
            Truth.NO,
        ),
        (
            {
                "make.ts": f"import {{ serve }} from './serve';\n{MAKES}serve(make());\n",
                "serve.ts": STREAMS.replace("MAKE", "else") + "app.listen(3);\n",
            },
            True,
            Truth.NO,
        ),
        ({"other.ts": STREAMS.replace("MAKE", "other") + "app.listen(3);\n"}, False, Truth.UNKNOWN),
    ],
)
def test_a_server_listens_where_a_file_that_imports_it_does(
    files: dict[str, str], asks: Truth, *, everywhere: bool
) -> None:
    found = deployment_of({"make.ts": MAKES, **files})
    (server,) = found.tool_servers

    assert (server.listens_everywhere, server.authenticated) == (everywhere, asks)


@pytest.mark.parametrize(
    ("stream", "everywhere"), [("{ port: 8 }", False), ("{ port: 8, host: '0.0.0.0' }", True)]
)
def test_fastmcp_listens_at_home_unless_it_is_told_otherwise(
    stream: str, *, everywhere: bool
) -> None:
    code = (
        "import { FastMCP } from 'fastmcp';\nconst own = new FastMCP({ name: 'own' });\n"
        f"own.start({{ transportType: 'httpStream', httpStream: {stream} }});\n"
    )
    (server,) = deployment_of({"server.ts": code}).tool_servers

    assert (server.transport, server.listens_everywhere) == ("http", everywhere)
