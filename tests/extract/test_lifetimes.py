"""How long credentials live, as a number of seconds, wherever a file decides it."""

import base64
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.credentials.recognition import recognise
from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.sizes import bytes_of, compound_seconds_of, seconds_of
from agentaudit.readers.token_forms import TOKENS
from agentaudit.rules.fakes import FAKES, fake
from tests.certificates import CERTIFICATE

DAY_S = 86_400


def lifetime_of(path: str, text: str) -> tuple[str, int | None]:
    (credential,) = deployment_of({path: text}).credentials
    return credential.lifetime.value, credential.ttl_s


@pytest.mark.parametrize(
    ("type_", "body", "expected"),
    [
        ("okta_auth_server_policy_rule", "access_token_lifetime_minutes = 60", ("short", 3600)),
        ("auth0_resource_server", "token_lifetime = 7200", ("short", 7200)),
        ("auth0_resource_server", "", ("static", 86_400)),
        ("keycloak_realm", 'access_token_lifespan = "1h30m"', ("short", 5400)),
        ("keycloak_openid_client", 'access_token_lifespan = "600"', ("short", 600)),
        ("vault_token", 'ttl = "768h"', ("static", 2_764_800)),
        ("vault_token", 'ttl = "1h"\n period = "24h"', ("static", None)),
        ("vault_jwt_auth_backend_role", "token_ttl = 60\n token_max_ttl = 3600", ("short", 3600)),
        ("vault_jwt_auth_backend_role", "token_ttl = 60\n token_max_ttl = 0", ("short", 60)),
    ],
)
def test_issuers_say_how_long_their_tokens_live(
    type_: str, body: str, expected: tuple[str, int | None]
) -> None:
    assert lifetime_of("main.tf", f'resource "{type_}" "x" {{\n {body}\n}}\n') == expected


def test_what_signs_certificates_lives_long_and_its_roles_say_how_long_they_are_good() -> None:
    text = """
resource "vault_mount" "pki" {
  type                  = "pki"
  max_lease_ttl_seconds = 315360000
}
resource "vault_pki_secret_backend_role" "agents" {
  backend = vault_mount.pki.path
  max_ttl = "4320h"
}
"""
    (certificate,) = deployment_of({"main.tf": text}).credentials

    assert (certificate.kind, certificate.ttl_s) == ("certificate", 180 * DAY_S)


def test_a_lifetime_that_nobody_knows_is_left_open() -> None:
    text = 'resource "auth0_resource_server" "x" {\n  token_lifetime = var.seconds\n}\n'
    deployment = deployment_of({"main.tf": text})

    assert deployment.credentials == ()
    assert [end.what for end in deployment.unresolved] == [
        "the lifetime of auth0_resource_server.x"
    ]


@given(st.integers(0, 9_000), st.integers(0, 59), st.integers(0, 59))
def test_durations_of_go_are_sums(hours: int, minutes: int, seconds: int) -> None:
    total = hours * 3600 + minutes * 60 + seconds

    assert compound_seconds_of(f"{hours}h{minutes}m{seconds}s") == total
    assert compound_seconds_of(f"{total}s") == total


@given(st.integers(0, 10**400), st.sampled_from(["", "s", "h", "weeks", "gb", "Ti"]))
def test_no_number_is_too_long_to_be_asked(number: int, unit: str) -> None:
    """One that is longer than any clock or disk is none."""
    answers = (seconds_of(f"{number}{unit}"), bytes_of(f"{number}.5{unit}"))

    assert all(answer is None or answer < 10**30 for answer in answers)


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader_of_durations(text: str) -> None:
    seconds = compound_seconds_of(text)

    assert seconds is None or seconds >= 0


_LOOKS = sorted(set(FAKES) - {"aws_secret_key", "aws_session_token", "password"})


@pytest.mark.parametrize("kind", _LOOKS)
@given(serial=st.integers(1, 10_000))
def test_every_kind_is_known_by_its_look_and_says_how_long_it_lives(kind: str, serial: int) -> None:
    found = recognise("value", fake(kind, serial=serial))

    assert found is not None
    assert found.lifetime.value in {"static", "short"}


@pytest.mark.parametrize("form", TOKENS, ids=lambda form: f"{form.provider}-{form.prefix}")
def test_a_prefix_and_a_placeholder_of_it_are_no_credential(form: object) -> None:
    prefix = getattr(form, "prefix", "")

    assert recognise("value", prefix) is None
    assert recognise("value", f"{prefix}your-key-here") is None
    assert recognise("value", f"{prefix}{'x' * 40}") is None


@given(st.integers(1, 1000), st.integers(4, 33))
def test_a_classic_token_with_one_wrong_character_is_none(serial: int, at: int) -> None:
    token = fake("github_classic", serial=serial)
    other = "A" if token[at] != "A" else "B"

    assert recognise("value", token[:at] + other + token[at + 1 :]) is None


