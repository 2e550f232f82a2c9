"""A client's secret stands with the client and in its realm: that is one secret for one."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of

DRAWN = "G7x9vK2qH3pZs8YtW4bN"
PROXY = f"OAUTH2_PROXY_CLIENT_SECRET={DRAWN}\n"


def realm(*clients: str) -> str:
    listed = [{"clientId": name, "secret": DRAWN} for name in clients]
    return json.dumps({"realm": "desk", "clients": listed}, indent=1)


@pytest.mark.parametrize(
    ("files", "alone"),
    [
        ({"realm.json": realm("desk"), "proxy/.env": PROXY}, True),
        ({"realm.json": realm("desk"), "proxy/.env": PROXY, "other/.env": PROXY}, False),
        ({"realm.json": realm("desk", "shop"), "proxy/.env": PROXY}, False),
        ({"realm.json": realm("desk", "shop")}, False),
        ({"clients.json": json.dumps({"secret": DRAWN}), "proxy/.env": PROXY}, False),
    ],
)
def test_a_secret_is_shared_where_a_second_client_has_it(
    files: dict[str, str],
    alone: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    found = deployment_of(files)

    assert {each.one_holder for each in found.credentials} == {alone}
    assert sum(each.first_of_shared for each in found.credentials) == 1


def test_what_a_realm_is_itself_a_client_with_is_none_of_its_own() -> None:
    other = {"alias": "google", "config": {"clientId": "x", "clientSecret": DRAWN}}
    text = json.dumps({"realm": "desk", "clients": [], "identityProviders": [other]}, indent=1)
    found = deployment_of({"realm.json": text, "proxy/.env": PROXY})

    assert {each.holder for each in found.credentials} == {"repository"}
    assert not any(each.one_holder for each in found.credentials)
