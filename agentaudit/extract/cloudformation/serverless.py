"""
Projects of the Serverless Framework as the CloudFormation template that they become.

Functions and their role are written as the resources that the framework makes of them; what stands
below `resources` is CloudFormation already. Sources: Serverless Framework documentation,
"Serverless.yml Reference", "IAM Permissions For Functions" and "Variables".
"""

from collections.abc import Iterator

from msgspec import Struct

from agentaudit.errors import Problem
from agentaudit.extract.cloudformation.lambda_roles import made_policy, made_role, made_trust
from agentaudit.extract.cloudformation.serverless_variables import Variables
from agentaudit.extract.cloudformation.values import is_call
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import cleaned, plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.made_nodes import made_list, made_mapping, made_text, without_nulls
from agentaudit.extract.platform_files import SERVERLESS_FILE
from agentaudit.extract.shared_variables import joined_variables
from agentaudit.readers.document import Document, Node, NodeKind

_ROLE = "IamRoleLambdaExecution"
_TIMEOUT_S = "6"


def projects(documents: Documents, collector: Collector) -> Iterator[Document]:
    """Every project for AWS, as a template with the places of its own file."""
    for document in documents.of("yaml", "json"):
        root = document.root
        provider = root.text_at("provider", "name") or root.text_at("provider")
        if SERVERLESS_FILE.search(document.file) and provider == "aws":
            variables = Variables(document, documents)
            yield _template(document, variables.resolved(root), collector)
            if variables.exhausted:
                message = f"variables that stand for more than {Variables.MOST_NODES:,} values"
                collector.problems.append(
                    Problem(file=document.file, line=1, column=1, message=message)
                )


def _template(document: Document, resolved: Node, collector: Collector) -> Document:
    root = document.root
    project = _Project(without_nulls(resolved), document, collector)
    entries = tuple(project.resources())
    listed = root.changed(entries=entries)
    template = root.changed(entries=((made_text(root, "Resources"), listed),))
    return Document(
        file=document.file,
        syntax=document.syntax,
        text=document.text,
        roots=(template,),
        comments=document.comments,
    )


