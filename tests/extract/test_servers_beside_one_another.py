"""Servers of one script that are called the same, each with handlers of its own."""

from collections.abc import Callable

import pytest

from agentaudit.extract.deployment import deployment_of

IMPORTS = (
    "import { Server } from '@modelcontextprotocol/sdk/server/index.js';\n"
    "import { CallToolRequestSchema, ListToolsRequestSchema } from "
    "'@modelcontextprotocol/sdk/types.js';\nimport fs from 'node:fs';\n"
    "import { exec } from 'node:child_process';\n"
)
READS = "async (request) => fs.readFileSync(request.params.arguments.path)"
RUNS = "async (request) => exec(request.params.arguments.command)"


def handlers(server: str, tool: str, does: str) -> str:
    return (
        f"{server}.setRequestHandler(ListToolsRequestSchema, async () => "
        f"({{ tools: [{{ name: '{tool}', inputSchema: {{ type: 'object' }} }}] }}));\n"
        f"{server}.setRequestHandler(CallToolRequestSchema, {does});\n"
    )


def in_function(name: str, tool: str, does: str) -> str:
    return (
        f"function {name}() {{\nconst server = new Server({{ name: '{name}' }}, {{}});\n"
        f"{handlers('server', tool, does)}return server;\n}}\n"
    )


def in_class(name: str, tool: str, does: str) -> str:
    return (
        f"class {name} {{\nserver = new Server({{ name: '{name}' }}, {{}});\n"
        f"constructor() {{\nthis.prepare();\n{handlers('this.server', tool, does)}}}\n}}\n"
    )


@pytest.mark.parametrize("around", [in_function, in_class])
def test_each_server_has_its_own_handler(around: Callable[[str, str, str], str]) -> None:
    found = deployment_of(
        {"server.ts": IMPORTS + around("first", "read", READS) + around("other", "run", RUNS)}
    )

    assert {tool.name: tool.effects for tool in found.tools} == {
        "read": ("read",),
        "run": ("delete", "execute", "read", "write"),
    }


def test_what_a_tool_does_is_open_where_any_of_several_handlers_may_do_it() -> None:
    code = in_function("first", "read", READS) + in_function("other", "run", RUNS)
    lists = handlers("server", "third", "").splitlines()[0]
    found = deployment_of({"server.ts": f"{IMPORTS}{code}{lists}\n"})
    third = next(tool for tool in found.tools if tool.name == "third")

    assert not third.effects_known
    assert "what the tool third does is not known" in {end.what for end in found.unresolved}


def test_a_condition_is_as_long_as_it_likes() -> None:
    names = " || ".join(f"request.params.name === 'n{number}'" for number in range(3000))
    does = f"async (request) => {{ if ({names}) {{ return exec(request.params.arguments.x); }} }}"
    found = deployment_of({"server.ts": IMPORTS + in_function("first", "n7", does)})

    assert [tool.effects for tool in found.tools] == [("delete", "execute", "read", "write")]


def test_a_long_handler_that_many_servers_share_is_read_for_some_of_them() -> None:
    long = "\n".join(f"if (request.params.name === 'q{at}') {{ f{at}(); }}" for at in range(1000))
    servers = "".join(handlers(f"server{at}", f"t{at}", "handle") for at in range(200))
    code = f"{IMPORTS}async function handle(request) {{\n{long}\nfetch('https://a.test/');\n}}\n"
    found = deployment_of({"server.ts": code + servers})
    known = [tool.effects_known for tool in found.tools]
    said = {end.what for end in found.unresolved}

    assert known[0]
    assert not known[-1]
    assert "what the tool t199 does is not known" in said
