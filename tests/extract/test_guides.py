"""Guides for agents are full of programs and of values that somebody made up: no secrets."""

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.credentials.made_up import is_code, is_made_up
from agentaudit.extract.credentials.recognition import by_look, recognise
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Confidence
from agentaudit.rules.fakes import fake


@pytest.mark.parametrize(
    "line",
    [
        "user = User(name=name, password=request.body.password)",
        "const password = String(request.body.password);",
        'api_key=os.environ.get("GATEWAY_KEY", "none"),',
        '"password": schema.StringAttribute{',
        "password: z.string().min(12),",
        "DATABASE_URL: z.string().url(),",
        "DATABASE_URL: Optional[PostgresDsn] = None",
        "CACHE_REDIS_URL = os.environ.get('REDIS_URL', 'redis://cache:6379/0')",
        "DB_PASSWORD=$(vault kv get -field=password secret/database)",
        "\"connectionString\": \"@body('Read_credentials')?['value']\"",
        "login({'email': email, 'password': auth_token})",
        "$opened = ConvertTo-SecureString $credentials.Value -AsPlainText -Force",
        'Password: <input type="password" name="pass"><br>',
        "- Second pass: fine-grained retrieval for precision",
        "Pass: Least-privilege scopes, per-request checks. Fail: Broad scopes.",
        "// PASS: Classes/Records: PascalCase",
        "// PASS: Constants: UPPER_SNAKE_CASE",
        "'password' => ['required', 'string', Password::min(12)->letters()],",
    ],
)
def test_a_piece_of_a_program_and_a_sentence_are_no_secrets(line: str) -> None:
    deployment = deployment_of({"AGENTS.md": f"# Rules\n\n{line}\n"})

    assert not deployment.credentials


@pytest.mark.parametrize(
    "line",
    [
        "'password': 'SecurePass123!',",
        "API_KEY=actual_secret_key_12345",
        "response = login('user', password='testpass123')",
        "qpdf --password=mypassword --decrypt encrypted.pdf plain.pdf",
        "SELECT * FROM users WHERE name='admin'--' AND password='anything'",
        "# DefaultPassword: P@ssw0rd123",
        'const API_KEY = "sk_live_abc123xyz789"; // bad',
        "password: cGFzc3dvcmQtMTIzNA== # base64",
        "BOT_TOKEN=123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11",
        '"DB_URL": "postgresql://admin:password123@db.acme.io:5432/main"',
        "DATABASE_URL=postgres://index:s3rverAt7home@localhost/index",
        "OPENAI_API_KEY=configured-via-ui",
        "printf 'ANTHROPIC_API_KEY=sk-ant-test-fake\\n' > .env",
        "login('user', password='testing123')",
        "login('user', password='productionpassword1')",
    ],
)
def test_a_value_that_somebody_made_up_is_no_secret(line: str) -> None:
    deployment = deployment_of({"AGENTS.md": f"# Rules\n\n{line}\n"})

    assert not deployment.credentials


@pytest.mark.parametrize(
    "line",
    [
        f"Log in with `CRM_PASSWORD={fake('password')}`.",
        f'password: "{fake("password")}"',
        f"'api_key': '{fake('openai_key')}',",
        "DATABASE_URL=postgres://index:s3rverAt7home@db.acme.io/index",
        "Log in with password=hunter2ab and ask for the report.",
    ],
)
def test_a_secret_in_a_guide_is_found(line: str) -> None:
    deployment = deployment_of({"AGENTS.md": f"# Rules\n\n{line}\n"})

    assert [item.exposure for item in deployment.credentials] == ["prompt"]


@given(st.text(max_size=200))
def test_any_value_gets_an_answer(value: str) -> None:
    assert is_made_up(value) in {True, False}
    assert is_code(value) in {True, False}


@given(st.binary())
def test_what_chance_writes_is_not_made_up(seed: bytes) -> None:
    key = base64.b64encode(hashlib.sha256(seed).digest()[:24]).decode()

    assert not is_made_up(key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("api_key", "sk-abc123xyz789"),
        ("ACCESS_TOKEN", "123-this-is-a-fake-token-please-use-a-provider"),
        ("OPENAI_API_KEY", "configured-via-ui"),
        ("MYSQL_DSN", "user:pass@tcp(host)/db"),
        ("hashed_password", "Zk8vQ2mX7pLr"),
    ],
)
def test_settings_that_stand_for_a_secret_are_none_in_any_file(key: str, value: str) -> None:
    assert recognise(key, value) is None


