"""Roles, users and policies of AWS by the addresses that Terraform's values refer to."""

import re

from agentaudit.extract.terraform.modules import Module
from agentaudit.extract.terraform.references import UNDECIDED
from agentaudit.readers.document import Node

ADDRESS = re.compile(r"\b(aws_iam_(?:role|user|policy))\.([\w-]+(?:\[\"[^\"\[\]]{1,200}\"\])?)")


def key_at(module: Module, node: Node) -> str | None:
    """
    The key of what the address in a value means; None of a value without one.

    Empty where no file declares it, or where nothing decides which of its instances it is.
    """
    found = ADDRESS.search(node.raw)
    if found is None:
        return None
    is_open = node.raw.startswith(UNDECIDED, found.end())
    declared = module.resource(found[1], found[2]) if not is_open else None
    return declared.key if declared is not None else ""
