"""Apps of Azure Functions as servers of MCP: their tools, and whether they ask who calls."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth

CODE = """\
import azure.functions as func
import requests

app = func.FunctionApp()


@app.generic_trigger(
    arg_name="context", type="mcpToolTrigger", toolName="look_up", toolProperties="[]"
)
def look_up(context) -> str:
    return requests.get("https://acme.example").text


@app.mcp_tool_trigger(arg_name="context", tool_name="save", tool_properties="[]")
def save(context) -> None:
    open("a").write(context)


@app.mcp_tool()
def any_of(path, limit: int) -> str:
    return path


@app.generic_trigger(arg_name="message", type="queueTrigger")
def no_tool(message) -> None:
    return None
"""
TOOL = """\
{
  "scriptFile": "__init__.py",
  "bindings": [
    {
      "type": "mcpToolTrigger",
      "direction": "in",
      "name": "context",
      "toolName": "save_note",
      "toolProperties": "[]"
    },
    {"type": "blob", "direction": "out", "name": "note"}
  ]
}
"""


def host(level: str | None = None) -> str:
    system = {} if level is None else {"system": {"webhookAuthorizationLevel": level}}
    given = {"version": "2.0", "extensions": {"mcp": {"serverName": "notes", **system}}}
    return json.dumps(given, indent=2)


def offered(deployment: Deployment) -> set[str]:
    (server,) = deployment.tool_servers
    exposed = {
        edge.dst
        for edge in deployment.edges
        if (edge.kind, edge.src) == (EdgeKind.EXPOSES, server.id)
    }
    return {tool.name for tool in deployment.tools if tool.id in exposed}


def test_functions_with_a_trigger_are_the_tools_of_their_app() -> None:
    deployment = deployment_of({"app/function_app.py": CODE, "app/host.json": host()})
    tools = {tool.name: tool for tool in deployment.tools}
    (server,) = deployment.tool_servers

    assert offered(deployment) == {"look_up", "save", "any_of"}
    assert (server.name, server.transport, server.authenticated) == ("notes", "http", Truth.YES)
    assert str(server.evidence[0]) == "app/function_app.py:10:5"
    assert [tools[name].typed for name in ("look_up", "save", "any_of")] == [
        Truth.YES,
        Truth.YES,
        Truth.NO,
    ]


def test_a_file_may_declare_a_tool_whose_code_is_not_read() -> None:
    deployment = deployment_of({"app/save/function.json": TOOL, "app/host.json": host()})
    (tool,) = deployment.tools

    assert offered(deployment) == {"save_note"}
    assert (tool.typed, str(tool.evidence[0])) == (Truth.YES, "app/save/function.json:8:19")
    assert [end.what for end in deployment.unresolved] == [
        "what the tool save_note does is not known"
    ]


@pytest.mark.parametrize(
    ("files", "asks", "ends"),
    [
        ({"app/host.json": host("System")}, Truth.YES, 0),
        ({"host.json": host()}, Truth.YES, 0),
        ({"app/host.json": host("Anonymous")}, Truth.NO, 0),
        ({"app/host.json": host("%LEVEL%")}, Truth.UNKNOWN, 1),
        ({}, Truth.UNKNOWN, 1),
        (
            {
                "app/host.json": host("anonymous"),
                "main.tf": 'resource "azurerm_linux_function_app" "f" {\n auth_settings_v2 {}\n}\n',
            },
            Truth.UNKNOWN,
            1,
        ),
    ],
)
def test_the_app_asks_for_a_key_unless_its_host_says_otherwise(
    files: dict[str, str], asks: Truth, ends: int
) -> None:
    deployment = deployment_of({"app/function_app.py": CODE, **files})
    (server,) = deployment.tool_servers
    left = [end for end in deployment.unresolved if end.what.endswith("asks who calls")]

    assert (server.authenticated, len(left)) == (asks, ends)


def test_who_lets_everybody_in_is_shown_with_the_line_that_says_so() -> None:
    files = {"app/function_app.py": CODE, "app/host.json": host("Anonymous")}
    (server,) = deployment_of(files).tool_servers

    assert [str(place) for place in server.evidence] == [
        "app/function_app.py:10:5",
        "app/host.json:7:38",
    ]


@pytest.mark.parametrize(
    ("properties", "typed", "free_form"),
    [
        ([{"propertyName": "path", "propertyType": "string"}], Truth.YES, ("path",)),
        ([{"propertyName": "path", "propertyType": "string", "isArray": True}], Truth.YES, ()),
        ([{"propertyName": "note", "propertyType": "string"}], Truth.YES, ()),
        ([{"propertyName": "note", "description": "what"}], Truth.NO, ()),
        ([], Truth.YES, ()),
    ],
)
def test_properties_of_a_tool_say_what_it_takes(
    properties: list[dict[str, object]], typed: Truth, free_form: tuple[str, ...]
) -> None:
    text = json.dumps(properties)
    head = "import json\nimport azure.functions as func\napp = func.FunctionApp()\n"
    written = (
        f"{head}@app.mcp_tool_trigger(arg_name='c', tool_name='a', tool_properties={text!r})\n"
        "def a(c) -> str: ...\n"
    )
    dumped = (
        f"{head}LISTED = json.dumps({properties!r})\n"
        "@app.mcp_tool_trigger(arg_name='c', tool_name='a', tool_properties=LISTED)\n"
        "def a(c) -> str: ...\n"
    )
    binding = {"type": "mcpToolTrigger", "name": "c", "toolName": "a", "toolProperties": text}
    declared = json.dumps({"bindings": [binding]})
    forms = ({"a.py": written}, {"a.py": dumped}, {"app/a/function.json": declared})
    tools = [tool for files in forms for tool in deployment_of(files).tools]

    assert [(tool.typed, tool.free_form_parameters) for tool in tools] == [(typed, free_form)] * 3


SCRIPT = """\
import { app, arg, input, output } from "@azure/functions";
import { SAVE } from "./names";

