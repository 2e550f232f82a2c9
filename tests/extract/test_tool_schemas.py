"""What tools take and give back, by schemas of JSON, of OpenAPI, and of classes."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

Tree = dict[str, object]
Told = tuple[Truth, tuple[str, ...], tuple[str, ...]]


def told(tool: Tool) -> Told:
    return tool.typed, tool.free_form_parameters, tool.open_parameters


def listed(schema: object) -> Told:
    code = f"from mcp.types import Tool\nt = Tool(name='f', inputSchema={schema!r})\n"
    (tool,) = deployment_of({"a.py": code}).tools
    return told(tool)


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ({"type": "string"}, (Truth.YES, ("path",), ())),
        ({"type": ["string", "null"]}, (Truth.YES, ("path",), ())),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, (Truth.YES, ("path",), ())),
        ({"type": "string", "pattern": "^a"}, (Truth.YES, (), ())),
        ({"enum": ["a", "b"]}, (Truth.YES, (), ())),
        ({"$ref": "#/$defs/Path"}, (Truth.YES, (), ())),
        ({"title": "Path"}, (Truth.NO, (), ())),
        ({}, (Truth.NO, (), ())),
        (True, (Truth.NO, (), ())),
        ({"type": "object"}, (Truth.YES, (), ("path",))),
        ({"type": "object", "additionalProperties": True}, (Truth.YES, (), ("path",))),
        ({"type": "object", "additionalProperties": {"type": "string"}}, (Truth.YES, (), ())),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, (Truth.YES, (), ())),
        ({"anyOf": [{"type": "object"}, {"type": "null"}]}, (Truth.YES, (), ("path",))),
        ({"type": "array"}, (Truth.YES, (), ("path",))),
        ({"type": "array", "items": {"type": "string"}}, (Truth.YES, (), ())),
    ],
)
def test_a_schema_says_what_a_parameter_lets_through(parameter: object, expected: Told) -> None:
    assert listed({"type": "object", "properties": {"path": parameter}}) == expected


@pytest.mark.parametrize(
    ("schema", "typed"),
    [
        ({"type": "object"}, Truth.YES),
        ({"type": "object", "properties": {}}, Truth.YES),
        ({"type": "object", "additionalProperties": True}, Truth.NO),
    ],
)
def test_a_tool_without_parameters_takes_none_unless_it_says_otherwise(
    schema: object, typed: Truth
) -> None:
    assert listed(schema) == (typed, (), ())


def test_a_schema_that_is_put_together_is_not_told_of() -> None:
    code = (
        "from mcp.types import Tool\nfrom shared import COMMON\n"
        "a = Tool(name='a', inputSchema={**COMMON, 'properties': {}})\n"
        "b = Tool(name='b', inputSchema=load())\n"
        "c = Tool(name='c', inputSchema={'type': 'object', 'properties': COMMON})\n"
    )
    (tool,) = deployment_of({"a.py": code}).tools

    assert (tool.name, tool.typed) == ("c", Truth.UNKNOWN)


@pytest.mark.parametrize(
    ("imported", "expected"),
    [("from strands.types.tools import ToolUse", [("run", ("command",))]), ("import openai", [])],
)
def test_a_module_of_strands_is_a_tool_by_its_description(
    imported: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    schema = {"json": {"type": "object", "properties": {"command": {"type": "string"}}}}
    spec = {"name": "run", "description": "d", "inputSchema": schema}
    code = f"{imported}\nTOOL_SPEC = {spec!r}\ndef run(tool, **more): ...\n"
    found = deployment_of({"run.py": code}).tools

    assert [(tool.name, tool.free_form_parameters) for tool in found] == expected


MODEL = """
from typing import Any, ClassVar, Optional
from langchain.agents import create_agent
from langchain_core.tools import BaseTool, tool
from pydantic import BaseModel, Field, field_validator

class Input(BaseModel):
    {fields}

class Look(BaseTool):
    name: str = "look"
    args_schema: type[BaseModel] = Input
    def _run(self, *words, run_manager=None) -> str: ...

@tool("see", args_schema=Input)
def see(words): ...

