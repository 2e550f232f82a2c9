"""
Permissions that stacks declare in TypeScript, JavaScript and Python, as far as they are written.

The CDK of AWS has `PolicyStatement`, SST `permissions` of what it deploys, and all of them, Pulumi
included, policies as objects with a `Statement`. Each statement is read by itself, and each policy
of AWS that is attached by its name. Whom they are given to, and what methods such as `grantRead`
add, is known once the stack is rendered: its files still count as read in part. Sources: AWS CDK
API reference, `aws-iam`; https://sst.dev/docs/component/aws/function#permissions.
"""

import ast
from collections.abc import Iterator, Sequence
from itertools import chain

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.redaction import lowered
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.grants import Bearer, add_grants
from agentaudit.extract.iam.holders import managed_statement
from agentaudit.extract.iam.policies import Condition, Statement
from agentaudit.extract.javascript.modules import program
from agentaudit.extract.programs.code import Call, Module, written_keys
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.readers.cdk import TESTS, declares_stack

_IAM = r"^(?:aws-cdk-lib(?:/aws-iam|\.aws_iam)|@aws-cdk/aws-iam|aws_cdk\.aws_iam)\."
_STATEMENT = regex(rf"{_IAM}PolicyStatement$")
_MANAGED = regex(rf"{_IAM}ManagedPolicy\.from(?:AwsManagedPolicyName|_aws_managed_policy_name)$")
_ARN = regex(r"(?i)(?:arn|arn_for_objects|arnforobjects|formatarn|format_arn)$")
_SERVICES = {
    "bucketarn": "s3",
    "tablearn": "dynamodb",
    "functionarn": "lambda",
    "secretarn": "secretsmanager",
    "queuearn": "sqs",
    "topicarn": "sns",
    "rolearn": "iam",
    "userpoolarn": "cognito-idp",
    "statemachinearn": "states",
    "keyarn": "kms",
    "parameterarn": "ssm",
    "loggrouparn": "logs",
    "repositoryarn": "ecr",
    "streamarn": "kinesis",
    "clusterarn": "ecs",
    "guardrailarn": "bedrock",
    "knowledgebasearn": "bedrock",
    "agentarn": "bedrock",
    "agentruntimearn": "bedrock-agentcore",
}
"""What members of constructs with an ARN are of, in lower case."""
_SST = "sst.aws."
_NAMES = {
    "Action": "actions",
    "NotAction": "notActions",
    "Resource": "resources",
    "NotResource": "notResources",
    "Effect": "effect",
    "Condition": "conditions",
    "Principal": "principals",
    "NotPrincipal": "notPrincipals",
    "Sid": "sid",
}
"""How policies call what the CDK calls otherwise."""
_MOST = 500
"""Statements, actions and resources of one file and of one statement."""


def extract_cdk_permissions(documents: Documents, collector: Collector) -> None:
    """Every statement and every managed policy that a stack names."""
    scripts = program(documents).modules.values() if any(documents.of("javascript")) else ()
    for module in chain(modules(documents).values(), scripts):
        if TESTS.search(module.document.file):
            continue
        calls = list(_calls(module))
        if declares_stack(module.document.file, module.document.text) is not None:
            calls += [_as_call(module, given) for given in _described(module)]
        for call in calls[:_MOST]:
            _add(module, call, collector)
        for call in calls[_MOST : _MOST + 1]:
            beyond = f"the statements beyond {_MOST:,} of a file"
            collector.leave_unread(module.place(call.node), beyond, "they may allow anything")


def _calls(module: Module) -> Iterator[Call]:
    return (
        call for call in module.calls() if _STATEMENT.match(call.name) or _MANAGED.match(call.name)
    )


def _add(module: Module, call: Call, collector: Collector) -> None:
    owner = _owner(module, call)
    key = f"{module.document.file}#{call.node.lineno}.{call.node.col_offset}"
    if _MANAGED.match(call.name):
        name = module.text(next(iter(call.node.args), None))
        place, arn = module.place(call.node.func, name), f"arn:aws:iam::aws:policy/{name}"
        if not name:
            effect = "what it allows is not known, and may be anything"
            collector.leave_open(place, f"a policy of AWS in {owner}", effect)
            return
        statement = managed_statement(arn, place, owner, collector)
        add_grants(collector, Bearer(name=owner, key=key), [statement])
        return
    if keyword(call.node, "principals", "notPrincipals", "not_principals") is not None:
        return  # of a resource or of a role, and no permission of whoever has it
    statement = _Reading(module, call, collector, owner).statement(key)
    add_grants(collector, Bearer(name=owner, key=key), [statement])


def _described(module: Module) -> Iterator[ast.Dict]:
    """The statements that stand in objects: of a policy, or of what SST deploys."""
    listed = [keyword(call, "Statement") for call in module.of(ast.Call)]
    listed += [
        dict(written_keys(module, mapping)).get("Statement") for mapping in module.of(ast.Dict)
    ]
    deployed = (call.node for call in module.calls() if call.name.startswith(_SST))
    listed += [keyword(call, "permissions") for call in deployed]
    for given in listed:
        meant = module.meant(given)
        elements = meant.elts if isinstance(meant, ast.List) else [meant]
        yield from (each for each in elements if isinstance(each, ast.Dict))