app.mcpTool("look_up", {
  toolName: "look_up",
  description: "Looks up",
  toolProperties: { path: arg.string().describe("where"), ids: arg.string().asArray() },
  handler: async (given) => fetch(given.arguments.path),
});
app.mcpTool("save", {
  toolName: SAVE,
  description: "Saves",
  toolProperties: [{ propertyName: "note", propertyType: "string", description: "what" }],
  extraOutputs: [output.storageBlob({ path: "a" })],
  handler: save,
});
app.mcpTool("other", { ...given });

async function save(_given, context) {
  context.extraOutputs.set(blob, context.triggerMetadata.mcptoolargs.note);
}
"""


def test_calls_of_a_script_give_the_tools_of_its_app() -> None:
    deployment = deployment_of(
        {
            "app/src/functions/tools.ts": SCRIPT,
            "app/src/functions/names.ts": 'export const SAVE = "save_note";\n',
            "app/host.json": host(),
        }
    )
    tools = {tool.name: tool for tool in deployment.tools}
    (server,) = deployment.tool_servers

    assert offered(deployment) == {"look_up", "save_note", "other"}
    assert (server.name, server.authenticated) == ("notes", Truth.YES)
    assert (tools["look_up"].effects, tools["look_up"].egress) == (("read",), Truth.YES)
    assert (tools["look_up"].typed, tools["look_up"].free_form_parameters) == (
        (Truth.YES, ("path",))
    )
    assert (tools["save_note"].effects, tools["save_note"].typed) == (("write",), Truth.YES)
    assert tools["other"].typed is Truth.UNKNOWN
    assert [end.what for end in deployment.unresolved] == ["what the tool other does is not known"]


@pytest.mark.parametrize("handler", ["imported", "wrap(async (given) => 1)"])
def test_what_a_script_does_by_a_handler_that_is_not_read_is_open(handler: str) -> None:
    found = deployment_of(
        {
            "app.ts": "import { app } from '@azure/functions';\nimport { imported } from 'other';\n"
            f"app.mcpTool('look', {{ handler: {handler} }});\n"
        }
    )

    assert "what the tool look does is not known" in {end.what for end in found.unresolved}
