"""Scripts that others which build agents import: limits, schemas, prompts, and what tools do."""

import ast
from collections.abc import Iterable, Iterator

from agentaudit.extract.javascript.paths import by_path, file_meant
from agentaudit.extract.packages import Packages
from agentaudit.extract.programs.imported import Allowance, read_imported
from agentaudit.readers.cdk import declares_stack
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.document import Document
from agentaudit.readers.javascript.document import made, parse_imported

_FAR = 6
"""Of the files that one imports, and so on: a server's handlers call what does the work."""


def imported_documents(
    documents: Iterable[Document],
    sources: Iterable[SourceText],
    packages: Packages,
    allowance: Allowance,
) -> Iterator[Document]:
    """The trees of scripts that files with trees import, each once."""
    scripts = [
        each
        for each in documents
        if each.syntax == "javascript"
        and each.tree is not None
        and declares_stack(each.file, each.text) is None
    ]
    if not scripts:
        return iter(())
    listed = {
        each.file: each for each in sources if each.syntax == "javascript" and not made(each.file)
    }
    files = by_path(listed)

    def meant(document: Document) -> Iterator[str | None]:
        return (file_meant(files, packages, document.file, path) for path in _paths(document))

    return read_imported(scripts, listed, meant, allowance, far=_FAR)


def parsed(source: SourceText) -> Document:
    """The document of such a script."""
    return parse_imported(source.file, source.text)


def _paths(document: Document) -> Iterator[str]:
    """The paths that a module imports."""
    for node in document.tree.body if isinstance(document.tree, ast.Module) else ():
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
