"""Tools of servers of MCP that scripts list and call by hand, or register in other files."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth

LOW = (
    "import { Server } from '@modelcontextprotocol/sdk/server/index.js';\n"
    "import { CallToolRequestSchema, ListToolsRequestSchema } from "
    "'@modelcontextprotocol/sdk/types.js';\nimport fs from 'node:fs';\n"
    "import { exec } from 'node:child_process';\n"
    "const server = new Server({ name: 'own' }, {});\n"
)
READ = "{ name: 'read', inputSchema: { type: 'object', properties: { path: { type: 'string' } } } }"
RUN = (
    "{ name: 'run', inputSchema: { type: 'object', properties: { command: { type: 'string' } } } }"
)
LISTED = (
    f"server.setRequestHandler(ListToolsRequestSchema, async () => ({{ tools: [{READ}, {RUN}] }}));"
)
EFFECTS = {"read": ("read",), "run": ("delete", "execute", "read", "write")}


def exposed(found: Deployment) -> set[str]:
    """The names of tools that servers expose."""
    ids = {edge.dst for edge in found.edges if edge.kind is EdgeKind.EXPOSES}
    return {tool.name for tool in found.tools if tool.id in ids}


@pytest.mark.parametrize(
    "handler",
    [
        (
            "async (request) => { const { name, arguments: args } = request.params;\n"
            "switch (name) { case 'read': return fs.readFileSync(args.path);\n"
            "case 'run': { return exec(args.command); } default: throw new Error(name); } }"
        ),
        (
            "async ({ params }) => { if (params.name === 'read') { "
            "return fs.readFileSync(params.arguments.path); }\n"
            "if (params.name !== 'run') { throw new Error('who?'); }\n"
            "else if ('run' === params.name) { return exec(params.arguments.command); } }"
        ),
        (
            "wrapped(async (request) => chosen(request.params.name, request.params.arguments))"
            ");\nfunction chosen(name, args) {\n"
            "if (name == 'read') return fs.readFileSync(args.path);\n"
            "if (name == RUN) return run(args);\n}\nconst RUN = 'run';\n"
            "const run = (args) => exec(args.command"
        ),
    ],
)
def test_what_a_handler_does_for_a_name_is_what_that_tool_does(handler: str) -> None:
    calls = f"server.setRequestHandler(CallToolRequestSchema, {handler});\n"
    found = deployment_of({"server.ts": f"{LOW}{LISTED}\n{calls}"})

    assert {tool.name: tool.effects for tool in found.tools} == EFFECTS
    assert {tool.name: tool.free_form_parameters for tool in found.tools} == {
        "read": ("path",),
        "run": ("command",),
    }
    assert exposed(found) == {"read", "run"}
    assert not found.unresolved


def test_each_server_has_its_own_handler() -> None:
    two = LOW.replace("const server", "const a").replace("name: 'own'", "name: 'a'") + (
        "const b = new Server({ name: 'b' }, {});\n"
    )
    for server, does in (("a", "fs.unlinkSync"), ("b", "fs.readFileSync")):
        two += (
            f"{server}.setRequestHandler('tools/list', () => ({{ tools: [{{ name: '{server}1', "
            f"description: 'd' }}, {READ}] }}));\n{server}.setRequestHandler('tools/call', (r) => "
            f"{{ if (r.params.name === 'read') return {does}(r.params.arguments.path); }});\n"
        )
    found = deployment_of({"server.ts": two})
    effects = sorted(tool.effects for tool in found.tools if tool.name == "read")

    assert effects == [("delete",), ("read",)]


def test_cases_may_share_what_is_done() -> None:
    found = deployment_of(
        {
            "server.ts": f"{LOW}{LISTED}\nserver.setRequestHandler(CallToolRequestSchema, (r) => "
            "{ switch (r.params.name) { case 'read': case 'run': "
            "return fs.unlinkSync(r.params.arguments.path); } });\n"
        }
    )

    assert {tool.effects for tool in found.tools} == {("delete",)}


def test_methods_of_a_class_are_handlers() -> None:
    code = (
        "class Own {\n  constructor() { this.server = new Server({ name: 'own' }, {});\n"
        "    this.server.setRequestHandler(ListToolsRequestSchema, this.list.bind(this));\n"
        "    this.server.setRequestHandler(CallToolRequestSchema, (r) => this.call(r.params)); }\n"
        f"  list() {{ return {{ tools: [{RUN}] }}; }}\n"
        "  call(params) { if (params.name === 'run') { return this.run(params.arguments); } }\n"
        "  private run(args) { return exec(args.command); }\n}\n"
        "class Other { run() {} }\n"
    )
    head = LOW.replace("const server = new Server({ name: 'own' }, {});\n", "")
    found = deployment_of({"server.ts": head + code})

    assert {tool.name: tool.effects for tool in found.tools} == {"run": EFFECTS["run"]}
    assert exposed(found) == {"run"}


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        (f"[...some, {RUN}]", {"read", "run"}),
        ("some.filter((t) => allowed(t.name))", {"read"}),
        ("some.map(({ name, inputSchema }) => ({ name, inputSchema }))", {"read"}),
        (f"readOnly ? some : [...some, {RUN}]", {"read", "run"}),
        (f"Object.values({{ a: {READ}, b: {RUN} }})", {"read", "run"}),
    ],
)
def test_a_list_of_tools_is_followed(listed: str, names: set[str]) -> None:
    code = (
        f"{LOW}const some = [{READ}];\nserver.setRequestHandler(ListToolsRequestSchema, () => {{\n"
        f"  log('asked');\n  const tools = {listed};\n  return {{ tools }};\n}});\n"
    )
    found = deployment_of({"server.ts": code})

    assert exposed(found) == names
    assert {end.what for end in found.unresolved} == {
        f"what the tool {name} does is not known" for name in names
    }


@pytest.mark.parametrize(
    "listed", ["given", f"[{READ}, given]", f"[{READ}, ...given()]", "Object.values(given)"]
)
def test_a_list_that_does_not_fold_is_open(listed: str) -> None:
    code = f"{LOW}server.setRequestHandler('tools/list', () => ({{ tools: {listed} }}));\n"
    found = deployment_of({"server.ts": code})

    assert "a list of tools that a handler returns does not fold" in {
        end.what for end in found.unresolved
    }


@pytest.mark.parametrize(
    "call",
    [
        "server.setRequestHandler()",
        "server.setRequestHandler('tools/list')",
        "server.setRequestHandler('tools/list', { tools: [] })",
        "server.tool()",
        "server.addTool()",
        "this.addMcpServer()",
        "all.forEach((one) => server.tool(one.name))",
        "app.mcpTool()",
    ],
)
def test_calls_that_nobody_finished_end_nothing(call: str) -> None:
    code = f"{LOW}import {{ app }} from '@azure/functions';\n{call};\n"

    assert deployment_of({"server.ts": code}).tool_servers


def test_the_one_tool_of_a_server_is_its_handler() -> None:
    found = deployment_of(
        {
            "server.ts": f"{LOW}server.setRequestHandler('tools/list', () => ({{ tools: [{RUN}] }}"
            "));\nserver.setRequestHandler('tools/call', (r) => exec(r.params.arguments.command));"
        }
    )

    assert [tool.effects for tool in found.tools] == [EFFECTS["run"]]


SDK = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
TYPE = "import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
FROM = "import { register } from './tools';\n"
LOOK = "tool('look', { x: z.string() }, async ({ x }) => fetch(x))"


@pytest.mark.parametrize(
    ("server", "register"),
    [
        (
            (f"{FROM}const server = new McpServer({{ name: 'own' }});\nregister(server, config);"),
            f"{TYPE}export function register(to: McpServer, config) {{ to.{LOOK}; }}",
        ),
        (
            (
                f"{FROM}const server = new McpServer({{ name: 'own' }});\n"
                "register(config, { server });"
            ),
            f"{TYPE}export const register = (config, {{ server }}) => {{ server.{LOOK}; }};",
        ),
        (
            (
                "import { register } from './tools';\nclass Own extends McpAgent { "
                "server = new McpServer({ name: 'own' }); init() { register(this.server); } }"
            ),
            (
                f"{TYPE}export function register(to) {{ further(to); }}\n"
                f"function further(server: McpServer) {{ server.{LOOK}; }}"
            ),
        ),
        (
            (
                "import { register } from './tools';\nexport function make() { "
                "return new McpServer({ name: 'own' }); }\nconst made = make();\nregister(made);"
            ),
            f"{TYPE}export function register(to) {{ to.{LOOK}; }}",
        ),
        (
            "export const server = new McpServer({ name: 'own' });",
            f"import {{ server }} from './server';\n{TYPE}server.{LOOK};",
        ),
    ],
)
def test_a_server_is_handed_to_files_that_register_its_tools(server: str, register: str) -> None:
    zod = "import { z } from 'zod';\n"
    files = {"server.ts": f"{SDK}{server}\n", "tools.ts": f"{zod}{register}\n"}
    found = deployment_of(files)

    assert exposed(found) == {"look"}
    assert not found.unresolved


def test_a_function_that_is_handed_another_server_registers_nothing_here() -> None:
    files = {
        "a.ts": f"{SDK}import {{ one }} from './tools';\n"
        "const server = new McpServer({ name: 'a' });\none(server);\n",
        "tools.ts": f"{TYPE}export function one(server) {{ server.tool('x', {{}}, f); }}\n"
        "export function other(server) { server.tool('y', {}, f); }\n",
    }

    assert exposed(deployment_of(files)) == {"x"}


@pytest.mark.parametrize(
    ("code", "transport", "everywhere", "asks"),
    [
        (
            (
                "import { McpAgent } from 'agents/mcp';\nexport class Own extends McpAgent { "
                "server = new McpServer({ name: 'own' }); }\nexport default Own.serve('/mcp');\n"
            ),
            "http",
            True,
            Truth.NO,
        ),
        (
            (
                "import { createMcpHandler } from 'agents/mcp/server';\n"
                "const make = () => new McpServer({ name: 'own' });\n"
                "export default { fetch: (r, e, c) => createMcpHandler(make)(r, e, c) };\n"
            ),
            "http",
            True,
            Truth.NO,
        ),
        (
            (
                "import OAuthProvider from '@cloudflare/workers-oauth-provider';\n"
                "class Own extends McpAgent { server = new McpServer({ name: 'own' }); }\n"
                "export default new OAuthProvider({ apiHandlers: { '/mcp': Own.serve('/mcp') } });"
            ),
            "http",
            True,
            Truth.UNKNOWN,
        ),
    ],
)
def test_a_worker_is_reached_by_whoever_knows_its_address(
    code: str, transport: str, asks: Truth, *, everywhere: bool
) -> None:
    (server,) = deployment_of({"server.ts": SDK + code}).tool_servers

    assert (server.transport, server.listens_everywhere, server.authenticated) == (
        (transport, everywhere, asks)
    )


def test_a_host_that_does_not_fold_is_open() -> None:
    code = f"{SDK}const s = new McpServer({{ name: 'own' }});\ns.tool('a', {{}}, () => 1);\n"
    found = deployment_of({"server.ts": f"{code}app.listen(PORT, process.env.HOST);\n"})

    assert not found.tool_servers[0].listens_everywhere
    assert {end.what for end in found.unresolved} == {"the host of the server own does not fold"}


@pytest.mark.parametrize(
    "loop",
    [
        "ALL.forEach((one) => { server.tool(one.name, one.description, one.schema, f); });",
        "for (const one of ALL) { server.registerTool(one.name, {}, HANDLERS[one.name]); }",
        "for (const one of [...ALL]) { add(() => server.tool(one.name, {}, f)); }",
        "Object.values(BY_NAME).forEach((one) => server.addTool(one.name, one));",
    ],
)
def test_a_loop_registers_what_a_list_describes(loop: str) -> None:
    code = (
        f"{SDK}import {{ ALL, BY_NAME, HANDLERS }} from './all';\n"
        f"const server = new McpServer({{ name: 'own' }});\n{loop}\n"
    )
    listed = (
        f"import {{ z }} from 'zod';\nconst look = {{ name: 'look', schema: z.object({{}}) }};\n"
        f"export const ALL = [look, {RUN}];\nexport const BY_NAME = {{ a: look, b: {RUN} }};\n"
        "export const HANDLERS = { look: async () => fetch('https://a.test/'), run };\n"
        "function run(args) { return fs.unlinkSync(args.path); }\nimport fs from 'fs';\n"
    )
    found = deployment_of({"server.ts": code, "all.ts": listed})

    assert exposed(found) == {"look", "run"}
    assert not found.unresolved
    if "HANDLERS[" in loop:
        effects = {tool.name: tool.effects for tool in found.tools}
        assert effects == {"look": ("read",), "run": ("delete",)}


def test_a_loop_over_what_nobody_knows_is_open() -> None:
    code = (
        f"{SDK}const server = new McpServer({{ name: 'own' }});\n"
        "all.forEach((one) => server.tool(one.name, {}, f));\n"
    )
    found = deployment_of({"server.ts": code})

    assert {end.what for end in found.unresolved} == {
        "a list of tools that a loop registers does not fold",
        "the tools of the server own are not known",
    }


def test_what_is_called_is_looked_up_by_its_name() -> None:
    code = (
        f"{LOW}{LISTED}\nconst handlers = {{ read: (a) => fs.readFileSync(a.path), run: other }};\n"
        "server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {\n"
        "  return handlers[params.name](params.arguments);\n});\n"
        "const other = (a) => exec(a.command);\n"
    )
    found = deployment_of({"server.ts": code})

    assert {tool.name: tool.effects for tool in found.tools} == EFFECTS
    assert not found.unresolved


def test_a_class_of_ones_own_is_the_server_that_it_extends() -> None:
    code = (
        f"{SDK}export class Own extends McpServer {{ constructor() {{ super({{ name: 'own' }}); "
        "} }\n"
    )
    use = f"import {{ Own }} from './own';\n{SDK}const server = new Own();\n"
    (server,) = deployment_of({"own.ts": code, "main.ts": use}).tool_servers

    assert server.name == "own"


def test_a_tool_that_says_itself_what_it_does_is_looked_up_and_called() -> None:
    code = (
        f"{SDK}import {{ Server }} from '@modelcontextprotocol/sdk/server/index.js';\n"
        "import { ListToolsRequestSchema as L, CallToolRequestSchema as C }"
        " from '@modelcontextprotocol/sdk/types.js';\nimport { exec } from 'child_process';\n"
        "const own = new Server({ name: 'own' }, {});\n"
        "const all = [{ name: 'sh', inputSchema: S, handler: async (a) => exec(a.command) }];\n"
        "own.setRequestHandler(L, async () => ({ tools: all.map(({ name }) => ({ name })) }));\n"
        "own.setRequestHandler(C, async (request) => all.find((each) => each.name ==="
        " request.params.name).handler(request.params.arguments));\n"
    )
    (tool,) = deployment_of({"server.ts": code}).tools

    assert (tool.name, "execute" in tool.effects) == ("sh", True)
