"""Is it a credential, whose, and how long does it live? Asked of fakes that have the right form."""

import json
from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.credentials import recognition
from agentaudit.extract.credentials.literals import form_of, is_placeholder, variable_of
from agentaudit.extract.credentials.recognition import by_look, recognise
from agentaudit.extract.credentials.redaction import (
    arguments,
    assignment,
    bare_url,
    plain,
    redacted,
)
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import CredentialForm, Lifetime
from agentaudit.readers.token_forms import (
    SHORTEST_TOKEN,
    TOKENS,
    github_checksum_holds,
    may_hold_token,
    token_in,
)
from agentaudit.rules.fakes import FAKES, fake

WITHOUT_A_LOOK = {"aws_secret_key", "aws_session_token", "password"}
WHOLE_SIGNATURE = "dozjgNryP4J3jVmNHl0w5NaXgL0nQ7sKf2Wb9Tz4Ue1"
HOUR_S = 3600


def test_what_many_services_are_given_is_recognised_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of one file, in as many environments as there are services."""
    asked: list[str] = []

    def could_be_secret(key: str, _kind: str, _value: str) -> bool:
        asked.append(key)
        return True

    monkeypatch.setattr(recognition, "could_be_secret", could_be_secret)
    recognition._recognised_once.cache_clear()
    services = "".join(f"  a{number}: {{image: agent, env_file: a.env}}\n" for number in range(5))
    deployment = deployment_of(
        {"compose.yaml": f"services:\n{services}", "a.env": "X_API_KEY=q7Zk3v9TtB1m\n"}
    )

    assert len(deployment.runtimes) == 5
    assert asked == ["X_API_KEY"]


@pytest.mark.parametrize("kind", sorted(set(FAKES) - WITHOUT_A_LOOK))
def test_every_fake_with_a_form_is_recognised_by_its_look(kind: str) -> None:
    found = by_look(f"before {fake(kind)} after")

    assert found is not None
    assert found.form is CredentialForm.LITERAL


@given(st.sampled_from(TOKENS).flatmap(lambda form: st.from_regex(form.pattern)))
def test_the_cheap_look_misses_no_form(text: str) -> None:
    assert len(text) >= SHORTEST_TOKEN
    assert may_hold_token(text)


@pytest.mark.parametrize(
    ("kind", "provider", "lifetime", "ttl_s"),
    [
        ("aws_access_key", "aws", Lifetime.STATIC, None),
        ("aws_session_key", "aws", Lifetime.SHORT, None),
        ("github_app_token", "github", Lifetime.SHORT, HOUR_S),
        ("github_classic", "github", Lifetime.STATIC, None),
        ("openai_key", "openai", Lifetime.STATIC, None),
        ("anthropic_key", "anthropic", Lifetime.STATIC, None),
        ("google_api_key", "google", Lifetime.STATIC, None),
        ("azure_client_secret", "azure", Lifetime.STATIC, None),
        ("azure_resource_key", "azure", Lifetime.STATIC, None),
        ("azure_shared_access_key", "azure", Lifetime.STATIC, None),
        ("alibaba_key", "alibaba", Lifetime.STATIC, None),
    ],
)
def test_each_kind_lives_as_long_as_its_vendor_says(
    kind: str, provider: str, lifetime: Lifetime, ttl_s: int | None
) -> None:
    found = by_look(fake(kind))

    assert found is not None
    assert (found.provider, found.lifetime, found.ttl_s) == (provider, lifetime, ttl_s)


@pytest.mark.parametrize("kind", ["openai_admin_key", "anthropic_admin_key"])
def test_admin_keys_are_known_as_such(kind: str) -> None:
    found = by_look(fake(kind))

    assert found is not None
    assert found.admin


@pytest.mark.parametrize(
    ("seconds", "lifetime"),
    [(600, Lifetime.SHORT), (30 * 24 * HOUR_S, Lifetime.STATIC), (None, Lifetime.STATIC)],
)
def test_a_token_says_itself_how_long_it_lives(seconds: int | None, lifetime: Lifetime) -> None:
    found = recognise("TOKEN", fake("jwt", lifetime_s=seconds))

    assert found is not None
    assert (found.kind, found.ttl_s, found.lifetime) == ("jwt", seconds, lifetime)


@pytest.mark.parametrize(
    "claims",
    [
        '{"exp": 1e999, "iat": 1}',
        '{"exp": Infinity, "iat": NaN}',
        f'{{"exp": {"9" * 5_000}}}',
        f'{{"exp": {"9" * 4_300}, "iat": -{"9" * 4_300}}}',
    ],
)
def test_a_token_that_lives_beyond_reason_never_expires(claims: str) -> None:
    header, _, signature = fake("jwt").split(".")
    body = urlsafe_b64encode(claims.encode()).decode().rstrip("=")
    found = recognise("TOKEN", f"{header}.{body}.{signature}")

    assert found is not None
    assert (found.kind, found.ttl_s, found.lifetime) == ("jwt", None, Lifetime.STATIC)


def test_behind_a_token_with_a_wrong_checksum_the_next_is_found() -> None:
    token = fake("github_classic")
    found = token_in(f"ghp_{'0' * 36} {token}")

    assert found is not None
    assert (found.value, found.at) == (token, 41)


@given(st.integers(min_value=0, max_value=35), st.sampled_from("0123456789"))
def test_a_changed_github_token_fails_its_checksum(position: int, digit: str) -> None:
    """CRC32 finds every error in one character."""
    token = fake("github_classic")
    changed = token[: 4 + position] + digit + token[5 + position :]

    assert github_checksum_holds(changed) == (changed == token)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("${OPENAI_API_KEY}", CredentialForm.ENV_REF),
        ("${OPENAI_API_KEY:-}", CredentialForm.ENV_REF),
        ("${OPENAI_API_KEY:?missing}", CredentialForm.ENV_REF),
        ("$OPENAI_API_KEY", CredentialForm.ENV_REF),
        ("%OPENAI_API_KEY%", CredentialForm.ENV_REF),
        ("${input:key}", CredentialForm.ENV_REF),
        ("${env:KEY}", CredentialForm.ENV_REF),
        ("os.environ/KEY", CredentialForm.ENV_REF),
        ('os.environ["KEY"]', CredentialForm.ENV_REF),
        ("$(KEY)", CredentialForm.ENV_REF),
        ("$__env{KEY}", CredentialForm.ENV_REF),
        ("{{ .Values.key }}", CredentialForm.SECRET_REF),
        ("${{ secrets.KEY }}", CredentialForm.SECRET_REF),
        ("{{resolve:secretsmanager:agent}}", CredentialForm.SECRET_REF),
        ("arn:aws:secretsmanager:eu-central-1:1:secret:x", CredentialForm.SECRET_REF),
        ("projects/p/secrets/s/versions/1", CredentialForm.SECRET_REF),
        ("@Microsoft.KeyVault(SecretUri=x)", CredentialForm.SECRET_REF),
        ("https://v.vault.azure.net/secrets/x", CredentialForm.SECRET_REF),
        ("op://vault/item/field", CredentialForm.SECRET_REF),
        ("vault:secret/data/agent#key", CredentialForm.SECRET_REF),
        ("ENC[AES256_GCM,data:x]", CredentialForm.SECRET_REF),
        ("var.api_key", CredentialForm.SECRET_REF),
        ("/run/secrets/key", CredentialForm.FILE),
        ("${OPENAI_API_KEY:-a-real-default}", CredentialForm.LITERAL),
        ("anything else", CredentialForm.LITERAL),
    ],
)
def test_references_are_no_literals(value: str, form: CredentialForm) -> None:
    assert form_of("API_KEY", value) is form


def test_references_name_their_variable() -> None:
    assert variable_of("${NAME:-default}") == "NAME"
    assert variable_of("$(NAME)") == "NAME"
    assert variable_of("plain") == ""


@pytest.mark.parametrize(
    "value",
    [
        *("your-api-key", "changeme", "sk-...", "<token>", "xxxxxxxxxxxxxxxx", "aaaaaaaaaaaaaaaaa"),
        *("AKIAIOSFODNN7EXAMPLE", "OPENAI_API_KEY", "openai-api-key", "abcabcabcabc", "password"),
        *("@rand20", "random", "<generated>", "PleaseGenerateOneOf50Letters"),
        *("PASTE_TOKEN_OF_CRM_HERE", "paste-it-then", "CRM_KEY_HERE"),
    ],
)
def test_placeholders_are_no_credentials(value: str) -> None:
    assert is_placeholder("OPENAI_API_KEY", value)
    assert recognise("OPENAI_API_KEY", value) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_tokens", "128000000000"),
        ("API_KEY", "https://example.org/keys"),
        ("TOKEN", "true"),
        ("SECRET_NAME", fake("password")),
        ("commit", "0123456789abcdef0123456789abcdef01234567"),
        ("password", "2f1c1d2e-3b4a-5c6d-7e8f-9a0b1c2d3e4f"),
        ("API_KEY", "prod-agent-openai-key"),
        ("API_KEY", "two words of prose here"),
        ("PUBLIC_KEY", fake("password")),
        ("EMPTY", ""),
    ],
)
def test_settings_that_are_no_secrets_are_none(key: str, value: str) -> None:
    assert recognise(key, value) is None


def test_a_key_may_say_from_which_page_it_is() -> None:
    assert recognise("CRM_API_KEY", "tvly-dev-from_crm_dashboard") is None
    assert recognise("CRM_API_KEY", "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") is not None


@pytest.mark.parametrize("key", ["OPENAI_API_KEY", "apiKey", "x-api-key", "client_secret"])
def test_a_secret_name_with_a_literal_is_a_static_credential(key: str) -> None:
    found = recognise(key, fake("password"))

    assert found is not None
    assert (found.form, found.lifetime) == (CredentialForm.LITERAL, Lifetime.STATIC)


@pytest.mark.parametrize(
    ("key", "value", "confidence"),
    [
        ("FLOWISE_PASSWORD", "1234", Confidence.LIKELY),
        ("GF_SECURITY_ADMIN_PASSWORD", "admin", Confidence.POSSIBLE),
        ("KC_BOOTSTRAP_ADMIN_PASSWORD", "admin", Confidence.POSSIBLE),
        ("FLOWISE_PASSWORD", "your_password", None),
        ("BILLING_PASSWORD", "1234", None),
        ("BILLING_PASSWORD", "admin", None),
    ],
)
def test_a_word_is_a_published_default_where_a_guide_has_it(
    key: str, value: str, confidence: Confidence | None
) -> None:
    found = recognise(key, value)
    default = found is not None and found.default_value

    assert (found.confidence if found is not None and default else None) is confidence


@pytest.mark.parametrize(
    ("key", "value", "admin"),
    [("LITELLM_MASTER_KEY", "sk-1234", True), ("PIPELINES_API_KEY", "0p3n-w3bu!", False)],
)
def test_a_published_default_is_a_credential_that_works(
    key: str, value: str, *, admin: bool
) -> None:
    found = recognise(key, value)

    assert found is not None
    assert found.default_value
    assert found.admin is admin


def test_keys_of_vendors_without_expiry_are_static_in_any_form() -> None:
    openai, github = recognise("OPENAI_API_KEY", "${X}"), recognise("GITHUB_TOKEN", "${X}")

    assert openai is not None
    assert github is not None
    assert (openai.lifetime, github.lifetime) == (Lifetime.STATIC, Lifetime.UNKNOWN)


@pytest.mark.parametrize(
    ("url", "form"),
    [
        (f"postgresql://agent:{fake('password')}@db:5432/x", CredentialForm.LITERAL),
        ("postgresql://agent:${PASSWORD}@db:5432/x", CredentialForm.ENV_REF),
        ("postgresql://${DB_USER:-agent}:${PASSWORD}@db:5432/x?y=z", CredentialForm.ENV_REF),
        ("postgresql://${DB_USER:-agent}:${PASSWORD:-tr0ub4dor}@db/x", CredentialForm.LITERAL),
    ],
)
def test_a_url_with_a_password_is_a_credential(url: str, form: CredentialForm) -> None:
    found = recognise("DATABASE_URL", url)

    assert found is not None
    assert (found.kind, found.form, found.provider) == ("connection_string", form, "database")


@pytest.mark.parametrize("url", ["postgresql://db/x", "postgresql://agent:password@db/x"])
def test_a_url_without_a_real_password_is_none(url: str) -> None:
    assert recognise("DATABASE_URL", url) is None


def test_a_bearer_header_is_its_token() -> None:
    found = recognise("Authorization", f"Bearer {fake('github_fine_grained')}")

    assert found is not None
    assert (found.provider, found.kind) == ("github", "fine_grained_token")


@given(st.sampled_from(sorted(set(FAKES) - {"private_key"})), st.integers(1, 50))
def test_redaction_keeps_no_more_than_the_known_prefix(kind: str, serial: int) -> None:
    """Not even six characters of the secret part survive."""
    secret = fake(kind, serial=serial)
    token = token_in(secret)
    prefix = len(token.form.prefix) if token is not None and token.at == 0 else 0
    hidden = secret[prefix:]
    shown = redacted(secret) + assignment("KEY", secret)
    if token is not None:
        shown += plain(f"see {secret} here") + " ".join(arguments((secret,)))
    shown += " ".join(arguments(("--api-key", secret, f"--token={secret}")))
    shown += bare_url(f"https://user:{hidden}@host/path?key={hidden}")

    pieces = {hidden[at : at + 6] for at in range(len(hidden) - 6)}
    assert not any(piece in shown for piece in pieces)


def test_arguments_stay_readable() -> None:
    words = ("-y", "pkg@1.2.3", "--header", "Authorization: Bearer ${TOKEN}", "--port", "80")

    assert arguments(words)[0:3] == ("-y", "pkg@1.2.3", "--header")
    assert arguments(words)[4:] == ("--port", "80")


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("caCertSecretKey", "company-internal-ca.crt", False),
        ("apiKeySecretKey", "OPENAI_API_KEY", False),
        ("apiSecretKey", "q8Zt2LmX0vRk7YbN4cWs", True),
        ("botPassword", "SECRET_BOT_PASSWORD", False),
        ("AzureWebJobsStorage__credential", "managedidentity", False),
        ("SECRET_KEY", "q8Zt2LmX0vRk7YbN4cWs", True),
    ],
)
def test_the_name_of_an_entry_of_a_secret_is_none(key: str, value: str, secret: bool) -> None:  # noqa: FBT001, a column of the table
    assert (recognise(key, value) is not None) is secret


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws_access_key", r"(?<![A-Z0-9])[A-Z0-9]{20}(?![A-Z0-9])"),
        ("aws_secret_key", r"[A-Za-z0-9/+=]{40}"),
        ("password", r"(?i)password\s*[=:]\s*[^\s]+"),
        ("existingConfigSecret", "acme-object-store-4"),
        ("connection_string", "Server=db.acme.test;Database=orders-2"),
        ("connection_string", "Server=db;User Id=agent;Password={db_password}"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis:6379/0"),
        ("REDIS_URL", "cache.acme.test:6380,ssl=True,abortConnect=False"),
        ("DATABASE_URL", "file:./dev.db"),
        ("DATABASE_URL", "agent:{password}@db:5432/agent"),
        ("SENTRY_DSN", "disabled-here"),
        ("ANALYTICS_API_KEY", "phc_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9f"),
        ("api_key", "nobody_will_ever_ask_for_it_here"),
        ("token", "the-agent-should-never-be-shown-it"),
        ("changePassword", "ScimFeatureSupport"),
        ("PASS_TO_PASS", "tests/test_server.py::TestServer::test_answers"),
        ("NGC_API_KEY", "nvidiaapikey"),
        ("AWS_SECRET_ACCESS_KEY", "SAK123456789"),
        ("user_token", "Bearer demo-token-4711"),
        ("JWT_SECRET_KEY", "test-secret-key-for-ci-testing-minimum-32-chars"),
        ("credentials", "dist/credentials/AcmeMailOAuth2Api.credentials.js"),
        ("AUTH_SECRET", "secret-for-e2e-testing-not-for-production-use"),
        ("LITELLM_MASTER_KEY", "sk-ci-master-not-real"),
        ("APP_SECRET_KEY", "ci-test-secret-key-minimum-16"),
        ("GROK_API_KEY", "x-ai/grok-4-fast:free"),
        ("SECRET_KEY", b64encode(b"acme_secret_key_change_in_production\n").decode()),
        ("GPTOSS_API_KEY", "openai/gpt-oss-120b"),
        ("AUTH_SECRET", "acme_desk_secret_key_2031_change_in_production"),
        ("JWT_SECRET_KEY", "a-quite-secret-key-change-this-in-production-4711"),
        ("SESSION_SECRET", "only-for-unit-tests-b72f91"),
        ("ConnectionString", "redis-service:6379"),
        ("ConnectionString", "acme.redis.cache.windows.net:6380,ssl=True,abortConnect=False"),
        ("text", "https://(?:docs|drive)[.]acme[.]test/[A-Za-z0-9./?=&#%_+:~@-]+"),
        ("ssh_password", "string|null"),
    ],
)
def test_what_bears_a_name_of_a_secret_and_is_none(key: str, value: str) -> None:
    assert recognise(key, value) is None


@pytest.mark.parametrize("key", ["LITELLM_MASTER_KEY", "master_key"])
def test_a_master_key_that_can_be_guessed_is_one(key: str) -> None:
    assert recognise(key, "sk-4444") is not None
    assert recognise("OPENAI_API_KEY", "sk-4444") is None


def test_a_password_that_a_variable_holds_within_a_list_of_settings_is_a_reference() -> None:
    found = recognise("connection_string", "Server=db;User Id=agent;Password=%DB_PASSWORD%")

    assert found is not None
    assert found.form is CredentialForm.ENV_REF


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("connection_string", "Server=db.acme.test;Database=orders;Pwd=q8!vR2#x"),
        ("connection_string", "DefaultEndpointsProtocol=https;AccountKey=c2VjcmV0c2VjcmV0"),
        ("connection_string", "host=db user=agent password=q8!vR2#x"),
        ("REDIS_URL", "cache.acme.test:6380,password=q8!vR2#x,ssl=True"),
        ("DATABASE_URL", "agent:q8!vR2#x@db:5432/agent"),
        ("api_key", "aB-cD-eF-gH-iJ-kL-mN-oP"),
        ("password", "correct[horse]battery9"),
        ("password", "admin12345678"),
        ("password", "demo-for-everybody"),
        ("ConnectionString", "redis-service:6379,password=q8vR2xLk"),
        ("JWT_SECRET_KEY", "Zt-for-citadel-8vR2xLkQ9mP4"),
        ("JWT_SECRET_KEY", "the-latest-in-testimony-8vR2xLk"),
        ("JWT_SECRET_KEY", "Zt-ci-testament-8vR2xLkQ9mP4"),
        ("DESK_API_KEY", "desk/8vr2xlkq9mp4-7tz"),
        ("DESK_API_KEY", "desk/vR2xLkQ9mP4"),
        ("SECRET_KEY", b64encode(b"q8!vR2#xLk-mP4").decode()),
        ("DESK_LLM_KEY", "sk-desk-b14E29q7DeDvF2A74"),
        ("credentials", "Zt/citadel/8vR2xLkQ9mP4+w.b"),
    ],
)
def test_what_resembles_those_is_still_a_secret(key: str, value: str) -> None:
    found = recognise(key, value)

    assert found is not None
    assert found.form is CredentialForm.LITERAL


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("${localEnv:AWS_ACCESS_KEY_ID}", CredentialForm.ENV_REF),
        ("${containerEnv:AWS_ACCESS_KEY_ID}", CredentialForm.ENV_REF),
        ("${localEnv:AWS_ACCESS_KEY_ID:}", CredentialForm.ENV_REF),
        ("${localEnv:AWS_ACCESS_KEY_ID:q8vR2x71bTz4}", CredentialForm.LITERAL),
    ],
)
def test_variables_of_a_development_container_are_references(
    value: str, form: CredentialForm
) -> None:
    assert form_of("AWS_ACCESS_KEY_ID", value) is form


def test_four_letters_in_a_picture_are_no_key_of_bedrock() -> None:
    key = next(fake(kind) for kind in FAKES if fake(kind).startswith("ABSK"))
    body = "iVBORw0KGgo/" + key + "+/" + "Qk1a" * 200

    assert by_look(f"key: {key}") is not None
    assert by_look(body) is None


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ({"sub": "1234567890", "name": "John Doe", "iat": 1516239022}, True),
        ({"sub": "1234567890"}, True),
        ({"sub": "1234"}, True),
        ({"sub": "1235"}, False),
        ({"sub": "admin", "iat": 1516239022}, True),
        ({"sub": "admin", "iat": 1712239022}, False),
        (["sub"], False),
    ],
)
def test_the_token_of_the_documentation_is_no_credential(
    claims: object,
    shown: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    said = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    found = by_look(f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{said}.{WHOLE_SIGNATURE}")

    assert (found is None) is (shown or not said.startswith("eyJ"))


@pytest.mark.parametrize(("length", "found"), [(42, False), (43, True)])
def test_a_token_that_is_cut_off_opens_nothing(
    length: int,
    found: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    said = urlsafe_b64encode(b'{"sub": "agent", "aud": "tools"}').decode().rstrip("=")
    token = f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{said}.{WHOLE_SIGNATURE[:length]}"

    assert (by_look(token) is not None) is found
    assert (recognise("TOOLS_TOKEN", token) is not None) is found


def test_a_token_behind_one_that_opens_nothing_is_found() -> None:
    said = urlsafe_b64encode(b'{"sub": "agent", "aud": "tools"}').decode().rstrip("=")
    token = f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{said}.{WHOLE_SIGNATURE}"
    found = by_look(f"{token[:-9]}... was {token}")

    assert found is not None
    assert found.secret == token


@pytest.mark.parametrize(
    "password",
    [
        "${aws_cache.tools[0].token}",
        '${local.keys["tools"].main}',
        "${urlencode(random_x.y.result)}",
    ],
)
def test_an_expression_of_terraform_is_no_password(password: str) -> None:
    found = by_look(f"redis://:{password}@cache.internal:6379")

    assert found is not None
    assert found.form is CredentialForm.ENV_REF


@pytest.mark.parametrize(("length", "form"), [(120, "secret_ref"), (12, "literal")])
def test_what_dotenvx_encrypted_is_a_reference(length: int, form: str) -> None:
    """dotenvx, "Encryption": a value that its public key encrypted may be committed."""
    encrypted = f"encrypted:{b64encode(bytes(range(length))).decode()}"

    assert form_of("OPENAI_API_KEY", encrypted).value == form


@pytest.mark.parametrize("name", ["secretUriDbPassword", "SECRET_ARN_TOOLS_TOKEN"])
def test_where_a_secret_is_kept_is_none(name: str) -> None:
    assert recognise(name, "kv-tools-4h7d9s") is None


@pytest.mark.parametrize("beginning", ["Eby8vdM02xNOcqFlqUwJ", "C2y6yDjf5/R+ob0N8A7C"])
def test_the_key_of_an_emulator_is_the_same_on_every_machine(beginning: str) -> None:
    key = beginning + "q8vR2xLkQ9mP4" * 5
    text = f"DefaultEndpointsProtocol=http;AccountName=local;AccountKey={key}==;"

    assert by_look(text) is None
    assert recognise("AZURE_STORAGE_CONNECTION_STRING", text) is None
    assert recognise("account_key", f"{key}==") is None
    assert by_look(text.replace(beginning, beginning[::-1].replace("/", "a"))) is not None


def test_an_alphabet_in_either_direction_is_no_key() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"

    assert by_look(f"sk_live_{letters}") is None
    assert recognise("OPENAI_API_KEY", f"sk-{letters}") is None
    assert by_look(f"sk_live_{letters[::-1]}") is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AZURE_OPENAI_KEY", "api_key"),
        ("OPENAI_KEY", "api_key"),
        ("openAiKey", "api_key"),
        ("AZURE_SEARCH_KEY", "api_key"),
        ("AZURE_AI_SEARCH_KEY", "api_key"),
        ("SPEECH_SUBSCRIPTION_KEY", "api_key"),
        ("Ocp-Apim-Subscription-Key", "api_key"),
        ("AZURE_COSMOS_DB_KEY", "account_key"),
        ("search_key", ""),
        ("primaryKey", ""),
        ("cosmosPartitionKey", ""),
        ("AZURE_OPENAI_KEY_NAME", ""),
        ("OPENAI_KEY_MAX", ""),
    ],
)
def test_names_of_keys_of_azure_are_those_that_azure_uses(name: str, kind: str) -> None:
    found = recognise(name, "q8Zt2LmX0vRk7YbN4cWs")

    assert (found.kind if found is not None else "") == kind
    assert recognise(name, "some-key-of-a-test") is None


def test_a_secret_key_may_be_written_as_one_word() -> None:
    found = recognise("FLOWISE_SECRETKEY", "q8Zt2LmX0vRk7YbN4cWs")

    assert found is not None
    assert found.kind == "secret_key"


def test_a_text_as_long_as_a_picture_is_no_secret_by_its_name() -> None:
    value = "q7Zk9vLm2X" * 5000

    assert recognise("API_KEY", value[:100]) is not None
    assert recognise("API_KEY", value) is None
    assert recognise("API_KEY", f"{value} {fake('anthropic_key')}") is not None


def test_an_address_that_is_signed_is_a_credential() -> None:
    signature = fake("azure_shared_access_key").removeprefix("SharedAccessKey=")
    found = by_look(f"https://a.blob.core.windows.net/c?sv=2023-11-03&sp=r&sig={signature}")

    assert found is not None
    assert (found.provider, found.kind) == ("azure", "sas_token")


@pytest.mark.parametrize("written", ["sv=2023-11-03&se={0}&sp=r", "se={0}&sp=r&sv=2023-11-03&sr=c"])
def test_an_address_that_is_signed_until_a_day_may_have_ended(written: str) -> None:
    signature = fake("azure_shared_access_key").removeprefix("SharedAccessKey=")
    query = written.format("2024-10-01T05%3A23%3A06Z")
    found = by_look(f"https://a.blob.core.windows.net/c?{query}&sig={signature}")

    assert found is not None
    assert (found.secret[:3], found.confidence) == (written[:3], Confidence.LIKELY)


def test_a_name_may_stand_within_a_key_of_openai() -> None:
    marker = b64encode(b"OpenAI").decode()
    half = fake("password", serial=4)

    assert by_look(f"sk-service-account1-{half}{marker}{half}") is not None


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("password", "Passord", False),
        ("oneTimePassword", "Engangskode:", False),
        ("password", "Mellom-Rike7", True),
        ("POSTGRES_PASSWORD", "Passord", True),
    ],
)
def test_what_a_page_says_beside_a_field_is_no_password(
    key: str, value: str, *, secret: bool
) -> None:
    assert (recognise(key, value) is not None) is secret


def test_a_store_of_settings_is_opened_by_its_connection_string() -> None:
    secret = fake("azure_shared_access_key").removeprefix("SharedAccessKey=")

    assert by_look(f"Endpoint=https://acme.azconfig.io;Id=a1b2;Secret={secret}") is not None


@pytest.mark.parametrize(
    ("key", "confidence"),
    [
        ("GATEWAY_MASTER_KEY", Confidence.POSSIBLE),
        ("JWT_SECRET", Confidence.POSSIBLE),
        ("CRM_API_KEY", None),
    ],
)
def test_a_default_by_which_a_program_asks_others_is_in_force(
    key: str, confidence: Confidence | None
) -> None:
    """Made up as it is; what opens something else does not open it so."""
    found = recognise(key, f"${{{key}:-sk-local}}")

    assert (found.confidence if found is not None else None) is confidence
    assert recognise(key, "sk-local") is None
    assert getattr(recognise(key, f"${{{key}}}"), "form", None) is CredentialForm.ENV_REF


@pytest.mark.parametrize(
    ("key", "lifetime"),
    [
        ("OPENROUTER_API_KEY", Lifetime.STATIC),
        ("GEMINI_API_KEY", Lifetime.STATIC),
        ("GOOGLE_ACCESS_TOKEN", Lifetime.UNKNOWN),
        ("TELEGRAM_BOT_TOKEN", Lifetime.STATIC),
        ("SLACK_BOT_TOKEN", Lifetime.UNKNOWN),
    ],
)
def test_a_reference_lives_as_long_as_its_vendor_lets_keys_live(
    key: str, lifetime: Lifetime
) -> None:
    found = recognise(key, "${KEY}")

    assert found is not None
    assert found.lifetime is lifetime


@pytest.mark.parametrize("label", ["", "RSA ", "EC ", "OPENSSH ", "ED25519 ", "ENCRYPTED "])
def test_a_private_key_in_base_64_is_one(label: str) -> None:
    """As files for clients and nodes of a cluster hold it."""
    pem = fake("private_key").replace("\\n", "\n").replace("BEGIN ", f"BEGIN {label}")
    found = by_look(f"key: {b64encode(pem.encode()).decode()}")

    assert found is not None
    assert found.kind == "private_key"


def test_a_certificate_in_base_64_is_no_key() -> None:
    pem = fake("private_key").replace("\\n", "\n").replace("PRIVATE KEY", "CERTIFICATE")

    assert by_look(b64encode(pem.encode()).decode()) is None


@pytest.mark.parametrize("which", ["PRIMARY", "BACKUP", "PROD", "LIVE"])
def test_one_of_several_keys_is_a_key(which: str) -> None:
    value = "f3a9c1d27be84056a1b2c3d4e5f60718.Qw7eRt9yUi2oPa4s"

    assert recognise(f"LLM_KEY_{which}", value) is not None
    assert recognise(f"CRM_KEY_{which}_ID", value) is None


def test_the_token_of_a_telegram_bot_is_known_by_its_look() -> None:
    secret = f"7261839405:AA{fake('password')}Qx4-_mZtRw81b"
    found = by_look(f"https://api.telegram.org/bot{secret}/getMe")

    assert found is not None
    assert (found.provider, found.kind, found.secret) == ("telegram", "token", secret)
    assert by_look(f"sum 7261839405:AA{'0' * 20}") is None
