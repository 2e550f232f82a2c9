"""States of Terraform that lie among the files."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import CredentialForm, Lifetime
from agentaudit.model.finding import Severity
from agentaudit.rules.fakes import fake
from tests.linting.severities import found

DRAWN = "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"
LONGER = "Tq8vR2xLkQ9mP4Zt7wYs3nHc6dJfBk5LxWe0uGiO"


def state(type_: str, *, outputs: object = (), **attributes: object) -> str:
    made = {
        "mode": "managed",
        "type": type_,
        "name": "desk",
        "instances": [{"schema_version": 0, "attributes": {"id": "desk", **attributes}}],
    }
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.13.4",
            "serial": 7,
            "lineage": "3f0c6c0e-8a1c-6f33-9c6b-6d7c2f6e0b51",
            "outputs": outputs or {},
            "resources": [made],
        },
        indent=2,
    )


def literals(found: Deployment) -> set[tuple[str, str, Confidence]]:
    return {
        (each.variable, each.kind, each.confidence)
        for each in found.credentials
        if each.form is CredentialForm.LITERAL
    }


@pytest.mark.parametrize(
    ("type_", "attributes", "variable", "kind"),
    [
        ("random_password", {"result": DRAWN}, "random_password", "password"),
        ("azuread_application_password", {"value": DRAWN}, "azure_client_secret", "client_secret"),
        (
            "google_service_account_key",
            {"private_key": LONGER},
            "google_private_key",
            "private_key",
        ),
        ("aws_secretsmanager_secret_version", {"secret_string": DRAWN}, "secret", "secret"),
        ("aws_ssm_parameter", {"type": "SecureString", "value": DRAWN}, "secret", "secret"),
        (
            "azurerm_kubernetes_cluster",
            {"kube_config_raw": "users:\n- token: x1\n", "kube_config": [{"password": DRAWN}]},
            "cluster_credentials",
            "credential",
        ),
    ],
)
def test_what_a_resource_makes_is_a_secret_by_its_type(
    type_: str, attributes: dict[str, object], variable: str, kind: str
) -> None:
    read = deployment_of({"terraform.tfstate": state(type_, **attributes)})

    assert literals(read) == {(variable, kind, Confidence.CERTAIN)}


def test_both_halves_of_an_access_key_are_one_credential_at_their_places() -> None:
    text = state("aws_iam_access_key", user="desk", secret=LONGER).replace(
        '"id": "desk"', f'"id": "{fake("aws_access_key")}"'
    )
    read = deployment_of({"infra/prod.tfstate": text})
    (key,) = (each for each in read.credentials if each.form is CredentialForm.LITERAL)

    lines = text.splitlines()
    assert [lines[place.line - 1].split('"')[1] for place in key.evidence] == ["id", "secret"]
    assert (key.provider, key.kind, key.lifetime) == ("aws", "access_key", Lifetime.STATIC)


@pytest.mark.parametrize(
    ("type_", "attributes"),
    [
        ("aws_ssm_parameter", {"type": "String", "value": DRAWN}),
        ("aws_secretsmanager_secret_version", {"secret_string": "CHANGE_ME_LATER"}),
        ("aws_secretsmanager_secret", {"arn": f"arn:aws:secretsmanager:eu:1:secret:{DRAWN}"}),
        ("random_id", {"hex": DRAWN, "b64_url": DRAWN}),
        ("aws_iam_access_key", {"secret": None, "encrypted_secret": None}),
    ],
)
def test_what_is_no_secret_is_none_in_a_state(type_: str, attributes: dict[str, object]) -> None:
    files = {"terraform.tfstate": state(type_, **attributes)}

    assert not literals(deployment_of(files))
    assert found(files) == {"committed-terraform-state": Severity.MEDIUM}


def test_tokens_that_were_good_for_minutes_are_short_lived() -> None:
    read = deployment_of({"terraform.tfstate": state("aws_eks_cluster_auth", token=LONGER)})
    (token,) = (each for each in read.credentials if each.form is CredentialForm.LITERAL)

    assert token.lifetime is Lifetime.SHORT


def test_a_backup_is_told_of_with_what_it_is_a_copy_of() -> None:
    text = state("aws_db_instance", password=DRAWN, outputs={"db_password": {"value": DRAWN}})
    files = {"terraform.tfstate": text, "terraform.tfstate.backup": text}
    (password,) = (
        each for each in deployment_of(files).credentials if each.form is CredentialForm.LITERAL
    )

    assert [place.file for place in password.evidence] == [
        *["terraform.tfstate"] * 2,
        *["terraform.tfstate.backup"] * 2,
    ]
    assert "shared-secret" not in found(files)


def test_a_secret_that_only_the_backup_holds_is_found_there() -> None:
    files = {
        "terraform.tfstate": state("aws_db_instance", password=DRAWN),
        "terraform.tfstate.1764547200.backup": state("aws_db_instance", password=DRAWN[::-1]),
    }
    places = {
        each.evidence[0].file
        for each in deployment_of(files).credentials
        if each.form is CredentialForm.LITERAL
    }

    assert places == set(files)


def test_states_of_old_versions_list_what_was_made_by_module() -> None:
    resource = {
        "type": "random_password",
        "primary": {"id": "none", "attributes": {"result": DRAWN}},
    }
    old = {
        "version": 3,
        "terraform_version": "0.11.14",
        "modules": [{"path": ["root"], "resources": {"random_password.desk": resource}}],
    }
    read = deployment_of({"state.json": json.dumps(old)})

    assert literals(read) == {("random_password", "password", Confidence.CERTAIN)}


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 4, "terraform_version": "1.13.4", "resources": [], "outputs": {}}',
        '{"serial": 1, "lineage": "a", "encrypted_data": "c2VjcmV0", "encryption_version": "v0"}',
    ],
)
def test_a_state_that_shows_nothing_is_no_finding(text: str) -> None:
    assert not found({"terraform.tfstate": text})


@pytest.mark.parametrize("text", ['{"version": 4, "terraform_version": ', "[" * 100_000])
def test_a_state_that_cannot_be_read_is_named(text: str) -> None:
    read = deployment_of({"terraform.tfstate": text})

    assert [each.status for each in read.coverage] == [FileStatus.FAILED]


PADDING = {
    "type": "aws_subnet",
    "name": "net",
    "instances": [
        {"attributes": {"id": "subnet-1", "tags": {f"t{n}": "x" * 9 for n in range(40)}}}
    ],
}


@pytest.mark.parametrize(
    ("type_", "attributes"),
    [
        ("random_password", {"result": DRAWN}),
        ("aws_ssm_parameter", {"type": "SecureString", "value": DRAWN}),
        ("aws_db_instance", {"password": DRAWN}),
        ("aws_instance", {"user_data": f"postgres://app:{DRAWN}@db.example.org/app"}),
        ("null_resource", {"note": fake("openai_key")}),
    ],
)
def test_a_large_state_tells_of_its_secrets_as_a_small_one_does(
    type_: str, attributes: dict[str, object]
) -> None:
    small = state(type_, **attributes)
    read = json.loads(small)
    read["resources"] += [PADDING] * 1_500
    large = json.dumps(read, indent=2)
    assert len(large) > 1_000_000

    found_in = [deployment_of({"x.tfstate": text}).credentials for text in (small, large)]
    told = [
        [(each.variable, each.kind, each.digest != "", each.evidence[0].line) for each in literal]
        for literal in (
            [each for each in some if each.form is CredentialForm.LITERAL] for some in found_in
        )
    ]
    assert told[0] == told[1] != []


@pytest.mark.parametrize("end", ["", "]", "]} x"])
def test_a_large_state_that_is_broken_is_named(end: str) -> None:
    whole = json.dumps({"version": 4, "terraform_version": "1", "resources": [PADDING] * 1_500})
    (item,) = deployment_of({"x.tfstate": f"{whole.removesuffix(']}')}{end}"}).coverage

    assert item.status is FileStatus.FAILED


def test_what_is_too_much_of_a_large_state_is_named() -> None:
    many = {"type": "random_password", "instances": [{"attributes": {"n": list(range(2_000))}}]}
    text = json.dumps({"version": 4, "terraform_version": "1", "resources": [many] * 150}, indent=1)
    read = deployment_of({"x.tfstate": text})

    assert [item.status for item in read.coverage] == [FileStatus.PARTIAL]
    assert "committed-terraform-state" in found({"x.tfstate": text})