@given(st.integers(1, 10**9))
def test_a_jwt_lives_from_issue_to_expiry(seconds: int) -> None:
    found = recognise("value", fake("jwt", lifetime_s=seconds))

    assert found is not None
    assert found.ttl_s == seconds


@pytest.mark.parametrize(
    ("default", "form"),
    [("hunter2-of-the-team", "literal"), ("{{resolve:secretsmanager:a:b}}", None)],
)
def test_a_default_of_a_secret_parameter_stands_in_the_template(
    default: str, form: str | None
) -> None:
    text = "Parameters:\n  DatabasePassword:\n    Type: String\n    NoEcho: true\n"
    text += f"    Default: '{default}'\nResources:\n  T: {{Type: AWS::DynamoDB::Table}}\n"
    found = deployment_of({"template.yaml": text}).credentials

    assert [credential.form.value for credential in found] == ([form] if form else [])


SERVER = """
listener "tcp" {
  address = "0.0.0.0:8200"
}
max_lease_ttl = "768h"
"""


def _indented(text: str, by: int) -> str:
    return "\n".join(f"{' ' * by}{line}" for line in text.splitlines())


VAULT = {
    "vault.hcl": SERVER,
    "deploy/vault/config/server.hcl": SERVER,
    "openbao/config.json": '{"storage": {"file": {"path": "/x"}}, "max_lease_ttl": "32d"}',
    "values.yaml": f"server:\n  ha:\n    raft:\n      config: |\n{_indented(SERVER, 8)}\n",
    "config.yaml": f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: vault-config}}
data:
  extraconfig-from-values.hcl: |
{_indented(SERVER, 4)}
""",
}


@pytest.mark.parametrize("file", VAULT)
def test_a_server_of_vault_says_how_long_tokens_may_live(file: str) -> None:
    (credential,) = deployment_of({file: VAULT[file]}).credentials

    assert (credential.provider, credential.ttl_s) == ("vault", 2_764_800)


def test_the_limit_of_a_server_stands_where_it_was_written() -> None:
    (credential,) = deployment_of({"values.yaml": VAULT["values.yaml"]}).credentials

    assert credential.evidence[0].line == 9
    assert credential.evidence[0].snippet == "max_lease_ttl=768h"


def test_what_is_no_server_of_vault_has_no_limit_of_it() -> None:
    files = {
        "packer.pkr.hcl": SERVER,
        "notes.json": '{"max_lease_ttl": "768h", "token": "x"}',
        "vault/zero.hcl": 'storage "raft" {}\nmax_lease_ttl = 0\n',
    }

    assert deployment_of(files).credentials == ()


def test_a_limit_that_nobody_can_tell_is_left_open() -> None:
    text = 'storage "raft" {}\nmax_lease_ttl = "${ttl}"\n'

    assert [end.what for end in deployment_of({"vault.hcl": text}).unresolved] == [
        "max_lease_ttl of Vault"
    ]


@pytest.mark.parametrize(("authority", "found"), [("isCA: true", 0), ("isCA: false", 1), ("", 1)])
def test_what_cert_manager_issues_to_an_authority_may_live_long(authority: str, found: int) -> None:
    text = f"""
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {{name: tools, namespace: agents}}
spec:
  duration: 8760h
  {authority}
