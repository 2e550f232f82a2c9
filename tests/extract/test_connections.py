"""A password within what connects a program to its database is found wherever it stands."""

import pytest

from agentaudit.extract.credentials.connections import connection_in
from agentaudit.extract.credentials.redaction import all_cleaned, cleaned, plain
from agentaudit.extract.deployment import deployment_of

LETTERS = "q7Zk2PvW9sLx4TnB8rYc"


@pytest.mark.parametrize(
    "line",
    [
        f"SPRING_DATASOURCE_URL=jdbc:postgresql://db.acme.example/app?user=app&password={LETTERS}",
        f"STORE=jdbc:sqlserver://db.acme.example:1433;user=app;password={LETTERS};encrypt=true",
        f"STORE=redis://cache.acme.example:6379/0?password={LETTERS}",
        f"STORE=nats://app:{LETTERS}@bus.acme.example:4222",
        f"STORE=Server=tcp:db.acme.example,1433;Database=app;User Id=app;Password={LETTERS};",
        f"STORE=Data Source=db.acme.example;Initial Catalog=app;Pwd={LETTERS}",
        f"STORE=redis://:7/{LETTERS}@cache.acme.example:6379",
    ],
)
def test_a_password_for_a_database_is_found_by_its_look(line: str) -> None:
    (found,) = deployment_of({".env": line + "\n"}).credentials

    assert (found.provider, found.kind) == ("database", "connection_string")
    assert LETTERS not in str(found)


@pytest.mark.parametrize(
    "text",
    [
        f"https://shop.acme.example/login?password={LETTERS}",
        "jdbc:postgresql://db.acme.example/app?user=app&sslmode=require",
        "Server=db.acme.example;Database=app;Integrated Security=true",
        f"password={LETTERS}",
        "gopher://localhost:25/_MAIL%20FROM:<mallory@acme.example>",
        "see http://desk.acme.example:8080/a:b,mail=ann@acme.example",
        "usage: install <path|https://…|gh:owner/repo[@tag]> installs it",
        '["raw://a34b","dweb:/ipfs/Qm7Zk2Pv"]},"lib/@acme/base.sol"',
    ],
)
def test_what_names_no_database_or_no_password_is_no_connection(text: str) -> None:
    assert connection_in(text) is None


@pytest.mark.parametrize(
    "value",
    ["jdbc:postgresql://db/app?password=${DB_PASSWORD}", "Server=db;Password=${DB_PASSWORD};"],
)
def test_a_reference_in_its_place_is_no_literal(value: str) -> None:
    found = deployment_of({".env": f"STORE={value}\n"}).credentials

    assert all(each.form.value != "literal" for each in found)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Server=db;Password = {LETTERS};Encrypt=true", "Server=db;Password = …;Encrypt=true"),
        (f"jdbc:mysql://db/app?user=a&password={LETTERS}", "jdbc:mysql://db/app?user=a&password=…"),
        (f"host=db PWD={LETTERS} dbname=app", "host=db PWD=… dbname=app"),
        ("Server=db;Password=${DB_PASSWORD}", "Server=db;Password=${DB_PASSWORD}"),
    ],
)
def test_a_password_within_an_argument_is_never_shown(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert cleaned(text) == shown
    assert all_cleaned((text,)) == (shown,)


@pytest.mark.parametrize(
    ("file", "text", "confidence"),
    [
        (
            ".github/workflows/tests.yml",
            "on: push\njobs: {t: {runs-on: a, env: {DATABASE_URL: 'postgresql+psycopg2://a:dev123@localhost/a'}}}\n",
            "possible",
        ),
        ("prepare.py", "URL = 'postgresql://app:dev123@localhost:5432/app'\n", "possible"),
        ("appsettings.json", '{"Db": "Server=localhost;Database=a;Password=123456"}', "possible"),
        (".env", "DATABASE_URL=postgresql://app:dev123@db.acme.example:5432/app\n", "likely"),
        (".env", f"DATABASE_URL=postgresql://app:{LETTERS}@localhost:5432/app\n", "likely"),
    ],
)
def test_a_made_up_password_opens_nothing_on_the_own_machine(
    file: str, text: str, confidence: str
) -> None:
    (found,) = deployment_of({file: text}).credentials

    assert found.confidence.value == confidence


@pytest.mark.parametrize(
    "password", ["${DB_PASSWORD}", "${DB_PASSWORD:?it is required}", "${DB_PASSWORD:-}"]
)
def test_a_password_that_is_a_reference_may_have_spaces(password: str) -> None:
    line = f"Host=db;Port=5432;Database=desk;Username=desk;Password={password}"
    compose = f"services: {{pages: {{image: 'pages:1', environment: ['Store__Desk={line}']}}}}\n"
    found = deployment_of({"compose.yaml": compose}).credentials

    assert all(item.form != "literal" for item in found)
