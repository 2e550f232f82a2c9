"""
Tokens that Amazon Bedrock AgentCore gets for Python code, and the entry points of its runtime.

Read in `identity/auth.py` and `runtime/app.py` of bedrock-agentcore 1.25. A function that is so
decorated gets its token with each call: one of OAuth from the vault of AgentCore Identity, one that
STS signs (300 seconds unless it is told otherwise), or an API key, which lives on, but which the
vault keeps and gives out by name.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.python.building import Building
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import NOBODY

_APPS = frozenset(
    {
        *("bedrock_agentcore.BedrockAgentCoreApp", "bedrock_agentcore.runtime.BedrockAgentCoreApp"),
        "bedrock_agentcore.runtime.app.BedrockAgentCoreApp",
    }
)
_SIGNED_S = 300


class _Proof(Struct, frozen=True, kw_only=True):
    kind: str
    form: CredentialForm
    lifetime: Lifetime
    holder: str
    argument: str
    """The parameter of the function that gets it, unless `into` names another."""


_PROOFS: Mapping[str, _Proof] = {
    "requires_access_token": _Proof(
        kind="access_token",
        form=CredentialForm.OAUTH,
        lifetime=Lifetime.SHORT,
        holder="agent",
        argument="access_token",
    ),
    "requires_iam_access_token": _Proof(
        kind="jwt",
        form=CredentialForm.WORKLOAD_IDENTITY,
        lifetime=Lifetime.SHORT,
        holder="agent",
        argument="access_token",
    ),
    "requires_api_key": _Proof(
        kind="api_key",
        form=CredentialForm.SECRET_REF,
        lifetime=Lifetime.STATIC,
        holder="gateway",
        argument="api_key",
    ),
}
_PACKAGES = ("bedrock_agentcore.identity.", "bedrock_agentcore.identity.auth.")


def add_identities(building: Building, agents: Sequence[Agent]) -> None:
    """What AgentCore gets for the functions of a module, seen by the agents that it builds."""
    for function in building.module.functions:
        for decorator in function.decorator_list:
            package, _, name = building.module.dotted(decorator).rpartition(".")
            if isinstance(decorator, ast.Call) and f"{package}." in _PACKAGES and name in _PROOFS:
                _add_proof(building, agents, decorator, (_PROOFS[name], function.name))


def _add_proof(
    building: Building, agents: Sequence[Agent], call: ast.Call, named: tuple[_Proof, str]
) -> None:
    proof, function = named
    module = building.module
    variable = plain(module.text(keyword(call, "into"))) or proof.argument
    provider = plain(module.text(keyword(call, "provider_name")))
    place = module.place(call, provider or variable)
    credential = building.collector.add(
        Credential(
            id=fact_id("credential", variable, f"{module.document.file}#{function}.{variable}"),
            name=provider or variable,
            evidence=(place,),
            provider=provider,
            kind=proof.kind,
            form=proof.form,
            lifetime=proof.lifetime,
            ttl_s=_seconds(building, call) if proof.kind == "jwt" else None,
            holder=proof.holder,
            holder_id=agents[0].id if agents and proof.holder == "agent" else NOBODY,
            variable=variable,
        )
    )
    if proof.holder != "agent":
        return
    if not module.affords(len(agents)):
        what = f"which agents see {variable} is one of too many pairs"
        building.collector.leave_open(place, what, "who holds it")
        return
    for agent in agents:
        building.collector.link(EdgeKind.VISIBLE_TO, credential.id, agent.id, place)


def _seconds(building: Building, call: ast.Call) -> int | None:
    given = keyword(call, "duration_seconds")
    value = building.module.value(given) if given is not None else _SIGNED_S
    return value if isinstance(value, int) else None


def entry_agents(building: Building) -> Iterator[Agent]:
    """The agent behind each entry point of the runtime, where the module itself builds none."""
    apps = {call.variable for call in building.calls if call.name in _APPS and call.variable}
    module = building.module
    for function in module.functions if apps else ():
        for decorator in function.decorator_list:
            owner, _, method = module.dotted(decorator).rpartition(".")
            if method == "entrypoint" and owner in apps:
                file = module.document.file.rpartition("/")[2]
                yield building.collector.add(
                    Agent(
                        id=fact_id("agent", file, f"{module.document.file}#{function.name}"),
                        name=file,
                        evidence=(module.place(decorator, f"{owner}.entrypoint"),),
                        framework="agentcore",
                    )
                )
