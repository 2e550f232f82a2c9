"""Secrets in the scripts that machines start with, as Terraform hands them over."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.facts.credentials import Credential, Lifetime
from tests.linting.severities import found


def held(argument: str, name: str = "desk", type_: str = "aws_instance") -> tuple[Credential, ...]:
    text = f'resource "{type_}" "{name}" {{\n  {argument}\n}}\n'
    return deployment_of({"main.tf": text}).credentials


@pytest.mark.parametrize(
    "argument",
    [
        'user_data = templatefile("u.tpl", { desk = var.desk, openai_key = var.openai_api_key })',
        "user_data = <<-EOF\n    echo OPENAI_API_KEY=${var.key_of_desk} > .env\n  EOF",
        'user_data = base64encode(templatefile("u.tpl", { a = var.openai_api_key }))',
        'user_data_base64 = base64encode("x ${local.openai_api_key}")',
    ],
)
def test_a_secret_in_the_script_of_a_machine_is_handed_over_in_plain_view(argument: str) -> None:
    (credential,) = held(argument)

    assert (credential.provider, credential.kind) == ("openai", "api_key")
    assert (credential.exposure, credential.lifetime) == ("user_data", Lifetime.STATIC)
    text = f'resource "aws_instance" "desk" {{\n  {argument}\n}}\n'
    assert "secret-channel-unused" in found({"main.tf": text})


@pytest.mark.parametrize(
    ("argument", "name", "count"),
    [
        ('user_data = templatefile("u.tpl", { arn = var.openai_api_key_arn })', "desk", 0),
        ('user_data = templatefile("u.tpl", { region = var.region })', "desk", 0),
        ('user_data = templatefile("u.tpl", { t = var.join_token })', "desk", 0),
        ('user_data = templatefile("u.tpl", { t = var.join_token })', "desk-agent", 1),
        ("ami = var.openai_api_key", "desk", 0),
    ],
)
def test_what_no_vendor_of_ours_gives_counts_on_the_machine_of_an_agent(
    argument: str, name: str, count: int
) -> None:
    assert len(held(argument, name)) == count


def test_other_clouds_have_such_scripts_too() -> None:
    script = 'metadata_startup_script = "KEY=${var.gemini_api_key}"'
    (google,) = held(script, type_="google_compute_instance")
    custom = 'custom_data = base64encode("KEY=${var.openai_api_key}")'
    (azure,) = held(custom, type_="azurerm_linux_virtual_machine")

    assert "gcloud" in google.unused_channel
    assert "az keyvault" in azure.unused_channel
