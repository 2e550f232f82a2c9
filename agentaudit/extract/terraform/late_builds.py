"""Projects of AWS CodeBuild, the readers of which are loaded where one is declared."""

from agentaudit.extract.late_extractors import function_of
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.modules import Module


def add_builds(module: Module, principals: Principals) -> None:
    """Every project of a module, with what its build runs."""
    if module.resources("aws_codebuild_project"):
        function_of("terraform.builds:add_builds")(module, principals)