def _as_call(module: Module, given: ast.Dict) -> Call:
    """A statement in an object as one that the CDK makes, whose options have other names."""
    keywords = [
        ast.copy_location(ast.keyword(arg=_NAMES.get(key, key) or None, value=value), value)
        for key, value in written_keys(module, given)
    ]
    if None in given.keys:
        keywords.append(ast.copy_location(ast.keyword(arg=None, value=given), given))
    func = ast.copy_location(ast.Name(id="Statement", ctx=ast.Load()), given)
    made = ast.Call(func=func, args=[], keywords=keywords)
    return Call("Statement", ast.copy_location(made, given), "")


def _owner(module: Module, call: Call) -> str:
    """What a statement is called: by its variable, or by what stands around it."""
    around = module.class_around(call.node) or module.function_around(call.node)
    named = around.name if around is not None and around.name.isidentifier() else ""
    return call.variable or named or module.document.file.rpartition("/")[2]


class _Reading:
    """One statement while it is read."""

    def __init__(self, module: Module, call: Call, collector: Collector, owner: str) -> None:
        self.module, self.node, self.collector, self.owner = module, call.node, collector, owner

    def statement(self, key: str) -> Statement:
        actions, not_actions = self.actions("actions"), self.actions("notActions", "not_actions")
        if splatted(self.node) or not (actions or not_actions or self.node.keywords):
            self.leave_open(self.node, "a statement", "it may allow anything")
        effect = keyword(self.node, "effect")
        said = self.module.text(effect) or (self.module.dotted(effect) if effect else "")
        denies = said.rpartition(".")[2].lower() == "deny"
        return Statement(
            key=key,
            name=self.module.text(keyword(self.node, "sid")) or self.owner,
            place=self.module.place(self.node.func, ", ".join(actions[:4])),
            allows=not denies,
            actions=actions,
            not_actions=not_actions,
            resources=self.resources("resources"),
            not_resources=self.resources("notResources", "not_resources"),
            conditions=tuple(self.conditions()),
        )

    def leave_open(self, node: ast.expr, what: str, effect: str) -> None:
        place = self.module.place(node, what)
        self.collector.leave_open(place, f"{what} in {self.owner}", effect)

    def actions(self, *names: str) -> tuple[str, ...]:
        found: list[str] = []
        for element in self.elements("actions", *names):
            text = self.module.text(element)
            if text:
                found.append(lowered(text))
            else:
                self.leave_open(element, "the actions of a statement", "it may allow any action")
        return tuple(found)

    def resources(self, *names: str) -> tuple[str, ...]:
        found: list[str] = []
        for element in self.elements("resources", *names):
            text, known = self.written(element)
            if not known:
                effect = "it may stand for every resource"
                self.leave_open(element, "a resource of a statement", effect)
            found.append(text)
        return tuple(found)

    def elements(self, what: str, *names: str) -> Sequence[ast.expr]:
        """The elements of a list; what is no list stands for itself, and is open."""
        given = keyword(self.node, *names)
        meant = self.module.meant(given)
        if isinstance(meant, ast.List | ast.Tuple):
            if len(meant.elts) > _MOST:
                self.leave_open(meant, f"the {what} beyond {_MOST:,}", "they may be any")
            return meant.elts[:_MOST]
        return [meant] if meant is not None else []

    def written(self, node: ast.expr) -> tuple[str, bool]:
        """A resource as far as it is written, and whether it is known to be no more than one."""
        text = self.module.text(node)
        if text:
            return text, True
        match node:
            case ast.Constant():
                return "", True  # `arn ?? ''`
            case ast.JoinedStr(values=values):
                text = "".join(self.written(each)[0] for each in values)
                return text, text.startswith("arn:") or "/" in text
            case ast.FormattedValue(value=inner):
                return self.written(inner)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                start, known = self.written(left)
                return start + self.written(right)[0], known
            case ast.BoolOp(op=ast.Or(), values=[first, *_]):
                return self.written(first)
            case _:
                return self.declared(node)

    def declared(self, node: ast.expr) -> tuple[str, bool]:
        """The ARN of something that a stack declares, as far as its name tells whose it is."""
        name = self.module.dotted(node) or "value"
        owner, _, attribute = name.rpartition(".")
        service = _SERVICES.get(attribute.lower().replace("_", ""))
        if service is not None:
            return f"arn:aws:{service}:::${{{owner or name}}}", True
        return f"${{{name}}}", _ARN.search(name) is not None

    def members(self, node: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
        return written_keys(self.module, node) if isinstance(node, ast.Dict) else iter(())

    def conditions(self) -> Iterator[Condition]:
        given = self.module.meant(keyword(self.node, "conditions"))
        if given is None:
            return
        found = False
        for operator, keys in self.members(given):
            for key, value in self.members(self.module.meant(keys)):
                found = True
                listed = value.elts if isinstance(value, ast.List) else [value]
                values = tuple(self.written(each)[0] for each in listed[:_MOST])
                yield Condition(operator=operator.lower(), key=key.lower(), values=values)
        if not found:
            self.leave_open(given, "the conditions of a statement", "what they narrow is open")
