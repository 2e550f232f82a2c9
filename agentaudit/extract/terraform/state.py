"""Keys that a resource makes: they stand in the state, where there is one."""

from agentaudit.extract.collector import fact_id
from agentaudit.extract.terraform.modules import Declared
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime


def key_in_state(
    declared: Declared, provider: str, kind: str, *, ttl_s: int | None = None
) -> Credential:
    """What a resource makes, which works until somebody revokes it, or for so many seconds."""
    return Credential(
        id=fact_id("credential", declared.name, declared.key),
        name=declared.shown,
        evidence=(declared.place(),),
        provider=provider,
        kind=kind,
        form=CredentialForm.FILE,
        lifetime=Lifetime.STATIC,
        ttl_s=ttl_s,
        holder="repository",
        exposure="state" if declared.module.has_state else "made",
        variable=declared.shown,
    )
