"""
Files that others which build agents import, and that nobody would read for themselves.

Whether a file builds agents is seen in that file alone; what it takes from files beside it is then
read as well, and what those take. Further away little is said of agents, but what their tools do
may be, in languages whose calls are followed through files.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from agentaudit.errors import InputError
from agentaudit.extract.coverage import failed_coverage, unread_coverage
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.deployment import FileCoverage
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.document import Document
from agentaudit.readers.lines import MAX_WRITTEN

_NEAR = 2
"""Files that one imports, and those that these import: who asks for more says how far."""
_MOST = 2_000_000
"""Characters of all such files together."""
_BEYOND = (
    "belongs to agents that other files build; of such files are read"
    f" {MAX_WRITTEN:,} characters of one, and {_MOST:,} of all together"
)


class Allowance:
    """How much is yet read of such files, and which of those that were meant are not."""

    def __init__(self, parse: Callable[[SourceText], Document]) -> None:
        self._parse = parse
        self._left = _MOST
        self.unread: list[FileCoverage] = []

    def read(self, source: SourceText, *, near: bool) -> Document | None:
        """A file; whoever calls what is far away, and not read, says so."""
        if len(source.text) > min(self._left, MAX_WRITTEN):
            if near:
                self.unread.append(unread_coverage(source, _BEYOND))
            return None
        self._left -= len(source.text)
        try:
            return self._parse(source)
        except InputError as error:
            self.unread.append(failed_coverage(source, error))
            return None


def read_imported(
    importing: Collection[Document],
    sources: Mapping[str, SourceText],
    meant: Callable[[Document], Iterable[str | None]],
    allowance: Allowance,
    *,
    far: int = _NEAR,
) -> Iterator[Document]:
    """The files that some documents mean to import, but for those that these are, each once."""
    waiting = [each for each in importing if not is_rehearsal(each.file)]
    taken = {each.file for each in importing}
    for hops in range(far):
        found: list[Document] = []
        for file in (file for each in waiting for file in meant(each)):
            if file is None or file in taken:
                continue
            taken.add(file)
            document = allowance.read(sources[file], near=hops < _NEAR)
            if document is not None:
                found.append(document)
        yield from found
        waiting = found
