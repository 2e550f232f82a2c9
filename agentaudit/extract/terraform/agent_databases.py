"""
Databases of clouds in which agents remember or know something, where the whole internet comes by.

Whose a database is, its name tells, or a knowledge base that lies there; of all others nothing is
said. Sources: the resources' pages in the Terraform registry and in the AWS CloudFormation
reference; Amazon OpenSearch Service Developer Guide, "Identity and Access Management" (a policy for
everybody lets in whoever asks, unless the domain lies in a VPC or has users of its own); Cloud SQL,
"Authorize with authorized networks"; Azure Database for PostgreSQL, "Firewall rules".
"""

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.bounds import switch
from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.open_policies import open_grant, opening
from agentaudit.extract.terraform.memories import holds_conversations
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.policies import statements_at
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.permissions import Resource
from agentaudit.readers.document import Node

_DOMAIN, _CLUSTER = "aws_opensearch_domain", "aws_rds_cluster"
_GOOGLE, _AZURE = "google_sql_database_instance", "azurerm_postgresql_flexible_server"
_WITHIN = {
    _GOOGLE: ("google_sql_database", "instance"),
    _AZURE: ("azurerm_postgresql_flexible_server_database", "server_id"),
}
"""What the databases of a server are, and where they name it."""
_OF_AGENTS = regex(
    r"(?:^|[^a-z])(?:agents?|assistants?|copilots?|chatbots?|knowledge|embeddings?|(?:pg)?vectors?"
    r"|rag|llms?|langgraph|langchain)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_STORED = (
    ("opensearch_managed_cluster_configuration", "domain_arn"),
    ("rds_configuration", "resource_arn"),
)
"""Where a knowledge base says in what it keeps its vectors."""
_FIRST, _LAST = "0.0.0.0", "255.255.255.255"  # noqa: S104, nothing listens here
_EVERYWHERE = f"{_FIRST}/0"


class _Open(Struct, frozen=True):
    """A database, and where it is said who may come to it, or may be."""

    database: Declared
    said_by: Declared
    node: Node
    known: bool = True


def add_agent_databases(module: Module, documents: Documents, collector: Collector) -> None:
    """Who may come to the databases of agents: everybody in the world, as far as that is said."""
    agents = _Agents(module)
    for declared in module.resources(_DOMAIN, f"{_DOMAIN}_policy"):
        domain = _domain_of(declared)
        if domain is not None and agents.use(domain):
            _add_policy(declared, domain, documents, collector)
    for found in (*_of_amazon(module), *_of_google(module), *_of_azure(module)):
        if agents.use(found.database):
            _mark(found, collector)


class _Agents:
    """What agents remember or know, as far as names and knowledge bases tell where that lies."""

    def __init__(self, module: Module) -> None:
        self._stored = frozenset(_of_knowledge_bases(module))
        self._inner: dict[str, list[str]] = {}
        for server_type, (type_, attribute) in _WITHIN.items():
            servers = module.references(server_type)
            for inner in module.resources(type_):
                server = servers.named(inner.body.raw_at(attribute))
                if server is not None:
                    self._inner.setdefault(server.key, []).append(inner.title)

    def use(self, database: Declared) -> bool:
        """Whether a database is called after it, or keeps it."""
        own = (database.body.raw_at(name) for name in ("db_name", "database_name"))
        names = (database.title, database.name, *own, *self._inner.get(database.key, ()))
        return database.key in self._stored or any(
            holds_conversations(name) or _OF_AGENTS.search(name) for name in names
        )


def _of_knowledge_bases(module: Module) -> Iterator[str]:
    """The keys of the databases that knowledge bases keep their vectors in."""
    databases = module.references(_DOMAIN, _CLUSTER)
    for base in module.resources("aws_bedrockagent_knowledge_base"):
        for path in _STORED:
            text = base.body.raw_at("storage_configuration", *path)
            database = databases.named(re.split("[:/]", text)[-1]) or databases.referred(text)
            if database is not None:
                yield database.key


def _domain_of(declared: Declared) -> Declared | None:
    """The domain of OpenSearch that a policy is of, or that has one."""
    if declared.type == _DOMAIN:
        return declared
    named = declared.body.raw_at("domain_name")
    return declared.module.references(_DOMAIN).named(named)


def _add_policy(
    declared: Declared, domain: Declared, documents: Documents, collector: Collector
) -> None:
    """Whom a policy lets in, where nothing else keeps others away from the domain."""
    policy = declared.body.get("access_policies")
    own_users = switch(domain.body.get("advanced_security_options", "enabled"), absent=Truth.NO)
    if policy is None or domain.body.get("vpc_options") is not None or own_users is Truth.YES:
        return
    found = statements_at(declared, "access_policies", documents, collector)
    for statement in opening(collector, declared.shown, found):
        if own_users is Truth.UNKNOWN:
            what = f"whether {domain.shown} has users of its own"
            collector.leave_open(statement.place, what, "its policy lets in anybody")
            continue
        name = f"{statement.name} of {declared.shown}"
        collector.add(open_grant(statement, key=declared.key, name=name))


def _of_amazon(module: Module) -> Iterator[_Open]:
    """An instance says of itself whether its address is a public one; a cluster has instances."""
    clusters = module.references(_CLUSTER)
    for declared in module.resources("aws_db_instance", f"{_CLUSTER}_instance"):
        node = declared.body.get("publicly_accessible")
        if node is None or node.boolean is False:
            continue
        body = declared.body
        named = body.get("cluster_identifier") or body.get("db_cluster_identifier")
        cluster = clusters.named(named.raw) if named is not None else None
        yield _Open(cluster or declared, declared, node, node.boolean is not None)


def _of_google(module: Module) -> Iterator[_Open]:
    """Networks that may come to a public address, which an instance has unless it says no."""
    for declared in module.resources(_GOOGLE):
        configured = ("settings", "ip_configuration")
        public = switch(declared.body.get(*configured, "ipv4_enabled"), absent=Truth.YES)
        if public is Truth.NO:
            continue
        for network in declared.body.list_at(*configured, "authorized_networks"):
            node = network.get("value")
            if node is not None and (node.unknown or node.text == _EVERYWHERE):
                known = public is Truth.YES and not node.unknown
                yield _Open(declared, declared, node, known)


def _of_azure(module: Module) -> Iterator[_Open]:
    """Rules of a firewall before a server's public address, unless it has none."""
    servers = module.references(_AZURE)
    for rule in module.resources(f"{_AZURE}_firewall_rule"):
        server = servers.referred(rule.body.raw_at("server_id"))
        first, last = (rule.body.get(f"{end}_ip_address") for end in ("start", "end"))
        if server is None or first is None or last is None:
            continue
        public = switch(server.body.get("public_network_access_enabled"), absent=Truth.YES)
        all_ = (first.text, last.text) == (_FIRST, _LAST)
        if public is not Truth.NO and (all_ or first.unknown or last.unknown):
            yield _Open(server, rule, first, all_ and public is Truth.YES)


def _mark(found: _Open, collector: Collector) -> None:
    database, place = found.database, evidence(found.said_by.document, found.node)
    if not found.known:
        what = f"from where {database.shown} is reached"
        collector.leave_open(place, what, "it may be from everywhere")
        return
    resource = collector.add(
        Resource(
            id=fact_id("resource", database.title, database.key),
            name=database.title,
            evidence=(database.place(),),
            kind="database",
        )
    )
    places = with_place(resource, place)
    collector.update(replace(resource, exposed=True, feeds_agents=True, evidence=places))
