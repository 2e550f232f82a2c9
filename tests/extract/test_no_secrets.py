"""What stands where a secret could, and is none: names, settings, elements, and what counts on."""

import base64

import pytest

from agentaudit.extract.credentials.recognition import by_look
from agentaudit.extract.credentials.secret_values import could_be_secret
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import CredentialForm

VAULT = """\
resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = { name: 'kv' }
resource kept 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: '%s'
  properties: { value: '%s' }
}
"""
DRAWN = "vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG"


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("shop-s3-backup-credentials", False),
        ("billing-db2-tls", False),
        ("shop-s3-backup-x7k2q9v4", True),
        ("shop2-Key-9f3kq8zt", True),
    ],
)
def test_the_name_of_a_secret_of_kubernetes_is_none(value: str, *, secret: bool) -> None:
    assert could_be_secret("backupCredentialSecret", "secret", value) is secret


def test_an_element_of_a_program_within_a_script_is_no_secret() -> None:
    script = "python - <<'EOF'\ntoken = usable_tokens_of_2024[0]\nEOF\nTOKEN={}\n"
    (found,) = deployment_of({"issue.sh": script.format(DRAWN)}).credentials

    assert found.evidence[0].line == 4


@pytest.mark.parametrize(
    ("name", "kept"), [("CHAT-DEPLOYMENT", 0), ("search-endpoint", 0), ("SHOP-API-KEY", 1)]
)
def test_a_vault_keeps_settings_beside_its_secrets(name: str, kept: int) -> None:
    deployment = deployment_of({"vault.bicep": VAULT % (name, DRAWN)})

    assert len(deployment.credentials) == kept


@pytest.mark.parametrize(
    ("value", "secret"),
    [("#28a745", False), ("&#x2705;", False), ("&check;", False), ("#q7Zk!2P", True)],
)
def test_how_a_page_shows_what_has_passed_is_no_password(value: str, *, secret: bool) -> None:
    assert could_be_secret("STATUS_PASS", "password", value) is secret


@pytest.mark.parametrize(("password", "told"), [("$$ENCODED_PW", 0), ("q7Zk2PvW9sLx4", 1)])
def test_a_variable_that_compose_hands_to_a_shell_is_a_reference(password: str, told: int) -> None:
    compose = f"""
services:
  board:
    image: board:1
    command: ["sh", "-c", "export URI=postgresql://board:{password}@db:5432/board; serve"]
"""
    assert len(deployment_of({"compose.yaml": compose}).credentials) == told


@pytest.mark.parametrize(
    "value",
    [
        "xoxp-12345-67890-abcdef-ghijkl",
        "xoxb-012345-abcdefg-hijklmn",
        "glpat-abc123def456ghi789jkl",
    ],
)
def test_a_token_whose_parts_count_on_is_made_up(value: str) -> None:
    assert by_look(value) is None


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("tvly-kQabc7ZvRdabcWx2MhTabcPL9sEn", 0),
        ("tvly-kQacd7ZvR123Wx2MhTabcPL9sEn", 0),
        ("tvly-kQabc7ZvRdwqWx2MhTuvcPL9sEn", 1),
        ("tvly-kQabd7ZvRdwqWx2MhTuwcPL9sEn", 1),
    ],
)
def test_a_token_that_somebody_typed_over_shows_it(value: str, kept: int) -> None:
    found = deployment_of({"deploy.sh": f'curl -H "Authorization: Bearer {value}" https://a.b\n'})

    assert len(found.credentials) == kept


def test_a_private_key_that_is_filled_with_a_word_is_none() -> None:
    body = "MIGTAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBHkwdwIBAQQg"
    drawn = "q7Zk2PvW9sLx4TnB8rYcJ5mHd3GfA6uEo1XiN0bV" * 2
    key = "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----"

    assert by_look(key.format(body + "DEMOkey" * 12)) is None
    assert by_look(key.format(body + drawn)) is not None


