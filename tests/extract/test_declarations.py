"""agentaudit.yaml: it fills in what is unknown, changes nothing that is known, and is strict."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from agentaudit.extract.declaration_file import EFFECTS, MAX_ENTRIES
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, Derivation, Edge, FileStatus
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.tools import Tool
from tests.growth import further_cost

LAST_DAY = date(2027, 6, 30)
TODAY = date(2027, 1, 1)
WARRANT = {"reason": "See the server's source.", "owner": "a@b.test", "expires": str(LAST_DAY)}
HARMLESS = {"effects": ["read"], "reads_untrusted": False, "reads_private": False, "egress": False}
BODIES = {
    "find": "return gateway.find()",
    "shell": "return subprocess.run(command)",
    "page": "return requests.get(url)",
    "post": 'return requests.post("https://a.test/", data=text)',
    "file": "return open(path).read()",
    "mail": "return client.send_message(text)",
}
CODE = "import requests, subprocess\nfrom langchain_core.tools import tool\n" + "".join(
    f"\n@tool\ndef {name}(command: str, url: str, text: str, path: str) -> str:\n    {body}\n"
    for name, body in BODIES.items()
)
SERVER = {"mcpServers": {"desk": {"type": "http", "url": "https://tools.test/mcp"}}}


def declared(
    declarations: object, files: Mapping[str, str] | None = None, today: date = TODAY
) -> Deployment:
    """The code above, or other files, with what is declared of it."""
    text = declarations if isinstance(declarations, str) else json.dumps(declarations)
    texts = {"graph.py": CODE} if files is None else files
    return deployment_of({**texts, "agentaudit.yaml": text}, today=today)


def tools(deployment: Deployment) -> dict[str, Tool]:
    return {tool.name: tool for tool in deployment.tools}


def told(deployment: Deployment) -> list[str]:
    """What stays open because of the file."""
    ends = (end for end in deployment.unresolved if end.evidence.file.endswith("agentaudit.yaml"))
    return [f"{end.evidence}: {end.what}; {end.effect}" for end in ends]


def remark(deployment: Deployment) -> str:
    return next(item.reason for item in deployment.coverage if item.file == "agentaudit.yaml")


def problems(declarations: str) -> list[str]:
    """Everything that is wrong with the file, each with its place."""
    deployment = declared(declarations)
    (file,) = (item for item in deployment.coverage if item.file == "agentaudit.yaml")
    if file.status is FileStatus.READ:
        return []
    return f"{file.line}:{file.column}: {file.reason}".split("; ")


truths = st.sampled_from([True, False])
behaviours = st.fixed_dictionaries(
    {},
    optional={
        "effects": st.lists(st.sampled_from(EFFECTS), unique=True),
        "reads_untrusted": truths,
        "reads_private": truths,
        "egress": truths,
    },
).filter(bool)


# ---- laws -------------------------------------------------------------------------------------


@given(name=st.sampled_from(sorted(BODIES)), behaviour=behaviours)
def test_what_a_file_states_no_declaration_changes(name: str, behaviour: dict[str, object]) -> None:
    before = tools(deployment_of({"graph.py": CODE}))[name]
    after = tools(declared({"tools": [{"name": name, **behaviour, **WARRANT}]}))[name]

    if before.effects_known:
        assert after.effects == before.effects
    for question in ("reads_untrusted", "reads_private", "egress"):
        if getattr(before, question) is not Truth.UNKNOWN:
            assert getattr(after, question) is getattr(before, question)


@given(name=st.sampled_from(sorted(BODIES)), behaviour=behaviours)
def test_what_rests_on_a_declaration_is_likely_at_most_and_says_where(
    name: str, behaviour: dict[str, object]
) -> None:
    before = tools(deployment_of({"graph.py": CODE}))[name]
    after = tools(declared({"tools": [{"name": name, **behaviour, **WARRANT}]}))[name]

    assert after.evidence[0] == before.evidence[0]
    if after != before:
        assert after.confidence is Confidence.LIKELY
        assert after.evidence[1].file == "agentaudit.yaml"


@given(
    missing=st.sampled_from(sorted(WARRANT)),
    behaviour=behaviours,
)
def test_without_a_reason_an_owner_and_a_last_day_nothing_is_declared(
    missing: str, behaviour: dict[str, object]
) -> None:
    warrant = {name: text for name, text in WARRANT.items() if name != missing}
    deployment = declared({"tools": [{"name": "find", **behaviour, **warrant}]})

    assert deployment.tools == deployment_of({"graph.py": CODE}).tools
    assert deployment.incomplete


@given(days=st.integers(min_value=-400, max_value=400))
def test_a_declaration_counts_up_to_its_last_day(days: int) -> None:
    entry = {"name": "find", **HARMLESS, **WARRANT}
    deployment = declared({"tools": [entry]}, today=LAST_DAY + timedelta(days=days))

    assert tools(deployment)["find"].effects_known is (days <= 0)
    assert bool(told(deployment)) is (days > 0)


NO_MEMORY = {"memory": {"stores": "none", **WARRANT}}
STORE = {"langgraph.json": '{"graphs": {"a": "./a.py:a"}, "store": {"index": {"dims": 8}}}'}


@given(days=st.integers(min_value=-400, max_value=400))
def test_that_there_is_no_memory_counts_up_to_the_last_day_and_is_told_where(days: int) -> None:
    deployment = declared(NO_MEMORY, today=LAST_DAY + timedelta(days=days))

    assert (deployment.no_memory is not None) is (days <= 0)
    assert bool(told(deployment)) is (days > 0)
    if deployment.no_memory is not None:
        assert deployment.no_memory.file == "agentaudit.yaml"
        assert remark(deployment) == "declares no memory"


def test_a_store_in_a_file_is_believed_before_a_declaration_that_there_is_none() -> None:
    deployment = declared(NO_MEMORY, STORE)

    assert deployment.no_memory is None
    assert told(deployment)
    for end in told(deployment):
        assert ": langgraph.json:1" in end
        assert end.endswith("and no memory is declared; the file is believed")


def test_a_window_of_what_a_platform_keeps_outlives_its_request() -> None:
    """Flowise has what a window shows in its database; one in a process ends with that."""
    given = {"name": "bufferWindowMemory", "label": "m", "category": "Memory", "inputParams": []}
    holder = {**given, "name": "toolAgent", "category": "Agents", "inputs": {}}
    nodes = [{"id": "m", "data": {**given, "inputs": {"k": 4}}}, {"id": "a", "data": holder}]
    flow = json.dumps({"nodes": nodes, "edges": [{"source": "m", "target": "a"}]})
    code = "from langchain.memory import ConversationBufferWindowMemory as W\nm = W(k=4)\n"
    kept, gone = declared(NO_MEMORY, {"flow.json": flow}), declared(NO_MEMORY, {"a.py": code})

    assert [len(kept.memory_stores), len(gone.memory_stores)] == [1, 1]
    assert (kept.no_memory, gone.no_memory is None) == (None, False)


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        ("[]", "must be a mapping"),
        ("{stores: redis}", "`stores` must be `none`"),
        ("{}", "`stores` is missing"),
        ("{stores: none, keeps: no}", "`keeps` is no key here"),
    ],
)
def test_a_declaration_of_memory_says_none_and_why(memory: str, said: str) -> None:
    warrant = "" if memory == "[]" else ", reason: r, owner: o, expires: 2027-06-30}"
    text = f"memory: {memory.removesuffix('}')}{warrant}".replace("{, ", "{")
    deployment = declared(text)

    assert deployment.no_memory is None
    assert any(said in problem for problem in problems(text))


keys = st.sampled_from(
    [
        "tools",
        "servers",
        "memory",
        "stores",
        "name",
        "file",
        "effects",
        "egress",
        "reason",
        "owner",
        "expires",
        "x",
    ]
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(["find", "read", "none", "2027-06-30", ""]),
)
structures = st.recursive(
    leaves,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=5),
    max_leaves=12,
)


@given(content=st.dictionaries(keys, structures, max_size=3) | structures)
def test_no_content_raises_and_what_is_wrong_makes_the_run_incomplete(content: object) -> None:
    deployment = declared(content)
    (file,) = (item for item in deployment.coverage if item.file == "agentaudit.yaml")

    assert deployment.incomplete is (file.status is FileStatus.PARTIAL)
    assert (file.status is FileStatus.PARTIAL) is bool(file.line and file.column)
    if deployment.tools != deployment_of({"graph.py": CODE}).tools:
        assert "find" in json.dumps(content)


# ---- tools ------------------------------------------------------------------------------------


def test_an_unknown_tool_becomes_known() -> None:
    deployment = declared({"tools": [{"name": "find", **HARMLESS, **WARRANT}]})
    tool = tools(deployment)["find"]

    assert tool.effects == ("read",)
    assert tool.effects_known
    assert (tool.reads_untrusted, tool.reads_private, tool.egress) == (Truth.NO,) * 3
    assert told(deployment) == []
    assert remark(deployment) == "declares find"
    assert not deployment.incomplete


def test_the_coverage_says_of_what_somebody_s_word_is_taken() -> None:
    entries = [{"name": name, "effects": [], **WARRANT} for name in sorted(BODIES)]

    assert remark(declared({"tools": entries})) == (
        "declares file, find, mail, page, post and 1 more"
    )


def test_the_example_in_the_documentation_is_read_without_a_problem() -> None:
    page = (Path(__file__).parents[2] / "docs" / "declarations.md").read_text()
    text = page.partition("```yaml\n")[2].partition("```")[0]

    assert "find_article" in text
    assert problems(text) == []


def test_what_is_left_out_stays_unknown() -> None:
    entry = {"name": "find", "effects": [], **WARRANT}
    tool = tools(declared({"tools": [entry]}))["find"]

    assert tool.effects_known
    assert tool.effects == ()
    assert tool.reads_untrusted is Truth.UNKNOWN


def test_where_a_file_says_otherwise_it_is_believed_and_that_is_told() -> None:
    deployment = declared({"tools": [{"name": "page", **HARMLESS, **WARRANT}]})

    assert tools(deployment)["page"].reads_untrusted is Truth.YES
    assert [line.rpartition(" of ")[2] for line in told(deployment)] == snapshot(
        [
            "page: egress is yes; the file is believed",
            "page: reads_untrusted is yes; the file is believed",
        ]
    )


def test_a_tool_that_no_file_knows_is_no_open_end_once_it_is_declared() -> None:
    code = (
        "from langchain.agents import create_agent\nfrom acme import search\n"
        'graph = create_agent(model="m", tools=[search])\n'
    )
    files = {"graph.py": code}
    before = deployment_of(files)
    after = declared({"tools": [{"name": "search", **HARMLESS, **WARRANT}]}, files)

    assert [end.what for end in before.unresolved] == ["the tool search is not known"]
    assert after.unresolved == ()
    assert tools(after)["search"].confidence is Confidence.POSSIBLE


@pytest.mark.parametrize("kind", ["tools", "servers"])
def test_a_name_that_nothing_bears_is_told(kind: str) -> None:
    behaviour = HARMLESS if kind == "tools" else {"tools": [{"name": "a"}]}
    deployment = declared({kind: [{"name": "fnid", "file": "x.py", **behaviour, **WARRANT}]})

    assert len(told(deployment)) == 1
    assert "is called fnid in x.py; the entry adds nothing" in told(deployment)[0]


def test_a_name_that_two_files_know_needs_the_file() -> None:
    files = {"a/graph.py": CODE, "b/graph.py": CODE}
    entry = {"name": "find", **HARMLESS, **WARRANT}
    both = declared({"tools": [entry]}, files)
    one = declared({"tools": [{**entry, "file": "a/graph.py"}]}, files)

    assert not any(tool.effects_known for tool in both.tools if tool.name == "find")
    assert "2 different tools are called find: a/graph.py" in told(both)[0]
    assert {
        tool.evidence[0].file for tool in one.tools if tool.name == "find" and tool.effects_known
    } == {"a/graph.py"}


@pytest.mark.parametrize("file", ["deploy/agentaudit.yaml", "agentaudit.yml"])
def test_only_the_file_at_the_root_declares(file: str) -> None:
    text = json.dumps({"tools": [{"name": "find", **HARMLESS, **WARRANT}]})
    deployment = deployment_of({"graph.py": CODE, file: text}, today=TODAY)

    assert not tools(deployment)["find"].effects_known
    assert ["only agentaudit.yaml at the root" in end.what for end in deployment.unresolved] == [
        True
    ]


def test_nothing_holds_where_nobody_says_what_day_it_is() -> None:
    text = json.dumps({"tools": [{"name": "find", **HARMLESS, **WARRANT}]})
    deployment = deployment_of({"graph.py": CODE, "agentaudit.yaml": text})

    assert not tools(deployment)["find"].effects_known


# ---- servers ----------------------------------------------------------------------------------


def desk(*names: str, **more: object) -> dict[str, object]:
    served = [{"name": name, **HARMLESS} for name in names]
    return {"servers": [{"name": "desk", "tools": served, **WARRANT, **more}]}


def test_the_tools_of_a_server_stand_in_place_of_the_unknown_one() -> None:
    files = {".mcp.json": json.dumps(SERVER)}
    deployment = declared(desk("search", "close"), files)
    exposed = [edge for edge in deployment.edges if edge.dst.startswith("tool:")]
    facts: list[Tool | Edge] = [*deployment.tools, *exposed]

    assert list(tools(deployment_of(files))) == ["desk.*"]
    assert sorted(tools(deployment)) == ["desk.close", "desk.search"]
    assert deployment.unresolved == ()
    assert {edge.derivation for edge in exposed} == {Derivation.DECLARED}
    assert all(edge.confidence is Confidence.LIKELY for edge in exposed)
    assert all(
        [place.file for place in fact.evidence] == [".mcp.json", "agentaudit.yaml"]
        for fact in facts
    )


def test_the_settings_of_a_client_say_which_declared_tool_asks_first() -> None:
    settings = {"permissions": {"defaultMode": "default", "allow": ["mcp__desk__search"]}}
    files = {".mcp.json": json.dumps(SERVER), ".claude/settings.json": json.dumps(settings)}
    found = tools(declared(desk("search", "close"), files))

    assert found["desk.search"].approval is Truth.NO
    assert found["desk.close"].approval is Truth.YES


@pytest.mark.parametrize(("names", "whole"), [(["search", "close"], True), (["search"], False)])
def test_a_tool_that_a_file_names_cannot_be_left_out(names: list[str], *, whole: bool) -> None:
    server = {"mcpServers": {"desk": {**SERVER["mcpServers"]["desk"], "alwaysAllow": ["close"]}}}
    deployment = declared(desk(*names), {".mcp.json": json.dumps(server)})

    assert ("desk.*" not in tools(deployment)) is whole
    assert any("lets desk use close" in line for line in told(deployment)) is not whole
    if whole:
        assert tools(deployment)["desk.close"].approval is Truth.NO


@pytest.mark.parametrize(("rule", "whole"), [("allow", False), ("ask", False), ("deny", True)])
def test_a_tool_that_a_client_is_allowed_cannot_be_left_out(rule: str, *, whole: bool) -> None:
    settings = {"permissions": {rule: ["mcp__desk__close", "mcp__desk__search"]}}
    files = {".mcp.json": json.dumps(SERVER), ".claude/settings.json": json.dumps(settings)}
    deployment = declared(desk("search"), files)

    assert ("desk.*" not in tools(deployment)) is whole
    assert (told(deployment) == []) is whole


def test_the_tools_of_a_known_server_are_not_declared_anew() -> None:
    files = {
        ".mcp.json": '{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}}'
    }
    entry = {"name": "time", "tools": [{"name": "erase", "effects": ["delete"]}], **WARRANT}
    deployment = declared({"servers": [entry]}, files)

    assert deployment.tools == deployment_of(files).tools
    assert "the tools of the server time are known already" in told(deployment)[0]


def test_servers_of_one_name_and_different_launches_are_different() -> None:
    other = {"mcpServers": {"desk": {"command": "desk-server"}}}
    files = {".mcp.json": json.dumps(SERVER), ".vscode/mcp.json": json.dumps(other)}
    deployment = declared(desk("search"), files)
    one = declared(desk("search", file=".mcp.json"), files)

    assert "desk.search" not in tools(deployment)
    assert "2 different tool servers are called desk" in told(deployment)[0]
    assert {"desk.search", "desk.*"} <= set(tools(one))


def test_a_server_in_a_container_is_declared_as_well() -> None:
    files = {"compose.yaml": "services:\n  desk-mcp:\n    image: acme/desk-mcp:1.0\n"}
    (server,) = deployment_of(files).tool_servers
    entry = {"name": server.name, "tools": [{"name": "search", **HARMLESS}], **WARRANT}
    deployment = declared({"servers": [entry]}, files)

    assert [tool.name for tool in deployment.tools] == [f"{server.name}.search"]


def test_an_expired_server_is_unknown_again() -> None:
    files = {".mcp.json": json.dumps(SERVER)}
    deployment = declared(desk("search"), files, today=LAST_DAY + timedelta(days=1))

    assert list(tools(deployment)) == ["desk.*"]
    assert "the declaration of desk expired on 2027-06-30" in told(deployment)[0]


# ---- strictness -------------------------------------------------------------------------------


def test_every_problem_is_told_at_once_with_its_place() -> None:
    text = """\
