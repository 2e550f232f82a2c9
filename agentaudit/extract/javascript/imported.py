"""
Scripts that others which build agents import: their limits, schemas, prompts, and what tools do.

Whether a file builds agents is seen in that file alone; what it takes from files beside it is then
read as well, and what those take. Further away little is said of agents.
"""

import ast
from collections.abc import Iterable, Iterator

from agentaudit.extract.javascript.paths import by_path, file_meant
from agentaudit.extract.packages import Packages
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.readers.document import Document
from agentaudit.readers.files import SourceText
from agentaudit.readers.javascript.document import parse_imported

_FAR = 2
"""Files that one imports, and those that these import."""
_MOST = 1_000_000
"""Characters of all such files together."""


def imported_documents(
    documents: Iterable[Document], sources: Iterable[SourceText], packages: Packages
) -> Iterator[Document]:
    """The trees of scripts that files with trees import, each once."""
    waiting = [each for each in documents if each.syntax == "javascript" and each.tree is not None]
    if not waiting:
        return
    read = {document.file for document in waiting}
    unread = {each.file: each for each in sources if each.syntax == "javascript"}
    files = by_path(unread)
    waiting = [each for each in waiting if not is_rehearsal(each.file)]
    left = _MOST
    for _ in range(_FAR):
        found: list[Document] = []
        for importing, path in ((each, path) for each in waiting for path in _paths(each)):
            file = file_meant(files, packages, importing.file, path)
            if file is None or file in read:
                continue
            read.add(file)
            left -= len(unread[file].text)
            document = parse_imported(file, unread[file].text) if left > 0 else None
            if document is not None:
                found.append(document)
        yield from found
        waiting = found


def _paths(document: Document) -> Iterator[str]:
    """The paths that a module imports."""
    for node in document.tree.body if isinstance(document.tree, ast.Module) else ():
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
