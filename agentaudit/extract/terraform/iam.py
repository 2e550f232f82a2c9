"""Identities and grants of AWS in Terraform: roles, users, and the policies they get."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.boundaries import declared_ceiling, managed_ceiling
from agentaudit.extract.iam.grants import Bearer, add_grants
from agentaudit.extract.iam.holders import (
    Holder,
    add_identity,
    add_outsider,
    managed_statement,
    principal_kind,
    principal_name,
)
from agentaudit.extract.iam.managed import policy_name
from agentaudit.extract.iam.policies import PolicySource, Statement, statements
from agentaudit.extract.terraform.iam_addresses import ADDRESS, key_at
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.policies import statements_at
from agentaudit.extract.terraform.state import key_in_state
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.fact import FactId
from agentaudit.readers.document import Node

_KINDS = {"aws_iam_role": "role", "aws_iam_user": "user"}
_INLINE = {"aws_iam_role_policy": "role", "aws_iam_user_policy": "user"}
_ATTACHMENTS = {
    "aws_iam_role_policy_attachment": ("role", "policy_arn"),
    "aws_iam_user_policy_attachment": ("user", "policy_arn"),
    "aws_iam_role_policy_attachments_exclusive": ("role_name", "policy_arns"),
}
_KEYS = {
    "aws_iam_access_key": ("access_key", "user"),
    "aws_iam_service_specific_credential": ("api_key", "user_name"),
}
_OF_USERS = frozenset({"user", "user_name"})
_DAY_S = 86_400
_GIVEN = Budget("statements given", 20_000)
"""By policies, to all that they are attached to."""
_BOUNDARY = re.compile(r"boundar(?:y|ies)", re.IGNORECASE)
"""What nobody has, and is called so, bounds those that are made later: so in a CDK's bootstrap."""


