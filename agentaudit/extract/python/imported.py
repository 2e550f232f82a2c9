"""
Files of tools that Python files which build agents import, and that name no framework themselves.

Many frameworks take a function as it stands, so a file of tools may import none of them. What is
called after tools, by its own name or its folder's, is read where an agent's file takes it.
"""

import ast
from collections.abc import Iterable, Iterator

from agentaudit.extract.programs.imported import Allowance, read_imported
from agentaudit.extract.programs.imports import file_of
from agentaudit.readers.document import Document
from agentaudit.readers.files import SourceText

_NAMED = "tool"


def imported_programs(
    documents: Iterable[Document], sources: Iterable[SourceText], allowance: Allowance
) -> Iterator[Document]:
    """The documents of files of tools that files of interest import, each once."""
    programs = [each for each in documents if each.syntax == "python"]
    read = {document.file for document in programs}
    unread = {
        each.file: each
        for each in sources
        if each.syntax == "python" and _NAMED in each.file.lower() and each.file not in read
    }

    def meant(document: Document) -> Iterator[str | None]:
        return (file_of(unread, document.file, level, name) for level, name in _paths(document))

    return read_imported(programs if unread else (), unread, meant, allowance)


def _paths(document: Document) -> Iterator[tuple[int, str]]:
    """What a file imports: how many folders up, and the names after that."""
    for node in document.tree.body if isinstance(document.tree, ast.Module) else ():
        if isinstance(node, ast.ImportFrom):
            before = f"{node.module}." if node.module else ""
            yield from ((node.level, f"{before}{alias.name}") for alias in node.names)
            yield node.level, node.module or ""
        elif isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
