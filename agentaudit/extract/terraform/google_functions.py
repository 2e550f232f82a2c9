"""
Cloud Functions of Google, in Terraform, in both of their versions.

Limits and defaults: https://cloud.google.com/functions/docs/configuring/max-instances and
…/timeout, https://cloud.google.com/functions/docs/securing/function-identity.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.container import Container, with_instances
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.documents import Documents
from agentaudit.extract.google.platforms import GOOGLE_ROLES, google_runtime
from agentaudit.extract.settings import Setting
from agentaudit.extract.sizes import seconds_of
from agentaudit.extract.terraform.google import act_as
from agentaudit.extract.terraform.google_public import opened_by_bindings
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.settings import settings
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Node

_DEFAULT_TIMEOUT_S = 60
_CHANNEL = "`secret_environment_variables`"


class _Version(Struct, frozen=True):
    """Where a version keeps what is asked of it, and what it has where nothing is said."""

    within: tuple[str, ...]
    timeout: str
    instances: str
    most: int
    account: str


_VERSIONS: Mapping[str, _Version] = MappingProxyType(
    {
        "google_cloudfunctions_function": _Version(
            (), "timeout", "max_instances", 3000, "App Engine default service account"
        ),
        "google_cloudfunctions2_function": _Version(
            ("service_config",),
            "timeout_seconds",
            "max_instance_count",
            100,
            "default compute service account",
        ),
    }
)


def add_google_functions(module: Module, documents: Documents, collector: Collector) -> None:
    """Every function of a module, with the account that it acts as."""
    for type_, version in _VERSIONS.items():
        opened = opened_by_bindings(module, documents, collector, type_)
        for declared in module.resources(type_):
            body = _body(declared, version)
            runtime = add_container(collector, _container(declared, version, opened))
            account = body.get("service_account_email") if body is not None else None
            act_as(declared, runtime, account, collector, default=version.account)


def _body(declared: Declared, version: _Version) -> Node | None:
    return declared.body.get(*version.within) if version.within else declared.body


def _container(declared: Declared, version: _Version, opened: Mapping[str, Evidence]) -> Container:
    body = _body(declared, version) or declared.body
    runtime = google_runtime(declared.title, declared.key, "cloud_function", (declared.place(),))
    timeout = body.get(version.timeout)
    ingress = body.get("ingress_settings")
    inside = ingress is not None and ingress.raw != "ALLOW_ALL"
    named = opened.get(declared.title) or opened.get(declared.address)
    return Container(
        document=declared.document,
        place=declared.header,
        key=declared.key,
        runtime=with_instances(runtime, body.get(version.instances), version.most),
        names=(declared.title, declared.name),
        settings=tuple(_environment(declared, body)),
        short_alternative=GOOGLE_ROLES,
        timeout_s=seconds_of(timeout.text or "") if timeout is not None else _DEFAULT_TIMEOUT_S,
        open_to_all=None if inside or not _has_address(declared) else named,
    )


def _has_address(declared: Declared) -> bool:
    """Whether requests lead to it: of the first version not where an event starts it."""
    return declared.body.get("event_trigger") is None or bool(_VERSIONS[declared.type].within)


def _environment(declared: Declared, body: Node) -> Iterator[Setting]:
    """Variables with their values, and those for which the platform keeps a secret."""
    given = body.get("environment_variables")
    for each in settings(declared, given, "environment_variables"):
        yield replace(each, channel=_CHANNEL)
    for kept in body.list_at("secret_environment_variables"):
        key = kept.get("key")
        if key is not None and key.text:
            yield Setting(
                key=key.text,
                value=key,
                document=declared.document,
                route=f"{declared.shown}.secret_environment_variables",
                form=CredentialForm.SECRET_REF,
            )
