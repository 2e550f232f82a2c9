"""Agents, tools and gates in Python and in the files of frameworks."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool
from agentaudit.rules.fakes import fake

HEAD = (
    "import os, requests, subprocess\nfrom langchain.agents import create_agent\n"
    "from langchain_core.tools import tool\n"
    "from langchain.agents.middleware import *\n"
)


def tool_of(body: str, signature: str = "x: int", returns: str = "") -> Tool:
    code = f"{HEAD}@tool\ndef it({signature}){returns}:\n    return {body}\n"
    return deployment_of({"a.py": code}).tools[0]


def agent_of(call: str, before: str = "") -> Agent:
    return deployment_of({"a.py": f"{HEAD}{before}\ngraph = {call}\n"}).agents[0]


@pytest.mark.parametrize(
    ("body", "effects", "untrusted", "egress"),
    [
        ("requests.get(x).text", {"read"}, Truth.YES, Truth.YES),
        ("requests.get('https://own.test').text", {"read"}, Truth.NO, Truth.NO),
        ("requests.post(x)", {"send"}, Truth.NO, Truth.YES),
        ("subprocess.run(x)", {"read", "write", "delete", "execute"}, Truth.NO, Truth.YES),
        ("eval(x)", {"read", "write", "delete", "execute"}, Truth.NO, Truth.YES),
        ("db.execute(x)", {"read", "write", "delete"}, Truth.NO, Truth.NO),
        ("db.execute('SELECT 1')", {"read"}, Truth.NO, Truth.NO),
        ("db.execute('DELETE FROM t')", {"delete"}, Truth.NO, Truth.NO),
        ("db.execute(text('SELECT 1'), {'a': x})", {"read"}, Truth.NO, Truth.NO),
        ("db.execute(text(x))", {"read", "write", "delete"}, Truth.NO, Truth.NO),
        ("db.execute(select(T.id).where(T.id == x))", {"read"}, Truth.NO, Truth.NO),
        ("db.execute(os.delete(T).where(T.id == x))", {"delete"}, Truth.NO, Truth.NO),
        ("db.execute(insert(T).values(a=x))", {"write"}, Truth.NO, Truth.NO),
        ("db.execute(made(x).where(y))", {"read", "write", "delete"}, Truth.NO, Truth.NO),
        ("open(x).read()", {"read"}, Truth.NO, Truth.NO),
        ("open(x, 'w').write(x)", {"write"}, Truth.NO, Truth.NO),
        ("os.remove(x)", {"delete"}, Truth.NO, Truth.NO),
        ("mail.send_message(x)", {"send"}, Truth.NO, Truth.YES),
        ("something(x)", set(), Truth.UNKNOWN, Truth.UNKNOWN),
    ],
)
def test_a_body_tells_what_a_tool_does(
    body: str, effects: set[str], untrusted: Truth, egress: Truth
) -> None:
    tool = tool_of(body)

    assert set(tool.effects) == effects
    assert tool.effects_known is bool(effects)
    assert (tool.reads_untrusted, tool.egress) == (untrusted, egress)


def test_a_statement_may_have_a_name_and_a_circle_is_none() -> None:
    code = f"{HEAD}@tool\ndef it(x: int):\n    {{named}}\n    return db.execute(q, [x])\n"
    named = {"q = text('SELECT 1')": {"read"}, "q = q.where(x)": {"read", "write", "delete"}}
    for each, effects in named.items():
        (tool,) = deployment_of({"a.py": code.format(named=each)}).tools

        assert set(tool.effects) == effects


@pytest.mark.parametrize(
    ("signature", "typed", "free_form"),
    [
        ("x: int", Truth.YES, ()),
        ("x", Truth.NO, ()),
        ("x: dict", Truth.YES, ()),
        ("x: Optional[Any] = None", Truth.NO, ()),
        ("x: int, **more", Truth.NO, ()),
        ("sql: str", Truth.YES, ("sql",)),
        ("command", Truth.NO, ("command",)),
        ("path: Literal['a', 'b']", Truth.YES, ()),
        ("context: RunContextWrapper, url: str | None", Truth.YES, ("url",)),
    ],
)
def test_a_signature_tells_what_a_tool_accepts(
    signature: str, typed: Truth, free_form: tuple[str, ...]
) -> None:
    tool = tool_of("1", signature)

    assert (tool.typed, tool.free_form_parameters) == (typed, free_form)


@pytest.mark.parametrize(("package", "typed"), [("strands", Truth.YES), ("agents", Truth.NO)])
def test_what_strands_fills_in_by_its_name_needs_no_type(package: str, typed: Truth) -> None:
    code = f"from {package} import tool\n\n\n@tool\ndef load(path: str, agent=None) -> str: ...\n"
    (tool,) = deployment_of({"a.py": code}).tools

    assert tool.typed is typed


def test_a_tool_stands_where_its_name_stands() -> None:
    place = tool_of("1").evidence[0]

    assert (place.line, place.column, place.end_column) == (6, 5, 6)


@pytest.mark.parametrize(
    ("call", "known", "count"),
    [
        ("create_agent(model='x')", Known.SET, 1),
        ("create_agent(model='x', tools=[f])", Known.NONE, None),
        (
            "create_agent(middleware=[ModelCallLimitMiddleware(run_limit=9)])",
            Known.SET,
            9,
        ),
        ("create_agent(middleware=[ModelCallLimitMiddleware()])", Known.NONE, None),
        ("create_agent().with_config(recursion_limit=7)", Known.SET, 7),
        ("create_agent().with_config({'recursion_limit': 0})", Known.NONE, None),
        ("create_agent().invoke(x, config={'recursion_limit': n()})", Known.UNKNOWN, None),
        ("create_agent().invoke(x, config=named)", Known.SET, 9),
        ("create_agent().invoke(x, typed)", Known.SET, 8),
        ("create_agent().invoke_async(x, config=named)", Known.SET, 9),
        ("create_agent().invoke(x, RunnableConfig(recursion_limit=6))", Known.SET, 6),
    ],
)
def test_loops_end_when_something_ends_them(call: str, known: Known, count: int | None) -> None:
    named = "named = {'recursion_limit': 9}\ntyped: dict = {'recursion_limit': 8}"
    agent = agent_of(call, named)

    assert (agent.max_iterations, agent.max_iterations_count) == (known, count)


@pytest.mark.parametrize("made", ["FakeListChatModel", "Scripted"])
def test_a_model_that_answers_from_a_list_ends_its_agent(made: str) -> None:
    names = (
        "from langchain_core.language_models.fake_chat_models import FakeListChatModel\n"
        "class Scripted(FakeListChatModel): ...\n"
        f"model = {made}(responses=[])"
    )

    assert agent_of("create_agent(model=model, tools=[f])", names).max_iterations is Known.UNKNOWN


def test_an_agent_that_is_built_and_asked_at_once_is_one() -> None:
    code = "from strands import Agent\nanswer = Agent(tools=[look])(task)\n"

    (agent,) = deployment_of({"a.py": code}).agents

    assert (agent.name, agent.max_iterations) == ("a.py", Known.NONE)


def test_limits_of_many_runs_are_found_in_linear_time() -> None:
    """Asking each mapping for each run for each agent would take half an hour here."""
    many = "".join(
        f"a{number} = create_agent()\nc{number} = {{'tags': []}}\na{number}.invoke(x, c{number})\n"
        for number in range(600)
    )
    last = "named = {'recursion_limit': 9}\na0.invoke(x, named)\n"
    agents = deployment_of({"a.py": f"{HEAD}{many}{last}"}).agents

    assert len(agents) == 600
    assert {agent.max_iterations_count for agent in agents} == {9}


@pytest.mark.parametrize(
    ("number", "known"),
    [
        ("1e999", Known.SET),
        ("-1e999", Known.NONE),
        ("1e999 + -1e999", Known.NONE),
        ("*".join(["9" * 4000] * 3), Known.SET),
        ("*".join(["9" * 4000] * 3) + " * 1.5", Known.SET),
    ],
)
def test_numbers_that_no_machine_holds_end_no_run(number: str, known: Known) -> None:
    code = f"{HEAD}a = create_agent(max_turns={number})\n"
    session = "from langchain_redis import RedisChatMessageHistory as H\nh = H('s', ttl=1e999)\n"
    deployment = deployment_of({"a.py": code + session})

    assert deployment.agents[0].max_iterations is known
    assert json.dumps(deployment.agents[0].max_iterations_count)
    assert [store.ttl for store in deployment.memory_stores] == [Known.SET]


def test_sums_of_names_of_sums_are_folded_once() -> None:
    """Folding them for each agent anew would take minutes here."""
    sums = f"c = 1\nb = {halved('c')}\na = {halved('b')}\n"
    many = "".join(f"a{number} = create_agent(max_turns=a)\n" for number in range(500))
    agents = deployment_of({"a.py": f"{HEAD}{sums}{many}"}).agents

    assert {agent.max_iterations_count for agent in agents} == {256 * 256}


def halved(name: str, depth: int = 8) -> str:
    half = halved(name, depth - 1) if depth else name
    return f"({half}+{half})" if depth else name


def test_defaults_of_frameworks_count() -> None:
    code = "from agents import Agent\nhelper = Agent(name='Helper', tools=[])\n"
    agent = deployment_of({"a.py": code}).agents[0]

    assert (agent.name, agent.framework, agent.max_iterations_count) == (
        "Helper",
        "openai-agents",
        10,
    )


def gated(deployment: Deployment) -> dict[str, Truth]:
    return {tool.name: tool.approval for tool in deployment.tools}


def test_a_question_to_a_human_gates_the_tools_it_names() -> None:
    code = (
        f"{HEAD}@tool\ndef pay(x: int): ...\n@tool\ndef look(x: int): ...\n"
        "graph = create_agent(tools=[pay, look], middleware=["
        "HumanInTheLoopMiddleware(interrupt_on={'pay': True, 'look': False}), "
        "PIIMiddleware('e')])\n"
    )
    deployment = deployment_of({"a.py": code})

    assert gated(deployment) == {"pay": Truth.YES, "look": Truth.NO}
    assert [item.product for item in deployment.guardrails] == ["PIIMiddleware"]


def test_tools_of_frameworks_are_known_and_others_are_open() -> None:
    code = (
        f"{HEAD}from langchain_community.tools import ShellTool\nfrom y import mystery\n"
        "shell = ShellTool()\ngraph = create_agent(tools=[shell, mystery, plain])\n"
        "def plain(x: int): return requests.get(x)\n"
    )
    deployment = deployment_of({"a.py": code})
    found = {tool.name: tool.effects_known for tool in deployment.tools}

    assert found == {"ShellTool": True, "mystery": False, "plain": True}
    assert [item.what for item in deployment.unresolved] == ["the tool mystery is not known"]


@pytest.mark.parametrize(
    ("switch", "approval"),
    [
        ("", Truth.UNKNOWN),
        ("(approval_mode='always_require')", Truth.YES),
        ("(approval_mode='never_require')", Truth.UNKNOWN),
        ("(needs_approval=True)", Truth.YES),
        ("(needs_approval=decide)", Truth.UNKNOWN),
        ("(requires_approval=True)", Truth.YES),
    ],
)
def test_a_tool_says_itself_whether_a_person_is_asked(switch: str, approval: Truth) -> None:
    code = (
        f"{HEAD}@tool{switch}\ndef run(command: str) -> str:\n    return subprocess.run(command)\n"
    )

    assert deployment_of({"a.py": code}).tools[0].approval is approval


@pytest.mark.parametrize(
    ("tool", "sandboxed", "approval"),
    [
        ("ShellTool(executor=mine)", Truth.UNKNOWN, Truth.UNKNOWN),
        ("ShellTool(executor=mine, needs_approval=True)", Truth.UNKNOWN, Truth.YES),
        ("ShellTool(environment={'type': 'container_auto'})", Truth.YES, Truth.UNKNOWN),
        ("ShellTool(environment={'type': 'local'})", Truth.UNKNOWN, Truth.UNKNOWN),
        ("CodeInterpreterTool(tool_config={})", Truth.YES, Truth.UNKNOWN),
    ],
)
def test_code_that_the_vendor_runs_is_in_a_sandbox(
    tool: str, sandboxed: Truth, approval: Truth
) -> None:
    code = (
        "from agents import Agent, CodeInterpreterTool, ShellTool\n"
        f"agent = Agent(name='a', tools=[{tool}])\n"
    )
    found = deployment_of({"a.py": code}).tools[0]

    assert (found.sandboxed, found.approval) == (sandboxed, approval)


def test_a_list_of_tools_that_does_not_fold_is_open() -> None:
    deployment = deployment_of({"a.py": f"{HEAD}graph = create_agent(tools=load())\n"})

    assert [item.what for item in deployment.unresolved] == ["the list of tools does not fold"]


def test_keys_in_code_are_the_agents() -> None:
    code = f'{HEAD}API_KEY = "{fake("openai_key")}"\ngraph = create_agent()\n'
    credential = deployment_of({"a.py": code}).credentials[0]

    assert (credential.holder, credential.provider) == ("agent", "openai")
    assert (credential.evidence[0].line, credential.evidence[0].column) == (5, 11)


def test_columns_count_characters_and_not_bytes() -> None:
    code = f'{HEAD}pair = ("äöü", "{fake("openai_key")}")\ngraph = create_agent()\n'

    assert deployment_of({"a.py": code}).credentials[0].evidence[0].column == 16


def test_graphs_of_langgraph_say_who_may_come_in() -> None:
    text = {
        "graphs": {"a": "./a.py:graph", "b": "./missing.py:g"},
        "auth": {"path": "./auth.py:auth"},
        "http": {"cors": {"allow_origins": ["*"]}},
        "env": {"OPENAI_API_KEY": fake("openai_key")},
    }
    files = {"langgraph.json": json.dumps(text), "a.py": f"{HEAD}graph = create_agent()\n"}
    deployment = deployment_of(files)

    assert {(agent.name, agent.framework) for agent in deployment.agents} == {
        ("a", "langchain"),
        ("b", "langgraph"),
    }
    assert {agent.authenticated for agent in deployment.agents} == {Truth.YES}
    assert all(agent.cors_open for agent in deployment.agents)
    assert deployment.credentials[0].holder == "agent"


def test_classic_crews_are_agents_with_limits_and_tools() -> None:
    text = (
        "writer:\n  role: writer\n  goal: write\n  tools: [SerperDevTool, OwnTool]\n"
        "  max_iter: 0\n  max_execution_time: 60\n  allow_code_execution: true\n"
        "  code_execution_mode: unsafe\n"
    )
    deployment = deployment_of({"config/agents.yaml": text})
    agent = deployment.agents[0]
    found = {tool.name: (tool.effects_known, tool.sandboxed) for tool in deployment.tools}

    assert (agent.max_iterations, agent.timeout_s, agent.budget) == (Known.NONE, 60, Known.NONE)
    assert found == {
        "SerperDevTool": (True, Truth.UNKNOWN),
        "OwnTool": (False, Truth.UNKNOWN),
        "code execution": (True, Truth.NO),
    }


def test_an_agent_of_one_file_has_the_defaults() -> None:
    text = '{"name": "a", "role": "r", "goal": "g", "max_rpm": 10}'
    agent = deployment_of({"agents/a.jsonc": text}).agents[0]

    assert (agent.name, agent.max_iterations_count, agent.budget) == ("a", 25, Known.SET)


def test_litellm_says_what_it_holds_and_whether_it_logs() -> None:
    key = fake("openai_key")
    text = (
        "model_list:\n  - model_name: gpt\n    litellm_params:\n      model: openai/gpt-5\n"
        f"      api_key: {key}\n      api_base: https://u:p@api.test/v1\n"
        "general_settings: {master_key: sk-1234}\nlitellm_settings: {callbacks: [otel]}\n"
    )
    deployment = deployment_of({"litellm/config.yaml": text})
    gateway = deployment.gateways[0]

    assert (gateway.authorizer, gateway.logged) == (Known.SET, Truth.YES)
    assert {item.holder for item in deployment.credentials} == {"gateway"}
    assert [(model.provider, model.url) for model in deployment.models] == [
        ("openai", "https://api.test/v1")
    ]


def test_instructions_with_a_secret_give_it_to_the_agent() -> None:
    files = {
        ".mcp.json": '{"mcpServers": {"x": {"command": "a"}}}',
        "CLAUDE.md": f"# Rules\nLog in with `CRM_PASSWORD={fake('password')}`.\n",
        "AGENTS.md": "Be kind.\n",
    }
    deployment = deployment_of(files)
    held = {item.name: item.holds_secret for item in deployment.instructions}
    prompts = [edge for edge in deployment.edges if edge.kind is EdgeKind.PROMPTS]

    assert held == {"AGENTS.md": False, "CLAUDE.md": True}
    assert deployment.credentials[0].exposure == "prompt"
    assert len(prompts) == 2


@pytest.mark.parametrize(
    "line",
    [
        'PGPASSWORD="$TOKEN" psql "host=$HOST"',
        'curl -H "x-api-key: $VENDOR_API_KEY" https://vendor.test',
        "- Pass: preferences, decisions and whatever else will still matter",
    ],
)
def test_instructions_that_only_speak_of_secrets_hold_none(line: str) -> None:
    deployment = deployment_of({"CLAUDE.md": f"# Rules\n\n{line}\n"})

    assert not deployment.credentials
    assert not deployment.instructions[0].holds_secret


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("a.yaml", "secret: 1  # agentaudit: ignore[rule-a] known\n", 1),
        ("a.yaml", "# agentaudit: ignore[rule-a] known\n# more\n\nsecret: 1\n", 4),
        (".env", "# agentaudit: ignore[rule-a] known\nA=1\n", 2),
        ("a.jsonc", '{\n  // agentaudit: ignore[rule-a] known\n  "mcpServers": {}\n}', 3),
        ("a.jsonc", '{"mcpServers": 1 /* agentaudit: ignore[rule-a] known */}', 1),
        ("a.toml", 'token = "x" # agentaudit: ignore[rule-a] known\n', 1),
        ("a.py", "import openai\nx = 1  # agentaudit: ignore[rule-a] known\n", 2),
        ("Dockerfile", "FROM a\n# agentaudit: ignore[rule-a] known\nUSER root\n", 3),
        ("main.tf", "# agentaudit: ignore[rule-a] known\nlocals {}\n", 2),
        ("CLAUDE.md", "<!-- agentaudit: ignore[rule-a] known -->\ntext\n", 2),
    ],
)
def test_a_comment_suppresses_its_line_or_the_next(file: str, text: str, line: int) -> None:
    found = deployment_of({file: text}).suppressions

    assert [(item.rule, item.reason, item.line) for item in found] == [("rule-a", "known", line)]


def test_one_comment_may_name_several_rules() -> None:
    found = deployment_of({".env": "A=1 # agentaudit: ignore[rule-a, rule-b]: both\n"}).suppressions

    assert [(item.rule, item.reason) for item in found] == [("rule-a", "both"), ("rule-b", "both")]


LAMBDA = """\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: slack-role, AssumeRolePolicyDocument: {Statement: []}}
  Agent:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: slack-agent
      Role: !GetAtt Role.Arn
      Environment: {Variables: {OPENAI_BASE_URL: "http://gateway:4000"}}
