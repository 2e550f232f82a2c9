"""
Files that others which build agents import, and that nobody would read for themselves.

Whether a file builds agents is seen in that file alone; what it takes from files beside it is then
read as well, and what those take. Further away little is said of agents.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.readers.document import Document
from agentaudit.readers.files import SourceText

_FAR = 2
"""Files that one imports, and those that these import."""
_MOST = 1_000_000
"""Characters of all such files together."""


def read_imported(
    importing: Collection[Document],
    sources: Mapping[str, SourceText],
    meant: Callable[[Document], Iterable[str | None]],
    read: Callable[[SourceText], Document | None],
) -> Iterator[Document]:
    """The files that some documents mean to import, but for those that these are, each once."""
    waiting = [each for each in importing if not is_rehearsal(each.file)]
    taken = {each.file for each in importing}
    left = _MOST
    for _ in range(_FAR):
        found: list[Document] = []
        for file in (file for each in waiting for file in meant(each)):
            if file is None or file in taken:
                continue
            taken.add(file)
            left -= len(sources[file].text)
            document = read(sources[file]) if left > 0 else None
            if document is not None:
                found.append(document)
        yield from found
        waiting = found