@pytest.mark.parametrize("password", ["Zk8vQ2mX7pLr", "root"])
def test_a_password_in_an_address_for_drivers_of_go_is_one(password: str) -> None:
    assert recognise("MYSQL_DSN", f"agent:{password}@tcp(db:3306)/agent") is not None


def test_a_token_without_a_signature_opens_nothing() -> None:
    header, claims = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJ1c2VyIjoiYWRtaW4ifQ"

    assert by_look(f"{header}.{claims}.") is None
    assert by_look(f"{header}.{claims}.signature") is None
    assert by_look(f"{header}.{claims}.{'a1B2' * 11}") is not None


@pytest.mark.parametrize("prefix", ["ghp_", "gho_", "ghs_"])
@pytest.mark.parametrize("body", ["16C7e42F292c69" + "12E7710c838347Ae178B4a"])
def test_tokens_that_documentation_shows_to_everybody_are_none(prefix: str, body: str) -> None:
    assert by_look(f"token: {prefix}{body}") is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("COOKIE_SECRET", "thisisasecret"),
        ("POSTGRES_PASSWORD", "CAMBIA_ESTO"),
        ("ENCRYPTION_KEY", "CAMBIA_ESTO_usa_openssl_rand_hex_32"),
        ("api_key", "你的密钥-0000-abcd"),
        ("openai_api_key", "cloudfare配置秘钥"),
        ("token", "请在此处填写2024"),
        ("Authorization", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJ1c2VyIjoiYWRtaW4ifQ."),
        ("password", "पासवर्ड"),
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=7f3a;IngestionEndpoint=x"),
    ],
)
def test_what_asks_to_be_replaced_and_what_names_a_resource_is_no_secret(
    key: str, value: str
) -> None:
    assert recognise(key, value) is None


def test_a_token_of_sentry_ends_in_a_secret_of_its_own_length() -> None:
    claims = base64.b64encode(b'{"iat":1694033153.79,"url":"https://sentry.io"}').decode()

    assert by_look(f"sntrys_{claims}_abcdef123456") is None
    assert by_look(f"sntrys_{claims}_{'aB3+' * 10}x9Z") is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("continuationToken", "LDEsMTAwMDAwLDA%3D"),
        ("next_token", "eyJMYXN0U2VlbkNvbm5lY3Rpb25JZCI6NX0="),
        ("connectionString", "jb7plbunhsduflm44ar4kllxze.datawarehouse.fabric.acme.com"),
        ("invitationToken", "eyJ0eXAiOiJKVInvitationToken"),
        ("KEYCHAIN_PASSWORD", "temporary-cd-keychain-pwd"),
    ],
)
def test_where_a_list_goes_on_and_where_a_server_stands_is_no_secret(key: str, value: str) -> None:
    assert recognise(key, value) is None


@pytest.mark.parametrize("key", ["NEXT_AUTH_SECRET", "PAGE_ACCESS_TOKEN", "SYNC_API_KEY"])
def test_names_that_hold_a_word_of_pages_are_names_of_secrets(key: str) -> None:
    assert recognise(key, fake("aws_secret_key")) is not None


def test_a_secret_in_a_list_of_compose_is_found_once() -> None:
    text = (
        "services:\n  agent:\n    image: acme/agent:1\n    environment:\n"
        "      - DATABASE_URL=postgres://agent:s3rverAt7home@db.acme.io/agent\n"
    )
    (credential,) = deployment_of({"compose.yaml": text}).credentials

    assert credential.variable == "DATABASE_URL"


