"""
Databases in containers: whether they ask who calls, and whether other machines reach them.

What each does where nobody says anything is what its image documents, autumn 2026: those of Redis
and Valkey switch protected mode off; MongoDB, Qdrant, Chroma, Milvus and Weaviate let everybody in;
PostgreSQL and MySQL do not start without a password, unless they are told to.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, with_place
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.exposure import exposed_runtimes, place_of_service
from agentaudit.extract.mcp.launchers import image_launch
from agentaudit.extract.servers.redis import Configured, Directive
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.runtimes import Runtime


class _Product(Struct, frozen=True, kw_only=True):
    """What of its settings and arguments guards a database, or opens it; the former wins."""

    name: str
    images: frozenset[str]
    """Without registry and tag: images of others may do otherwise."""
    asks: Truth
    """What it does where nothing says."""
    programs: tuple[str, ...]
    """What starts it; a container may start a script of its own instead."""
    guards: re.Pattern[str] | None = None
    opens: re.Pattern[str] | None = None


_PRODUCTS = (
    _Product(
        name="redis",
        images=frozenset(
            {
                *("redis", "valkey/valkey", "redis/redis-stack", "redis/redis-stack-server"),
                *("eqalpha/keydb", "dragonflydb/dragonfly"),
            }
        ),
        asks=Truth.NO,
        programs=("-server", "dragonfly"),
        guards=regex(r"requirepass|aclfile|--user\b|protected-mode\W+yes", re.IGNORECASE),
    ),
    _Product(
        name="postgres",
        images=frozenset(
            {
                *("postgres", "pgvector/pgvector", "ankane/pgvector", "postgis/postgis"),
                *("timescale/timescaledb", "timescale/timescaledb-ha"),
            }
        ),
        asks=Truth.YES,
        programs=("postgres",),
        opens=regex(r"^POSTGRES_HOST_AUTH_METHOD=trust$", re.MULTILINE),
    ),
    _Product(
        name="mongodb",
        images=frozenset({"mongo", "mongodb/mongodb-community-server"}),
        asks=Truth.NO,
        programs=("mongod",),
        guards=regex(
            r"^(?:MONGO|MONGODB)_INITDB_ROOT_|^--auth$|^--keyFile|authorization", re.MULTILINE
        ),
    ),
    _Product(
        name="qdrant",
        images=frozenset({"qdrant/qdrant"}),
        asks=Truth.NO,
        programs=("qdrant",),
        guards=regex(r"^QDRANT__SERVICE__(?:\w*API_KEY|JWT_RBAC)=.", re.MULTILINE),
    ),
    _Product(
        name="chroma",
        images=frozenset({"chromadb/chroma", "chroma-core/chroma"}),
        asks=Truth.NO,
        programs=("chroma",),
        guards=regex(r"^CHROMA_(?:SERVER_)?AUTH", re.MULTILINE),
    ),
    _Product(
        name="milvus",
        images=frozenset({"milvusdb/milvus"}),
        asks=Truth.NO,
        programs=("milvus",),
        guards=regex(r"AUTHORIZATIONENABLED=true", re.IGNORECASE),
    ),
    _Product(
        name="weaviate",
        images=frozenset({"semitechnologies/weaviate"}),
        asks=Truth.NO,
        programs=("weaviate",),
        guards=regex(
            r"^AUTHENTICATION_(?:ANONYMOUS_ACCESS_ENABLED=false|APIKEY_|OIDC_|DB_USERS_)",
            re.MULTILINE | re.IGNORECASE,
        ),
    ),
    _Product(
        name="neo4j",
        images=frozenset({"neo4j"}),
        asks=Truth.UNKNOWN,
        programs=("neo4j",),
        guards=regex(r"^NEO4J_AUTH(?:_FILE)?=(?!none$)", re.MULTILINE),
        opens=regex(
            r"^NEO4J_(?:AUTH=none|dbms_security_auth__enabled=false)$", re.MULTILINE | re.IGNORECASE
        ),
    ),
    _Product(
        name="elasticsearch",
        images=frozenset({"elasticsearch", "elasticsearch/elasticsearch"}),
        asks=Truth.UNKNOWN,
        programs=("elasticsearch",),
        opens=regex(r"^xpack\.security\.enabled=false$", re.MULTILINE),
    ),
    _Product(
        name="opensearch",
        images=frozenset({"opensearchproject/opensearch"}),
        asks=Truth.YES,
        programs=("opensearch",),
        opens=regex(
            r"^(?:DISABLE_SECURITY_PLUGIN|plugins\.security\.disabled)=true$", re.MULTILINE
        ),
    ),
    _Product(
        name="mysql",
        images=frozenset({"mysql", "mariadb"}),
        asks=Truth.YES,
        programs=("mysqld", "mariadbd"),
        opens=regex(
            r"^(?:MYSQL|MARIADB)_ALLOW_EMPTY_(?:ROOT_)?PASSWORD=(?:yes|true|1)$",
            re.MULTILINE | re.IGNORECASE,
        ),
    ),
)
_BY_IMAGE: Mapping[str, _Product] = {
    image: product for product in _PRODUCTS for image in product.images
}
_REGISTRY = regex(r"^(?:(?=[^/]*[.:])[^/]*+/)?(?:docker/)?(?:library/)?")


def extract_databases(documents: Documents, collector: Collector) -> None:
    """What every container of a known database does with those who call it."""
    servers = [(item, product) for item in collector.workloads if (product := _product(item))]
    if not servers:
        return
    configured = documents.once(Configured)
    leading = exposed_runtimes(documents, collector, "store")
    for server, product in servers:
        runtime = collector.facts[server.runtime_id]
        if not isinstance(runtime, Runtime):
            continue
        directives = configured.by(documents, server) if product.name == "redis" else {}
        services = leading.get(runtime.id, ())
        said = "\n".join(_said(server, directives.values()))
        collector.update(
            replace(
                runtime,
                evidence=with_place(runtime, *map(place_of_service, services)),
                database=product.name,
                authenticated=_asks(server, product, said),
                exposed=runtime.published or bool(services),
                services=tuple(service.name for service in services),
            )
        )


def _product(workload: Workload) -> _Product | None:
    if workload.role != "store":
        return None
    return _BY_IMAGE.get(_REGISTRY.sub("", image_launch(workload.product).package))


def _said(server: Workload, directives: Iterable[Directive]) -> Iterator[str]:
    """Its settings, its words and the directives of its files, each on a line."""
    for setting in server.settings:
        yield f"{setting.key}={literal_of(setting.content)}"
    for word in server.words:
        yield from word.split()
    for directive in directives:
        yield f"{directive.name} {directive.value}"


def _asks(server: Workload, product: _Product, said: str) -> Truth:
    """Whether it asks who calls; open where a file, a script or another image may decide that."""
    if product.guards is not None and product.guards.search(said):
        return Truth.YES
    if product.opens is not None and product.opens.search(said):
        return Truth.NO
    told = not server.words or server.words[0].startswith("-") or _starts(server, product)
    decided = told and server.settings_whole and not server.given_files and server.build is None
    return product.asks if decided else Truth.UNKNOWN


def _starts(server: Workload, product: _Product) -> bool:
    return any(program in word for word in server.words for program in product.programs)
