"""
How long the tokens and certificates live that identity providers and Vault are set up to issue.

Sources: the providers' resource pages in the Terraform registry (okta, auth0, keycloak, vault);
Auth0, "Update Access Token Lifetime" (24 hours unless set, 30 days at most); Vault, "Tokens": one
without a parent is not revoked with it, and lives for 32 days where nobody says.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.recognition import lifetime_of
from agentaudit.extract.sizes import compound_seconds_of
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.readers.document import Node

_DAY_S = 86_400
_VAULT_LEASE_S = 32 * _DAY_S


class _Issuer(Struct, frozen=True, kw_only=True):
    """A resource that decides how long tokens live."""

    provider: str
    kind: str = "issued_token"
    attributes: tuple[str, ...]
    """The first that is set counts."""
    unit_s: int = 1
    """Seconds in the unit of a bare number."""
    default_s: int | None = None
    """What the provider issues when nobody says."""


_VAULT_ROLE = _Issuer(
    provider="vault", attributes=("token_explicit_max_ttl", "token_max_ttl", "token_ttl")
)
_ISSUERS: Mapping[str, _Issuer] = MappingProxyType(
    {
        "okta_auth_server_policy_rule": _Issuer(
            provider="okta", attributes=("access_token_lifetime_minutes",), unit_s=60
        ),
        "auth0_resource_server": _Issuer(
            provider="auth0", attributes=("token_lifetime",), default_s=_DAY_S
        ),
        "keycloak_realm": _Issuer(provider="keycloak", attributes=("access_token_lifespan",)),
        "keycloak_openid_client": _Issuer(
            provider="keycloak", attributes=("access_token_lifespan",)
        ),
        "vault_token": _Issuer(provider="vault", attributes=("explicit_max_ttl", "ttl")),
        "vault_mount": _Issuer(provider="vault", attributes=("max_lease_ttl_seconds",)),
        "vault_pki_secret_backend_role": _Issuer(
            provider="vault", kind="certificate", attributes=("max_ttl", "ttl")
        ),
        **dict.fromkeys(
            (
                "vault_approle_auth_backend_role",
                "vault_aws_auth_backend_role",
                "vault_azure_auth_backend_role",
                "vault_gcp_auth_backend_role",
                "vault_jwt_auth_backend_role",
                "vault_kubernetes_auth_backend_role",
                "vault_token_auth_backend_role",
            ),
            _VAULT_ROLE,
        ),
    }
)
_AUTHORITY = "pki"
"""A mount that signs: its own certificate is to live long, and others end as its roles say."""
_PERIODS = ("token_period", "period")


def add_issued_tokens(module: Module, collector: Collector) -> None:
    """What a module's issuers hand out, with the time for which it is good."""
    for declared in module.resources(*_ISSUERS):
        if declared.body.text_at("type") != _AUTHORITY:
            _add_token(declared, _ISSUERS[declared.type], collector)


def _add_token(declared: Declared, issuer: _Issuer, collector: Collector) -> None:
    node = _first(declared, issuer.attributes)
    period = next((found for name in _PERIODS if (found := declared.body.get(name))), None)
    if period is not None and _seconds(period, issuer) != 0:
        node, ttl_s, lifetime = period, None, Lifetime.STATIC
    else:
        ttl_s = _seconds(node, issuer) if node is not None else _unsaid(declared, issuer)
        lifetime = lifetime_of(ttl_s) if ttl_s else Lifetime.UNKNOWN
    root = declared.type == "vault_token" and _is_root(declared)
    if node is not None and node.unknown:
        place = evidence(declared.document, node)
        collector.leave_open(place, f"the lifetime of {declared.shown}", "how long it is good")
        return
    if lifetime is Lifetime.UNKNOWN and not root:
        return
    collector.add(
        Credential(
            id=fact_id("credential", declared.title, f"{declared.key}.token"),
            name=declared.shown,
            evidence=(declared.place(node),),
            provider=issuer.provider,
            kind=issuer.kind,
            form=CredentialForm.OAUTH,
            lifetime=Lifetime.STATIC if root else lifetime,
            ttl_s=None if root else ttl_s,
            variable=declared.shown,
            admin=root,
        )
    )


def _unsaid(declared: Declared, issuer: _Issuer) -> int | None:
    """How long a token lives that is given no time; most of Vault end with what asked for them."""
    orphan = declared.body.get("no_parent")
    return _VAULT_LEASE_S if orphan is not None and orphan.boolean else issuer.default_s


def _first(declared: Declared, attributes: tuple[str, ...]) -> Node | None:
    """The first attribute that is set; zero leaves it to what stands above."""
    found = (declared.body.get(name) for name in attributes)
    return next((node for node in found if node is not None and node.text != "0"), None)


def _seconds(node: Node, issuer: _Issuer) -> int | None:
    if node.integer is not None:
        return node.integer * issuer.unit_s
    return compound_seconds_of(node.text or "")


def _is_root(declared: Declared) -> bool:
    """A token with the policy `root` may do everything, and never expires unless it is told to."""
    policies = declared.body.get("policies")
    return policies is not None and "root" in policies.texts()
