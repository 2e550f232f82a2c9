"""From files to the Deployment: whatever the order, whatever the content, and never a secret."""

import json
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.extract.deployment import deployment_of, read_deployment
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.python.starts import let_go_of_code
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.readers.syntax import parse
from agentaudit.rules.fakes import FAKES, fake

SAMPLES = Path(__file__).parents[2] / "sample_configs"
KEY, TOKEN, PASSWORD = fake("openai_key"), fake("github_classic"), fake("password")
CANARIES = (KEY, TOKEN, PASSWORD, fake("aws_access_key"), fake("aws_secret_key"))
FILES: Mapping[str, str] = {
    ".mcp.json": f"""{{"mcpServers": {{
        "github": {{"command": "npx", "args": ["-y", "@modelcontextprotocol/server-github",
            "--token", "{TOKEN}"], "env": {{"GITHUB_TOKEN": "{TOKEN}"}}}},
        "crm": {{"url": "http://u:{PASSWORD}@crm.test/sse?api_key={KEY}",
            "headers": {{"Authorization": "Bearer {KEY}"}}}},
        "db": {{"command": "x", "args": ["postgresql://a:{PASSWORD}@db/x"]}}}}}}""",
    "compose.yaml": f"""services:
  agent:
    build: .
    command: run --api-key {KEY}
    env_file: .env
    environment: [OPENAI_API_KEY={KEY}, "CHAT_HISTORY_URL=redis://:{PASSWORD}@redis:6379/0"]
  redis:
    image: redis:8
    command: redis-server --requirepass {PASSWORD} --maxmemory 1gb
""",
    ".env": f"AWS_ACCESS_KEY_ID={CANARIES[3]}\nAWS_SECRET_ACCESS_KEY={CANARIES[4]}\n",
    "Dockerfile": f"FROM python:3.13\nENV GITHUB_TOKEN={TOKEN}\nRUN curl -H 'x: {KEY}' http://x\n",
    "k8s.yaml": f"""apiVersion: v1
kind: Secret
metadata: {{name: agent}}
stringData: {{password: {PASSWORD}}}
""",
    "agent.py": f'from langchain.agents import create_agent\nK_KEY = "{KEY}"\nx = create_agent()\n',
    "CLAUDE.md": f"Use the password: {PASSWORD} and {KEY}.\n",
    "config.yaml": f"model_list: []\ngeneral_settings: {{master_key: {KEY}}}\n",
    "broken.json": f'{{"mcpServers": {{"{KEY}": {KEY}',
    "broken.yaml": f"secret: {KEY}\nsecret: {KEY}\n",
    "redis.conf": f"requirepass {PASSWORD}\n",
    "config.toml": f'[mcp_servers.x]\ncommand = "x"\nenv = {{ API_KEY = "{KEY}" }}\n',
    "key.pem": fake("private_key").replace("\\n", "\n"),
}


def seen(canaries: Sequence[str], deployment: Deployment) -> list[str]:
    """Those of which the end is anywhere to be seen, if only in small letters."""
    shown = repr(deployment).lower()
    return [canary for canary in canaries if canary[-12:].lower() in shown]


def test_no_secret_occurs_anywhere_in_a_deployment() -> None:
    """The canaries of every format, also of the broken ones, are nowhere to be seen."""
    assert seen(CANARIES, deployment_of(FILES)) == []


def test_every_canary_is_found_as_a_credential() -> None:
    """What is not seen is not redacted: the test above would pass for an empty deployment."""
    found = {credential.evidence[0].file for credential in deployment_of(FILES).credentials}

    assert found == set(FILES) - {"broken.json", "broken.yaml"}


