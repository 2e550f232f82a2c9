"""
Templates of Azure to facts: in the words of Terraform, and then read by what reads Terraform.

What runs is in `runtimes`. Types that may matter and are not read stay named as such. Source:
Microsoft Learn, "Azure resource reference" (https://learn.microsoft.com/en-us/azure/templates/),
and "Azure built-in roles" for the ids of roles.
"""

from collections.abc import Callable, Mapping, Sequence

from agentaudit.errors import Problem
from agentaudit.extract.azure.api_management import ManagedApi, add_managed_api
from agentaudit.extract.azure.deployed import Deployed
from agentaudit.extract.azure.identities import identities_of
from agentaudit.extract.azure.roles import add_azure_roles
from agentaudit.extract.azure.runtimes import RUNTIMES
from agentaudit.extract.azure.secrets import SECRETS, add_parameters
from agentaudit.extract.azure.sre_agents import SRE_AGENT, add_sre_agent
from agentaudit.extract.azure.templates import project
from agentaudit.extract.azure.types import TYPES
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.stacks import Stack
from agentaudit.extract.terraform.cloud_caches import add_cloud_caches
from agentaudit.extract.terraform.modules import Declared
from agentaudit.extract.terraform.stores import add_stores
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.readers.azure.templates import UNREAD, type_of_interest
from agentaudit.readers.document import Node

_NOTHING_MORE = frozenset(
    {
        "microsoft.app/managedenvironments",
        "microsoft.app/managedenvironments/certificates",
        "microsoft.app/managedenvironments/storages",
        "microsoft.botservice/botservices",
        "microsoft.botservice/botservices/channels",
        "microsoft.cache/redis/accesspolicies",
        "microsoft.cache/redis/accesspolicyassignments",
        "microsoft.cache/redis/firewallrules",
        "microsoft.cache/redisenterprise",
        "microsoft.cognitiveservices/accounts/capabilityhosts",
        "microsoft.cognitiveservices/accounts/deployments",
        "microsoft.cognitiveservices/accounts/projects",
        "microsoft.cognitiveservices/accounts/projects/capabilityhosts",
        "microsoft.cognitiveservices/accounts/raipolicies",
        "microsoft.documentdb/databaseaccounts/sqldatabases",
        "microsoft.documentdb/databaseaccounts/sqlroleassignments",
        "microsoft.documentdb/databaseaccounts/sqlroledefinitions",
        "microsoft.keyvault/vaults",
        "microsoft.keyvault/vaults/accesspolicies",
        "microsoft.keyvault/vaults/keys",
        "microsoft.machinelearningservices/workspaces",
        "microsoft.managedidentity/userassignedidentities",
        "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
        "microsoft.search/searchservices/sharedprivatelinkresources",
        "microsoft.web/sites/basicpublishingcredentialspolicies",
        "microsoft.web/sites/hostnamebindings",
        "microsoft.web/sites/privateendpointconnections",
        "microsoft.web/sites/sourcecontrols",
        "microsoft.web/sites/virtualnetworkconnections",
    }
)
"""Types of which no field says more than that they are there."""
_APIS = "microsoft.apimanagement/service/apis"
_POLICIES = frozenset(
    f"microsoft.apimanagement/service/{of}policies"
    for of in ("", "apis/", "products/", "apis/operations/")
)


def extract_azure(documents: Documents, collector: Collector) -> None:
    """Every template: rights, accounts with keys, caches, and what runs."""
    found = project(documents)
    for document, template in found.documented():
        add_parameters(document, template, collector)
    for file, resources in found.deployments():
        _extract(file, resources, collector)
        apis = {
            name: each
            for each in resources
            if each.type == _APIS
            for name in (each.symbol, each.name.rpartition("/")[2])
        }
        for resource in resources:
            if resource.type in _POLICIES:
                _add_policy(resource, apis, documents, collector)
    for file, notes in found.problems.items():
        for place, message in dict.fromkeys(notes):
            collector.problems.append(
                Problem(file=file, message=message, line=place.line, column=place.column)
            )


def _add_policy(
    resource: Deployed, apis: Mapping[str, Deployed], documents: Documents, collector: Collector
) -> None:
    """What a policy of API Management makes of the API that it is for."""
    value, parent = resource.property_at("value"), resource.node.get("parent")
    if value is None:
        return
    names = resource.name.split("/")
    above = parent.raw if parent is not None else names[-2] if len(names) > 1 else resource.symbol
    name = above or resource.name
    api = ManagedApi(
        name=name,
        key=resource.key,
        document=resource.document,
        policy=value,
        subscribed=_subscribed(apis.get(name)),
    )
    add_managed_api(api, documents, collector)


def _subscribed(api: Deployed | None) -> Evidence | None:
    """Where an API says that whoever calls it needs a subscription."""
    asked = api.property_at("subscriptionRequired") if api is not None else None
    if api is None or asked is None or asked.boolean is not True:
        return None
    return evidence(api.document, asked, "subscriptionRequired: true")


def _extract(file: str, resources: Sequence[Deployed], collector: Collector) -> None:
    identities = identities_of(resources)

    def identity_of(owner: Declared, principal: Node) -> FactId:
        return identities.of_principal(principal.raw, owner.key, collector)

    def give(resource: Deployed, runtimes: Sequence[Fact]) -> None:
        identities.give(resource, runtimes, collector)

    stack = Stack(folder=file, bodies=[], identity_of=identity_of)
    add_resources(stack, resources, give, collector)


def add_resources(
    stack: Stack,
    resources: Sequence[Deployed],
    give: Callable[[Deployed, Sequence[Fact]], None],
    collector: Collector,
) -> None:
    """What resources are, what they run and are given, and of which nobody reads what they say."""
    stack.members_by_type = tuple(
        Declared(
            type=TYPES[resource.type][0],
            name=resource.name,
            document=resource.document,
            header=resource.node.get("name") or resource.header,
            body=TYPES[resource.type][1](resource),
            module=stack,
            label=resource.name,
            own_key=resource.key,
        )
        for resource in resources
        if resource.type in TYPES
    )
    add_stores(stack, collector, state=False)
    add_azure_roles(stack, collector)
    add_cloud_caches(stack, collector)
    stack.close()
    unread: dict[str, list[Node]] = {}
    for resource in resources:
        run, add = RUNTIMES.get(resource.type), SECRETS.get(resource.type)
        if run is not None:
            give(resource, run(resource, collector))
        elif resource.type == SRE_AGENT:
            give(resource, (add_sre_agent(resource, collector),))
        elif add is not None:
            add(resource, collector)
        elif _unread(resource.type):
            unread.setdefault(resource.document.file, []).append(resource.header)
    for where, places in unread.items():
        _name_unread(where, places, collector)


def _name_unread(file: str, places: Sequence[Node], collector: Collector) -> None:
    """The first of them, and how many more there are."""
    first, more = places[0], len(places) - 1
    message = f"{UNREAD}, and {more} more" if more else UNREAD
    problem = Problem(file=file, message=message, line=first.line, column=first.column)
    collector.problems.append(problem)


def _unread(type_: str) -> bool:
    """Whether a resource may matter, and nobody looks at it."""
    known = type_ in TYPES or type_ in _NOTHING_MORE
    return not known and (not type_ or type_of_interest(type_))
