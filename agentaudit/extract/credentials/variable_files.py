"""Files that hold nothing but values of Terraform's variables, each under its name."""

from agentaudit.extract.collector import Collector
from agentaudit.model.facts.credentials import Credential

_NAMES = (".tfvars", "/terragrunt.hcl")
_USERS = (".tf", ".tofu")


def holds_variables(file: str) -> bool:
    """Whether a file is one of those."""
    return f"/{file}".endswith(_NAMES)


def used_by_resources(collector: Collector) -> frozenset[str]:
    """Digests of secrets that resources use: told there, and not by their variables once more."""
    return frozenset(
        credential.digest
        for credential in collector.of(Credential)
        if any(place.file.endswith(_USERS) for place in credential.evidence)
    )