@given(st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_the_order_of_files_changes_nothing(chance: random.Random) -> None:
    """I10: shuffled files, the same deployment."""
    shuffled = list(FILES.items())
    chance.shuffle(shuffled)

    assert deployment_of(dict(shuffled)) == deployment_of(FILES)


@pytest.mark.parametrize("name", ["risky", "hardened"])
def test_samples_are_read_whole_and_the_same_each_time(name: str) -> None:
    deployment = read_deployment([SAMPLES / name])

    assert not deployment.incomplete
    assert deployment == read_deployment([SAMPLES / name])


@pytest.mark.parametrize("name", ["risky", "hardened"])
def test_every_edge_joins_facts_that_exist(name: str) -> None:
    deployment = read_deployment([SAMPLES / name])
    known = {fact.id for fact in deployment.facts()}
    loose = [edge for edge in deployment.edges if not {edge.src, edge.dst} <= known]

    assert loose == []
    assert all(edge.evidence for edge in deployment.edges)


@pytest.mark.parametrize("name", ["risky", "hardened"])
def test_every_place_exists_in_its_file(name: str) -> None:
    """A line and a column that one can go to."""
    deployment = read_deployment([SAMPLES / name])
    for fact in deployment.facts():
        for place in fact.evidence:
            lines = (SAMPLES / name / place.file).read_text().split("\n")
            assert 1 <= place.line <= len(lines), place
            assert 1 <= place.column <= max(len(lines[place.line - 1]), 1), place


WORDS = """
    mcpServers services command args env image kind apiVersion spec containers name value rules
    verbs graphs permissions allow ttl model_list Deployment RoleBinding Secret NetworkPolicy
    egress valueFrom metadata template environment volumes ports store checkpointer http
"""
FRAGMENTS = st.sampled_from(WORDS.split())
STRUCTURES = st.recursive(
    FRAGMENTS | st.none() | st.integers() | st.booleans() | st.text(max_size=6),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(FRAGMENTS, below, max_size=4),
    max_leaves=25,
)


@given(STRUCTURES, st.sampled_from([".mcp.json", ".claude/settings.json", "langgraph.json"]))
@settings(max_examples=60)
def test_no_structure_breaks_an_extractor(structure: object, file: str) -> None:
    """Right keys in wrong places, and wrong types under right keys."""
    deployment = deployment_of({file: json.dumps(structure), "compose.yaml": json.dumps(structure)})

    assert {item.status for item in deployment.coverage} <= set(FileStatus)


def coverage_of(deployment: Deployment) -> dict[str, tuple[str, str]]:
    return {item.file: (item.status, item.reason) for item in deployment.coverage}


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"x": {"command": "npx"}}')
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={KEY}\n")
    (tmp_path / "agents.yaml").write_bytes(b"agents: \xff\xfe\n")
    (tmp_path / "compose.yaml").write_bytes(b"services:\0")
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / ".mcp.json").write_text("{}")
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "modules.txt").write_text("# golang.org/x/net v0.30.0\n")
    (tmp_path / "vendor" / ".mcp.json").write_text("{}")
    deployment = read_deployment([tmp_path])

    assert coverage_of(deployment) == {
        ".mcp.json": ("failed", "`,` or `}` belongs here"),
        ".env": ("read", ""),
        "agents.yaml": ("failed", "not UTF-8"),
        "compose.yaml": ("failed", "binary content"),
        "notes.txt": ("skipped", "not a deployment format"),
        "node_modules": ("skipped", "a folder of packages, caches or builds"),
        "vendor": ("skipped", "a folder of packages, caches or builds"),
    }
    assert deployment.incomplete
    assert len(deployment.credentials) == 1


def test_packages_installed_into_a_folder_are_passed_by_and_named(tmp_path: Path) -> None:
    """As layers of Lambda have them; what no record lists is the project's own."""
    layer = tmp_path / "layer" / "python"
    for folder in ("botocore/data", "own", "botocore-1.40.30.dist-info"):
        (layer / folder).mkdir(parents=True)
    record = "../../bin/tool,,\nbotocore/data/examples.json,sha256=x,3\n"
    (layer / "botocore-1.40.30.dist-info" / "RECORD").write_text(record)
    (layer / "botocore" / "data" / ".mcp.json").write_text("{}")
    (layer / "own" / ".mcp.json").write_text("{}")
    reason = "a folder of packages, caches or builds"

    assert coverage_of(read_deployment([tmp_path])) == {
        "layer/python/botocore": ("skipped", reason),
        "layer/python/botocore-1.40.30.dist-info": ("skipped", reason),
        "layer/python/own/.mcp.json": ("read", ""),
    }


