"""
Where Terraform keeps its state: in AWS, or in a store that only speaks as S3 does.

Terraform, "Backend Type: s3": `endpoints.s3`, or `endpoint` before 1.6, is where the store is. Keys
for a store of one's own are called as those of AWS are, and no session of AWS replaces them.
"""

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents
from agentaudit.readers.document import Node

_AWS = regex(r'"aws(?:_\w+)?"|hashicorp/aws|amazonaws\.com')


def keeps_state_elsewhere(documents: Documents) -> bool:
    """Whether nothing that Terraform declares is of AWS, but for a store of state elsewhere."""
    found = False
    for document in documents.of("hcl"):
        if _AWS.search(document.text):
            return False
        backend = document.root.get("terraform", "backend", "s3")
        if backend is not None:
            if "://" not in _address(backend):
                return False
            found = True
    return found


def _address(backend: Node) -> str:
    given = backend.get("endpoints", "s3") or backend.child("endpoint")
    return (given.text or "") if given is not None else ""
