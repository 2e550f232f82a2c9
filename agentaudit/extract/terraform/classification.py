"""
How confidential a module says that its memories are, and whose key they are encrypted with.

That data is confidential is said in tags, the provider's `default_tags` among them; nothing else in
these files says it. Encryption is by a key of the provider's own unless the resource names another.
Sources: the resources' pages in the Terraform registry and in the AWS CloudFormation reference;
AWS, "Best Practices for Tagging AWS Resources" (data classification).
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node
from agentaudit.readers.hcl.document import body_node

_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "aws_bedrockagentcore_memory": (("encryption_key_arn",),),
        "aws_bedrockagent_agent": (("customer_encryption_key_arn",),),
        "aws_dynamodb_table": (
            ("server_side_encryption", "kms_key_arn"),
            ("sse_specification", "kms_master_key_id"),
        ),
        "aws_elasticache_replication_group": (("kms_key_id",),),
        "aws_elasticache_serverless_cache": (("kms_key_id",),),
        "aws_memorydb_cluster": (("kms_key_arn",), ("kms_key_id",)),
        "google_redis_instance": (("customer_managed_key",),),
    }
)
"""Where a resource names the key, one way of several."""
_PARTS = MappingProxyType({"aws_bedrockagent_agent": ".memory"})
"""What the memory is called that is a part of something else."""
_CLASS = regex(
    r"^(?:data|information)?(?:class(?:ification)?(?:level)?|sensitivity|confidentiality)$"
)
_CONFIDENTIAL = regex(
    r"confidential|restricted|secret|sensitive|\bhigh(?:ly)?\b|\bpi[i]\b|\bphi\b|\bpci\b|personal",
    re.IGNORECASE,
)
_NOT = regex(r"\b(?:non|not|no|low)\b", re.IGNORECASE)
_FLAG = regex(r"^(?:contains|has|holds)?(?:pii|phi|personaldata|sensitivedata)$")


def classify(module: Module, collector: Collector) -> None:
    """The memories of a module, with what its tags and its keys say of them."""
    found = tuple(_memories(module, collector))
    defaults = tuple(_defaults(module)) if found else ()
    for declared, memory in found:
        place = _confidential(declared, defaults)
        places = () if place is None else (place,)
        collector.update(
            replace(
                memory,
                own_key=_own_key(declared),
                sensitive=Truth.UNKNOWN if place is None else Truth.YES,
                evidence=tuple(dict.fromkeys((*memory.evidence, *places))),
            )
        )


def _memories(module: Module, collector: Collector) -> Iterator[tuple[Declared, MemoryStore]]:
    """The resources of a module that keep memories, with the facts that were made of them."""
    for declared in module.resources(*_KEYS):
        part = _PARTS.get(declared.type, "")
        found = collector.facts.get(
            fact_id("memory_store", declared.title, f"{declared.key}{part}")
        )
        if isinstance(found, MemoryStore):
            yield declared, found


def _own_key(declared: Declared) -> Known:
    named = [declared.body.get(*path) for path in _KEYS[declared.type]]
    node = next((node for node in named if node is not None), None)
    return Known.NONE if node is None or node.text == "" else Known.SET


def _confidential(
    declared: Declared, defaults: tuple[tuple[Document, Node], ...]
) -> Evidence | None:
    """Where a tag says that what a resource keeps is confidential; its own tags count first."""
    own = declared.body.get("tags")
    groups = (*(((declared.document, own),) if own is not None else ()), *defaults)
    said: set[str] = set()
    for document, tags in groups:
        for key, value in _pairs(tags):
            name = re.sub(r"[^a-z]", "", key.lower())
            if name in said:
                continue
            said.add(name)
            if _says(name, value.text or ""):
                return evidence(document, value, f"{key}={value.text}")
    return None


def _says(name: str, value: str) -> bool:
    if _FLAG.search(name):
        return value.lower() in {"true", "yes", "1"}
    classified = _CLASS.search(name) is not None and _CONFIDENTIAL.search(value) is not None
    return classified and not _NOT.search(value)


def _pairs(tags: Node) -> Iterator[tuple[str, Node]]:
    """A mapping, or the list of keys and values that CloudFormation has."""
    yield from tags.items()
    for tag in tags.elements:
        key, value = tag.get("key"), tag.get("value")
        if key is not None and value is not None:
            yield key.raw, value


def _defaults(module: Module) -> Iterator[tuple[Document, Node]]:
    """The tags that the provider puts on every resource."""
    for member in module.members("provider"):
        if member.block.labels == ("aws",):
            body = body_node(member.block.body, module.folder_for(member.document))
            tags = body.get("default_tags", "tags")
            if tags is not None:
                yield member.document, tags
