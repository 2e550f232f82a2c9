"""Of a secret that its name alone gives away, more is asked before it is told in earnest."""

import pytest

from agentaudit.extract.credentials.recognition import recognise
from agentaudit.extract.credentials.secret_values import is_composed
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Confidence
from agentaudit.rules.fakes import fake

COMPOSED = "billing_state_2025"
DRAWN = "q7Zk2PvW9sLx4TnB8rYc"
COMPOSE = "services:\n  agent:\n    image: agent:1\n    environment: {BILLING_PASSWORD: '%s'}\n"
CODE = 'import crewai\n\nSETTINGS = {"BILLING_PASSWORD": "%s"}\n'
WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    env: {BILLING_PASSWORD: "%s"}
    steps: [{run: make test}]
"""
PROSE = "Use `BILLING_PASSWORD=%s` for the tool.\n"


def confidence_of(file: str, text: str, value: str) -> Confidence:
    (found,) = deployment_of({file: text % value}).credentials
    return found.confidence


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app.py", CODE),
        (".github/workflows/test.yml", WORKFLOW),
        ("CLAUDE.md", PROSE),
    ],
)
def test_words_and_numbers_that_nothing_runs_with_are_possibly_a_secret(
    file: str, text: str
) -> None:
    assert confidence_of(file, text, COMPOSED) is Confidence.POSSIBLE


@pytest.mark.parametrize("value", [COMPOSED, DRAWN])
def test_what_a_container_runs_with_is_likely_its_secret(value: str) -> None:
    assert confidence_of("compose.yaml", COMPOSE, value) is Confidence.LIKELY


@pytest.mark.parametrize(
    ("file", "text"),
    [("app.py", CODE), (".github/workflows/test.yml", WORKFLOW), ("CLAUDE.md", PROSE)],
)
def test_what_a_machine_drew_is_likely_a_secret_anywhere(file: str, text: str) -> None:
    assert confidence_of(file, text, DRAWN) is Confidence.LIKELY


def test_a_made_up_password_in_a_program_is_possibly_a_secret() -> None:
    said = 'import crewai\n\nTEXT = "DEBUG: postgres://admin:%s@db.internal:5432"\n'

    assert confidence_of("app.py", said, "SecretPass123") is Confidence.POSSIBLE
    assert confidence_of("app.py", said, COMPOSED) is Confidence.LIKELY


@pytest.mark.parametrize("value", [COMPOSED, "ci-test-secret-key-minimum-16", "admin123"])
def test_words_and_numbers_are_composed(value: str) -> None:
    assert is_composed(value)


@pytest.mark.parametrize(
    "value", [DRAWN, "9f86d081884c7d659a2feaa0c55ad015", "k3j9xq2mwp7z", "123456789012"]
)
def test_what_a_machine_draws_is_not_composed(value: str) -> None:
    assert not is_composed(value)


@pytest.mark.parametrize(
    ("host", "password", "confidence"),
    [
        ("localhost", COMPOSED, Confidence.POSSIBLE),
        ("127.0.0.1", COMPOSED, Confidence.POSSIBLE),
        ("localhost", DRAWN, Confidence.LIKELY),
        ("billing-db", COMPOSED, Confidence.LIKELY),
    ],
)
def test_words_for_a_database_on_the_own_machine_are_possibly_a_secret(
    host: str, password: str, confidence: Confidence
) -> None:
    text = f"DATABASE_URL=postgresql://billing:%s@{host}:5432/billing\n"

    assert confidence_of(".env", text, password) is confidence


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("credentialSecret", "backup-s3-2024", False),
        ("tlsSecret", "wildcard-tls-9", False),
        ("clientSecret", "q8vr2xlk-q9mp4zt7", True),
        ("credentialSecret", "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf", True),
    ],
)
def test_what_names_an_object_of_kubernetes_is_no_secret(
    key: str, value: str, *, secret: bool
) -> None:
    assert (recognise(key, value) is not None) is secret


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('key = os.environ.get("VENDOR_KEY", "SECRET")', "VENDOR_KEY"),
        ('key = os.getenv("VENDOR_KEY", default="SECRET")', "VENDOR_KEY"),
        ('key = os.getenv("VENDOR_KEY") or "SECRET"', "VENDOR_KEY"),
        ('call({"a": os.getenv("VENDOR_KEY") or "SECRET"})', "VENDOR_KEY"),
        ('key = given or "SECRET"', "key"),
        ('key = given if given else "SECRET"', "key"),
        ('key: str = "SECRET"', "key"),
        ('def call(one, key="SECRET", *, other=None): ...', "key"),
        ('def call(one, *, other, key="SECRET"): ...', "key"),
        ('key = os.getenv("VENDOR_KEY_FILE", "SECRET")', "text"),
        ('call("SECRET")', "text"),
    ],
)
def test_a_default_is_called_after_what_it_stands_in_for(line: str, name: str) -> None:
    code = f"import os\nimport crewai\n{line}\n".replace("SECRET", fake("openai_key"))
    (credential,) = deployment_of({"app.py": code}).credentials

    assert credential.name == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("const apiKey = process.env.VENDOR_KEY ?? 'SECRET';", "VENDOR_KEY"),
        ("const apiKey = process.env['VENDOR_KEY'] || `SECRET`;", "VENDOR_KEY"),
        ("const apiKey = given ?? 'SECRET';", "apiKey"),
        ("const apiKey = given ? given : 'SECRET';", "apiKey"),
        ("call({ headers: { Authorization: 'Bearer SECRET' } });", "Authorization"),
        ("call('SECRET');", "text"),
        ("// SECRET", "text"),
    ],
)
def test_so_is_a_default_in_scripts(line: str, name: str) -> None:
    code = f"import {{ Agent }} from '@openai/agents';\n{line}\n"
    secret = fake("openai_key")
    (credential,) = deployment_of({"app.ts": code.replace("SECRET", secret)}).credentials

    assert credential.name == name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("MYSQL_DSN", "root:toor@tcp(mysql:3306)/plans?parseTime=true"),
        ("REDIS_CONNECTION_STRING", "redis:6379,password=localdev-redis-pass"),
        ("GATEWAY_TOKEN", "BEARER-LOCAL-a9f3k2p8q7x1m4n6"),
        ("ACME_JWT_SECRET", "acme_jwt_secret_2024_secure"),
        ("ACME_ENCRYPTION_KEY", "offline_encryption_key_2024"),
    ],
)
def test_words_that_say_what_a_value_is_for_make_it_possibly_a_secret(key: str, value: str) -> None:
    found = recognise(key, value)

    assert found is not None
    assert found.confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("MYSQL_DSN", "root:q7Zk2PvW9s@tcp(mysql:3306)/plans"),
        ("POSTGRES_PASSWORD", "acme_secure_password_123"),
        ("GATEWAY_TOKEN", "LOCALE-a9f3k2p8q7x1m4n6"),
        ("ACME_JWT_SECRET", "jwt-secret-q7Zk2PvW9sLx4TnB8rYc"),
    ],
)
def test_a_value_that_says_less_is_likely_a_secret(key: str, value: str) -> None:
    found = recognise(key, value)

    assert found is not None
    assert found.confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    ("written", "confidence"),
    [
        ("secret123", Confidence.LIKELY),
        ("${DB_PASSWORD:-secret123}", Confidence.POSSIBLE),
        ("${DB_PASSWORD:-firewatch123}", Confidence.LIKELY),
        ("postgres://shop:${DB_PASSWORD:-secret123}@db/shop", Confidence.POSSIBLE),
        ("postgres://shop:secret123@db/shop", Confidence.LIKELY),
    ],
)
def test_a_default_that_somebody_made_up_waits_for_its_variable(
    written: str, confidence: Confidence
) -> None:
    found = recognise("DB_PASSWORD", written)

    assert found is not None
    assert found.confidence is confidence


@pytest.mark.parametrize(
    "file", ["compose.dev.yaml", "docker-compose.local.yml", "docker-compose.demo.yml"]
)
def test_where_people_try_things_words_and_numbers_are_possibly_a_secret(file: str) -> None:
    assert confidence_of(file, COMPOSE, COMPOSED) is Confidence.POSSIBLE
    assert confidence_of(file, COMPOSE, DRAWN) is Confidence.LIKELY


def test_the_bearer_token_of_bedrock_is_a_key() -> None:
    """Its name ends in what it opens, and not in what it is."""
    found = recognise("AWS_BEARER_TOKEN_BEDROCK", DRAWN)

    assert found is not None
    assert (found.provider, found.kind) == ("aws", "api_key")


def test_the_tree_of_the_cdk_says_its_template_again() -> None:
    """A key that is known by its look and stands there alone is told."""
    password = fake("password")
    template = (
        '{"Resources": {"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": '
        '{"ContainerDefinitions": [{"Name": "desk", "Image": "desk:1.2", "Environment": '
        f'[{{"Name": "DESK_PASSWORD", "Value": "{password}"}}]}}]}}}}}}}}'
    )
    tree = (
        '{"version": "tree-0.1", "tree": {"environment": '
        f'[{{"name": "DESK_PASSWORD", "value": "{password}"}}, {{"value": "KEY"}}]}}}}'
    )
    found = {"cdk.out/Desk.template.json": template, "cdk.out/tree.json": tree}

    (credential,) = deployment_of(found).credentials
    assert credential.evidence[0].file == "cdk.out/Desk.template.json"
    found["cdk.out/tree.json"] = tree.replace("KEY", fake("github_classic"))
    assert len(deployment_of(found).credentials) == 2


@pytest.mark.parametrize(
    ("name", "confidence"),
    [("desk4711", Confidence.POSSIBLE), ("clerk", Confidence.LIKELY)],
)
def test_a_password_that_is_called_as_its_user_waits_for_another(
    name: str, confidence: Confidence
) -> None:
    named = f"{{POSTGRES_USER: {name}, POSTGRES_PASSWORD: desk4711}}"
    service = f"{{image: 'postgres:17', environment: {named}}}"
    (found,) = deployment_of({"compose.yaml": f"services: {{db: {service}}}\n"}).credentials

    assert found.confidence is confidence


def test_a_published_default_is_one_beside_the_user_of_its_name() -> None:
    named = "{MINIO_ROOT_USER: minioadmin, MINIO_ROOT_PASSWORD: minioadmin}"
    service = f"{{image: 'minio/minio:1', environment: {named}}}"
    (found,) = deployment_of({"compose.yaml": f"services: {{s3: {service}}}\n"}).credentials

    assert (found.default_value, found.confidence) == (True, Confidence.CERTAIN)


def test_a_bundle_of_talos_is_secret_word_for_word() -> None:
    bundle = (
        f"cluster:\n  secret: {DRAWN}a\nsecrets:\n  bootstraptoken: {DRAWN}b\n"
        f"  secretboxencryptionsecret: {DRAWN}c\n  tokenizer: {DRAWN}d\n"
    )
    found = deployment_of({"talos/secrets.yaml": bundle}).credentials

    assert {each.variable for each in found} == {
        "secret",
        "bootstraptoken",
        "secretboxencryptionsecret",
    }
