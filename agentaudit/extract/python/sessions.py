"""
Sessions of AWS that Python code asks for, and for how long.

Source: AWS STS API reference, `DurationSeconds` of AssumeRole, GetSessionToken and their like.
"""

from collections.abc import Iterable

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import packages
from agentaudit.extract.programs.syntax import keyword
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime

_ISSUING = frozenset(
    {
        *("assume_role", "assume_role_with_web_identity", "assume_role_with_saml"),
        *("get_session_token", "get_federation_token"),
    }
)


def add_sessions(module: Module, calls: Iterable[Call], collector: Collector) -> None:
    """A session for each call that says how long it is to last."""
    if module.once(packages).isdisjoint({"boto3", "aioboto3"}):
        return
    for call in calls:
        asked = keyword(call.node, "DurationSeconds")
        if call.last in _ISSUING and asked is not None:
            _add_session(module, collector, call, module.value(asked))


def _add_session(module: Module, collector: Collector, call: Call, asked: object) -> None:
    place = module.place(call.node, call.last)
    if not isinstance(asked, int):
        collector.leave_open(place, f"the duration of {call.last}", "how long a session lasts")
        return
    key = f"{module.document.file}#{call.last}.{call.node.lineno}"
    collector.add(
        Credential(
            id=fact_id("credential", call.last, key),
            name=call.last,
            evidence=(place,),
            provider="aws",
            kind="session_key",
            form=CredentialForm.WORKLOAD_IDENTITY,
            lifetime=Lifetime.SHORT,
            ttl_s=asked,
            variable="DurationSeconds",
        )
    )
