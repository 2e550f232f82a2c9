"""
Listeners of load balancers that pass plain HTTP from the outside on to tasks of ECS.

A listener that redirects leads to nothing, and what is internal is reached by nobody outside. Where
CloudFront stands before, it is what callers reach: whether others do does not stand here.
"""

from collections.abc import Iterator, Mapping, Sequence

from agentaudit.expressions import holds_word
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.plaintext import served_in_plaintext
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.tasks import task_runtimes
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_BALANCERS = ("aws_lb", "aws_alb")
_LISTENERS = ("aws_lb_listener", "aws_alb_listener")
_RULES = ("aws_lb_listener_rule", "aws_alb_listener_rule")
_BEFORE = ("aws_cloudfront_distribution", "AWS::CloudFront::Distribution", "aws_cloudfront.")
_GROUPS: tuple[tuple[str, ...], ...] = (
    (),
    ("forward", "target_group"),
    ("forward_config", "target_group"),
)
"""Where an action names groups, the last in templates of CloudFormation."""


def add_listeners(module: Module, documents: Documents, collector: Collector) -> None:
    """Marks the containers to which the plain listeners of a module lead."""
    plain = [item for item in module.resources(*_LISTENERS) if _is_plain(item, module)]
    if not plain or documents.once(_behind_cloudfront):
        return
    rules = module.referring("listener_arn", *_RULES)
    containers = _containers(module, documents)
    for listener in plain:
        targets = set(_targets(listener.body, "default_action"))
        for rule in rules.get(listener.address, ()):
            targets.update(_targets(rule.body, "action"))
        place = listener.place(listener.body.get("protocol"))
        for identifier in (each for target in targets for each in containers.get(target, ())):
            runtime = collector.facts.get(identifier)
            if isinstance(runtime, Runtime):
                served_in_plaintext(collector, runtime, place)


def _behind_cloudfront(documents: Documents) -> bool:
    return any(holds_word(document.text, _BEFORE) for document in documents)


def _is_plain(listener: Declared, module: Module) -> bool:
    """Whether a listener takes HTTP, as far as it is there at all, for a balancer outside."""
    protocol, arn = listener.body.get("protocol"), listener.body.get("load_balancer_arn")
    if protocol is None or protocol.raw.upper() != "HTTP" or arn is None:
        return False
    if listener.document.root.get("Resources", listener.name, "Condition") is not None:
        return False
    count = listener.body.get("count")
    if count is not None and count.unknown:
        return False
    balancer = module.references(*_BALANCERS).referred(arn.raw)
    if balancer is None:
        return False
    internal, scheme = balancer.body.get("internal"), balancer.body.get("scheme")
    inside = internal is not None and internal.boolean is not False
    return not inside and (scheme is None or scheme.raw == "internet-facing")


def _targets(body: Node, actions: str) -> Iterator[str]:
    """Groups of targets that actions forward to."""
    for action in body.list_at(actions):
        for path in _GROUPS:
            for each in action.list_at(*path):
                named = each.get("arn") or each.get("target_group_arn")
                if named is not None:
                    yield named.raw


def _containers(module: Module, documents: Documents) -> Mapping[str, Sequence[FactId]]:
    """By the groups of targets that lead to them: the containers that services name."""
    found: dict[str, list[FactId]] = {}
    runtimes: dict[str, Mapping[str, FactId]] = {}
    tasks = module.references("aws_ecs_task_definition")
    for service in module.resources("aws_ecs_service"):
        named = service.body.get("task_definition")
        task = tasks.referred(named.raw) if named is not None else None
        for entry in service.body.list_at("load_balancer"):
            group = entry.get("target_group_arn")
            if task is None or group is None:
                continue
            if task.key not in runtimes:
                runtimes[task.key] = dict(task_runtimes(task, documents))
            identifier = runtimes[task.key].get(entry.text_at("container_name"))
            if identifier is not None:
                found.setdefault(group.raw, []).append(identifier)
    return found
