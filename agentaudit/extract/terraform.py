"""Terraform to facts: one pass over all modules for each concern."""

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.terraform_iam import Principals
from agentaudit.extract.terraform_modules import modules
from agentaudit.extract.terraform_policies import managed_policy, policy_document


def extract_terraform(documents: Documents, collector: Collector) -> None:
    """Everything that Terraform's files say of identities, agents, stores, runtimes and logs."""
    found = modules(documents)
    for module in found:
        module.special["aws_iam_policy_document"] = policy_document
        module.special["aws_iam_policy"] = managed_policy
    principals = Principals(documents, collector)
    principals.read(found)
