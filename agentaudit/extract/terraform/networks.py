"""Security groups in Terraform: whether what runs behind them may connect to anything."""

from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.readers.document import Node

_GROUP = regex(r"\baws_security_group\.([\w-]+)")
_ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_CIDRS = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6")
_RULES = ("aws_vpc_security_group_egress_rule", "aws_security_group_rule")


def egress_of(declared: Declared, groups: Node | None) -> str:
    """`any`, unless every group around it is declared and none lets out to everywhere."""
    named = [_GROUP.search(node.raw) for node in (groups.list() if groups else ())]
    if not named:
        return "any"
    for match in named:
        group = declared.module.resource("aws_security_group", match[1]) if match else None
        if group is None or any(map(_opens, _rules(declared.module, group))):
            return "any"
    return "allowlist"


def _rules(module: Module, group: Declared) -> Iterator[Node]:
    """The rules for what goes out: within the group, and in resources of their own."""
    yield from group.body.list_at("egress")
    for rule in module.referring("security_group_id", *_RULES).get(group.address, ()):
        direction = rule.body.get("type")
        if direction is None or direction.raw == "egress":
            yield rule.body


def _opens(rule: Node) -> bool:
    """Whether a rule lets out to everywhere, or to where nobody knows."""
    cidrs = [rule.get(name) for name in _CIDRS]
    nodes = [node for listed in cidrs if listed is not None for node in listed.list()]
    return any(node.unknown or node.text in _ANYWHERE for node in nodes)
