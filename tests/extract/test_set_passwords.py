"""Passwords that images, machines and servers are given under names of their own."""

import pytest

from agentaudit.model.finding import Severity
from tests.linting.severities import found

VALUE = "q8vR2xLkQ9mP4Zt7"


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ('RUN echo "root:{}" | chpasswd', Severity.HIGH),
        ("RUN useradd a && echo 'a:{}' | chpasswd", Severity.MEDIUM),
    ],
)
def test_an_image_keeps_the_passwords_of_its_users(line: str, severity: Severity) -> None:
    told = found({"Dockerfile": f"FROM debian:12\n{line.format(VALUE)}\n"})

    assert (told["literal-service-token"], told["secret-in-image"]) == (severity, Severity.HIGH)


@pytest.mark.parametrize("line", ['RUN echo "root:${PASS}" | chpasswd', "RUN chpasswd < users"])
def test_an_image_that_is_given_a_password_keeps_none(line: str) -> None:
    assert "literal-service-token" not in found({"Dockerfile": f"FROM debian:12\n{line}\n"})


@pytest.mark.parametrize(
    ("value", "told"),
    [(f'"{VALUE}"', True), ("var.password", False), ('"<placeholder>"', False)],
)
def test_a_machine_of_linode_has_a_password_for_root(value: str, *, told: bool) -> None:
    machine = f'resource "linode_instance" "a" {{\n  root_pass = {value}\n}}\n'

    assert ("literal-service-token" in found({"main.tf": machine})) is told


@pytest.mark.parametrize(("value", "told"), [(VALUE, True), (f"$7$I/8C3zpY3QUQ{VALUE}==", False)])
def test_splunk_has_one_key_for_all_of_its_servers(value: str, *, told: bool) -> None:
    """It is written once in the clear, and encrypted when the server starts."""
    text = f"general:\n  pass4SymmKey: {value}\n"

    assert ("literal-service-token" in found({"splunk.yaml": text})) is told
