"""
Files of tools that Python files which build agents import, and that name no framework themselves.

Many frameworks take a function as it stands, so a file of tools may import none of them. What is
called after tools, by its own name or its folder's, is read where an agent's file takes it, and
what starts programs or evaluates code, where a file that speaks of tools does. So is the file of a
package that passes on what its modules define.
"""

import ast
from collections.abc import Iterable, Iterator

from agentaudit.expressions import holds_word
from agentaudit.extract.programs.imported import Allowance, read_imported
from agentaudit.extract.programs.imports import file_of
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.document import Document

_NAMED = "tool"
_PACKAGE, _PASSING = "__init__.py", "import "
_RUNNING = (
    *("subprocess", "os.system(", "os.popen(", "exec(", "eval(", "exec_command(", "run_cell("),
    *("exec_run(", "pexpect", "jupyter_client"),
)
"""By which a program runs what it is handed."""


def imported_programs(
    documents: Iterable[Document], sources: Iterable[SourceText], allowance: Allowance
) -> Iterator[Document]:
    """The documents of files of tools that files of interest import, each once."""
    programs = [each for each in documents if each.syntax == "python"]
    read = {document.file for document in programs}
    unread = {
        each.file: each
        for each in sources
        if each.syntax == "python" and each.file not in read
        if _is_asked_for(each) or holds_word(each.text, _RUNNING)
    }

    def meant(document: Document) -> Iterator[str | None]:
        has_tools = document.file in unread or _NAMED in document.text
        for level, name in _paths(document):
            file = file_of(unread, document.file, level, name)
            yield file if file is not None and (has_tools or _is_asked_for(unread[file])) else None

    return read_imported(programs if unread else (), unread, meant, allowance)


def _is_asked_for(source: SourceText) -> bool:
    """Whether its name says that it may matter, whoever imports it."""
    passes_on = source.file.endswith(_PACKAGE) and _PASSING in source.text
    return passes_on or _NAMED in source.file.lower()


def _paths(document: Document) -> Iterator[tuple[int, str]]:
    """What a file imports: how many folders up, and the names after that."""
    for node in document.tree.body if isinstance(document.tree, ast.Module) else ():
        if isinstance(node, ast.ImportFrom):
            before = f"{node.module}." if node.module else ""
            yield from ((node.level, f"{before}{alias.name}") for alias in node.names)
            yield node.level, node.module or ""
        elif isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
