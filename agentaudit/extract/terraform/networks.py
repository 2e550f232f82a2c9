"""Security groups in Terraform: what runs behind them may connect to, and who may connect to it."""

from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.readers.document import Node

_GROUP = regex(r"\baws_security_group\.([\w-]+)")
_ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_CIDRS = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6")
_RULES = ("aws_vpc_security_group_{}_rule", "aws_security_group_rule")


def egress_of(declared: Declared, groups: Node | None) -> str:
    """`any`, unless every group around it is declared and none lets out to everywhere."""
    named = [_GROUP.search(node.raw) for node in (groups.list() if groups else ())]
    if not named:
        return "any"
    for match in named:
        group = declared.module.resource("aws_security_group", match[1]) if match else None
        if group is None or any(map(_opens, _rules(declared.module, group, "egress"))):
            return "any"
    return "allowlist"


def lets_everybody_in(declared: Declared, groups: Node | None) -> bool:
    """Whether a group around it is known to let in from everywhere."""
    for node in groups.list() if groups else ():
        match = _GROUP.search(node.raw)
        group = declared.module.resource("aws_security_group", match[1]) if match else None
        rules = _rules(declared.module, group, "ingress") if group is not None else ()
        if any(each.text in _ANYWHERE for rule in rules for each in _cidrs(rule)):
            return True
    return False


def _rules(module: Module, group: Declared, way: str) -> Iterator[Node]:
    """The rules for what goes in or out: within the group, and in resources of their own."""
    yield from group.body.list_at(way)
    types = tuple(each.format(way) for each in _RULES)
    for rule in module.referring("security_group_id", *types).get(group.address, ()):
        direction = rule.body.get("type")
        if direction is None or direction.raw == way:
            yield rule.body


def _opens(rule: Node) -> bool:
    """Whether a rule lets out to everywhere, or to where nobody knows."""
    return any(node.unknown or node.text in _ANYWHERE for node in _cidrs(rule))


def _cidrs(rule: Node) -> Iterator[Node]:
    listed = filter(None, map(rule.get, _CIDRS))
    yield from (node for each in listed for node in each.list())
