"""
Listeners of load balancers that pass calls from the outside on to tasks of ECS, also plain HTTP.

A listener that redirects leads to nothing, and what is internal is reached by nobody outside. Where
CloudFront stands before, it is what callers reach: whether others do does not stand here.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.plaintext import served_in_plaintext
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.networks import lets_everybody_in
from agentaudit.extract.terraform.tasks import task_runtimes
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_BALANCERS = ("aws_lb", "aws_alb")
_LISTENERS = ("aws_lb_listener", "aws_alb_listener")
_RULES = ("aws_lb_listener_rule", "aws_alb_listener_rule")
_BEFORE = ("aws_cloudfront_distribution", "AWS::CloudFront::Distribution", "aws_cloudfront.")
_ASKING = regex(r"authenticate-|jwt-validation$")
"""Actions after which only those who have signed in are passed on."""
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
    containers = _containers(module, documents)
    for listener in plain:
        place = listener.place(listener.body.get("protocol"))
        targets = {target for actions in _actions(module, listener) for target in _targets(actions)}
        for identifier in (each for target in targets for each in containers.get(target, ())):
            runtime = collector.facts.get(identifier)
            if isinstance(runtime, Runtime):
                served_in_plaintext(collector, runtime, place)


def reached_by_all(module: Module, documents: Documents) -> Mapping[FactId, Evidence]:
    """The containers to which a balancer that lets everybody in leads, and asks nobody first."""
    found: dict[FactId, Evidence] = {}
    opened = dict[tuple[str, ...], bool]()
    public = [item for item in module.resources(*_LISTENERS) if _is_public(item, module, opened)]
    if not public or documents.once(_behind_cloudfront):
        return found
    containers = _containers(module, documents)
    for listener in public:
        for actions in _actions(module, listener):
            if not any(_ASKING.match(action.text_at("type")) for action in actions):
                for target in _targets(actions):
                    for identifier in containers.get(target, ()):
                        found.setdefault(identifier, listener.place())
    return found


def _actions(module: Module, listener: Declared) -> Iterator[Sequence[Node]]:
    """What a listener does with calls, by default and by each of its rules."""
    yield listener.body.list_at("default_action")
    for rule in module.referring("listener_arn", *_RULES).get(listener.address, ()):
        yield rule.body.list_at("action")


def _behind_cloudfront(documents: Documents) -> bool:
    return any(holds_word(document.text, _BEFORE) for document in documents)


def _is_plain(listener: Declared, module: Module) -> bool:
    """Whether a listener takes HTTP for a balancer outside."""
    protocol = listener.body.get("protocol")
    plain = protocol is not None and protocol.raw.upper() == "HTTP"
    return plain and _balancer(listener, module) is not None


def _is_public(
    listener: Declared, module: Module, opened: MutableMapping[tuple[str, ...], bool]
) -> bool:
    """Whether the balancer of a listener is outside, and lets in from everywhere; asked once."""
    balancer = _balancer(listener, module)
    groups = balancer.body.get("security_groups") if balancer is not None else None
    if balancer is None or groups is None:
        return False
    named = tuple(group.raw for group in groups.list())
    if named not in opened:
        opened[named] = lets_everybody_in(balancer, groups)
    return opened[named]


def _balancer(listener: Declared, module: Module) -> Declared | None:
    """That of a listener, as far as this is there at all, where it is outside."""
    arn = listener.body.get("load_balancer_arn")
    if (
        arn is None
        or listener.document.root.get("Resources", listener.name, "Condition") is not None
    ):
        return None
    count = listener.body.get("count")
    balancer = module.references(*_BALANCERS).referred(arn.raw)
    if balancer is None or (count is not None and count.unknown):
        return None
    internal, scheme = balancer.body.get("internal"), balancer.body.get("scheme")
    inside = internal is not None and internal.boolean is not False
    outside = not inside and (scheme is None or scheme.raw == "internet-facing")
    return balancer if outside else None


def _targets(actions: Iterable[Node]) -> Iterator[str]:
    """Groups of targets that actions forward to."""
    for action in actions:
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
