"""Keys that a program does not know are told, and only those."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract import known_keys
from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.known_keys import COMPOSE_SERVICE, SERVER, Schema
from agentaudit.model.deployment import FileStatus
from agentaudit.model.facts.keys import UnknownKey

SCHEMAS = [item for item in vars(known_keys).values() if isinstance(item, Schema)]

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  automountServiceAcountToken: false
  containers:
    - {name: a, image: b, securityContext: {runAsNonroot: true}}
"""
WORKFLOW = """\
on: push
jobs:
  a:
    runs-on: x
    permissions: {content: read}
    steps: [{uses: actions/checkout@v5, with: {persist_credentials: false}}]
"""


def keys(path: str, text: str) -> list[tuple[str, str, bool]]:
    found: tuple[UnknownKey, ...] = deployment_of({path: text}).unknown_keys
    return [(fact.name, fact.meant, fact.guards) for fact in found]


@given(st.lists(st.sampled_from(sorted(COMPOSE_SERVICE.keys)), unique=True))
def test_what_a_schema_knows_is_never_told(names: list[str]) -> None:
    service = dict.fromkeys(names) | {"image": "a", "x-own": None}
    body = "".join(f"    {name}: {value or 1}\n" for name, value in service.items())

    assert keys("compose.yaml", f"services:\n  agent:\n{body}") == []


@given(st.sampled_from(sorted(SERVER.guards - {"trust"})), st.integers(1, 3))
def test_a_letter_too_few_is_told(name: str, at: int) -> None:
    slip = name[:at] + name[at + 1 :]
    text = f'{{"mcpServers": {{"t": {{"command": "t-mcp", "{slip}": true}}}}}}'
    found = keys(".mcp.json", text)

    assert slip in SERVER.keys or [item[0] for item in found] == [slip]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_a_key_guards_or_does_not(schema: Schema) -> None:
    assert not schema.guards & schema.others


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            ".claude/settings.json",
            '{"permisions": {"deny": ["Bash"]}, "permissions": {"defaultmode": "plan"}}',
            [("defaultmode", "defaultMode", True), ("permisions", "permissions", True)],
        ),
        (
            ".codex/config.toml",
            'sandbox_mode = "read-only"\napproval_polcy = "on-request"\nmodel = "m"\n',
            [("approval_polcy", "approval_policy", True)],
        ),
        (
            "pod.yaml",
            POD,
            [
                ("automountServiceAcountToken", "automountServiceAccountToken", True),
                ("runAsNonroot", "runAsNonRoot", True),
            ],
        ),
        (
            ".github/workflows/a.yml",
            WORKFLOW,
            [
                ("content", "contents", True),
                ("persist_credentials", "persist-credentials", True),
            ],
        ),
    ],
)
def test_slips_in_guarding_keys(
    path: str, text: str, expected: list[tuple[str, str, bool]]
) -> None:
    assert keys(path, text) == expected


def test_other_files_are_not_held_to_a_schema() -> None:
    """A file of services that is no Compose file by its name, and keys of an open schema."""
    services = "services:\n  agent:\n    image: a\n    memory: 5\n"
    shiny = '{"mcpServers": {"t": {"command": "t-mcp", "glow": 1}}}'

    assert keys("deploy/stack.yaml", services) == keys(".mcp.json", shiny) == []


def test_of_very_many_some_are_told_and_the_file_counts_as_read_in_part() -> None:
    body = "".join(f"    glow_{number}: 1\n" for number in range(10_002))

    found = deployment_of({"compose.yaml": f"services:\n  agent:\n    image: a\n{body}"})

    assert len(found.unknown_keys) == 10_000
    assert [item.status for item in found.coverage] == [FileStatus.PARTIAL]
    assert [item.what for item in found.unresolved] == ["keys that nobody reads"]
