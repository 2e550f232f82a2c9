"""Extractors that are loaded where there is something for them to read, and what says that."""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from msgspec import Struct

from agentaudit.expressions import holds_word
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.readers.document import Document

Asked = Callable[[Documents, Collector], bool]
"""Whether there is something to read."""
Extractor = Callable[[Documents, Collector], None]
"""Reads all documents, and writes what it understands of them into the collector."""


class LateExtractor(Struct, frozen=True):
    """Stands for extractors that read the same, each as its module, a colon and its name."""

    asked: Asked
    names: tuple[str, ...]

    def __call__(self, documents: Documents, collector: Collector) -> None:
        if self.asked(documents, collector):
            for extract in self.loaded():
                extract(documents, collector)

    def loaded(self) -> Iterator[Extractor]:
        """The extractors themselves."""
        yield from map(function_of, self.names)


def function_of(name: str) -> Callable[..., Any]:
    """What a module, a colon and a name stand for, loaded now."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(f"agentaudit.extract.{module}"), function)
    return found


def late(asked: Asked, *names: str) -> LateExtractor:
    """Extractors of one platform, in their order."""
    return LateExtractor(asked, names)


def holds(what: Callable[[Document], object], *syntaxes: str) -> Asked:
    """Whether something holds of a document of these syntaxes; none named, of any."""
    return lambda documents, _: any(map(what, documents.of(*syntaxes) if syntaxes else documents))


def said(words: tuple[str, ...], *syntaxes: str) -> Asked:
    """Whether one of the words stands in such a document."""
    return holds(lambda document: holds_word(document.text, words), *syntaxes)


def read(*syntaxes: str) -> Asked:
    """Whether there is a document of one of these syntaxes."""
    return lambda documents, _: any(documents.of(*syntaxes))


def ends(ending: str, *syntaxes: str) -> Asked:
    """Whether such a document has a path that ends so."""
    return holds(lambda document: document.file.endswith(ending), *syntaxes)


def found(search: Callable[[Documents], Iterable[object]]) -> Asked:
    """Whether a search among the documents finds anything."""
    return lambda documents, _: any(True for _ in search(documents))


def run(*images: str) -> Asked:
    """Whether a workload runs an image with one of these words in its name."""
    return lambda _, collector: any(
        image in workload.product for workload in collector.workloads for image in images
    )


def either(first: Asked, second: Asked) -> Asked:
    """Whether one of two is so."""
    return lambda documents, collector: first(documents, collector) or second(documents, collector)
