"""
IAM policies that are files of their own: `policy.json`, `trust-policy.json`.

A control policy of an organisation gives nobody anything: it says what others may give at most.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

import re

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents, folder_of, sibling
from agentaudit.extract.iam.grants import Bearer, add_grants
from agentaudit.extract.iam.open_policies import (
    is_published,
    only_reads,
    open_grant,
    opening,
)
from agentaudit.extract.iam.policies import PolicySource, Statement, statements
from agentaudit.extract.iam.trust import trust
from agentaudit.extract.platform_files import policies
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.permissions import Identity

_CONTROLS = regex(
    r"(?:^|[/_.-])(?:[sr]cps?|(?:service|resource)[_-]control[_-]polic(?:y|ies)"
    r"|org(?:ani[sz]ations?)?[_-]polic(?:y|ies))(?=[/_.-])",
    re.IGNORECASE,
)
_RESOURCE = '"aws_organizations_policy"'
_FILE = regex(
    r"""\b(?:file|templatefile)\(\s{0,20}"(?:\$\{path\.module\}/)?([\w./-]{1,200}\.json)\""""
)


_EACH = regex(
    r"""\b(?:file|templatefile)\(\s{0,20}"(?:\$\{path\.module\}/)?(?P<folder>[\w./-]{0,200})\$\{(?!path\.)"""
)
"""A file for each of several: those of a folder."""


def extract_iam_files(documents: Documents, collector: Collector) -> None:
    """
    Every file that is a policy, or holds policies as the command line of AWS prints them.

    One that Terraform gives to somebody is told of there.
    """
    limits = _organisations(documents)
    for document, policy in policies(documents):
        listed = policy.get("Statement") or policy
        if _CONTROLS.search(document.file) or {document.file, folder_of(document.file)} & limits:
            continue
        if (document.file, listed.line, listed.column) in collector.told:
            continue
        owner = document.file.rpartition("/")[2].partition(".")[0]
        _add(documents, collector, PolicySource(node=policy, document=document, owner=owner))


def _organisations(documents: Documents) -> frozenset[str]:
    """The files, and folders of them, that Terraform takes an organisation's policies from."""
    parts = [
        (document.file, part.partition("\n}")[0])
        for document in documents.of("hcl")
        for part in document.text.split(_RESOURCE)[1:]
    ]
    files = {sibling(file, match[1]) for file, part in parts for match in _FILE.finditer(part)}
    folders = {
        folder_of(sibling(file, f"{match['folder']}each.json"))
        for file, part in parts
        for match in _EACH.finditer(part)
    }
    return frozenset(files | folders)


def _add(documents: Documents, collector: Collector, source: PolicySource) -> None:
    found = statements(source, documents, collector)
    key = f"{source.document.file}#{source.owner}"
    permissions = [statement for statement in found if not statement.principals]
    add_grants(collector, Bearer(name=source.owner, key=key), permissions)
    for statement in opening(collector, source.owner, found):
        if not (all(map(_is_role_action, statement.actions)) or _is_to_be_read(statement)):
            name = f"{statement.name} of {source.owner}"
            collector.add(open_grant(statement, key=key, name=name))
    trusting = [
        statement
        for statement in found
        if statement.principals and all(map(_is_role_action, statement.actions))
    ]
    if not trusting:
        return
    given = trust(trusting)
    collector.add(
        Identity(
            id=fact_id("identity", source.owner, key),
            name=source.owner,
            evidence=(evidence(source.document, source.node),),
            provider="aws",
            kind="role",
            boundary=_boundary(source),
            trust_wildcard="*" in given.unconditional,
            trust_principals=given.principals,
            trust_conditions=given.conditions,
            trust_unconditional=given.unconditional,
            oidc_subject=given.oidc_subject,
        )
    )


def _is_to_be_read(statement: Statement) -> bool:
    """Whether it is what a site shows that everybody may read."""
    return only_reads(statement) and all(map(is_published, statement.resources))


def _boundary(source: PolicySource) -> Truth:
    """Whether a role has one: a whole answer of `aws iam get-role` says so, and no policy alone."""
    role = source.document.root.child("Role")
    if role is None or role.child("RoleId") is None:
        return Truth.UNKNOWN
    return Truth.NO if role.child("PermissionsBoundary") is None else Truth.YES


def _is_role_action(action: str) -> bool:
    """Whether a statement with this action is a trust policy's, and not a resource policy's."""
    return action.startswith(("sts:assumerole", "sts:tagsession", "sts:setsourceidentity"))
