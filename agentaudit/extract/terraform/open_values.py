"""
Values that decide what rules say, and that no file decides: a variable without one, a parameter.

Of an image only a variable counts: what a resource of the module is called is decided elsewhere.

A resource of which such a value is open has no finding about it, and none is no pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.embedded import unresolved
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.readers.document import Node

_VARIABLE = "var."
_EFFECT = "what it decides is open, so no finding about it is no pass"
_LIFETIMES = ("max_lifetime", "idle_runtime_session_timeout")
_EACH = "*"
"""Of a route: every element of a list."""
_IMAGES = frozenset({"image", "image_uri", "container_uri"})
_OF_CONTAINERS: tuple[tuple[str, ...], ...] = (
    ("container", _EACH, "image"),
    ("container", _EACH, "security_context", "privileged"),
)
_PODS = ("deployment", "stateful_set", "daemonset", "daemon_set", "replication_controller", "job")
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
            ("agent_runtime_artifact", "container_configuration", "container_uri"),
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
        "aws_cloudtrail": (("enable_log_file_validation",), ("is_multi_region_trail",)),
        "aws_elasticache_cluster": (("transit_encryption_enabled",),),
        "aws_elasticache_replication_group": (("transit_encryption_enabled",),),
        "aws_codebuild_project": (("environment", "image"), ("environment", "privileged_mode")),
        "aws_iam_role": (("max_session_duration",),),
        "aws_lambda_function": (("image_uri",),),
        "aws_lambda_function_url": (("authorization_type",),),
        "aws_memorydb_cluster": (("tls_enabled",),),
        "azurerm_container_app": (("template", "container", _EACH, "image"),),
        "azurerm_container_group": (("container", _EACH, "image"),),
        "google_cloud_run_service": (("template", "spec", "containers", _EACH, "image"),),
        "google_cloud_run_v2_job": (("template", "template", "containers", _EACH, "image"),),
        "google_cloud_run_v2_service": (("template", "containers", _EACH, "image"),),
        **{
            f"kubernetes_{name}{version}": tuple(
                ("spec", "template", "spec", *route) for route in _OF_CONTAINERS
            )
            for name in _PODS
            for version in ("", "_v1")
        },
        **{
            f"kubernetes_pod{version}": tuple(("spec", *route) for route in _OF_CONTAINERS)
            for version in ("", "_v1")
        },
    }
)


def add_open_values(module: Module, collector: Collector) -> None:
    """Leaves every such value of a module open."""
    for declared in module.resources(*_DECIDING):
        for route in _DECIDING[declared.type]:
            for node in _at(declared.body, route):
                leave_value_open(declared, node, route, collector)


def leave_value_open(
    declared: Declared, node: Node, route: Sequence[str], collector: Collector
) -> None:
    """Leaves a value open that no file decides."""
    if unresolved(node) and (route[-1] not in _IMAGES or _VARIABLE in node.raw):
        what = f"`{'.'.join(route)}` of {declared.shown}"
        collector.leave_open(evidence(declared.document, node), what, _EFFECT)


def _at(node: Node, route: Sequence[str]) -> Iterator[Node]:
    """What stands at the end of a route; of a list that is taken one by one, in every element."""
    if _EACH not in route:
        found = node.get(*route)
        if found is not None:
            yield found
        return
    at = list(route).index(_EACH)
    for each in node.list_at(*route[:at]):
        yield from _at(each, route[at + 1 :])