def test_a_token_of_which_one_part_counts_on_by_chance_is_one() -> None:
    assert by_look("xoxp-12345-48217-kq7vzr2lwx-ghijkl") is not None


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("checksum/secret", DRAWN, 0),
        ("DATABASE_PASSWORD", "upgrade-throwaway-4417", 0),
        ("MINIO_ACCESS_KEY", "minioadmin", 0),
        ("MINIO_SECRET_KEY", "minioadmin", 1),
        ("DECLARED_SKU_TOKEN", "standard_d4s_v5", 0),
        ("service.binding/password", "path={.metadata.name}-user,objectType=Secret", 0),
        ("client_secret", "$pbkdf2-sha512$310000$5t.DD2VmDSfQNmxT1iwOgw$IcUQKbZtE7AI7gkw6f3LfW", 0),
        ("TS_KUBE_SECRET", "desk-tailscale-state", 0),
        ("PAYMENT_CHECKSUM_SECRET", DRAWN, 1),
        ("database/password", DRAWN, 1),
    ],
)
def test_what_is_made_of_a_secret_or_says_where_it_is_is_none(
    name: str, value: str, kept: int
) -> None:
    text = f"kind: ConfigMap\napiVersion: v1\nmetadata: {{name: a}}\ndata:\n  {name}: '{value}'\n"

    assert len(deployment_of({"map.yaml": text}).credentials) == kept


@pytest.mark.parametrize(
    ("password", "told"), [("$${DESK_PASS}", 0), ("{TOKEN}", 0), ("q7Zk2PvW9sLx4", 1)]
)
def test_a_gap_in_an_address_is_filled_by_others(password: str, told: int) -> None:
    text = f"path: postgres://$${{DESK_USER}}:{password}@$${{DESK_HOST}}:5432/desk\n"
    found = deployment_of({"desk.yaml": text}).credentials

    assert sum(item.form is CredentialForm.LITERAL for item in found) == told


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("CheckedDatabasePassword_0123456789", False),
        ("CheckedClientSecretOfDesk01234567", False),
        ("desk-0123456-9fQ2", True),
        ("Winter12345678", True),
    ],
)
def test_words_that_count_on_to_a_length_were_made_up(value: str, *, secret: bool) -> None:
    assert could_be_secret("DESK_PASSWORD", "password", value) is secret


@pytest.mark.parametrize(("host", "told"), [("bard-of-the-shop", 0), ("other", 1)])
def test_the_name_of_the_host_that_is_asked_is_no_key(host: str, told: int) -> None:
    text = f"params:\n  apiBase: http://{host}.models:8080/v1\n  apiKey: bard-of-the-shop9\n"
    text = text.replace("shop9", "shop9" if told else "shop")

    assert len(deployment_of({"model.yaml": text}).credentials) == told


def test_a_key_with_the_form_of_a_vendors_is_no_host() -> None:
    text = "key: AKIAZ7QWRTYPLKJH2345\nsee: https://AKIAZ7QWRTYPLKJH2345.example/\n"

    found = deployment_of({"model.yaml": text}).credentials

    assert 1 in {credential.evidence[0].line for credential in found}


@pytest.mark.parametrize(
    ("name", "secret", "provider"),
    [
        ("desk", "86vq83hTzL0sPm2X", ""),
        ("AKIAZ7QWRTYPLKJH2345", "86vq83hTzL0sPm2X", "aws"),
        ("desk", "vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaGq81Zt5Lw", "aws"),
        ("${DESK_KEY}", "${DESK_SECRET}", "aws"),
    ],
)
def test_a_key_that_aws_did_not_draw_opens_a_store_of_ones_own(
    name: str, secret: str, provider: str
) -> None:
    variables = f"AWS_ACCESS_KEY_ID: '{name}', AWS_SECRET_ACCESS_KEY: '{secret}'"
    compose = f"services: {{backup: {{image: 'backup:1', environment: {{{variables}}}}}}}\n"
    (found,) = deployment_of({"compose.yaml": compose}).credentials

    assert found.provider == provider


@pytest.mark.parametrize(
    ("secret", "confidence"),
    [("<secret>", Confidence.POSSIBLE), ("read below", Confidence.CERTAIN)],
)
def test_a_guide_that_leaves_the_secret_half_out_gives_nothing_away(
    secret: str, confidence: Confidence
) -> None:
    text = (
        f"[default]\naws_access_key_id = AKIAZ7QWRTYPLKJH2345\naws_secret_access_key = {secret}\n"
    )
    (found,) = deployment_of({"GUIDE.md": text}).credentials

    assert found.confidence is confidence


@pytest.mark.parametrize(("value", "secret"), [("OAUTH2_CLIENT_SECRET", False), (DRAWN, True)])
def test_the_name_of_a_variable_may_hold_a_number(value: str, *, secret: bool) -> None:
    assert could_be_secret("DESK_CLIENT_SECRET_KEY", "secret", value) is secret


