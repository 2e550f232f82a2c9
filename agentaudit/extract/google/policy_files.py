"""
Policies of Google Cloud that are files of their own, as `gcloud … get-iam-policy` prints them.

https://cloud.google.com/iam/docs/reference/rest/v1/Policy: bindings, each of a role and who has it.
"""

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.platform_files import google_policies
from agentaudit.extract.stacks import Stack
from agentaudit.extract.terraform.google_policies import policy_bindings
from agentaudit.extract.terraform.google_roles import add_google_binding
from agentaudit.extract.terraform.modules import Declared
from agentaudit.readers.document import Document


def extract_google_policies(documents: Documents, collector: Collector) -> None:
    """The grants of every such file; of what it is the policy, it does not say."""
    for document in google_policies(documents):
        declared = _declared(document)
        for binding in policy_bindings(declared, document.root, collector):
            add_google_binding(declared, collector, "project", binding)


def _declared(document: Document) -> Declared:
    name = document.file.rpartition("/")[2].partition(".")[0]
    return Declared(
        type="google_project_iam_policy",
        name=name,
        document=document,
        header=document.root,
        body=document.root,
        module=Stack(folder=document.file, bodies=[]),
        label=name,
        own_key=f"{document.file}#{name}",
    )
