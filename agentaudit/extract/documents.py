"""All documents of one audit, as extractors ask for them: by syntax, by path, by reference."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from msgspec import Struct, field

from agentaudit.expressions import regex
from agentaudit.extract.packages import Packages
from agentaudit.readers.document import Document

AnswerT = TypeVar("AnswerT")
_CLOSED = object()
_STARTING = regex(
    r"(?:^|/)(?:vercel\.json|(?:fly|railway|wrangler)[^/]*\.(?:toml|jsonc?)|(?:render|app)[^/]*\.ya?ml"
    r"|\.do/[^/]+|\.github/workflows/[^/]+|[^/]*\.gitlab-ci\.ya?ml|\.circleci/[^/]+"
    r"|(?:bitbucket|azure)-pipelines[^/]*\.ya?ml)$"
)
"""Files by whose names platforms, and forges for their jobs, find what they start."""


class Documents(Struct, frozen=True, eq=False):
    """Every document that could be read, by its path from the root, sorted."""

    files: Mapping[str, Document]
    packages: Packages = field(default_factory=Packages)
    """What names of packages mean that scripts import."""
    passed_by: frozenset[str] = frozenset()
    """Programs in Python that say nothing of agents; they are read where others import them."""
    _answers: dict[object, object] = field(default_factory=dict)
    _chosen: dict[tuple[str, ...], tuple[Document, ...]] = field(default_factory=dict)
    """By their syntaxes: many ask, and for few of them."""

    def once(self, ask: Callable[["Documents"], AnswerT]) -> AnswerT:
        """What several extractors ask of all documents: answered once, and kept."""
        if ask not in self._answers:
            self._answers[ask] = ask(self)
        answer = self._answers[ask]
        if answer is _CLOSED:
            raise RuntimeError("this is asked after what it rests on was let go")
        return answer  # type: ignore[return-value]  # kept under the question

    def close(self, *asked: Callable[["Documents"], object]) -> None:
        """Lets go of answers, and of the questions: what they rest on will be gone."""
        self._answers.update(dict.fromkeys(asked, _CLOSED))

    def __iter__(self) -> Iterator[Document]:
        return iter(self.files.values())

    def of(self, *syntaxes: str) -> Iterator[Document]:
        """The documents in any of these syntaxes, sorted by path."""
        if syntaxes not in self._chosen:
            chosen = tuple(document for document in self if document.syntax in syntaxes)
            self._chosen[syntaxes] = chosen
        return iter(self._chosen[syntaxes])

    def at(self, file: str) -> Document | None:
        """The document with this path from the root."""
        return self.files.get(file)

    def beside(self, document: Document, reference: str) -> Document | None:
        """What a document refers to by a path relative to itself; None outside of the audit."""
        return self.files.get(sibling(document.file, reference))


def starts_files(documents: Documents) -> bool:
    """Whether something names the files of code that it starts: an image, an app of a platform."""
    named = (_STARTING.search(document.file) for document in documents.of("json", "toml", "yaml"))
    return any(documents.of("dockerfile")) or any(named)


def folder_of(file: str) -> str:
    """The folder of a file, from the root; empty for the root itself."""
    return file.rpartition("/")[0]


def first_folder_of(file: str) -> str:
    """The folder at the root in which a file lies; empty for a file in none."""
    return file.partition("/")[0] if "/" in file else ""


def sibling(file: str, reference: str) -> str:
    """A path relative to a file, made relative to the root."""
    return posixpath.normpath(posixpath.join(folder_of(file), reference))
