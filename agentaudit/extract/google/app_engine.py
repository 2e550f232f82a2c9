"""
Services of App Engine: `app.yaml`, in the standard and in the flexible environment.

An instance has a class or resources, so memory and CPU are always limited. Source: Google,
"app.yaml reference" and "How instances are managed", with the ends of requests.
"""

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import Container, place_of, with_instances
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.credentials.holdings import settings_of
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.google.platforms import (
    GOOGLE_ROLES,
    add_account_elsewhere,
    add_default_account,
    google_runtime,
    is_default_account,
)
from agentaudit.extract.platform_files import app_engine_services
from agentaudit.readers.document import Document

_DEFAULT = "default"
_ACCOUNT = "App Engine default service account"
_SCALED_BY_LOAD_S, _SCALED_BY_HAND_S, _FLEXIBLE_S = 600, 86_400, 3_600
_BY_HAND = ("manual_scaling", "basic_scaling")
_MOST = (("automatic_scaling", "max_instances"), ("automatic_scaling", "max_num_instances"))
_COUNTS = (*_MOST, ("basic_scaling", "max_instances"), ("manual_scaling", "instances"))


def extract_app_engine(documents: Documents, collector: Collector) -> None:
    """Every service, with the account that it acts as."""
    for document in app_engine_services(documents):
        runtime = add_container(collector, _container(document))
        named = document.root.child("service_account")
        if named is None or is_default_account(named.raw):
            add_default_account(collector, runtime, folder_of(document.file), _ACCOUNT)
        else:
            add_account_elsewhere(collector, runtime, named, evidence(document, named))


def _container(document: Document) -> Container:
    root = document.root
    title = root.name_at("service") or _DEFAULT
    place = root.child("service") or root.child("runtime") or root
    runtime = google_runtime(title, document.file, "app_engine", place_of(document, place, title))
    count = next(filter(None, (root.get(*route) for route in _COUNTS)), None)
    return Container(
        document=document,
        place=place,
        key=document.file,
        runtime=replace(with_instances(runtime, count, None), published_ports=("443",)),
        names=(title,),
        words=tuple(root.text_at("entrypoint").split()),
        settings=settings_of(document, root.child("env_variables"), "env_variables"),
        build=folder_of(document.file),
        dockerfile="" if root.text_at("runtime") == "custom" else document.file,
        short_alternative=GOOGLE_ROLES,
        timeout_s=_timeout_s(document),
    )


def _timeout_s(document: Document) -> int:
    """When the platform ends a request."""
    if document.root.text_at("env") in {"flex", "flexible"}:
        return _FLEXIBLE_S
    by_hand = any(document.root.child(name) is not None for name in _BY_HAND)
    return _SCALED_BY_HAND_S if by_hand else _SCALED_BY_LOAD_S
