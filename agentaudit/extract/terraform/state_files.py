"""
States of Terraform among the files: every attribute of what was made, in plain text.

A backup, and a state beside its sources, say again what is told of already: a value is told where
it stands first, and its further places with it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.literals import is_placeholder
from agentaudit.extract.credentials.recognition import in_force, recognise
from agentaudit.extract.documents import Documents
from agentaudit.extract.named_texts import dotted, named_texts
from agentaudit.extract.platform_files import states
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.readers.document import STRING, Document, Node

_SECRETS = {
    ("aws_iam_access_key", "id"): "AWS_ACCESS_KEY_ID",
    ("aws_iam_access_key", "secret"): "AWS_SECRET_ACCESS_KEY",
    ("aws_iam_access_key", "ses_smtp_password_v4"): "ses_smtp_password",
    ("aws_secretsmanager_secret_version", "secret_string"): "secret",
    ("azuread_application_password", "value"): "azure_client_secret",
    ("azuread_service_principal_password", "value"): "azure_client_secret",
    ("azurerm_key_vault_secret", "value"): "secret",
    ("azurerm_kubernetes_cluster", "kube_admin_config_raw"): "cluster_credentials",
    ("azurerm_kubernetes_cluster", "kube_config_raw"): "cluster_credentials",
    ("azurerm_storage_account", "primary_access_key"): "azure_account_key",
    ("azurerm_storage_account", "secondary_access_key"): "azure_account_key",
    ("github_actions_secret", "plaintext_value"): "secret",
    ("google_secret_manager_secret_version", "secret_data"): "secret",
    ("google_service_account_key", "private_key"): "google_private_key",
    ("google_storage_hmac_key", "secret"): "secret",
    ("linode_lke_cluster", "kubeconfig"): "cluster_credentials",
    ("random_password", "result"): "random_password",
}
"""Attributes that hold a secret, whatever it looks like, by a name that tells of whom it is."""
_PARAMETER = "aws_ssm_parameter"
_ENCRYPTED = "SecureString"
"""The kind of a parameter that is a secret."""
_FORMS = {
    "private_key_pem": ("private_key_openssh", "private_key_pem_pkcs8"),
    "kube_config_raw": ("kube_config",),
    "kube_admin_config_raw": ("kube_admin_config",),
}
"""Of one secret: other attributes that hold it as well."""
_HOURS = frozenset({"aws_ecr_authorization_token", "aws_eks_cluster_auth", "google_client_config"})
"""Data sources whose tokens are good for hours from when the state was written."""
_HALF_DAY_S = 12 * 3_600
_FEWEST_CHARACTERS = 8
_HOLDING = Holding(holder="repository", exposure="file")


class _Instance(Struct, frozen=True):
    """One thing that was made."""

    type: str
    address: str
    attributes: Node


def extract_states(documents: Documents, collector: Collector) -> None:
    """The states among the files, and the secrets in them."""
    told = {each.digest: each.id for each in collector.of(Credential) if each.digest}
    for document in states(documents):
        instances = tuple(_instances(document.root))
        if instances:
            _add_state(document, collector)
        _add_secrets(_outputs(document), told, collector)
        for instance in instances:
            sure = {name for name, _ in _known_secrets(instance)}
            for credential in _add_secrets(_settings(document, instance), told, collector):
                if instance.type in _HOURS:
                    collector.update(
                        replace(credential, lifetime=Lifetime.SHORT, ttl_s=_HALF_DAY_S)
                    )
                elif credential.variable in sure:
                    collector.update(replace(credential, confidence=Confidence.CERTAIN))


def _add_state(document: Document, collector: Collector) -> None:
    """The file itself: it holds more than can be told apart."""
    name = document.file.rpartition("/")[2]
    key = document.root.key_of("terraform_version") or document.root
    collector.add(
        Credential(
            id=fact_id("credential", name, f"{document.file}#state"),
            name=name,
            evidence=(evidence(document, key),),
            provider="terraform",
            kind="state_file",
            form=CredentialForm.FILE,
            lifetime=Lifetime.UNKNOWN,
            holder="repository",
            exposure="state",
            variable=name,
        )
    )


def _instances(root: Node) -> Iterator[_Instance]:
    """What was made, as states of version 4 list it, and those of older ones by module."""
    for resource in root.list_at("resources"):
        type_ = resource.text_at("type")
        parts = [resource.text_at("module"), type_, resource.text_at("name")]
        address = ".".join(filter(None, parts))
        for number, instance in enumerate(resource.list_at("instances")):
            attributes = instance.get("attributes") or instance.get("attributes_flat")
            if attributes is not None and attributes.entries:
                yield _Instance(type_, f"{address}[{number}]", attributes)
    for number, module in enumerate(root.list_at("modules")):
        listed = module.get("resources")
        for address, resource in listed.items() if listed is not None else ():
            attributes = resource.get("primary", "attributes")
            if attributes is not None and attributes.entries:
                type_ = resource.text_at("type")
                yield _Instance(type_, f"modules[{number}].{address}", attributes)


def _outputs(document: Document) -> Iterator[Setting]:
    """What the configuration hands out, by the names that it gives it."""
    listed = document.root.get("outputs")
    for name, output in listed.items() if listed is not None else ():
        value = output.get("value")
        if value is not None and value.kind is STRING:
            yield Setting(key=name, value=value, document=document, route="outputs")


def _settings(document: Document, instance: _Instance) -> Iterator[Setting]:
    """All texts of an instance, under names that tell what they are; each secret once."""
    attributes = instance.attributes
    whole = [
        (_place(value), _FORMS[name])
        for name, value in attributes.items()
        if name in _FORMS and value.kind is STRING
    ]
    again = frozenset(chain.from_iterable(forms for _, forms in whole))
    once = attributes.changed(
        entries=tuple(entry for entry in attributes.entries if entry[0].raw not in again)
    )
    forms = dict(whole)
    secrets = {_place(value): name for name, value in _known_secrets(instance)}
    for name, value, path in named_texts(once, instance.address):
        told = secrets.get(_place(value))
        yield Setting(
            key=told or name,
            value=value,
            document=document,
            route=dotted(path),
            via=tuple(_also_at(document, attributes, forms.get(_place(value), ()))),
            in_force=told is not None and _holds_secret(value),
        )


def _known_secrets(instance: _Instance) -> Iterator[tuple[str, Node]]:
    """The attributes of an instance that are secrets by its type, each with a telling name."""
    attributes = instance.attributes
    for name, value in attributes.items():
        if told := _SECRETS.get((instance.type, name)):
            yield told, value
    if instance.type == _PARAMETER and attributes.text_at("type") == _ENCRYPTED:
        parameter = attributes.get("value")
        if parameter is not None:
            yield "secret", parameter


def _holds_secret(value: Node) -> bool:
    """Whether more stands there than a word that holds the place of a secret."""
    return len(value.raw) >= _FEWEST_CHARACTERS and not is_placeholder("secret", value.raw)


def _also_at(document: Document, attributes: Node, forms: Sequence[str]) -> Iterator[Evidence]:
    for form in forms:
        again = attributes.get(form)
        for _, text, _ in named_texts(again) if again is not None else ():
            yield evidence(document, text)


def _place(node: Node) -> tuple[int, int]:
    return node.line, node.column


def _add_secrets(
    settings: Iterable[Setting], told: dict[str, FactId], collector: Collector
) -> tuple[Credential, ...]:
    """The literal secrets among some settings; what was told before gets a place more."""
    new: dict[tuple[int, int], tuple[str, Setting]] = {}
    for setting in settings:
        found = recognise(setting.key, setting.content)
        if found is None and setting.in_force:
            found = in_force(setting.key, setting.content)
        if found is None or found.form is not CredentialForm.LITERAL:
            continue
        digest = collector.digest(found.secret)
        known = collector.facts.get(told.get(digest, NOBODY))
        if known is not None:
            place = evidence(setting.document, setting.value)
            collector.update(replace(known, evidence=with_place(known, place, *setting.via)))
        else:
            new[_place(setting.value)] = digest, setting
    added = add_credentials(collector, [setting for _, setting in new.values()], _HOLDING)
    for credential in added:
        for place in credential.evidence:
            digest, _ = new.get((place.line, place.column), ("", None))
            told.setdefault(digest, credential.id)
    return added
