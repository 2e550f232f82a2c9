"""
Who is let into clusters of EKS in Terraform and CloudFormation.

By access entries and access policies, by the ConfigMap `aws-auth`, and by calls of the module that
most projects use, whose source is not among their files: `terraform-aws-modules/eks` of version 17
to 21.
"""

from collections.abc import Iterator, Sequence

from agentaudit.extract.kubernetes.eks import AWS_AUTH, MAPPED
from agentaudit.extract.kubernetes.eks_access import Doors, Entry
from agentaudit.extract.terraform.blocks import Member
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.facts.fact import FactId
from agentaudit.readers.document import Document, Node, NodeKind

_MAPS = ("kubernetes_config_map", "kubernetes_config_map_v1", "kubernetes_config_map_v1_data")
_MODULES = ("terraform-aws-modules/eks/", "terraform-aws-eks")
_LISTED = ("aws_auth_roles", "aws_auth_users", "map_roles", "map_users")


def add_cluster_access(module: Module, principals: Principals) -> None:
    """Everybody whom a module lets into a cluster."""
    for declared in module.resources("aws_eks_access_entry", "aws_eks_access_policy_association"):
        entry = _entry(declared.key, declared.body)
        if entry is not None:
            _doors(module, principals, declared.document).admit(entry)
    for declared in module.resources(*_MAPS):
        if declared.body.get("metadata") is not None and _name(declared) == AWS_AUTH:
            doors = _doors(module, principals, declared.document)
            for name in MAPPED:
                doors.admit_listed(f"{declared.key}.{name}", declared.body.get("data", name))
    if not module.from_plan:  # which has the resources that the call makes
        for member in module.members("module"):
            _add_call(module, member, principals)


def _doors(module: Module, principals: Principals, document: Document) -> Doors:
    def known(arn: Node) -> Sequence[FactId]:
        found = principals.declared(module, arn)
        return () if found is None else (found,)

    return Doors(
        collector=principals.collector,
        documents=principals.documents,
        document=document,
        known=known,
    )


def _name(declared: Declared) -> str:
    return declared.body.text_at("metadata", "name")


def _entry(key: str, body: Node) -> Entry | None:
    """An entry, or a policy that is associated with one; None of what names nobody."""
    principal = body.get("principal_arn")
    if principal is None:
        return None
    return Entry(
        key=key,
        principal=principal,
        user=body.get("user_name") or body.get("username"),
        groups=body.get("kubernetes_groups"),
        policies=tuple(_policies(body)),
    )


def _policies(body: Node) -> Iterator[tuple[Node, Node | None]]:
    """Policies of an association, of an entry of CloudFormation, and of an entry of the module."""
    inner = body.get("access_policies") or body.get("policy_associations")
    listed = (value for _, value in inner.items()) if inner is not None and inner.entries else ()
    for policy in (body, *listed, *(inner.list() if inner is not None else ())):
        arn = policy.get("policy_arn")
        if arn is not None:
            yield arn, policy.get("access_scope")
        elif policy.unknown:
            yield policy, None


def _add_call(module: Module, member: Member, principals: Principals) -> None:
    """Whom a call of the module lets in; what its argument is made of may be unknown."""
    body = member.block.body
    source = body.attribute("source")
    if source is None or not any(name in source.value.source for name in _MODULES):
        return
    doors = _doors(module, principals, member.document)
    folder = module.folder_for(member.document)
    key = f"{module.folder}#{module.prefix}module.{'.'.join(member.block.labels)}"
    given = body.attribute("access_entries")
    entries = folder.fold(given.value) if given is not None else None
    if entries is not None and entries.kind is not NodeKind.MAPPING:
        doors.leave_open(entries)
    for name, body_of_entry in entries.items() if entries is not None else ():
        entry = _entry(f"{key}.{name}", body_of_entry)
        if entry is not None:
            doors.admit(entry)
        else:
            doors.leave_open(body_of_entry)
    for name in _LISTED:
        listed = body.attribute(name)
        if listed is not None:
            doors.admit_listed(f"{key}.{name}", folder.fold(listed.value))
