"""
Packages that projects of Maven and .NET depend on, in XML.

Of XML, what makes other text of it is refused: no such file has a document type, so that no entity
is ever declared or resolved.
"""

from collections.abc import Callable, Mapping
from typing import NoReturn
from xml.parsers import expat

from agentaudit.readers.lines import MAX_DEPTH, broken

_Place = tuple[str, int, int]
_Attributes = Mapping[str, str]
_REFERENCES = frozenset({"PackageReference", "GlobalPackageReference"})
_ELSEWHERE = frozenset({"dependencyManagement", "plugin"})
"""Within these Maven says which version would be taken, or what a build needs."""
_OF_TESTS = "test"


class _Reading:
    """A file on its way through the parser: the elements that are open, and the last of text."""

    def __init__(self, file: str) -> None:
        self.open: list[str] = []
        self.text = ""
        self._file = file
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse

    @property
    def place(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def read(
        self,
        text: str,
        begins: Callable[[str, _Attributes], None],
        ends: Callable[[str], None] = lambda _: None,
    ) -> None:
        """InputError where it is no XML, nested too deep, or declares what it consists of."""

        def begin(name: str, attributes: dict[str, str]) -> None:
            if len(self.open) >= MAX_DEPTH:
                raise broken(self._file, *self.place, f"nested deeper than {MAX_DEPTH}")
            self.open.append(name)
            self.text = ""
            begins(name, attributes)

        def end(name: str) -> None:
            ends(name)
            self.open.pop()

        def written(data: str) -> None:
            self.text = data

        self._parser.StartElementHandler = begin
        self._parser.EndElementHandler = end
        self._parser.CharacterDataHandler = written
        try:
            self._parser.Parse(text.encode(errors="replace"), True)
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            raise broken(
                self._file, error.lineno, error.offset + 1, f"broken XML: {said}"
            ) from error

    def _refuse(self, *_: object) -> NoReturn:
        raise broken(self._file, *self.place, "XML with a document type, which is not read")


def packages_of_nuget(file: str, text: str) -> tuple[_Place, ...]:
    """What a project of .NET, or what all below a folder include, refers to."""
    found: list[_Place] = []
    reading = _Reading(file)

    def begins(name: str, attributes: _Attributes) -> None:
        if name in _REFERENCES and "Include" in attributes:
            found.append((attributes["Include"], *reading.place))

    reading.read(text, begins)
    return tuple(found)


def packages_of_maven(file: str, text: str) -> tuple[_Place, ...]:
    """What a project of Maven depends on when it runs: each as its group, a colon, its artifact."""
    found: list[_Place] = []
    reading = _Reading(file)
    said: dict[str, str] = {}
    places: list[tuple[int, int]] = []

    def begins(name: str, _: _Attributes) -> None:
        if name == "dependency":
            said.clear()
            places[:] = [reading.place]

    def ends(name: str) -> None:
        parents = reading.open[:-1]
        if parents[-1:] == ["dependency"]:
            said[name] = reading.text.strip()
        elif name == "dependency" and parents[-1:] == ["dependencies"] and places:
            package = f"{said.get('groupId')}:{said.get('artifactId')}"
            if said.get("scope") != _OF_TESTS and _ELSEWHERE.isdisjoint(parents):
                found.append((package, *places[0]))

    reading.read(text, begins, ends)
    return tuple(found)
