"""
Secrets in what a machine is told to do when it starts: `user_data`, `custom_data`, startup scripts.

Whoever may describe the machine reads it, and so does every program on it, from an address that
asks nobody. Sources: AWS, "Instance metadata and user data"; Google Cloud, "About startup scripts";
Microsoft, "User Data for Azure Virtual Machine". Only secrets of known vendors are told, and all of
a machine that is called after an agent.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.roles import names_agent
from agentaudit.extract.credentials.secret_names import SecretName, secret_name
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.facts.credentials import Credential, CredentialForm
from agentaudit.readers.document import Node

_SCRIPTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aws_instance": ("user_data", "user_data_base64"),
        "aws_launch_template": ("user_data",),
        "aws_lightsail_instance": ("user_data",),
        "google_compute_instance": ("metadata_startup_script",),
        "google_compute_instance_template": ("metadata_startup_script",),
        "azurerm_linux_virtual_machine": ("custom_data", "user_data"),
    }
)
_CHANNELS = {
    "aws": "`aws secretsmanager get-secret-value`",
    "google": "`gcloud secrets versions access`",
    "azurerm": "`az keyvault secret show`",
}
_REFERENCE = regex(r"\b(?:var|local|data|random_password)\.([\w.\[\]]{1,200})")
_NAMED_BEFORE = 140
"""Characters before a reference, in which its name there stands: `OPENAI_API_KEY=${`."""
_LAST_WORD = regex(r"\w+$")
_LONGEST_NAME = 100
_LONGEST = 50_000
"""Characters of a script; user data of AWS ends at 16 KiB."""


def add_boot_scripts(module: Module, collector: Collector) -> None:
    """What machines are handed in the script that they start with."""
    for declared in module.resources(*_SCRIPTS):
        for argument in _SCRIPTS[declared.type]:
            value = declared.body.get(argument)
            if value is not None and value.unknown and len(value.raw) <= _LONGEST:
                _add(declared, value, collector)


def _add(declared: Declared, value: Node, collector: Collector) -> None:
    of_agent = any(map(names_agent, (declared.title, declared.name)))
    for name, told in dict(_named(value.raw)).items():
        if told.provider or of_agent:
            collector.add(
                Credential(
                    id=fact_id("credential", name, f"{declared.key}.script"),
                    name=name,
                    evidence=(evidence(declared.document, value, f"{name}=(reference)"),),
                    provider=told.provider,
                    kind=told.kind,
                    form=CredentialForm.SECRET_REF,
                    lifetime=told.lifetime,
                    holder="agent" if of_agent else "container",
                    exposure="user_data",
                    variable=name,
                    unused_channel=_CHANNELS[declared.type.partition("_")[0]],
                )
            )


def _named(script: str) -> Iterator[tuple[str, SecretName]]:
    """The secrets of a script, by the names under which they are handed over or declared."""
    for found in _REFERENCE.finditer(script):
        before = script[max(0, found.start() - _NAMED_BEFORE) : found.start()].rstrip(" \"'${")
        given = _word_before(before[:-1].rstrip()) if before.endswith("=") else ""
        for name in filter(None, (given, found[1].rpartition(".")[2])):
            told = secret_name(name)
            if told is not None:
                yield name, told
                break


def _word_before(text: str) -> str:
    """The name that a text ends in."""
    found = _LAST_WORD.search(text[-_LONGEST_NAME:])
    return found[0] if found is not None else ""