def test_a_record_hides_nothing_that_no_package_installs(tmp_path: Path) -> None:
    hidden = (".env", ".mcp.json", "compose.yaml", ".github/workflows/ci.yml")
    (tmp_path / "x-1.dist-info").mkdir()
    record = "".join(f"{name},,\n" for name in (*hidden, "x.py", "compose.yaml/x.py"))
    (tmp_path / "x-1.dist-info" / "RECORD").write_text(record)
    for name in hidden:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}\n")
    (tmp_path / "x.py").write_text("import langchain\n")
    found = coverage_of(read_deployment([tmp_path]))

    assert {file for file, (status, _) in found.items() if status != "skipped"} == set(hidden)
    assert {file for file, (status, _) in found.items() if status == "skipped"} == {
        "x-1.dist-info",
        "x.py",
    }


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".env", "OPENAI_API_KEY={}\nOPENAI_API_KEY={}\nOPENAI_API_KEY={}\n"),
        (
            "Dockerfile",
            "FROM a AS b\nENV OPENAI_API_KEY={}\nFROM c\n" + 2 * "ENV OPENAI_API_KEY={}\n",
        ),
    ],
)
def test_each_secret_that_a_file_gives_one_name_is_told(file: str, text: str) -> None:
    """The first had been told, and any other had passed as a further place of it."""
    one = fake("openai_key")
    found = deployment_of({file: text.format(one, one.replace("a", "b"), one)}).credentials
    lines = {tuple(place.line for place in each.evidence) for each in found}
    firsts = [number for number, line in enumerate(text.split("\n"), 1) if "{}" in line]

    assert lines == {(firsts[0], firsts[2]), (firsts[1],)}
    assert len({each.digest for each in found}) == 2


def test_an_unrendered_template_says_what_to_do() -> None:
    deployment = deployment_of(
        {"t/secret.yaml": "{{- if .Values.secret }}\na: {{ .b }}\n{{ end }}"}
    )

    assert coverage_of(deployment)["t/secret.yaml"] == (
        "failed",
        "an unrendered template; audit what it renders to",
    )


BICEP = """param location string
// resource old 'Microsoft.CognitiveServices/accounts@2024-10-01' = {}
resource openAi 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'agent-models'
  location: location
  kind: 'OpenAI'
  sku: { name: 'S0' }
}
"""
ARM = """{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "resources": [
    {"type": "Microsoft.ContainerService/managedClusters", "apiVersion": "2024-05-01", "name": "a"}
  ]
}"""


def test_templates_of_azure_are_named_where_what_matters_is_not_read() -> None:
    deployment = deployment_of(
        {
            "main.bicep": BICEP,
            "cut.bicep": BICEP[: BICEP.index("accounts@2024-10-01' = {\n")],
            "network.bicep": "resource v 'Microsoft.Network/virtualNetworks@2024-05-01' = {}\n",
            "azuredeploy.json": ARM,
            "network.json": ARM.replace("ContainerService/managedClusters", "Network/publicIPs"),
        }
    )

    reason = "resources of Azure in a template that is not read"
    assert coverage_of(deployment) == {
        "main.bicep": ("read", ""),
        "cut.bicep": ("failed", "a text that does not end, or holds a bad escape"),
        "network.bicep": ("read", ""),
        "azuredeploy.json": ("partial", reason),
        "network.json": ("read", ""),
    }
    places = {each.file: (each.line, each.column) for each in deployment.coverage}
    assert places["cut.bicep"] == (3, 17)
    assert places["azuredeploy.json"] == (4, 14)
    assert deployment.incomplete