@pytest.mark.parametrize("begin", ["\x1b[0;32m", r"\033[0;32m", r"\e[1m", r"\x1b[32m"])
def test_what_gives_a_word_its_colour_is_no_password(begin: str) -> None:
    assert not could_be_secret("PASS", "password", f"{begin}PASS{begin}")


@pytest.mark.parametrize("value", ["!secret fan_api_key", "!env_var FAN_API_KEY"])
def test_a_tag_that_names_what_another_file_has_gives_nothing_away(value: str) -> None:
    text = f"api:\n  encryption:\n    key: {value}\nota:\n  - password: {value}\n"

    assert not deployment_of({"fan.yaml": text, "fan-2.yaml": text}).credentials


@pytest.mark.parametrize(("ends", "kept"), [(1_571_504_193, 0), (4_000_000_000, 1)])
def test_a_token_that_ended_long_ago_opens_nothing(ends: int, kept: int) -> None:
    claims = base64.urlsafe_b64encode(f'{{"user_id": "u-7", "exp": {ends}}}'.encode()).decode()
    token = (
        f"eyJhbGciOiJIUzI1NiJ9.{claims.rstrip('=')}.{'q7Zk2PvW9sLx4TnB8rYcJ5mHd3GfA6uEo1XiN0bVtQ4'}"
    )

    assert (
        len(deployment_of({"desk.json": f'{{"mcp": 1, "token": "{token}"}}'}).credentials) == kept
    )


@pytest.mark.parametrize(("beside", "found"), [("envVar: S3_ENDPOINT, ", 0), ("", 1)])
def test_a_key_of_a_secret_beside_the_variable_it_becomes_is_a_name(
    beside: str, found: int
) -> None:
    """So Kubeflow's pipelines say which key of a Secret a step gets (`secretAsEnv`)."""
    step = f"secretAsEnv: [{{keyToEnv: [{{{beside}secretKey: {DRAWN}}}], secretName: store}}]\n"

    assert len(deployment_of({"pipeline.yaml": step}).credentials) == found


@pytest.mark.parametrize(("name", "found"), [("secretRefKey", 0), ("minio", 1)])
def test_the_keys_of_a_secret_that_a_chart_is_given_are_names(name: str, found: int) -> None:
    values = f"storage: {{secretRef: supabase, {name}: {{user: s3KeyId, password: {DRAWN}}}}}\n"

    assert len(deployment_of({"values.yaml": values}).credentials) == found


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("***SCRUBBED-OLD-SHARED-ADMIN-PSK***", False),
        ("*** removed by Jo ***", False),
        ("***q7Zk2PvW9sLx4", True),
        ("*q7Zk2PvW9sLx4*", True),
    ],
)
def test_a_word_between_asterisks_stands_where_a_secret_was(value: str, *, secret: bool) -> None:
    assert could_be_secret("password", "password", value) is secret


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("[AGENT-0011]", False),
        ("[^[:space:]]+", False),
        ("[q8vR2xLkQ9mP]", True),
        ("[Q8VR2XLKQ9-MP4Z]", True),
        ("Actualizando…", False),
        ("q8vR2xLkQ9mP…", False),
        ("…q8vR2xLkQ9mP", True),
    ],
)
def test_labels_and_patterns_in_brackets_are_no_tokens(value: str, *, secret: bool) -> None:
    assert could_be_secret("agentToken", "token", value) is secret


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("WEAK_DEFAULTS", []),
        ("FORBIDDEN_SECRETS", []),
        ("DEFAULTS", ["JWT_SECRET"]),
        ("WEAKLY_TYPED", ["JWT_SECRET"]),
    ],
)
@pytest.mark.parametrize(
    ("file", "form"),
    [
        (
            "auth.ts",
            "import {{ Agent }} from '@openai/agents';\nconst {}: T = {{ JWT_SECRET: '{}' }};\n",
        ),
        ("auth.py", "import openai\n{}: Texts = {{'JWT_SECRET': '{}'}}\n"),
        ("auth.py", "import openai\n{} = {{'JWT_SECRET': '{}'}}\n"),
    ],
)
def test_values_that_a_program_turns_away_are_none(
    name: str, found: list[str], file: str, form: str
) -> None:
    deployment = deployment_of({file: form.format(name, "q7Zk2PvW9sLx4TnB8rYc")})

    assert [each.variable for each in deployment.credentials] == found
