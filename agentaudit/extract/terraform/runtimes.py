"""What runs, as Terraform declares it: functions, tasks, AgentCore runtimes, machines."""

import posixpath

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.container import Container, place_of, runtime_id
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.documents import sibling
from agentaudit.extract.stacks import Stack
from agentaudit.extract.terraform.api_gateways import called_function, opened_by_apis
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.listeners import reached_by_all
from agentaudit.extract.terraform.logs import retention
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.names import BETWEEN_WORDS
from agentaudit.extract.terraform.networks import egress_of
from agentaudit.extract.terraform.settings import settings
from agentaudit.extract.terraform.tasks import task_containers
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_ROLE_FOR_FUNCTIONS = {"aws": "the function's execution role"}
_DEFAULT_TIMEOUT_S = 3
_LONGEST_TIMEOUT_S = 900
"""AWS Lambda Developer Guide, "Configure Lambda function timeout"."""


def add_runtimes(module: Module, principals: Principals, collector: Collector) -> None:
    """Every runtime of a module, its environment, and the identity it runs as."""
    opened, passed_on = _open_urls(module), opened_by_apis(module)
    for declared in module.resources("aws_lambda_function"):
        function = replace(
            _function(declared),
            open_to_all=opened.get(declared.address),
            passed_on=passed_on.get(declared.address),
        )
        runtime = add_container(collector, function)
        authenticate(principals, declared, runtime.id, ("role",))
    for declared in module.resources("aws_bedrockagentcore_agent_runtime"):
        runtime = add_container(collector, agent_runtime(declared))
        authenticate(principals, declared, runtime.id, ("role_arn",))
    reached = reached_by_all(module, principals.documents)
    for declared in module.resources("aws_ecs_task_definition"):
        for container in task_containers(declared, principals):
            passing = reached.get(container.runtime.id)
            runtime = add_container(collector, replace(container, passed_on=passing))
            authenticate(principals, declared, runtime.id, ("task_role_arn",))
    for declared in module.resources("aws_instance"):
        if declared.body.get("iam_instance_profile") is not None:
            runtime = collector.add(_machine(declared))
            authenticate(principals, declared, runtime.id, ("iam_instance_profile",))


def authenticate(
    principals: Principals, declared: Declared, actor: FactId, path: tuple[str, ...]
) -> None:
    """The identity that an attribute names is what a runtime, agent or gateway acts as."""
    identity, node = principals.identity(declared, *path), declared.body.get(*path)
    if identity is not None and node is not None:
        place = evidence(declared.document, node)
        principals.collector.link(EdgeKind.AUTHENTICATES_AS, actor, identity, place)


def _runtime(declared: Declared, name: str, key: str, kind: str) -> Runtime:
    return Runtime(
        id=runtime_id(name, key),
        name=name,
        evidence=place_of(declared.document, declared.header, declared.shown),
        kind=kind,
    )


def _function(declared: Declared) -> Container:
    """A function always has a memory limit and a time limit; the platform gives both."""
    body, name = declared.body, declared.title
    image = body.get("image_uri")
    reserved = body.get("reserved_concurrent_executions")
    count = reserved.integer if reserved is not None else None
    bounded = count is not None and count >= 0
    runtime = replace(
        _runtime(declared, name, declared.key, "lambda"),
        image=(image.text or "") if image else "",
        memory_limit=Known.SET,
        cpu_limit=Known.SET,
        pids_limit=Known.SET,
        instances=Known.SET
        if bounded
        else Known.UNKNOWN
        if reserved is not None and count is None
        else Known.NONE,
        instances_count=count if bounded else None,
        network="vpc" if body.get("vpc_config") is not None else "",
        log_retention=_log_retention(declared, name),
    )
    return Container(
        document=declared.document,
        place=declared.header,
        key=declared.key,
        runtime=runtime,
        names=(name, declared.name, *_server_name(declared)),
        settings=settings(declared, body.get("environment", "variables"), "environment"),
        short_alternative=_ROLE_FOR_FUNCTIONS,
        egress=egress_of(declared, body.get("vpc_config", "security_group_ids")),
        timeout_s=_timeout_s(body.get("timeout")),
        code=_code(declared),
    )