agent = create_agent(model="m", tools=[Look(), see])
"""


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("sql: str", (Truth.YES, ("sql",), ())),
        ("sql: str = Field(description='d')", (Truth.YES, ("sql",), ())),
        ("sql: str = Field(max_length=9)", (Truth.YES, (), ())),
        ("x: Any", (Truth.NO, (), ())),
        ("x: Optional[dict] = None", (Truth.YES, (), ("x",))),
        (
            "sql: str\n    @field_validator('sql')\n    def checked(cls, value): ...",
            (Truth.YES, (), ()),
        ),
    ],
)
def test_a_class_of_fields_says_what_a_tool_takes(fields: str, expected: Told) -> None:
    found = deployment_of({"a.py": MODEL.format(fields=fields)}).tools

    assert {tool.name: told(tool) for tool in found} == {"look": expected, "see": expected}


def test_a_class_that_another_file_defines_says_something_of_everything() -> None:
    code = MODEL.format(fields="x: int").replace("args_schema: type[BaseModel] = Input", "{}")
    elsewhere = code.format("args_schema = imported.Input")
    found = deployment_of({"a.py": elsewhere}).tools

    assert {tool.name: tool.typed for tool in found}["look"] is Truth.YES


def test_a_class_that_is_no_tool_is_not_taken_for_one() -> None:
    code = (
        "from langchain.agents import create_agent\nclass Look(Base):\n    def _run(self, x): ...\n"
        "a = create_agent(tools=[Look()])\n"
    )
    deployment = deployment_of({"a.py": code})

    assert [item.what for item in deployment.unresolved] == ["the tool Look is not known"]
    assert [tool.typed for tool in deployment.tools] == [Truth.UNKNOWN]


def test_what_an_own_tool_does_is_read_in_the_file_that_defines_it() -> None:
    files = {
        "tools/shell.py": (
            "import subprocess\nfrom crewai.tools import BaseTool\nclass Shell(BaseTool):\n"
            "    name: str = 'shell'\n    def _run(self, line: str) -> str:\n"
            "        return subprocess.run(line, shell=True)\n"
        ),
        "crew.py": (
            "from crewai import Agent\nfrom tools.shell import Shell\n"
            "a = Agent(role='r', goal='g', backstory='b', tools=[Shell()])\n"
        ),
    }
    (tool,) = deployment_of(files).tools

    assert (tool.name, tool.evidence[0].file) == ("shell", "tools/shell.py")
    assert "execute" in tool.effects


@pytest.mark.parametrize(
    ("made", "typed"),
    [
        ("StructuredTool.from_function(look)", Truth.NO),
        ("StructuredTool(name='look', func=look, args_schema=Given)", Truth.YES),
        ("Tool(name='look', func=look, description='d')", Truth.YES),
        ("Tool('look', look, 'd')", Truth.YES),
    ],
)
def test_what_wraps_a_function_says_what_it_is_handed(made: str, typed: Truth) -> None:
    code = (
        "from langchain.agents import create_agent\n"
        "from langchain.tools import StructuredTool, Tool\n"
        f"def look(x) -> str: ...\na = create_agent(tools=[{made}])\n"
    )
    (tool,) = deployment_of({"a.py": code}).tools

    assert (tool.name, tool.typed) == ("look", typed)


@pytest.mark.parametrize(
    ("told", "typed"),
    [
        ("hand_on.__signature__ = signature(known)", Truth.UNKNOWN),
        ("super().__init__(method=hand_on, parameters=parameters)", Truth.UNKNOWN),
        ("other.__signature__ = signature(known)", Truth.NO),
        ("found.append(hand_on)", Truth.NO),
    ],
)
def test_what_stands_for_a_function_is_typed_where_it_is_given_its_schema(
    told: str, typed: Truth
) -> None:
    head = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('s')\n"
    made = (
        "    @mcp.tool(name=known.name)\n    def hand_on(**given):\n        return known(**given)\n"
    )
    (tool,) = deployment_of({"a.py": f"{head}for known in every:\n{made}    {told}\n"}).tools

    assert tool.typed is typed


def api(paths: Tree, **more: object) -> Deployment:
    payload = json.dumps({"openapi": "3.0.0", "paths": paths, **more})
    text = json.dumps(
        {
            "Resources": {
                "Agent": {
                    "Type": "AWS::Bedrock::Agent",
                    "Properties": {
                        "AgentName": "support",
                        "ActionGroups": [
                            {"ActionGroupName": "g", "ApiSchema": {"Payload": payload}}
                        ],
                    },
                }
            }
        }
    )
    return deployment_of({"template.json": text})


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"parameters": [{"name": "url", "in": "query", "schema": {"type": "string"}}]}, ("url",)),
        ({"parameters": [{"name": "url", "in": "query", "type": "string"}]}, ("url",)),
        ({"parameters": [{"$ref": "#/components/parameters/Url"}]}, ("url",)),
        (
            {"parameters": [{"name": "b", "in": "body", "schema": {"$ref": "#/definitions/Body"}}]},
            ("url",),
        ),
        ({"requestBody": {"$ref": "#/components/requestBodies/Body"}}, ("url",)),
        ({}, ()),
    ],
)
def test_operations_of_an_api_are_tools_with_their_parameters(
    operation: Tree, expected: tuple[str, ...]
) -> None:
    url: Tree = {"type": "string"}
    body: Tree = {"type": "object", "properties": {"url": {"$ref": "#/components/schemas/Url"}}}
    found = api(
        {"/fetch": {"post": {"operationId": "fetch", **operation}}},
        definitions={"Body": body},
        components={
            "schemas": {"Url": url},
            "parameters": {"Url": {"name": "url", "in": "query", "schema": url}},
            "requestBodies": {"Body": {"content": {"application/json": {"schema": body}}}},
        },
    )
    (tool,) = found.tools

    assert (tool.name, told(tool)) == ("fetch", (Truth.YES, expected, ()))
    assert [edge.src for edge in found.edges if edge.dst == tool.id] == [found.agents[0].id]


@pytest.mark.parametrize(
    ("responses", "typed"),
    [
        ({"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}, Truth.YES),
        ({"200": {"schema": {"type": "object"}}}, Truth.YES),
        ({"200": {"description": "done"}}, Truth.NO),
        ({"204": {"description": "done"}}, Truth.UNKNOWN),
        ({"404": {"description": "none"}}, Truth.UNKNOWN),
    ],
)
def test_an_answer_of_an_api_has_a_schema_or_has_none(responses: Tree, typed: Truth) -> None:
    (tool,) = api({"/a": {"get": {"responses": responses}}}).tools

    assert (tool.name, tool.output_typed) == ("GET /a", typed)


@pytest.mark.parametrize(
    ("said", "approval"), [({"x-requireConfirmation": "ENABLED"}, Truth.YES), ({}, Truth.NO)]
)
def test_an_operation_of_an_api_may_wait_for_its_user(said: Tree, approval: Truth) -> None:
    (tool,) = api({"/a": {"delete": said}}).tools

    assert tool.approval is approval


def test_a_body_that_very_many_operations_share_is_told_of_some_and_left_open_for_others() -> None:
    fields: Tree = {f"field{number}": {} for number in range(300)}
    body: Tree = {"content": {"application/json": {"schema": {"$ref": "#/definitions/Body"}}}}
    found = api(
        {f"/{number}": {"post": {"requestBody": body}} for number in range(100)},
        definitions={"Body": {"type": "object", "properties": fields}},
    )

    assert {tool.typed for tool in found.tools} == {Truth.YES, Truth.NO}
    assert [end.what for end in found.unresolved] == ["the bodies of the API of Agent"]


def test_an_api_that_cannot_be_read_is_open() -> None:
    template = """