"""


@pytest.mark.parametrize(
    ("files", "name", "theirs"),
    [
        (("agents/billing.py", "agents/support.py"), "helper", True),
        (("infra/billing.py", "infra/support.py"), "helper", True),
        (("billing/agent.py", "support/agent.py"), "helper", False),
        (("billing/agent.py", "support/agent.py"), "slack-agent", False),
        (("far/off/a.py", "far/off/b.py", "infra/c.py"), "slack-agent", False),
    ],
)
def test_agents_run_where_their_project_says_and_not_where_another_does(
    files: tuple[str, ...],
    name: str,
    theirs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    """A template beside two projects does not tell whose code it runs, nor does a common name."""
    code = f"from strands import Agent\nAgent(name='{name}', model='m', tools=[x])\n"
    written = dict.fromkeys(files, code)
    deployment = deployment_of({"infra/slack.yaml": LAMBDA, **written})

    (role,) = (one for one in deployment.identities if one.name == "slack-role")
    assert (len(role.agents) == 2) is theirs
    assert (len(role.agents) == 1) is not theirs


@pytest.mark.parametrize(
    ("images", "agents"),
    [
        ((), 3),
        (("app/one/Dockerfile",), 3),
        (("app/one/Dockerfile", "app/slack/Dockerfile"), 2),
        (("app/slack/Dockerfile",), 2),
    ],
)
def test_agents_of_several_images_are_not_those_of_one_template(
    images: tuple[str, ...], agents: int
) -> None:
    """The template `slack.yaml` runs the two agents of the image in the folder `slack`."""
    code = "from strands import Agent\nAgent(name='helper', model='m', tools=[x])\n"
    written = {
        **dict.fromkeys(("app/one/a.py", "app/slack/a.py", "app/slack/b.py"), code),
        "infra/slack.yaml": LAMBDA,
    }
    deployment = deployment_of({**written, **dict.fromkeys(images, "FROM python:3.12\n")})

    (role,) = (one for one in deployment.identities if one.name == "slack-role")
    assert len(role.agents) == agents


WRITER = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: it, namespace: apps}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: it}
rules: [{apiGroups: [batch], resources: [jobs], verbs: [delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: it}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: it}
subjects: [{kind: ServiceAccount, name: it, namespace: apps}]
"""
WORKLOAD = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: it, namespace: apps}
spec:
  template:
    spec:
      serviceAccountName: it
      containers: [{name: it, image: "acme/queue:1", env: [{name: KIND, value: "x"}]}]
