"""What a job of a workflow guards in containers of its own, which live and end with it."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.connections import connection_in
from agentaudit.extract.credentials.secret_names import opens_its_holder, secret_name
from agentaudit.extract.pipelines.actions_expressions import BEGINNING
from agentaudit.extract.pipelines.actions_jobs import Job
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import Credential, CredentialForm
from agentaudit.readers.document import Node

_TESTING = regex(r"(?i)(?:^|_)(?:e2e|tests?|testing|playwright|cypress)(?:_|$)")
_CONNECTION = "connection_string"
_HERE = frozenset({"localhost", "127.0.0.1", "0.0.0.0"})  # noqa: S104, an address in a text
_CHOSEN = frozenset({"password", "secret"})
"""What people choose themselves; a token of somebody else opens what is elsewhere."""


def doubt_own_services(
    collector: Collector, job: Job, settings: Iterable[Setting], found: Iterable[Credential]
) -> None:
    """
    Doubts what opens the service containers of a job, or a program that is tested beside them.

    A password is theirs if one of them is given it too, an address if it leads to one, and what
    tests log in with by its name. Whatever has the form of a vendor's key stays what it is.
    """
    services = job.node.get("services")
    if services is None or not services.entries:
        return
    hosts = _HERE | {key.raw for key, _ in services.entries}
    values = frozenset(_values(block for _, block in services.entries))
    own = {
        (each.value.line, each.value.column) for each in settings if _is_own(each, hosts, values)
    }
    for credential in found:
        place = credential.evidence[0]
        named = credential.confidence is Confidence.LIKELY or credential.kind == _CONNECTION
        literal = credential.form is CredentialForm.LITERAL
        if literal and named and (place.line, place.column) in own:
            collector.update(replace(credential, confidence=Confidence.POSSIBLE))


def _values(services: Iterable[Node]) -> Iterator[str]:
    """What the containers are given that is written out."""
    for service in services:
        given = service.get("env")
        for _, value in given.items() if given is not None else ():
            if value.text and BEGINNING not in value.text:
                yield value.text


def _is_own(setting: Setting, hosts: frozenset[str], values: frozenset[str]) -> bool:
    content = setting.content
    address = connection_in(content)
    if address is not None:
        return address.host.lower() in hosts
    name = secret_name(setting.key)
    if content in values or name is None:
        return content in values
    tested = name.kind in _CHOSEN and _TESTING.search(setting.key) is not None
    return tested or (opens_its_holder(setting.key) and name.provider != "database")
