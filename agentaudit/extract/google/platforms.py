"""
What Google runs for a team: containers of Cloud Run, machines, and agents of Agent Engine.

Limits and defaults: https://cloud.google.com/run/docs/configuring/max-instances, …/request-timeout
and …/service-identity; https://cloud.google.com/vertex-ai/generative-ai/docs/agent-engine/deploy.
"""

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.containers.container import runtime_id
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.permissions import Identity
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

DEFAULT_INSTANCES = 100
"""Of a service of Cloud Run, and of an agent of Agent Engine, where nobody says another number."""
DEFAULT_TIMEOUT_S = 300
"""Of a request to a service of Cloud Run."""
DEFAULT_TASK_TIMEOUT_S = 600
SERVICE_AGENT = "Vertex AI Reasoning Engine Service Agent"
"""What all agents of Agent Engine without an account of their own act as, in a project."""
_OF_GOOGLE = regex(
    r"@cloudservices\.gserviceaccount\.com$|@gcp-sa-(?!aiplatform)[\w-]+\.iam\.gserviceaccount\.com$"
)
"""
By which services of Google act for a project, with what Google gives them; those of Vertex AI run
agents. https://cloud.google.com/iam/docs/service-agents
"""
_DEFAULT = regex(
    r"^\d+-compute@developer\.gserviceaccount\.com$|@appspot\.gserviceaccount\.com$"
    r"|\bdata\.google_(?:compute|app_engine)_default_service_account\."
)
"""https://cloud.google.com/iam/docs/service-account-types#default"""
GOOGLE_ROLES = {"google": "the service account of the platform"}


def google_runtime(name: str, key: str, kind: str, place: tuple[Evidence, ...]) -> Runtime:
    """Memory and processors are always limited: the platform has a default for both."""
    return Runtime(
        id=runtime_id(name, key),
        name=name,
        evidence=place,
        kind=kind,
        cpu_limit=Known.SET,
        memory_limit=Known.SET,
        pids_limit=Known.SET,
    )


def is_default_account(text: str) -> bool:
    """Whether a value names an account that a project has by itself, and gives to many."""
    return _DEFAULT.search(text) is not None


def add_default_account(collector: Collector, runtime: Runtime, scope: str, name: str) -> None:
    """The account that everything without one of its own acts as, in a project, for a runtime."""
    collector.update(replace(runtime, service_account="default"))
    identity = collector.add(
        Identity(
            id=fact_id("identity", name, f"{scope}#google.{name}"),
            name=name,
            evidence=runtime.evidence,
            provider="google",
            kind="service_account",
            default_account=True,
        )
    )
    collector.link(EdgeKind.AUTHENTICATES_AS, runtime.id, identity.id, *runtime.evidence[:1])


def add_account_elsewhere(
    collector: Collector, runtime: Runtime, named: Node, place: Evidence
) -> None:
    """An account that is named by its address is one account, also where no file declares it."""
    identity = account_by_address(collector, named.text or "", place)
    if identity:
        collector.link(EdgeKind.AUTHENTICATES_AS, runtime.id, identity, place)


def account_by_address(collector: Collector, address: str, place: Evidence) -> FactId:
    """The service account with an address; nobody where that is not known."""
    name, mark, project = address.partition("@")
    if not (name and mark and project) or "${" in address:
        return NOBODY
    identity = Identity(
        id=fact_id("identity", name, address),
        name=name,
        evidence=(place,),
        provider="google",
        kind="service_account",
        default_account=is_default_account(address),
        of_platform=_OF_GOOGLE.search(address) is not None,
    )
    return collector.add(identity).id