"""


def test_an_account_without_a_namespace_is_the_one_of_the_binding_beside_it() -> None:
    """The file is applied to a namespace that only the binding names."""
    workload = WORKLOAD.replace(", namespace: apps", "")
    bare = WRITER.replace("metadata: {name: it, namespace: apps}", "metadata: {name: it}")
    (grant,) = deployment_of({"it.yaml": bare + workload}).grants
    (other,) = deployment_of({"it.yaml": WRITER + workload}).grants

    assert (grant.held_by_others, other.held_by_others) == (True, False)


@pytest.mark.parametrize(
    ("text", "agents", "others"),
    [
        (WRITER, False, False),
        (WRITER + WORKLOAD, False, True),
        (WRITER + WORKLOAD.replace("name: KIND", "name: OPENAI_BASE_URL"), True, False),
    ],
)
def test_rights_that_only_other_workloads_have_are_told_apart(
    text: str,
    agents: bool,  # noqa: FBT001 -- a column of the table
    others: bool,  # noqa: FBT001
) -> None:
    grants = deployment_of({"it.yaml": text}).grants

    assert {(grant.agent_reachable, grant.held_by_others) for grant in grants} == {(agents, others)}


@pytest.mark.parametrize(
    ("path", "file", "count"),
    [
        ("./desk/graph.py", "desk/graph.py", 1),
        ("desk.graph", "desk/graph.py", 1),
        ("desk.graph", "src/desk/graph.py", 1),
        ("desk.graph", "desk/graph/__init__.py", 1),
        ("desk.other", "desk/graph.py", 2),
    ],
)
def test_a_graph_may_be_named_by_its_module(path: str, file: str, count: int) -> None:
    text = json.dumps({"dependencies": ["."], "graphs": {"desk": f"{path}:graph"}})
    files = {"langgraph.json": text, file: f"{HEAD}graph = create_agent()\n"}

    assert len(deployment_of(files).agents) == count


@pytest.mark.parametrize(
    ("mode", "open_ends"),
    [("", 0), (', code_execution_mode="safe"', 0), (", code_execution_mode=os.environ['MODE']", 1)],
)
def test_a_crew_whose_mode_of_running_code_is_open_leaves_it_open(
    mode: str, open_ends: int
) -> None:
    given = f"role='a', goal='b', backstory='c', allow_code_execution=True{mode}"
    code = f"import os\nfrom crewai import Agent\na = Agent({given})\n"
    told = [each.what for each in deployment_of({"desk.py": code}).unresolved]

    assert sum("in which mode" in each for each in told) == open_ends


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("input_guardrails=[check], output_guardrails=CHECKS", True),
        ("input_guardrails=checks(), output_guardrails=[check]", True),
        ("input_guardrails=[], output_guardrails=None", False),
    ],
)
def test_guardrails_of_an_agent_are_told(given: str, *, told: bool) -> None:
    code = f"from agents import Agent\nCHECKS = [check]\na = Agent(name='a', {given})\n"
    deployment = deployment_of({"agent.py": code})
    names = [guardrail.name for guardrail in deployment.guardrails]

    assert names == (["input_guardrails", "output_guardrails"] if told else [])
    assert len([e for e in deployment.edges if e.kind is EdgeKind.FILTERED_BY]) == len(names)


ASKS = "middleware=[HumanInTheLoopMiddleware(interrupt_on={'pay': True})]"


@pytest.mark.parametrize(
    ("first", "second", "approval"),
    [
        (ASKS, ASKS, Truth.YES),
        (ASKS, "middleware=[]", Truth.UNKNOWN),
        ("middleware=[]", ASKS, Truth.UNKNOWN),
        (ASKS, ASKS.replace("True", "False"), Truth.NO),
        (ASKS.replace("True", "False"), ASKS, Truth.NO),
    ],
)
def test_a_question_of_one_agent_is_none_of_another(
    first: str, second: str, approval: Truth
) -> None:
    code = (
        f"{HEAD}@tool\ndef pay(x: str):\n    os.remove(x)\n"
        f"one = create_agent(model='m', tools=[pay], {first})\n"
        f"two = create_agent(model='m', tools=[pay], {second})\n"
    )

    assert gated(deployment_of({"a.py": code})) == {"pay": approval}
