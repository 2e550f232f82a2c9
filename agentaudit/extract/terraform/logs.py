"""Audit trails in Terraform: CloudTrail, and the log of calls to models."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agentaudit.extract.bounds import switch
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.controls import AuditLog
from agentaudit.readers.document import Node


def add_logs(module: Module, collector: Collector) -> None:
    """The trails of a module."""
    for declared in module.resources("aws_cloudtrail"):
        collector.add(_trail(declared))
    calls = module.resources("aws_bedrock_model_invocation_logging_configuration")
    if calls:
        lifecycles = _lifecycles(module)
        for declared in calls:
            collector.add(_model_log(declared, module, lifecycles))


def _trail(declared: Declared) -> AuditLog:
    body = declared.body
    enabled, validated = body.get("enable_logging"), body.get("enable_log_file_validation")
    return AuditLog(
        id=fact_id("audit_log", declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(),),
        kind="cloudtrail",
        enabled=switch(enabled, absent=Truth.YES),
        covers_data_events=_any(_covers_data(body)),
        validated=switch(validated, absent=Truth.NO),
        every_region=switch(body.get("is_multi_region_trail"), absent=Truth.NO),
    )


def _covers_data(body: Node) -> Iterator[bool]:
    """Whether any selector asks for data events: calls on objects, and not only on resources."""
    plain, advanced = body.get("event_selector"), body.get("advanced_event_selector")
    for selector in plain.list() if plain else ():
        yield selector.get("data_resource") is not None
    for selector in advanced.list() if advanced else ():
        fields = selector.get("field_selector")
        for field in fields.list() if fields else ():
            equals = field.get("equals")
            values = [value.text for value in (equals.list() if equals else ())]
            yield field.raw_at("field") == "eventCategory" and "Data" in values


def _model_log(declared: Declared, module: Module, lifecycles: "_Lifecycles") -> AuditLog:
    settings = declared.body.get("logging_config")
    text = settings.get("text_data_delivery_enabled") if settings else None
    group = settings.get("cloudwatch_config", "log_group_name") if settings else None
    return AuditLog(
        id=fact_id("audit_log", "model-invocation", declared.key),
        name="calls to models",
        evidence=(declared.place(),),
        kind="model_invocation",
        enabled=Truth.YES if settings is not None else Truth.UNKNOWN,
        retention=_together(retention(_raw(group), module), _kept_in(settings, module, lifecycles)),
        content_logged=switch(text, absent=Truth.YES) is Truth.YES,
    )


def retention(group: str, module: Module) -> Known:
    """How long the log group of a name keeps what it gets; 0 and nothing are for ever."""
    declared = module.references("aws_cloudwatch_log_group").named(group) if group else None
    if declared is None:
        return Known.UNKNOWN
    days = declared.body.get("retention_in_days")
    if days is None or days.integer == 0:
        return Known.NONE
    return Known.SET if days.integer is not None else Known.UNKNOWN


class _Lifecycles(NamedTuple):
    """What ends the objects of a module's buckets."""

    kept: Mapping[str, Known]
    """By the address of the bucket, where it has any rules."""
    elsewhere: bool
    """Whether some lifecycle names a bucket that may be any."""


def _lifecycles(module: Module) -> _Lifecycles:
    rules: dict[str, list[Node]] = {}
    buckets, elsewhere = module.references("aws_s3_bucket"), False
    for declared in module.resources("aws_s3_bucket"):
        own = declared.body.get("lifecycle_rule")
        rules[declared.address] = list(own.list()) if own is not None else []
    for declared in module.resources("aws_s3_bucket_lifecycle_configuration"):
        bucket, listed = buckets.named(declared.body.raw_at("bucket")), declared.body.get("rule")
        elsewhere |= bucket is None
        if bucket is not None and listed is not None:
            rules[bucket.address].extend(listed.list())
    kept = {address: _until(given) for address, given in rules.items() if given}
    return _Lifecycles(kept, elsewhere)


def _until(rules: Sequence[Node]) -> Known:
    """Whether some rule of a bucket lets its objects expire."""
    ends = (rule.get("expiration") for rule in rules)
    known = any(end is not None and not end.unknown for end in ends)
    return Known.SET if known else Known.UNKNOWN


def _kept_in(settings: Node | None, module: Module, lifecycles: _Lifecycles) -> Known | None:
    """
    How long the bucket keeps the calls that go into one; None where none do.

    Without a lifecycle a bucket keeps everything (Amazon S3 User Guide, "Managing the lifecycle of
    objects").
    """
    named = settings.get("s3_config", "bucket_name") if settings is not None else None
    if named is None:
        return None
    bucket = module.references("aws_s3_bucket").named(named.raw)
    if bucket is None:
        return Known.UNKNOWN
    without = Known.UNKNOWN if lifecycles.elsewhere else Known.NONE
    return lifecycles.kept.get(bucket.address, without)


def _together(group: Known, bucket: Known | None) -> Known:
    """How long calls are kept that go to a log group, to a bucket, or to both: for the longest."""
    if bucket is None:
        return group
    return Known.NONE if Known.NONE in {group, bucket} else bucket


def _raw(node: Node | None) -> str:
    return node.raw if node is not None else ""


def _any(answers: Iterator[bool]) -> Truth:
    return Truth.YES if any(answers) else Truth.NO
