"""
Policies that stand at a resource: whom they let in besides those who are given rights.

Sources: the resources' pages in the Terraform registry; AWS Lambda Developer Guide, "Working with
resource-based IAM policies in Lambda": a service is let in for any account that has it call, unless
the permission says for which.
"""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.allowances import readable
from agentaudit.extract.iam.open_policies import open_grant, opening
from agentaudit.extract.iam.policies import Statement
from agentaudit.extract.terraform.api_gateways import called_function
from agentaudit.extract.terraform.buckets import Buckets
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.policies import statements_at
from agentaudit.readers.document import Node, NodeKind

_POLICIES = (
    "aws_cloudwatch_event_bus_policy",
    "aws_bedrockagentcore_resource_policy",
    "aws_dynamodb_resource_policy",
    "aws_ecr_repository_policy",
    *("aws_kms_key", "aws_kms_key_policy"),
    *("aws_s3_bucket", "aws_s3_bucket_policy"),
    *("aws_secretsmanager_secret", "aws_secretsmanager_secret_policy"),
    *("aws_sns_topic", "aws_sns_topic_policy"),
    *("aws_sqs_queue", "aws_sqs_queue_policy"),
)
"""What has a `policy`."""
_BUCKET = "aws_s3_bucket"
_CALLING = ("source_arn", "source_account", "principal_org_id", "event_source_token")
"""Each says for whom a function is called."""
_SERVICE = ".amazonaws.com"
_OF_TOOLS: tuple[tuple[str, ...], ...] = (
    ("action_group_executor", "lambda"),
    ("target_configuration", "mcp", "lambda", "lambda_arn"),
)
"""Where an agent or a gateway names the function that does what a tool promises."""


def add_resource_policies(buckets: Buckets, documents: Documents, collector: Collector) -> None:
    """What policies, permissions and addresses allow everybody in the world."""
    module = buckets.module
    for declared in module.resources(*_POLICIES):
        of_bucket = declared.type.startswith(_BUCKET)
        bucket = buckets.of(declared, declared.body.get("bucket")) if of_bucket else None
        found = statements_at(declared, "policy", documents, collector)
        for statement in opening(collector, declared.shown, found):
            if of_bucket and buckets.are_for_strangers(bucket, declared, statement):
                continue
            name = f"{statement.name} of {declared.shown}"
            grant = collector.add(open_grant(statement, key=declared.key, name=name))
            buckets.opened(bucket, grant)
    for declared in module.resources("aws_lambda_permission"):
        _add_permission(declared, collector)
    _add_addresses(module, collector)


def _add_permission(declared: Declared, collector: Collector) -> None:
    """Who may call a function: anybody, or a service for whoever tells it to."""
    body = declared.body
    principal, url = body.get("principal"), body.text_at("function_url_auth_type")
    if principal is None or url == "NONE" or any(_is_said(body.get(name)) for name in _CALLING):
        return
    if principal.unknown or principal.text == _SERVICE:
        place = evidence(declared.document, principal)
        collector.leave_open(place, f"who may call by {declared.shown}", "it may be anybody")
        return
    everybody = principal.text == "*"
    if not everybody and not (principal.text or "").endswith(_SERVICE):
        return
    action = body.get("action")
    statement = _calling(declared, action.raw if action is not None else "lambda:InvokeFunction")
    account = not everybody or bool(url)
    for known in readable(collector, declared.shown, (statement,)):
        collector.add(
            open_grant(
                known,
                key=declared.key,
                name=declared.shown,
                open_to="any_account" if account else "anybody",
                principal=principal.raw,
            )
        )


def _is_said(node: Node | None) -> bool:
    """Whether a member is there, and says less than everything."""
    return node is not None and node.kind is not NodeKind.NULL and node.text not in {"", "*"}


def _add_addresses(module: Module, collector: Collector) -> None:
    """Functions that do what tools promise, at an address where anybody may call them."""
    urls = [*_addresses(module)]
    used = frozenset(_used_as_tools(module)) if urls else frozenset[str]()
    for url, function in urls:
        if function is not None and function.key in used:
            statement = _calling(url, "lambda:InvokeFunctionUrl")
            collector.add(open_grant(statement, key=url.key, name=url.shown))


def _addresses(module: Module) -> Iterator[tuple[Declared, Declared | None]]:
    """What opens an address to anybody, and the function there."""
    for url in module.resources("aws_lambda_function_url"):
        if url.body.text_at("authorization_type") == "NONE":
            yield url, _function(module, url.body.get("function_name"))
    for function in module.resources("aws_lambda_function"):
        if function.body.text_at("function_url_config", "auth_type") == "NONE":
            yield function, function


def _used_as_tools(module: Module) -> Iterator[str]:
    """The keys of functions that agents or their gateways call."""
    types = ("aws_bedrockagent_agent_action_group", "aws_bedrockagentcore_gateway_target")
    groups = [declared.body for declared in module.resources(*types)]
    for agent in module.resources("aws_bedrockagent_agent"):
        groups.extend(agent.body.list_at("action_groups"))
    for group in groups:
        for path in _OF_TOOLS:
            function = _function(module, group.get(*path))
            if function is not None:
                yield function.key


def _function(module: Module, node: Node | None) -> Declared | None:
    functions = module.references("aws_lambda_function")
    return called_function(functions, node.raw) if node is not None else None


def _calling(declared: Declared, action: str) -> Statement:
    function = declared.body.get("function_name")
    return Statement(
        key=declared.key,
        name=declared.shown,
        place=declared.place(),
        allows=True,
        actions=(action.lower(),),
        resources=(function.raw if function is not None else "*",),
    )
