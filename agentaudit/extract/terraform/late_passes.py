"""
Readers of Terraform's resources that are loaded where a module declares some, and what says that.

Most folders are of one cloud; what reads the others takes longer to load than many files to read.
"""

from msgspec import Struct

from agentaudit.extract.late_extractors import function_of
from agentaudit.extract.terraform.modules import Module


class LatePass(Struct, frozen=True):
    """Stands for one pass over a module, as its module, a colon and its name."""

    name: str
    starts: tuple[str, ...]
    """How the types of all resources begin that it reads."""

    def __call__(self, module: Module, *given: object) -> None:
        if module.declares(self.starts):
            function_of(self.name)(module, *given)


def late(name: str, *starts: str) -> LatePass:
    """A pass that does nothing for modules without resources whose types begin so."""
    return LatePass(f"terraform.{name}", starts)


add_agentcore = late("agentcore:add_agentcore", "aws_bedrockagentcore_")
add_builds = late("builds:add_builds", "aws_codebuild_")
add_clouds = late("clouds:add_clouds", "google_", "azurerm_")
add_google_roles = late("google_roles:add_google_roles", "google_")
add_google_federation = late("google_federation:add_google_federation", "google_")
add_google = late("google:add_google", "google_")
add_google_listeners = late("google_listeners:add_google_listeners", "google_")
add_azure = late("azure:add_azure", "azurerm_")
add_google_policies = late("google_policies:add_google_policies", "google_")
add_delegations = late("delegation:add_delegations", "google_")
add_entra = late("entra:add_entra", "azuread_")
add_managed_apis = late("api_management:add_managed_apis", "azurerm_api_management_")
