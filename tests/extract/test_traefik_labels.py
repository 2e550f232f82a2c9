"""A service that Traefik leads to is reached from outside, unless something there may ask first."""

import pytest

from agentaudit.extract.deployment import deployment_of

COMPOSE = """\
services:
  ollama:
    image: ollama/ollama:0.12.3
    labels:
{labels}
"""
RULE = "traefik.http.routers.llm.rule: Host(`llm.example.com`)"
TRAEFIK = "services:\n  traefik:\n    image: traefik:v3.6\n    command: [{command}]\n"


@pytest.mark.parametrize(
    ("labels", "exposed"),
    [
        (["traefik.enable: 'true'", RULE], True),
        (["traefik.enable: true", RULE], True),
        (["- traefik.enable=true", "- traefik.http.routers.llm.rule=Host(`a`)"], True),
        (["traefik.enable: 'false'", RULE], False),
        ([RULE], False),
        (["traefik.enable: 'true'"], False),
        (["traefik.enable: 'true'", RULE, "traefik.http.routers.llm.middlewares: auth"], False),
        (
            [
                "traefik.enable: 'true'",
                RULE,
                "traefik.http.routers.llm.middlewares: auth",
                "traefik.http.routers.api.rule: PathPrefix(`/api`)",
            ],
            True,
        ),
    ],
)
def test_a_route_without_a_middleware_leads_in(
    labels: list[str],
    exposed: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    text = COMPOSE.format(labels="\n".join(f"      {label}" for label in labels))
    (model,) = deployment_of({"compose.yml": text}).models

    assert model.exposed is exposed


@pytest.mark.parametrize(
    ("file", "text", "exposed"),
    [
        ("t/compose.yml", TRAEFIK.format(command="--entrypoints.web.address=:80"), True),
        ("t/compose.yml", TRAEFIK.format(command="--entrypoints.web.http.middlewares=sso"), False),
        ("traefik.yml", "entryPoints: {web: {http: {middlewares: [sso@file]}}}\n", False),
    ],
)
def test_an_entry_point_may_ask_for_all_behind_it(
    file: str,
    text: str,
    exposed: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    labels = f"      traefik.enable: 'true'\n      {RULE}"
    (model,) = deployment_of({"compose.yml": COMPOSE.format(labels=labels), file: text}).models

    assert model.exposed is exposed
