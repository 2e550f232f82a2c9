"""
What LiteLLM's proxy checks calls by, and what it does while that is out of reach.

A guardrail without `default_on` checks the calls that name it, and those of keys and teams that its
database binds to it. https://docs.litellm.ai/docs/proxy/guardrails/quick_start, and for a database
that does not answer https://docs.litellm.ai/docs/proxy/prod, autumn 2026.
"""

from collections.abc import Iterator, Mapping

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.controls import Guardrail
from agentaudit.readers.document import Document, Node

_UNCHECKED = "allow_requests_on_db_unavailable"


def add_guardrails(document: Document, collector: Collector, database: Node | None) -> bool:
    """Every guardrail of a configuration; whether one of them stands before every call."""
    asked_by_models = {
        name
        for model in document.root.list_at("model_list")
        for name in model.texts_at("litellm_params", "guardrails")
    }
    found = False
    for item in document.root.list_at("guardrails"):
        name = plain(item.text_at("guardrail_name"))
        if not name:
            continue
        node = item.child("guardrail_name") or item
        place = evidence(document, node, name)
        always = _always(item)
        if always is Truth.NO and (name in asked_by_models or database is not None):
            always = Truth.UNKNOWN
        if always is Truth.UNKNOWN:
            what = f"which calls the guardrail {name} checks"
            collector.leave_open(place, what, "calls that nobody bound to it pass it by")
        found = found or always is Truth.YES
        collector.add(
            Guardrail(
                id=fact_id("guardrail", name, f"{document.file}#guardrails.{name}"),
                name=name,
                evidence=(place,),
                product=item.text_at("litellm_params", "guardrail"),
                always=always,
            )
        )
    return found


def _always(item: Node) -> Truth:
    switch = item.get("litellm_params", "default_on")
    if switch is None or switch.boolean is False:
        return Truth.NO
    return Truth.YES if switch.boolean else Truth.UNKNOWN


def failing_open(document: Document) -> Mapping[str, Evidence]:
    """Settings by which calls go through unchecked, each with its place."""
    found: dict[str, Evidence] = {}
    for told, node in _opening(document.root):
        found.setdefault(told, evidence(document, node, told))
    return found


def _opening(root: Node) -> Iterator[tuple[str, Node]]:
    unchecked = root.get("general_settings", _UNCHECKED)
    if unchecked is not None and (unchecked.text or "").lower() == "true":
        yield f"{_UNCHECKED}: true", unchecked
    for item in root.list_at("guardrails"):
        fallback = item.get("litellm_params", "unreachable_fallback")
        strict = item.get("litellm_params", "fail_on_error")
        if fallback is not None and fallback.text == "fail_open":
            yield "unreachable_fallback: fail_open", fallback
        if strict is not None and strict.boolean is False:
            yield "fail_on_error: false", strict
