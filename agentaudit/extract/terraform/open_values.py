"""
Values that decide what rules say, and that no file decides: a variable without one, a parameter.

A resource of which such a value is open has no finding about it, and none is no pass.
"""

from collections.abc import Mapping
from types import MappingProxyType

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.terraform.modules import Module

_EFFECT = "what it decides is open, so no finding about it is no pass"
_LIFETIMES = ("max_lifetime", "idle_runtime_session_timeout")
_DECIDING: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "aws_bedrockagent_agent": (
            ("idle_session_ttl_in_seconds",),
            ("guardrail_configuration",),
            ("memory_configuration", "storage_days"),
        ),
        "aws_bedrockagentcore_agent_runtime": (
            *(("lifecycle_configuration", name) for name in _LIFETIMES),
            ("network_configuration", "network_mode"),
            ("request_header_configuration", "request_header_allowlist"),
        ),
        "aws_bedrockagentcore_gateway": (
            ("authorizer_type",),
            ("exception_level",),
            ("policy_engine_configuration", "mode"),
        ),
        "aws_bedrockagentcore_harness": (
            *(("allowed_tools",), ("max_iterations",), ("timeout_seconds",)),
            ("truncation", "strategy"),
            ("truncation", "config", "sliding_window", "messages_count"),
        ),
        "aws_cloudtrail": (("enable_log_file_validation",),),
        "aws_elasticache_cluster": (("transit_encryption_enabled",),),
        "aws_elasticache_replication_group": (("transit_encryption_enabled",),),
        "aws_iam_role": (("max_session_duration",),),
        "aws_lambda_function_url": (("authorization_type",),),
        "aws_memorydb_cluster": (("tls_enabled",),),
    }
)


def add_open_values(module: Module, collector: Collector) -> None:
    """Leaves every such value of a module open."""
    for declared in module.resources(*_DECIDING):
        for route in _DECIDING[declared.type]:
            node = declared.body.get(*route)
            if node is not None and node.unknown:
                what = f"`{'.'.join(route)}` of {declared.shown}"
                collector.leave_open(evidence(declared.document, node), what, _EFFECT)
