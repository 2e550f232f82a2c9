"""Policies that a module makes for others: documents that nothing but an output of it uses."""

from collections import Counter
from collections.abc import Iterable

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.grants import Bearer, add_grants
from agentaudit.extract.iam.policies import PolicySource, statements
from agentaudit.extract.terraform.modules import Module

_DOCUMENT = regex(
    r"\s*data\.aws_iam_policy_document\.(?P<name>[\w-]{1,200})\.(?:minified_)?json\s*"
)
_REFERRED = regex(r"\baws_iam_policy_document\.(?P<name>[\w-]{1,200})\.")


def add_exported_policies(module: Module, documents: Documents, collector: Collector) -> None:
    """
    What the outputs of a module allow whoever calls it from another repository.

    Documents that name principals are policies of resources, or say who may take a role on: what
    has them says whether that matters.
    """
    outputs = [
        (member, attribute.value)
        for member in module.members("output")
        if (attribute := member.block.body.attribute("value")) is not None
    ]
    if module.callers or not any(_DOCUMENT.fullmatch(value.source) for _, value in outputs):
        return
    exported = _referred(value.source for _, value in outputs)
    used = _referred(document.text for document, _ in module.bodies) - exported
    for member, value in outputs:
        found = _DOCUMENT.fullmatch(value.source)
        if found is None or found["name"] in used:
            continue
        name = ".".join(("output", *member.block.labels))
        node = module.folder_for(member.document).fold(value)
        source = PolicySource(node=node, document=member.document, owner=name)
        allowed = statements(source, documents, collector)
        if not any(statement.principals for statement in allowed):
            key = f"{module.folder}#{module.prefix}{name}"
            add_grants(collector, Bearer(name=name, key=key), allowed)


def _referred(texts: Iterable[str]) -> Counter[str]:
    """How often each document is referred to."""
    return Counter(found["name"] for text in texts for found in _REFERRED.finditer(text))