"""
    assert len(deployment_of({"certificate.yaml": text}).credentials) == found


@pytest.mark.parametrize(
    ("names", "inside"),
    [
        ("[hook.tools.svc, hook.tools, hook]", True),
        ("[hook.tools.svc.cluster.local]", True),
        ("[hook.tools.svc.eu.home.local]", True),
        ("[hook.tools.svc.example.com]", False),
        ("[hook, hook.agents]", True),
        ("[hook.example]", False),
        ("['*.tools.svc']", False),
        ("[hook.tools.svc, hook.example.com]", False),
        ("[]", False),
        ("[hook.tools.svc]\n  ipAddresses: [192.0.2.7]", False),
    ],
)
def test_a_certificate_may_be_for_services_of_one_cluster_alone(
    names: str, *, inside: bool
) -> None:
    text = (
        "apiVersion: cert-manager.io/v1\nkind: Certificate\n"
        "metadata: {name: hook, namespace: agents}\n"
        f"spec:\n  duration: 8760h\n  dnsNames: {names}\n"
    )
    (found,) = deployment_of({"certificate.yaml": text}).credentials

    assert found.cluster_only is inside


@pytest.mark.parametrize(
    ("name", "inside"), [("orders-db", True), ("hook.example.com", False), ("a@example", False)]
)
def test_so_may_one_for_a_client_that_names_no_host(name: str, *, inside: bool) -> None:
    text = (
        "apiVersion: cert-manager.io/v1\nkind: Certificate\n"
        "metadata: {name: hook, namespace: agents}\n"
        f"spec: {{duration: 8760h, commonName: {name}}}\n"
    )
    (found,) = deployment_of({"certificate.yaml": text}).credentials

    assert found.cluster_only is inside


@pytest.mark.parametrize(
    ("beside", "inside"), [("ca.crt: eA==", True), ("ca.crt: ''", False), ("note: eA==", False)]
)
def test_a_certificate_beside_its_own_authority_is_for_those_who_have_that(
    beside: str, *, inside: bool
) -> None:
    kept = base64.b64encode(CERTIFICATE.encode()).decode()
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: relay}\ntype: kubernetes.io/tls\n"
        f"data:\n  {beside}\n  tls.crt: {kept}\n"
    )
    found = deployment_of({"secret.yaml": text}).credentials

    assert [item.cluster_only for item in found if item.kind == "certificate"] == [inside]


@pytest.mark.parametrize(
    ("label", "found"), [("sealedsecrets.bitnami.com/sealed-secrets-key", 0), ("desk/key", 1)]
)
def test_by_the_key_that_seals_secrets_nobody_proves_who_he_is(label: str, found: int) -> None:
    data = b64encode(CERTIFICATE.encode()).decode()
    text = (
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: key, labels: {{{label}: active}}}}\n"
        f"data: {{tls.crt: {data}}}\n"
    )
    named = {item.name for item in deployment_of({"key.yaml": text}).credentials}

    assert len(named) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *(("ca.crt", 0), ("proxy_root.crt", 0), ("tls.ca.pem", 0), ("rootCA.pem", 0)),
        *(("agent.crt", 1), ("local.crt", 1), ("africa.pem", 1)),
        *(("desk.acme.ca.crt", 1), ("desk-ca-central-1.pem", 1), ("desk_ca-bundle.pem", 0)),
    ],
)
def test_what_others_are_held_against_may_live_long(name: str, found: int) -> None:
    assert len(deployment_of({name: CERTIFICATE}).credentials) == found


@pytest.mark.parametrize(
    ("address", "lifetime"),
    [
        ("OPENAI_BASE_URL: 'http://litellm.llm.svc.cluster.local/v1'", "unknown"),
        ("OPENAI_API_BASE: 'http://litellm:4000'", "unknown"),
        ("OPENAI_API_BASE_URL: 'https://ai-gateway.acme.internal'", "unknown"),
        ("OPENAI_API_BASE_URL: 'http://gateway:9000/v1'", "unknown"),
        ("OPENAI_BASE_URL: 'https://gateway.vendor.io/v1'", "static"),
        ("OPENAI_BASE_URL: 'https://ai-gateway.vendor.io/v1'", "static"),
        ("OPENAI_BASE_URL: 'http://ollama:11434'", "unknown"),
        ("OPENAI_BASE_URL: 'http://kubeai.kubeai.svc.cluster.local/openai/v1'", "unknown"),
        ("OPENAI_BASE_URL: 'http://agent-gw.gateways.svc.cluster.local:8081/v1'", "unknown"),
        ("OPENAI_BASE_URL: 'http://vllm:8000/v1'", "static"),
        ("OPENAI_BASE_URL: '${LITELLM_URL}'", "static"),
        ("ANTHROPIC_BASE_URL: 'http://litellm:4000'", "static"),
    ],
)
def test_what_asks_a_gateway_near_by_holds_a_key_of_the_gateway(
    address: str, lifetime: str
) -> None:
    environment = f"{{OPENAI_API_KEY: '${{OPENAI_API_KEY}}', {address}}}"
    text = f"services:\n  agent:\n    image: agent:1\n    environment: {environment}\n"

    assert lifetime_of("compose.yaml", text) == (lifetime, None)


def test_a_key_that_is_written_down_is_its_vendors_whatever_is_asked() -> None:
    environment = (
        f"{{OPENAI_API_KEY: {fake('openai_key')}, OPENAI_BASE_URL: 'http://litellm:4000'}}"
    )
    text = f"services:\n  agent:\n    image: agent:1\n    environment: {environment}\n"

    assert lifetime_of("compose.yaml", text) == ("static", None)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("COPY ./proxy.crt /usr/local/share/ca-certificates/office.crt", 0),
        ('COPY ["proxy.crt", "/etc/pki/ca-trust/source/anchors/"]', 0),
        ("COPY proxy.crt /etc/nginx/server.crt", 1),
        ("COPY my-proxy.crt /usr/local/share/ca-certificates/", 1),
    ],
)
def test_a_certificate_that_an_image_trusts_is_nobodys_own(line: str, found: int) -> None:
    files = {"proxy.crt": CERTIFICATE, "Dockerfile": f"FROM debian:12\n{line}\n"}

    assert len(deployment_of(files).credentials) == found
