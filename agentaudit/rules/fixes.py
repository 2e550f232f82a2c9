"""From findings to changes of files: what the autofix of a rule comes to, each edit proven."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.errors import RefusedError
from agentaudit.model.autofix import Autofix, Change
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.facts.fact import Fact
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.document import Document
from agentaudit.readers.edits import Edit, Edited, edited
from agentaudit.readers.lines import Lines
from agentaudit.readers.pieces import Piece
from agentaudit.readers.syntax import parse, syntax_of
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.routes import edits_in

_EDITABLE = frozenset({"yaml", "json", "toml", "hcl", "dotenv", "ini", "dockerfile"})
_GENERATED = re.compile(
    r"@generated\b|\bDO NOT EDIT\b|\bdo not edit\b|\bcode generated\b|\bautomatically generated\b"
    r"|\bauto-?generated\b",
    re.IGNORECASE,
)
_LONGEST = 1_000_000
_HEAD = 1_000
"""A generator says so in its first lines."""

Edits = Mapping[str, Sequence[Edit]]
EditedFiles = Mapping[str, Edited]
"""Both by file."""


class Sources(Struct, frozen=True, eq=False):
    """The texts of an audit, read again where one of them is to be changed."""

    texts: Mapping[str, SourceText]
    whole: frozenset[str]
    """Files of which nothing stayed unread."""
    _documents: dict[str, Document] = field(default_factory=dict)

    def document(self, file: str) -> Document:
        """The document of a file; RefusedError says why it is not to be changed."""
        source = self.texts.get(file)
        if source is None or file not in self.whole:
            raise RefusedError(f"{file} was not read whole")
        if len(source.text) > _LONGEST:
            raise RefusedError(
                f"{file} is too long: nobody edits more than {_LONGEST:,} characters"
            )
        if _GENERATED.search(source.text[:_HEAD]):
            raise RefusedError(f"{file} is generated: change what it is made from")
        if file not in self._documents:
            self._documents[file] = parse(file, source.syntax, source.text)
        document = self._documents[file]
        if document.syntax not in _EDITABLE:
            raise RefusedError(f"{file} is not of a syntax that can be edited")
        return document


def sources_of(texts: Iterable[SourceText], deployment: Deployment) -> Sources:
    """The texts, and which of them were understood whole."""
    whole = (item.file for item in deployment.coverage if item.status is FileStatus.READ)
    return Sources({source.file: source for source in texts}, frozenset(whole))


def sources_in(texts: Mapping[str, str], deployment: Deployment) -> Sources:
    """The same of texts that were never files, by path."""
    found = (
        SourceText(file=file, syntax=syntax_of(file), text=text) for file, text in texts.items()
    )
    return sources_of(found, deployment)


def edits_for(autofix: Autofix, fact: Fact, sources: Sources) -> Edits:
    """
    The edits for one fact in the files of its places; RefusedError where there are none.

    A file that must not be changed is an obstacle only where nothing else can be.
    """
    found: dict[str, list[Edit]] = {}
    obstacles: list[str] = []
    for file in dict.fromkeys(place.file for place in fact.evidence):
        try:
            document = sources.document(file)
        except RefusedError as error:
            obstacles.append(str(error))
            continue
        here = list(_edits(autofix, document, fact))
        if here:
            found[file] = here
    if not found:
        why = obstacles[0] if obstacles else "the place does not have the form that the fix knows"
        raise RefusedError(why)
    return found


def _edits(autofix: Autofix, document: Document, fact: Fact) -> Iterator[Edit]:
    for edit in autofix.edits:
        yield from edits_in(document, edit, fact)


def edited_files(edits: Edits, sources: Sources) -> EditedFiles:
    """Each file after its edits; RefusedError where one of them cannot be proven."""
    return {file: edited(sources.document(file), wanted) for file, wanted in edits.items()}


def together(several: Iterable[Edits]) -> Edits:
    """The edits of several findings as one."""
    found: dict[str, list[Edit]] = {}
    for edits in several:
        for file, wanted in edits.items():
            found.setdefault(file, []).extend(wanted)
    return found


def changes_of(files: EditedFiles, sources: Sources) -> tuple[Change, ...]:
    """The stretches that differ, by lines and columns of the files as they are."""
    return tuple(
        sorted(
            _change(file, Lines(sources.texts[file].text), piece)
            for file, after in files.items()
            for piece in after.pieces
        )
    )


def _change(file: str, lines: Lines, piece: Piece) -> Change:
    line, column = lines.place(piece.start)
    end_line, end_column = lines.place(piece.end)
    return Change(
        file=file,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        text=piece.text,
    )


def words_of(rules: Iterable[CompiledRule], names: Collection[str]) -> frozenset[str]:
    """The values that the autofixes of these rules name: text of rules, and none of files."""
    fixes = (rule.rule.autofix for rule in rules if rule.rule.id in names)
    edits = [edit for fix in fixes if fix is not None for edit in fix.edits]
    return frozenset(word for edit in edits for word in (*edit.values, edit.to) if word)