class _Project(Struct, frozen=True):
    """The file, its variables resolved."""

    root: Node
    document: Document
    collector: Collector

    def resources(self) -> Iterator[tuple[Node, Node]]:
        """The resources of its template, by their logical ids."""
        written = tuple(self._written())
        yield from written
        yield from self._shared_role()
        changed = frozenset(key.raw for key, _ in written)
        for group in self.root.list_at("functions"):
            for key, function in group.entries:
                yield from self._function(key, function)
                if f"{_logical(key)}LogGroup" not in changed:
                    yield self._log_group(key, function)

    def _written(self) -> Iterator[tuple[Node, Node]]:
        for part in self.root.list_at("resources"):
            resources = part.get("Resources")
            yield from resources.entries if resources is not None else ()

    def _shared_role(self) -> Iterator[tuple[Node, Node]]:
        provider = self.root.get("provider")
        role = provider.get("iam", "role") if provider is not None else None
        statements = (role.get("statements") if role is not None else None) or (
            provider.get("iamRoleStatements") if provider is not None else None
        )
        managed = role.get("managedPolicies") if role is not None else None
        given = self._given_role()
        if provider is None or given is not None or (statements is None and managed is None):
            return
        place = statements or managed or provider
        boundary = role.get("permissionsBoundary") if role is not None else None
        yield made_text(place, _ROLE), _role(place, statements, managed, boundary)

    def _given_role(self) -> Node | None:
        """A role that exists already, for all functions: its ARN or its logical id."""
        role = self.root.get("provider", "iam", "role") or self.root.get("provider", "role")
        return (
            role if role is not None and role.get("statements") is None and _plain(role) else None
        )

    def _function(self, key: Node, function: Node) -> Iterator[tuple[Node, Node]]:
        own = function.get("iamRoleStatements")
        name = _logical(key)
        if own is not None:
            yield made_text(own, f"{name}IamRole"), _role(own, own)
        role = function.get("role") or self._given_role()
        reference = f"{name}IamRole" if own is not None else _ROLE
        properties = {
            "FunctionName": function.get("name") or key,
            "Role": _reference(key, reference) if role is None else _by_name(role),
            "Timeout": self._setting(function, "timeout") or made_text(key, _TIMEOUT_S),
            "MemorySize": self._setting(function, "memorySize"),
            "Runtime": self._setting(function, "runtime"),
            "Handler": function.get("handler"),
            "Code": self._image(function),
            "ReservedConcurrentExecutions": function.get("reservedConcurrency"),
            "Environment": self._environment(key, function),
            "FunctionUrlConfig": _url(function.get("url")),
            "Events": function.get("events"),
        }
        yield (
            made_text(key, f"{name}LambdaFunction"),
            made_mapping(
                key,
                {
                    "Type": made_text(key, "AWS::Lambda::Function"),
                    "Properties": made_mapping(function, properties),
                },
            ),
        )

    def _log_group(self, key: Node, function: Node) -> tuple[Node, Node]:
        """The group that is made for each function, for ever unless `logRetentionInDays` says."""
        name = _logical(key)
        title = (function.get("name") or key).text or f"{name}LambdaFunction"
        properties = {
            "LogGroupName": made_text(key, f"/aws/lambda/{title}"),
            "RetentionInDays": self._setting(function, "logRetentionInDays"),
        }
        group = {
            "Type": made_text(key, "AWS::Logs::LogGroup"),
            "Properties": made_mapping(key, properties),
        }
        return made_text(key, f"{name}LogGroup"), made_mapping(key, group)

    def _setting(self, function: Node, name: str) -> Node | None:
        return function.get(name) or self.root.get("provider", name)

    def _image(self, function: Node) -> Node | None:
        image = function.get("image", "uri") or function.get("image")
        if image is None or image.text is None:
            return None
        return made_mapping(image, {"ImageUri": image})

    def _environment(self, key: Node, function: Node) -> Node | None:
        own, shared = function.get("environment"), self.root.get("provider", "environment")
        for block in (shared, own):
            if block is not None and block.unknown:
                what = f"the variables {plain(block.raw)} that functions are given"
                place = evidence(self.document, block)
                self.collector.leave_open(place, what, "which secrets they hold is open")
        entries = joined_variables(self.collector, self.document, shared, own)
        if not entries:
            return None
        variables = (own or shared or key).changed(kind=NodeKind.MAPPING, entries=entries)
        return made_mapping(key, {"Variables": variables})


def _url(url: Node | None) -> Node | None:
    """`url: true`, or settings without an authorizer: anybody may call."""
    if url is None or url.boolean is False:
        return None
    asked = url.text_at("authorizer") == "aws_iam"
    return made_mapping(url, {"AuthType": made_text(url, "AWS_IAM" if asked else "NONE")})


def _logical(key: Node) -> str:
    """How the resources of a function are called: its name, as CloudFormation takes names."""
    raw = cleaned(key.raw)  # of which no form of a secret is left behind
    name = f"{raw[:1].upper()}{raw[1:]}"
    return name.replace("-", "Dash").replace("_", "Underscore")


def _role(
    place: Node, statements: Node | None, managed: Node | None = None, boundary: Node | None = None
) -> Node:
    documents = (statements,) if statements is not None else ()
    return made_role(
        place,
        trust=made_trust(place),
        policies=tuple(
            made_policy("role", made_mapping(each, {"Statement": each})) for each in documents
        ),
        managed=managed,
        boundary=boundary,
    )


def _plain(node: Node) -> bool:
    """Whether it names a role, and does not describe one."""
    return node.kind is not NodeKind.MAPPING or is_call(node)


def _by_name(role: Node) -> Node:
    """A name that is no ARN is the logical id of a role of the template."""
    text = role.text
    return _reference(role, text) if text and not text.startswith(("arn:", "${")) else role


def _reference(place: Node, name: str) -> Node:
    parts = made_list(place, (made_text(place, name), made_text(place, "Arn")))
    return made_mapping(place, {"Fn::GetAtt": parts})