@pytest.mark.parametrize(
    ("value", "confidence"),
    [
        ("LocalPasswordOnly", Confidence.POSSIBLE),
        (base64.b64encode(b"desk_redis_password").decode(), Confidence.POSSIBLE),
        (base64.b64encode(b"q8!vR2#xLk-mP4").decode(), Confidence.LIKELY),
        ("index-postgres", Confidence.POSSIBLE),
        ("Milvus", Confidence.POSSIBLE),
        ("s3rverAt7home", Confidence.LIKELY),
        ("kXqZpLmNbVwY", Confidence.LIKELY),
    ],
)
def test_a_password_of_nothing_but_words_is_possibly_one(
    value: str, confidence: Confidence
) -> None:
    named = recognise("DB_PASSWORD", value)
    shown = by_look(f"postgres://agent:{value}@db.acme.io/agent")

    assert named is not None
    assert shown is not None
    assert (named.confidence, shown.confidence) == (confidence, confidence)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("POSTGRES_PASSWORD", "changePassword"),
        ("RUNNERS_AUTH_TOKEN", "changeRunnerAuthToken"),
        ("RUNNERS_AUTH_TOKEN", "runner-${Fn::Select}"),
        ("openai-api-key", "sk-proj-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ],
)
def test_a_value_with_a_gap_and_the_alphabet_are_no_secrets(key: str, value: str) -> None:
    assert recognise(key, value) is None


@pytest.mark.parametrize(
    ("field", "found"), [("private_key_id", 0), ("-----BEGIN PRIVATE KEY-----", 1)]
)
def test_a_file_of_a_service_account_without_its_key_opens_nothing(field: str, found: int) -> None:
    text = f'{{"type": "service_account", "project_id": "acme-orders-4711", "k": "{field}"}}'
    value = base64.b64encode(text.encode()).decode()

    deployment = deployment_of({"values.yaml": f"serviceAccountKey: {value}\n"})

    assert len(deployment.credentials) == found


@pytest.mark.parametrize(("name", "found"), [("sample_secrets", 0), ("secrets", 1)])
def test_a_mapping_of_samples_holds_no_secrets(name: str, found: int) -> None:
    code = f'import langgraph\n{name} = {{"DATABASE_PASSWORD": "q8!vR2#xLk9"}}\n'

    assert len(deployment_of({"setup.py": code}).credentials) == found


@pytest.mark.parametrize(("field", "found"), [("encryptedData", 0), ("stringData", 1)])
def test_a_sealed_secret_gives_nothing_away(field: str, found: int) -> None:
    text = (
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: agent}\n"
        f"spec:\n  {field}:\n    JIRA_API_TOKEN: AgBq8vR2xLkQ9mP4Zt7wYs3nHc6dJf\n"
    )

    assert len(deployment_of({"sealed.yaml": text}).credentials) == found


def test_under_which_key_another_secret_is_kept_gives_nothing_away() -> None:
    text = (
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: agent}\n"
        "spec:\n  data:\n"
        "    - {secretKey: CRM_S3_SECRET_KEY_2, remoteRef: {key: crm}}\n"
        "    - {secretKey: crm_base_url_2, remoteRef: {key: url}}\n"
        "    - {secretKey: .dockerconfigjson, remoteKey: registry}\n"
    )
    other = 'crm: {secretKey: "AgBq8vR2xLkQ9mP4Zt7wYs3nHc6dJf"}\n'

    assert not deployment_of({"external.yaml": text}).credentials
    assert len(deployment_of({"values.yaml": other}).credentials) == 1


@pytest.mark.parametrize(
    "written",
    [
        'os.environ["CRM_API_KEY"] = "{}"',
        'client.api_key = "{}"',
        'os.environ.update(CRM_API_KEY="{}")',
    ],
)
def test_a_key_has_the_name_of_where_code_keeps_it(written: str) -> None:
    value = "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"
    code = f"import os\nimport langgraph\n{written.format(value)}\n"
    (found,) = deployment_of({"run.py": code}).credentials

    assert found.variable in {"CRM_API_KEY", "api_key"}


@pytest.mark.parametrize(
    "line",
    [
        "buyToken: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'",
        'secret: "主人说\\"你\\" 她停了一下 没有再说什么"',
        "password: string|null",
    ],
)
def test_addresses_sentences_of_other_scripts_and_types_are_no_secrets(line: str) -> None:
    assert not deployment_of({"settings.yaml": f"{line}\n"}).credentials


@pytest.mark.parametrize(("role", "found"), [("anon", 0), ("service_role", 1)])
def test_a_key_that_pages_may_show_is_none(role: str, found: int) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"role": role, "exp": 2e9}).encode()).decode()
    token = (
        f"eyJhbGciOiJIUzI1NiJ9.{claims.rstrip('=')}.{'q8vR2xLkQ9mP4Zt7wYs3nHc6dJfTb5gWk1Xe0uLa8pZ'}"
    )

    assert len(deployment_of({"settings.yaml": f"api_key: {token}\n"}).credentials) == found
