"""Custom roles of Azure in Terraform: what whoever is assigned them may do."""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.iam_globs import matches
from agentaudit.extract.terraform_modules import Declared, Module
from agentaudit.model.facts.permissions import Grant
from agentaudit.readers.document import Node


def add_role_definitions(module: Module, collector: Collector) -> None:
    """One grant for each block of permissions; `not_actions` take away, within their block."""
    for declared in module.resources("azurerm_role_definition"):
        listed = declared.body.get("permissions")
        for number, block in enumerate(listed.list() if listed is not None else ()):
            _add_permissions(declared, block, number, collector)


def _add_permissions(declared: Declared, block: Node, number: int, collector: Collector) -> None:
    name = declared.body.get("name")
    actions = tuple(_texts(declared, block, "actions", collector))
    taken = tuple(_texts(declared, block, "not_actions", collector))
    left = tuple(
        action for action in actions if not any(matches(pattern, action) for pattern in taken)
    )
    if not left:
        return
    shown = (name.text if name is not None else None) or declared.title
    collector.add(
        Grant(
            id=fact_id("grant", shown, f"{declared.key}.{number}"),
            name=f"custom role {shown}",
            evidence=(evidence(declared.document, block.get("actions") or block, left[0]),),
            principal=f"whoever has the role {shown}",
            provider="azure",
            actions=left,
            not_actions=taken,
            source="azure_role",
        )
    )


def _texts(declared: Declared, block: Node, attribute: str, collector: Collector) -> Iterator[str]:
    """The patterns of a list in lower case, as Azure compares them; what is open is left open."""
    listed = block.get(attribute)
    if listed is None:
        return
    if listed.unknown:
        place = evidence(declared.document, listed)
        collector.leave_open(place, f"{attribute} of {declared.shown}", "it may allow any action")
        return
    for member in listed.list():
        if member.text is not None:
            yield member.text.lower()
        else:
            place = evidence(declared.document, member)
            collector.leave_open(place, f"an action of {declared.shown}", "it may be any action")