class Principals(Struct):
    """The roles and users of all modules while their policies are gathered."""

    documents: Documents
    collector: Collector
    holders: dict[str, Holder] = field(default_factory=dict)
    """By the key of the resource that declares them."""
    ids: dict[str, FactId] = field(default_factory=dict)
    policies: dict[str, tuple[Declared, tuple[Statement, ...]]] = field(default_factory=dict)
    """Managed policies, and inline ones whose holder no value tells."""
    named: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    """Keys of holders by kind and name, and those of policies under `policy`."""
    boundaries: list[tuple[Declared, Holder, Node]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    """Policies that somebody has, or is bounded by."""

    def read(self, modules: tuple[Module, ...]) -> None:
        """All identities and grants, added."""
        for module in modules:
            self._declare(module)
        for module in modules:
            self._attach(module)
        self._bound()
        for key, holder in sorted(self.holders.items()):
            self.ids[key] = add_identity(self.collector, holder).id
        for key, (declared, found) in sorted(self.policies.items()):
            if key not in self.held and not _BOUNDARY.search(declared.title):
                add_grants(self.collector, Bearer(name=declared.title, key=key), found)
        for module in modules:
            for declared in module.resources(*_KEYS):
                self._key(declared)

    def identity(self, declared: Declared, *path: str) -> FactId | None:
        """The identity that an attribute of a resource names; unresolved ones are left open."""
        node = declared.body.get(*path)
        if node is None:
            return None
        for reference in node.list():
            kind = "user" if path[-1] in _OF_USERS else "role"
            by_profile = path[-1] == "iam_instance_profile"
            named = _role_of(declared.module, reference) if by_profile else reference
            key = self._key_of(declared.module, named, kind)
            if key in self.ids:
                return self.ids[key]
            effect = "what it may do is not known"
            place = evidence(declared.document, reference)
            self.collector.leave_open(place, f"the role of {declared.shown}", effect)
            outsider = add_outsider(self.collector, named.raw, kind, place)
            if outsider:
                return outsider
        return None

    def declared(self, module: Module, node: Node) -> FactId | None:
        """The identity that an ARN means, where a file declares it; asked once all are added."""
        kind = "user" if "aws_iam_user." in node.raw else principal_kind(node.raw)
        return self.ids.get(self._key_of(module, node, kind))

    def _declare(self, module: Module) -> None:
        for declared in module.resources(*_KINDS):
            holder = Holder(
                key=declared.key,
                name=declared.title,
                kind=_KINDS[declared.type],
                places=(declared.place(),),
            )
            self._describe(holder, declared)
            self.holders[declared.key] = holder
            self._name(holder.kind, holder.name, declared.key)
        for declared in module.resources("aws_iam_policy"):
            self.policies[declared.key] = (declared, self._statements(declared, "policy"))
            self._name("policy", declared.title, declared.key)

    def _name(self, kind: str, name: str, key: str) -> None:
        self.named.setdefault((kind, name), {})[key] = None

    def _keys(self, kind: str, name: str, module: Module) -> Iterator[str]:
        """The keys of what is called so, those of the module first."""
        named = self.named.get((kind, name), ())
        yield from (key for key in named if key.partition("#")[0] == module.folder)
        yield from named

    def _describe(self, holder: Holder, declared: Declared) -> None:
        body = declared.body
        session, boundary = body.get("max_session_duration"), body.get("permissions_boundary")
        holder.max_session = Known.NONE if session is None else Known.UNKNOWN
        if session is not None and session.integer is not None:
            holder.max_session, holder.max_session_s = Known.SET, session.integer
        holder.boundary = Truth.NO if boundary is None else Truth.YES
        if boundary is not None:
            self.boundaries.append((declared, holder, boundary))
        if body.get("assume_role_policy") is not None:
            holder.trusted.extend(self._statements(declared, "assume_role_policy"))
        inline = body.get("inline_policy")
        for number, block in enumerate(inline.list() if inline else ()):
            policy = block.get("policy")
            if policy is not None:
                owner = f"{declared.shown}.inline_policy.{number}"
                source = PolicySource(node=policy, document=declared.document, owner=owner)
                holder.statements.extend(statements(source, self.documents, self.collector))
        managed = body.get("managed_policy_arns")
        for arn in managed.list() if managed else ():
            self._attach_policy(declared, holder, arn)

    def _statements(self, declared: Declared, attribute: str) -> tuple[Statement, ...]:
        return statements_at(declared, attribute, self.documents, self.collector)

    def _attach(self, module: Module) -> None:
        for declared in module.resources(*_INLINE):
            found = self._statements(declared, "policy")
            holders = tuple(self._targets(declared, _INLINE[declared.type]))
            for holder in holders:
                self._give(holder, found, declared.place())
            if not holders:
                self.policies[declared.key] = (declared, found)
        for declared in module.resources(*_ATTACHMENTS):
            target, policies = _ATTACHMENTS[declared.type]
            self._attach_all(declared, target, policies)
        for declared in module.resources("aws_iam_policy_attachment"):
            self._attach_all(declared, "roles", "policy_arn")
            self._attach_all(declared, "users", "policy_arn")

    def _attach_all(self, declared: Declared, target: str, policies: str) -> None:
        listed = declared.body.get(policies)
        arns = listed.list() if listed else ()
        holders = tuple(self._targets(declared, target))
        for holder in holders:
            for arn in arns:
                self._attach_policy(declared, holder, arn)
        if not holders and declared.body.get(target) is not None:
            self._attach_to_nobody(declared, arns)

    def _attach_to_nobody(self, declared: Declared, arns: Sequence[Node]) -> None:
        """Policies that AWS manages, given to whom no value tells: what they allow is known."""
        found = tuple(
            managed_statement(
                arn.text, evidence(declared.document, arn), declared.shown, self.collector
            )
            for arn in arns
            if arn.text and policy_name(arn.text)
        )
        if found:
            self.policies[declared.key] = (declared, found)

    def _attach_policy(self, declared: Declared, holder: Holder, arn: Node) -> None:
        place = evidence(declared.document, arn)
        key = self._policy_key(declared.module, arn)
        if key in self.policies:
            self.held.add(key)
            self._give(holder, self.policies[key][1], place)
        elif arn.text and policy_name(arn.text):
            holder.attach_managed(arn.text, place, self.collector)
        else:
            effect = f"what {holder.name} may do beyond its other policies is not known"
            self.collector.leave_open(place, f"the policy {plain(arn.raw)}", effect)

    def _give(self, holder: Holder, found: Sequence[Statement], place: Evidence) -> None:
        """The statements of a policy to one more holder."""
        what = f"a policy of {holder.name}, after {_GIVEN.most:,} statements that policies give"
        if self.collector.affords(_GIVEN, len(found), (place, what, "it may allow anything")):
            holder.statements.extend(found)

    def _bound(self) -> None:
        """What permissions boundaries leave; one that is not known whole takes nothing away."""
        known: dict[str, frozenset[str] | None] = {}
        for declared, holder, boundary in self.boundaries:
            key = self._policy_key(declared.module, boundary)
            if key in self.policies:
                self.held.add(key)
                if key not in known:
                    known[key] = self._ceiling(*self.policies[key])
                holder.ceiling = known[key] if self._is_one(declared.module, boundary) else None
            else:
                holder.ceiling = managed_ceiling(boundary.text or "")

    def _is_one(self, module: Module, boundary: Node) -> bool:
        """Whether a boundary is told from others of its name, which other folders may declare."""
        if ADDRESS.search(boundary.raw) is not None:
            return True
        keys = self.named.get(("policy", boundary.raw.rpartition("/")[2]), {})
        return len(keys) == 1 or any(key.partition("#")[0] == module.folder for key in keys)

    def _ceiling(self, policy: Declared, found: Sequence[Statement]) -> frozenset[str] | None:
        node = policy.body.get("policy")
        if node is None:
            return None
        source = PolicySource(node=node, document=policy.document, owner=policy.shown)
        return declared_ceiling(source, self.documents, found)

    def _targets(self, declared: Declared, attribute: str) -> Iterator[Holder]:
        """The roles or users that an attribute names; one that no file declares is made up."""
        listed = declared.body.get(attribute)
        kind = "user" if attribute.startswith("user") else "role"
        for node in listed.list() if listed else ():
            key = self._key_of(declared.module, node, kind)
            if key in self.holders:
                yield self.holders[key]
            elif node.text and "${" not in node.text:
                yield self._external(declared, node, kind)
            else:
                place = evidence(declared.document, node)
                effect = "whose permissions these are is not known"
                what = f"the principal of {declared.shown} ({plain(node.raw)})"
                self.collector.leave_open(place, what, effect)

    def _external(self, declared: Declared, node: Node, kind: str) -> Holder:
        """A principal that the files name and do not declare."""
        key = f"{declared.module.folder}#external.{kind}.{node.raw}"
        places: tuple[Evidence, ...] = (evidence(declared.document, node),)
        made = Holder(key=key, name=node.raw, kind=kind, places=places)
        self._name(kind, node.raw, key)
        return self.holders.setdefault(key, made)

    def _key_of(self, module: Module, node: Node, kind: str) -> str:
        """The key of the principal that a value names: by address, by ARN or by name."""
        by_address = key_at(module, node)
        if by_address is not None:
            return by_address
        wanted = principal_name(node.raw) or node.raw
        return next(self._keys(kind, wanted, module), "")

    def _policy_key(self, module: Module, node: Node) -> str:
        by_address = key_at(module, node)
        if by_address is not None:
            return by_address
        name = node.raw.rpartition("/")[2]
        aws = bool(policy_name(node.raw))
        return "" if aws else next(self._keys("policy", name, module), "")

    def _key(self, declared: Declared) -> None:
        """A key that stands in the state; one of Bedrock may have an end, and no other has."""
        kind, named = _KEYS[declared.type]
        days = declared.body.get("credential_age_days")
        ttl_s = days.integer * _DAY_S if days is not None and days.integer else None
        credential = self.collector.add(key_in_state(declared, "aws", kind, ttl_s=ttl_s))
        user = self.identity(declared, named)
        if user is not None:
            self.collector.link(EdgeKind.AUTHENTICATES_AS, credential.id, user, declared.place())


def _role_of(module: Module, profile: Node) -> Node:
    """The role of an instance profile; what names no profile of the module stays itself."""
    declared = module.references("aws_iam_instance_profile").named(profile.raw)
    role = declared.body.get("role") if declared is not None else None
    return profile if role is None else next(iter(role.list()), role)