tols: []
tools:
  - name: find
    effects: [read, fly]
    egress: maybe
    reason: ""
    expires: 2027-02-30
  - name: find
    owner: [a]
    reason: r
    expires: soon
  - lonely
servers:
  - tools: []
  - name: desk
    tools:
      - {name: a, effects: read}
      - {name: a, owner: x}
      - 3
"""
    assert problems(text) == snapshot(
        [
            "1:1: `tols` is no key here (tools, servers, memory, lint)",
            "3:5: `owner` is missing",
            "4:21: `effects` must be of read, write, delete, execute, send, not 'fly'",
            "5:13: `egress` must be yes or no, or left out when nobody knows",
            "6:13: `reason` must be a text",
            "7:14: `expires` must be a day such as 2027-03-31, not '2027-02-30'",
            "8:5: find is declared twice",
            "8:5: says none of effects, reads_untrusted, reads_private, egress",
            "9:12: `owner` must be a text",
            "11:14: `expires` must be a day such as 2027-03-31, not 'soon'",
            "12:5: must be a mapping",
            "14:5: `name` is missing",
            "14:5: `reason` is missing",
            "14:5: `owner` is missing",
            "14:5: `expires` is missing",
            "14:12: `tools` must be a list with at least one member",
            "15:5: `reason` is missing",
            "15:5: `owner` is missing",
            "15:5: `expires` is missing",
            "17:28: `effects` must be a list",
            "18:9: the tool a stands here twice",
            "18:19: `owner` is no key here (name, effects, reads_untrusted, reads_private, egress)",
            "19:9: must be a mapping",
        ]
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a", "1:1: must be a mapping"),
        ("tools: 3", "1:8: `tools` must be a list with at least one member"),
        ("tools: []", "1:8: `tools` must be a list with at least one member"),
        ("tools: []\n---\ntools: []", "3:1: holds more than one YAML document"),
    ],
)
def test_a_file_of_another_shape_is_a_problem(text: str, problem: str) -> None:
    assert problems(text) == [problem]


def test_an_empty_file_declares_nothing() -> None:
    assert problems("# nothing yet\n") == []


def test_what_is_no_yaml_makes_the_run_incomplete() -> None:
    deployment = declared("tools: [")
    (file,) = (item for item in deployment.coverage if item.file == "agentaudit.yaml")

    assert file.status is FileStatus.FAILED
    assert deployment.incomplete


def test_an_entry_without_a_problem_counts_beside_one_with_problems() -> None:
    entries = [{"name": "find", **HARMLESS, **WARRANT}, {"name": "page"}]
    deployment = declared({"tools": entries})

    assert tools(deployment)["find"].effects_known
    assert deployment.incomplete


def test_an_endless_list_is_cut_and_said() -> None:
    text = "tools:\n" + "  - {}\n" * (MAX_ENTRIES + 5)
    found = problems(text)

    assert "and" in found[-1]
    assert len(found) < 110


def test_a_secret_in_a_declaration_is_not_shown() -> None:
    token = "ghp_" + "a1B2" * 9
    shown = repr(declared({token: 1, "tools": [{"name": token, **HARMLESS, **WARRANT}]}))

    assert token not in shown


@pytest.mark.parametrize("server", [3, {"name": "desk", **WARRANT}])
def test_a_server_without_tools_is_a_problem(server: object) -> None:
    assert len(problems(json.dumps({"servers": [server]}))) == 1


def test_each_further_server_and_its_declaration_cost_what_those_before_did() -> None:
    def audited(count: int) -> Deployment:
        names = [f"s{number}" for number in range(10, 10 + count)]
        servers = {name: {"type": "http", "url": "https://tools.test/mcp"} for name in names}
        served = [{"name": "find", **HARMLESS}]
        entries = [{"name": name, "tools": served, **WARRANT} for name in names]
        return declared({"servers": entries}, {".mcp.json": json.dumps({"mcpServers": servers})})

    second, third = further_cost(audited, 8, within="extract")

    assert third == second
