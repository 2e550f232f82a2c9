"""
Buckets that are open to everybody, or that nothing keeps from being opened.

A bucket that is made today keeps the public out until somebody says otherwise (Amazon S3 User
Guide, "Blocking public access to your Amazon S3 storage"); one whose block is switched off is one
mistake away. A site, or what is called after being public, is there to be read.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.iam.open_policies import is_published, only_reads, open_grant
from agentaudit.extract.iam.policies import Statement
from agentaudit.extract.terraform.knowledge import add_texts_of_strangers, read_buckets
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.permissions import Grant, Resource
from agentaudit.readers.document import Node

_BUCKET = "aws_s3_bucket"
_BLOCK = "aws_s3_bucket_public_access_block"
_OWN_BLOCK = "public_access_block_configuration"
_SITE = "aws_s3_bucket_website_configuration"
_OF_POLICIES = ("block_public_policy", "restrict_public_buckets")
_OF_LISTS = ("block_public_acls", "ignore_public_acls")
_LISTS = {
    "public-read": ("anybody", "s3:listbucket"),
    "publicread": ("anybody", "s3:listbucket"),
    "public-read-write": ("anybody", "s3:putobject"),
    "publicreadwrite": ("anybody", "s3:putobject"),
    "authenticated-read": ("any_account", "s3:listbucket"),
    "authenticatedread": ("any_account", "s3:listbucket"),
}
"""What a canned list lets whom do; CloudFormation writes the names in one word."""
_GROUPS = {"AllUsers": "anybody", "AuthenticatedUsers": "any_account"}
"""Groups of S3 as the last part of their addresses ("Access control list (ACL) overview")."""
_PERMISSIONS = {
    "READ": ("s3:listbucket",),
    "WRITE": ("s3:putobject",),
    "READ_ACP": ("s3:getbucketacl",),
    "WRITE_ACP": ("s3:putbucketacl",),
    "FULL_CONTROL": ("s3:listbucket", "s3:putobject", "s3:putbucketacl"),
}
"""What each permission on a bucket is, in actions (the same page)."""


def add_open_buckets(buckets: "Buckets", collector: Collector) -> None:
    """What lists of access open, which blocks are off, and whom strangers reach by that."""
    for declared in buckets.module.resources("aws_s3_bucket_acl", _BUCKET):
        _add_lists(buckets, declared, collector)
    read = [
        (bucket, source)
        for node, source in read_buckets(buckets.module)
        if (bucket := buckets.of(source, node)) is not None
    ]
    _mark_unblocked(buckets, {bucket.key for bucket, _ in read}, collector)
    of_strangers = [
        (bucket, buckets.written[bucket.key], source)
        for bucket, source in read
        if bucket.key in buckets.written
    ]
    if of_strangers:
        add_texts_of_strangers(buckets.module, of_strangers, collector)


class Buckets:
    """The buckets of a module, with what stands beside them about who may come."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._blocks = _by_bucket(module, _BLOCK)
        self._sites = _by_bucket(module, _SITE)
        self.written: dict[str, Evidence] = {}
        """Where strangers are let write, by the key of the bucket."""

    def of(self, declared: Declared, named: Node | None) -> Declared | None:
        """The bucket that a resource names, or is."""
        if declared.type == _BUCKET:
            return declared
        return _named(self.module, named) if named is not None else None

    def are_for_strangers(
        self, bucket: Declared | None, declared: Declared, statement: Statement
    ) -> bool:
        """Whether a policy of a bucket opens only what is meant to be read, or nothing at all."""
        if bucket is not None and self.block(bucket, _OF_POLICIES):
            return True
        return only_reads(statement) and self.publish(bucket or declared)

    def opened(self, bucket: Declared | None, grant: Grant) -> None:
        """Notes what a grant lets everybody do."""
        if bucket is not None and grant.write_count:
            self.written.setdefault(bucket.key, grant.evidence[0])

    def publish(self, owner: Declared) -> bool:
        """Whether a bucket is a site, or called after what everybody is to read."""
        own = owner.body.get("website") or owner.body.get("website_configuration")
        called = f"{owner.title} {owner.name}"
        return own is not None or owner.key in self._sites or is_published(called)

    def block(self, bucket: Declared, names: tuple[str, ...]) -> bool:
        """Whether a block of a bucket has one of the switches on."""
        own = bucket.body.get(_OWN_BLOCK)
        bodies = [each.body for each in self._blocks.get(bucket.key, ())]
        bodies += [own] if own is not None else []
        return any(
            (node := body.get(name)) is not None and node.boolean is True
            for body in bodies
            for name in names
        )