def _code(declared: Declared) -> tuple[str, ...]:
    """Where the code of a function lies that SAM packs, by its `Handler` and its `CodeUri`."""
    packed = declared.body.get("code_uri")
    if packed is None or not packed.text or "://" in packed.text:
        return ()
    folder = sibling(declared.document.file, packed.text)
    folder = "" if folder == "." else folder
    handler = declared.body.get("handler")
    module = handler.raw.rpartition(".")[0].replace(".", "/") if handler is not None else ""
    return (posixpath.join(folder, f"{module}.py"), folder)


def _server_name(declared: Declared) -> tuple[str, ...]:
    """What templates call a server of tools, in words: `McpServerFunction` as `mcp-server`."""
    if not isinstance(declared.module, Stack) or "mcp" not in declared.name.lower():
        return ()
    words = BETWEEN_WORDS.sub("-", declared.name).lower().split("-")
    return ("-".join(word for word in words if word not in {"function", "lambda", "fn"}),)


def _open_urls(module: Module) -> dict[str, Evidence]:
    """Functions by their addresses, and where a URL lets anybody call them."""
    functions = module.references("aws_lambda_function")
    found: dict[str, Evidence] = {}
    for declared in module.resources("aws_lambda_function"):
        _note_open(found, declared, declared, ("function_url_config", "auth_type"))
    for url in module.resources("aws_lambda_function_url"):
        named = url.body.get("function_name")
        function = called_function(functions, named.raw) if named else None
        if function is not None:
            _note_open(found, function, url, ("authorization_type",))
    return found


def _note_open(
    found: dict[str, Evidence], function: Declared, declared: Declared, path: tuple[str, ...]
) -> None:
    asked = declared.body.get(*path)
    if asked is not None and asked.raw == "NONE":
        found.setdefault(function.address, evidence(declared.document, asked))


def _timeout_s(written: Node | None) -> int:
    """When Lambda ends a call: after what is written, else three seconds, and a quarter hour."""
    if written is None:
        return _DEFAULT_TIMEOUT_S
    return written.integer or _LONGEST_TIMEOUT_S


def _log_retention(declared: Declared, name: str) -> Known:
    """
    How long a function's log is kept: in a group that is called after it, or in another.

    A template that declares no group leaves it to Lambda, whose groups never expire (AWS Lambda
    Developer Guide, "Sending Lambda function logs to CloudWatch Logs"). A module of Terraform is
    seldom all there is.
    """
    named = declared.body.get("logging_config", "log_group")
    if named is not None:
        return retention(named.raw, declared.module)
    silent = isinstance(declared.module, Stack) and declared.module.silent_of_logs
    if silent and not declared.module.resources("aws_cloudwatch_log_group"):
        return Known.NONE
    return retention(f"/aws/lambda/{name}", declared.module)


def serves_tools(declared: Declared) -> bool:
    """Whether a runtime of AgentCore serves tools by MCP, and no agent."""
    protocol = declared.body.get("protocol_configuration")
    named = protocol.get("server_protocol") or protocol if protocol is not None else None
    return named is not None and named.raw.upper() == "MCP"


def served_agent(declared: Declared) -> FactId:
    """The id of the agent that a runtime serves; of none, where it serves tools."""
    return NOBODY if serves_tools(declared) else fact_id("agent", declared.title, declared.key)


def agent_runtime(declared: Declared) -> Container:
    """The container of a runtime of AgentCore, whose platform names the agent it serves."""
    body, name = declared.body, declared.title
    image = body.get("agent_runtime_artifact", "container_configuration", "container_uri")
    mode = body.get("network_configuration", "network_mode")
    groups = body.get("network_configuration", "network_mode_config", "security_groups")
    runtime = replace(
        _runtime(declared, name, declared.key, "agentcore"),
        image=(image.text or "") if image else "",
        memory_limit=Known.SET,
        cpu_limit=Known.SET,
        pids_limit=Known.SET,
        network=(mode.text or "").lower() if mode else "",
    )
    return Container(
        document=declared.document,
        place=declared.header,
        key=declared.key,
        runtime=runtime,
        names=(name, "mcp" if serves_tools(declared) else "agent"),
        agent_id=served_agent(declared),
        settings=settings(declared, body.get("environment_variables"), "environment_variables"),
        short_alternative=_ROLE_FOR_FUNCTIONS,
        egress=egress_of(declared, groups),
    )


def _machine(declared: Declared) -> Runtime:
    return _runtime(declared, declared.title, declared.key, "vm")
