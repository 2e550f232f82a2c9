"""
Files that others which build agents import, and that nobody would read for themselves.

Whether a file builds agents is seen in that file alone; what it takes from files beside it is then
read as well, and what those take. Further away little is said of agents.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.readers.document import Document
from agentaudit.readers.files import SourceText

_FAR = 2
"""Files that one imports, and those that these import."""
_MOST = 1_000_000
"""Characters of all such files together."""


def read_imported(
    importing: Iterable[Document],
    unread: Mapping[str, SourceText],
    meant: Callable[[Document], Iterable[str]],
    read: Callable[[SourceText], Document | None],
) -> Iterator[Document]:
    """The unread files that some import, by what each means to import, once each."""
    waiting = [each for each in importing if not is_rehearsal(each.file)]
    left = _MOST
    taken: set[str] = set()
    for _ in range(_FAR):
        found: list[Document] = []
        for file in (file for each in waiting for file in meant(each)):
            if file in taken or file not in unread:
                continue
            taken.add(file)
            left -= len(unread[file].text)
            document = read(unread[file]) if left > 0 else None
            if document is not None:
                found.append(document)
        yield from found
        waiting = found
