"""
Readers of Terraform's resources that are loaded where a module declares some, and what says that.

Most folders are of one cloud; what reads the others takes longer to load than many files to read.
"""

from msgspec import Struct

from agentaudit.extract.late_extractors import function_of
from agentaudit.extract.terraform.modules import Module

_GOOGLE, _AZURE, _AZAPI = ("google_",), ("azurerm_",), ("azapi_",)


class LatePass(Struct, frozen=True):
    """Stands for one pass over a module, as its module, a colon and its name."""

    name: str
    starts: tuple[str, ...]
    """How the types of all resources begin that it reads."""

    def __call__(self, module: Module, *given: object) -> None:
        if module.declares(self.starts):
            function_of(self.name)(module, *given)


add_agentcore = LatePass("terraform.agentcore:add_agentcore", ("aws_bedrockagentcore_",))
add_agent_databases = LatePass(
    "terraform.agent_databases:add_agent_databases",
    ("aws_opensearch_domain", "aws_db_", "aws_rds_", "google_sql_", "azurerm_postgresql_"),
)
add_boot_scripts = LatePass(
    "terraform.boot_scripts:add_boot_scripts",
    (
        *("aws_instance", "aws_launch_template", "aws_lightsail_instance"),
        *("google_compute_instance", "azurerm_linux_virtual_machine"),
    ),
)
add_builds = LatePass("terraform.builds:add_builds", ("aws_codebuild_",))
add_google_accounts = LatePass("terraform.google_accounts:add_google_accounts", _GOOGLE)
add_azure_roles = LatePass("azure.roles:add_azure_roles", _AZURE)
add_cloud_caches = LatePass("terraform.cloud_caches:add_cloud_caches", (*_GOOGLE, *_AZURE))
add_google_roles = LatePass("terraform.google_roles:add_google_roles", _GOOGLE)
add_google_federation = LatePass("terraform.google_federation:add_google_federation", _GOOGLE)
add_google = LatePass("terraform.google:add_google", _GOOGLE)
add_google_functions = LatePass(
    "terraform.google_functions:add_google_functions", ("google_cloudfunctions",)
)
add_google_listeners = LatePass("terraform.google_listeners:add_google_listeners", _GOOGLE)
add_azure = LatePass("terraform.azure:add_azure", _AZURE)
add_azapi = LatePass("terraform.azapi:add_azapi", _AZAPI)
add_google_policies = LatePass("terraform.google_policies:add_google_policies", _GOOGLE)
add_delegations = LatePass("terraform.delegation:add_delegations", _GOOGLE)
add_entra = LatePass("terraform.entra:add_entra", ("azuread_",))
add_managed_apis = LatePass(
    "terraform.api_management:add_managed_apis", ("azurerm_api_management_",)
)
add_shared_resources = LatePass(
    "terraform.shared_resources:add_shared_resources",
    ("aws_cloudwatch_event_permission", "aws_lambda_layer_version_permission"),
)