Resources:
  Agent:
    Type: AWS::Bedrock::Agent
    Properties:
      AgentName: support
      ActionGroups: [{ActionGroupName: g, ApiSchema: {Payload: !Ref Description}}]
"""
    found = deployment_of({"template.yaml": template})

    assert not found.tools
    assert [end.what for end in found.unresolved] == ["the API of Agent cannot be read"]


def test_a_function_of_bedrock_without_parameters_has_none() -> None:
    text = (
        "Resources: {A: {Type: AWS::Bedrock::Agent, Properties: {AgentName: a, ActionGroups: "
        "[{ActionGroupName: g, FunctionSchema: {Functions: [{Name: now}]}}]}}}\n"
    )
    (tool,) = deployment_of({"template.yaml": text}).tools

    assert told(tool) == (Truth.YES, (), ())


def test_what_no_model_is_told_of_is_no_parameter() -> None:
    code = (
        "from typing import Any\nfrom fastmcp import FastMCP\nmcp = FastMCP('a')\n"
        "@mcp.tool(exclude_args=['reader'])\n"
        "def look(page: int, reader: Any = None) -> str: ...\n"
        "@mcp.tool\ndef find(page: int, reader: Any = None) -> str: ...\n"
    )
    found = {tool.name: tool.typed for tool in deployment_of({"a.py": code}).tools}

    assert found == {"look": Truth.YES, "find": Truth.NO}


CONTEXT = """
from typing import Any
{imports}

{decorator}
def look(city: str, tool_context{kind}) -> str: ...

agent = {agent}
"""


@pytest.mark.parametrize("kind", ["", ": Any = None", ": object = None"])
@pytest.mark.parametrize(
    ("imports", "decorator", "agent"),
    [
        (
            "from google.adk.agents import LlmAgent\nfrom ours import traced",
            "@traced",
            "LlmAgent(name='a', model='m', tools=[look])",
        ),
        ("from strands import Agent, tool", "@tool(context=True)", "Agent(tools=[look])"),
    ],
)
def test_a_context_is_filled_in_by_its_name(
    imports: str, decorator: str, agent: str, kind: str
) -> None:
    """Google's ADK and Strands tell no model of it, so that nobody chooses what it takes."""
    code = CONTEXT.format(imports=imports, decorator=decorator, agent=agent, kind=kind)
    (tool,) = deployment_of({"a.py": code}).tools

    assert told(tool) == (Truth.YES, (), ())


@pytest.mark.parametrize(
    ("context", "name", "typed"),
    [
        ("context='tool_context'", "tool_context", Truth.YES),
        ("context='given'", "given", Truth.YES),
        ("context='given'", "tool_context", Truth.NO),
        ("name='look'", "tool_context", Truth.NO),
    ],
)
def test_strands_fills_in_no_context_that_is_not_asked_for(
    context: str, name: str, typed: Truth
) -> None:
    imports, agent = "from strands import Agent, tool", "Agent(tools=[look])"
    code = CONTEXT.format(imports=imports, decorator=f"@tool({context})", agent=agent, kind=": Any")
    (tool,) = deployment_of({"a.py": code.replace("tool_context", name, 1)}).tools

    assert tool.typed is typed
