"""
What callers of LiteLLM's proxy may spend, and how long the keys that it hands out live.

Limits of a key, a user or a team may also stand in the proxy's database, which no file shows: with
a database, a configuration without limits leaves it open whether there are any. `max_budget` of the
whole proxy counts where it is above 0. `rpm` and `tpm` of a model bound all who call it.
https://docs.litellm.ai/docs/proxy/users, https://docs.litellm.ai/docs/proxy/virtual_keys.
"""

import math
from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.sizes import seconds_of
from agentaudit.model.evidence import Evidence, Known
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.readers.document import Document, Node

_OF_ALL = ("max_budget", "max_internal_user_budget", "max_end_user_budget")
_OF_CALLERS = (
    "upperbound_key_generate_params",
    "default_key_generate_params",
    "default_internal_user_params",
    "default_team_params",
)
_MEASURES = ("max_budget", "tpm_limit", "rpm_limit")
_OF_MODELS = ("max_budget", "rpm", "tpm")
_FREE = ("ollama", "ollama_chat", "hosted_vllm", "vllm", "lm_studio", "llamafile", "infinity")
"""Providers that run on one's own machines, where calls cost no money."""


def limit_spending(
    document: Document, collector: Collector, gateway: Gateway, database: Node | None
) -> Gateway:
    """The gateway with what its configuration says of limits: one, none, or not to be known."""
    found = [(_limit(node), node) for node in _limits(document.root)]
    for known in (Known.SET, Known.UNKNOWN):
        node = next((node for held, node in found if held is known), None)
        if node is not None:
            return _limited(document, collector, gateway, (known, node))
    models = [_of_model(model) for model in _paid(document.root)]
    if not models and document.root.child("model_list") is not None:
        return gateway  # what runs on one's own machines costs nothing by the call
    if models and all(known is Known.SET for known in models):
        return replace(gateway, budget=Known.SET)
    if Known.UNKNOWN in models or database is not None:
        place = _place(document, gateway, database)
        collector.leave_open(
            place,
            f"budgets of keys, users and teams of {gateway.name} stand in its database",
            "whether anything limits what its callers spend",
        )
        return gateway
    return replace(gateway, budget=Known.NONE)


def _limited(
    document: Document, collector: Collector, gateway: Gateway, found: tuple[Known, Node]
) -> Gateway:
    known, node = found
    if known is Known.UNKNOWN:
        place = evidence(document, node)
        collector.leave_open(place, "a budget that is set elsewhere", "how much may be spent")
    return replace(gateway, budget=known)


def _limits(root: Node) -> Iterator[Node]:
    settings = root.child("litellm_settings")
    if settings is not None:
        yield from _present(settings, _OF_ALL)
        for name in _OF_CALLERS:
            block = settings.child(name)
            if block is not None:
                yield from _present(block, _MEASURES)
        yield from _each(settings.child("tag_budget_config"), "max_budget")
    yield from _each(root.get("router_settings", "provider_budget_config"), "budget_limit")


def _present(block: Node, names: tuple[str, ...]) -> Iterator[Node]:
    yield from (node for name in names if (node := block.child(name)) is not None)


def _each(block: Node | None, name: str) -> Iterator[Node]:
    for _, value in block.items() if block is not None else ():
        yield from _present(value, (name,))


def _paid(root: Node) -> Iterator[Node]:
    listed = root.child("model_list")
    for model in listed.elements if listed is not None else ():
        if model.text_at("litellm_params", "model").partition("/")[0] not in _FREE:
            yield model


def _of_model(model: Node) -> Known:
    block = model.child("litellm_params")
    found = [_limit(node) for node in _present(block, _OF_MODELS)] if block is not None else []
    return next((known for known in (Known.SET, Known.UNKNOWN) if known in found), Known.NONE)


def _limit(node: Node) -> Known:
    """Whether an amount of money, tokens or calls is a limit: above nothing, and an amount."""
    text = node.text or ""
    try:
        amount = float(text)
    except ValueError:
        return Known.UNKNOWN if text else Known.NONE
    return Known.SET if amount > 0 and math.isfinite(amount) else Known.NONE


def add_virtual_keys(
    document: Document, collector: Collector, gateway: Gateway, database: Node | None
) -> None:
    """
    The keys that the proxy hands out, where it has a database to keep them in.

    Whoever asks for one says how long it lives, up to `upperbound_key_generate_params.duration`;
    without that, for ever.
    """
    settings = document.root.child("litellm_settings")
    upper = settings.child("upperbound_key_generate_params") if settings is not None else None
    if database is None and upper is None:
        return
    node = upper.child("duration") if upper is not None else None
    seconds = seconds_of(node.text or "") if node is not None else None
    if node is not None and node.text and seconds is None:
        place = evidence(document, node)
        collector.leave_open(place, "the longest life of a virtual key", "how long keys are good")
        return
    key = settings.key_of("upperbound_key_generate_params") if settings is not None else None
    collector.add(
        Credential(
            id=fact_id("credential", "virtual keys", f"{gateway.id}/virtual keys"),
            name=gateway.name,
            evidence=(_place(document, gateway, node or key),),
            provider="litellm",
            kind="issued_token",
            form=CredentialForm.OAUTH,
            lifetime=Lifetime.SHORT if seconds else Lifetime.STATIC,
            ttl_s=seconds or None,
            variable="virtual keys",
        )
    )


def _place(document: Document, gateway: Gateway, node: Node | None) -> Evidence:
    """The place of a node of the configuration's own, else that of the gateway."""
    inside = node is not None and any(node is each for each in document.root.walk())
    return evidence(document, node) if node is not None and inside else gateway.evidence[-1]