def _by_bucket(module: Module, type_: str) -> Mapping[str, Sequence[Declared]]:
    """Resources of a type by the keys of the buckets that they name."""
    found: dict[str, list[Declared]] = {}
    for declared in module.resources(type_):
        node = declared.body.get("bucket")
        bucket = _named(module, node) if node is not None else None
        if bucket is not None:
            found.setdefault(bucket.key, []).append(declared)
    return found


def _named(module: Module, node: Node) -> Declared | None:
    """The bucket of a module that a name, an ARN or a reference means."""
    text = node.raw.rpartition(":")[2].removeprefix("${").removesuffix("}")
    return module.references(_BUCKET).named(text)


def _add_lists(buckets: Buckets, declared: Declared, collector: Collector) -> None:
    """What a canned list, or a list of grants, lets everybody do."""
    openings = tuple(_openings(declared))
    bucket = buckets.of(declared, declared.body.get("bucket")) if openings else None
    if bucket is not None and buckets.block(bucket, _OF_LISTS):
        return
    title = bucket.title if bucket is not None else declared.shown
    for number, opening in enumerate(openings):
        place = evidence(declared.document, opening.node)
        if not opening.actions:
            what = f"the list of access of {declared.shown}"
            collector.leave_open(place, what, "it may let in anybody")
            continue
        statement = Statement(
            key=f"{declared.key}.acl" if number == 0 else f"{declared.key}.acl.{number}",
            name=opening.node.raw,
            place=place,
            allows=True,
            actions=opening.actions,
            resources=(f"arn:aws:s3:::{title}",),
        )
        if only_reads(statement) and buckets.publish(bucket or declared):
            continue
        name = f"the list of access of {declared.shown}"
        grant = open_grant(statement, key=declared.key, name=name, open_to=opening.open_to)
        buckets.opened(bucket, collector.add(grant))


class _Opening(Struct, frozen=True):
    """Where a list lets in more than one, whom, and to what; nothing of what is not known."""

    node: Node
    open_to: str = ""
    actions: tuple[str, ...] = ()


def _openings(declared: Declared) -> Iterator[_Opening]:
    body = declared.body
    canned = body.get("acl") or body.get("access_control")
    if canned is not None and canned.unknown:
        yield _Opening(canned)
    elif canned is not None and canned.raw.lower() in _LISTS:
        open_to, action = _LISTS[canned.raw.lower()]
        yield _Opening(canned, open_to, (action,))
    for grant in (*body.list_at("grant"), *body.list_at("access_control_policy", "grant")):
        group = grant.get("uri") or grant.get("grantee", "uri")
        if group is None:
            continue
        open_to = _GROUPS.get(group.raw.rpartition("/")[2], "")
        for permission in (*grant.list_at("permissions"), *grant.list_at("permission")):
            if group.unknown or (open_to and permission.unknown):
                yield _Opening(group if group.unknown else permission)
            elif open_to:
                yield _Opening(permission, open_to, _PERMISSIONS.get(permission.raw, ()))


def _mark_unblocked(buckets: Buckets, feeding: AbstractSet[str], collector: Collector) -> None:
    module = buckets.module
    for block in (*module.resources(_BLOCK), *module.resources(_BUCKET)):
        body = block.body if block.type == _BLOCK else block.body.get(_OWN_BLOCK)
        switch = _off(body) if body is not None else None
        bucket = buckets.of(block, block.body.get("bucket")) if switch is not None else None
        if switch is None or bucket is None or buckets.publish(bucket):
            continue
        resource = collector.facts.get(fact_id("resource", bucket.title, bucket.key))
        if isinstance(resource, Resource):
            places = with_place(resource, evidence(block.document, switch))
            fed = bucket.key in feeding
            collector.update(replace(resource, unblocked=True, feeds_agents=fed, evidence=places))


def _off(body: Node) -> Node | None:
    """The switch of a block by which a policy may open its bucket; one left out is off, too."""
    nodes = (body.get(name) for name in _OF_POLICIES)
    found = [node for node in nodes if node is not None]
    off = [node for node in found if node.boolean is False]
    return off[0] if off and len(off) == len(found) else None
