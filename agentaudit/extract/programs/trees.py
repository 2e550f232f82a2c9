"""The trees of all documents in one language: made modules together, and let go together."""

import ast
from collections.abc import Mapping

from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.modules import module_of


def modules_in(documents: Documents, syntax: str) -> Mapping[str, Module]:
    """The modules of all documents in a syntax, by file, each with its imports as it has them."""
    found = ((document.file, module_of(document)) for document in documents.of(syntax))
    return {file: module for file, module in found if module is not None}


def empty_trees(documents: Documents, syntax: str) -> None:
    """Lets go of the trees, which take more room than all other documents."""
    for document in documents.of(syntax):
        if isinstance(document.tree, ast.Module):
            document.tree.body.clear()
