"""Workers of Cloudflare: what they run, hold and open, in each environment."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm

VALUE = "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"
TOML = f"""
name = "desk"
main = "src/index.ts"
[vars]
STAGE = "test"
CRM_TOKEN = "{VALUE}"
[env.production]
workers_dev = false
[env.production.vars]
STAGE = "production"
"""
AGENT = {
    "a/src/index.ts": (
        'import { ToolLoopAgent } from "ai";\n'
        "export const desk = new ToolLoopAgent({ model, tools: { search } });\n"
    )
}


def test_each_environment_is_a_worker_of_its_own() -> None:
    found = deployment_of({"a/wrangler.toml": TOML, **AGENT})
    plain, production = sorted(found.runtimes, key=lambda each: each.name)

    assert (plain.name, production.name) == ("desk", "desk-production")
    assert (plain.published_ports, production.published_ports) == (("443",), ())
    assert {plain.memory_limit, production.memory_limit} == {Known.SET}
    assert (plain.holds_secrets, production.holds_secrets) == (True, False)
    assert [(each.variable, each.form) for each in found.credentials] == [
        ("CRM_TOKEN", CredentialForm.LITERAL)
    ]
    runs = {edge.dst for edge in found.edges if edge.kind is EdgeKind.RUNS_ON}
    assert runs == {plain.id, production.id}


@pytest.mark.parametrize(
    ("said", "open_"),
    [
        ("", True),
        (', "workers_dev": false', False),
        (', "workers_dev": false, "routes": ["desk.acme.example/*"]', True),
    ],
)
def test_a_worker_has_an_address_unless_it_says_otherwise(said: str, *, open_: bool) -> None:
    text = f'{{ /* of the desk */ "name": "desk", "main": "src/index.ts"{said} }}'
    (runtime,) = deployment_of({"wrangler.jsonc": text}).runtimes

    assert bool(runtime.published_ports) is open_


@pytest.mark.parametrize(
    ("file", "text"),
    [("wrangler.toml", 'name = "pages"\n'), ("config.toml", TOML)],
)
def test_other_files_are_no_workers(file: str, text: str) -> None:
    assert not deployment_of({file: text}).runtimes


@pytest.mark.parametrize("file", [".dev.vars", "a/.dev.vars.production"])
def test_variables_of_a_developer_are_an_environment(file: str) -> None:
    (found,) = deployment_of({file: f'CRM_TOKEN="{VALUE}"\n'}).credentials

    assert found.variable == "CRM_TOKEN"