def test_missing_paths_are_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_deployment([tmp_path / "a", tmp_path, tmp_path / "b"])

    assert [Path(problem.file).name for problem in caught.value.problems] == ["a", "b"]


def test_many_files_of_no_interest_are_counted(tmp_path: Path) -> None:
    for number in range(250):
        (tmp_path / f"{number}.txt").write_text("")
    coverage = read_deployment([tmp_path]).coverage

    assert [item.reason for item in coverage] == ["250 files: not a deployment format"]


def test_several_paths_share_their_common_folder(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ".env").write_text("X=1\n")
    deployment = read_deployment([tmp_path / "a", tmp_path / "b" / ".env"])

    assert [item.file for item in deployment.coverage] == ["a/.env", "b/.env"]


def test_too_large_a_file_is_named(tmp_path: Path) -> None:
    with (tmp_path / "big.json").open("wb") as file:
        file.truncate(10_000_001)

    assert coverage_of(read_deployment([tmp_path])) == {
        "big.json": ("failed", "larger than 10,000,000 bytes")
    }


@pytest.mark.parametrize("kind", sorted(FAKES))
def test_equal_values_are_known_as_equal_and_never_shown(kind: str) -> None:
    value = fake(kind)
    files = {"a/.env": f"X_SECRET={value}\n", "b/.env": f"Y_SECRET={value}\nZ_SECRET={KEY}x9\n"}
    first, second, *_ = sorted(deployment_of(files).credentials, key=lambda item: item.name)

    assert first.shared_with == (second.id,)
    assert {first.first_of_shared, second.first_of_shared} == {True, False}
    assert first.digest == second.digest
    assert value not in repr((first, second))


def test_of_many_equal_values_each_names_some() -> None:
    """Each could name all others, of which there may be thousands."""
    lines = (f"K{number}_SECRET={fake('pinecone_key')}\n" for number in range(200))
    found = deployment_of({".env": "".join(lines)}).credentials

    assert [len(item.shared_with) for item in found] == [100] * 200
    assert [item.first_of_shared for item in found] == [True] + [False] * 199


def test_nobody_asks_for_code_that_was_let_go() -> None:
    """Nothing would be found in it, and that would look like a pass."""
    documents = Documents({"a.py": parse("a.py", "python", "a = 1\n")})
    before = modules(documents)["a.py"].tree
    let_go_of_code(documents)

    assert before.body == []
    with pytest.raises(RuntimeError, match="was let go"):
        modules(documents)


def test_lone_surrogates_crash_nothing(tmp_path: Path) -> None:
    """In escapes of JSON and Python, and in the name of a file."""
    server = '{"mcpServers": {"\\ud800": {"command": "npx", "args": ["-y", "\\udfff"]}}}'
    (tmp_path / ".mcp.json").write_text(server)
    (tmp_path / "a.py").write_text("from crewai import Agent\na = Agent(role='\\ud800')\n")
    (tmp_path / os.fsdecode(b"bad-\xff.env")).write_text("A=b\n")
    found = repr(read_deployment([tmp_path]))

    assert found.encode()
    assert r"bad-\\xff.env" in found


@pytest.mark.parametrize("text", ["a" * 300_000 + "://", "a://b:" * 60_000])
def test_almost_urls_take_linear_time(text: str) -> None:
    """Quadratic search would take minutes here."""
    assert deployment_of({".env": f"DATABASE_URL={text}\n"}).credentials == ()


def test_projects_of_agents_that_nothing_understands_are_named() -> None:
    deployment = deployment_of(
        {
            "serverless.yml": "service: agent\nfunctions:\n  ask: {handler: a.b}\n",
            "other/serverless.yml": "service: agent\nagent: {}\n",
        }
    )

    assert {item.file: item.status.value for item in deployment.coverage} == {
        "serverless.yml": "partial",
        "other/serverless.yml": "read",
    }
