"""
Bicep and its files of values: statements, each with its place, as a tree of `syntax`.

A statement that cannot be read is a problem of the document, and hides none of the others. The
document's nodes are an ARM template's, folded as far as the file alone allows. Source: Microsoft
Learn, "Bicep file structure and syntax", "Create parameters files for Bicep deployment".
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from msgspec import Struct, field

from agentaudit.errors import InputError
from agentaudit.readers.azure import syntax
from agentaudit.readers.azure.bicep_declarations import decorators, module, resource
from agentaudit.readers.azure.bicep_expressions import expression
from agentaudit.readers.azure.bicep_reading import Reading
from agentaudit.readers.azure.bicep_tokens import Tokens
from agentaudit.readers.azure.syntax import Expression, Template
from agentaudit.readers.azure.values import Folder
from agentaudit.readers.document import Document, LateRoot, Node, NodeKind
from agentaudit.readers.lines import Lines
from agentaudit.readers.places import Place, node_at

_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")
_MOST_PROBLEMS = 20


def parse_bicep(file: str, text: str) -> Document:
    """The document; InputError where the text cannot even be cut into tokens."""
    lines = Lines(text)
    tokens = Tokens(file, text, lines)
    reading = Reading(file, lines, tokens.read())
    statements = _Statements(reading)
    template = statements.template()
    return Document(
        file=file,
        syntax="bicep",
        text=text,
        roots=LateRoot(lambda: _root(template, lines, text)),
        comments=tuple(tokens.comments),
        problems=tuple(statements.problems),
        tree=template,
    )


class _Statements(Struct):
    """The statements of one file, while they are gathered."""

    reading: Reading
    problems: list[tuple[int, int, str]] = field(default_factory=list)
    scope: str = "resourceGroup"
    using: str = ""
    parameters: dict[str, syntax.Parameter] = field(default_factory=dict)
    variables: dict[str, Expression] = field(default_factory=dict)
    values: dict[str, Expression] = field(default_factory=dict)
    outputs: dict[str, Expression] = field(default_factory=dict)
    resources: list[syntax.Resource] = field(default_factory=list)
    modules: list[syntax.Module] = field(default_factory=list)

    def template(self) -> Template:
        """All statements; those that cannot be read are among the problems."""
        reading = self.reading
        reading.skip_lines()
        while reading.token.kind != "end":
            try:
                self._statement()
                if reading.token.kind not in {"line", "end"}:
                    raise reading.error("a line break belongs here")
            except InputError as error:
                self._note(error)
                self._recover()
            reading.skip_lines()
        return Template(
            scope=self.scope,
            parameters=self.parameters,
            variables=self.variables,
            resources=tuple(self.resources),
            modules=tuple(self.modules),
            outputs=self.outputs,
            values=self.values,
            using=self.using,
        )

    def _note(self, error: InputError) -> None:
        problem = error.problems[0]
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append((problem.line or 1, problem.column or 1, problem.message))

    def _recover(self) -> None:
        """On to the next line that begins a statement where no bracket is open any more."""
        reading = self.reading
        reading.depth = 0
        while reading.token.kind != "end":
            before, token = reading.tokens[reading.at - 1], reading.token
            starts = token.text == "@" or (token.kind == "name" and token.text in _STATEMENTS)
            if before.kind == "line" and starts and reading.lines.place(token.start)[1] == 1:
                return
            reading.at += 1

    def _statement(self) -> None:
        secure = decorators(self.reading)
        start = self.reading.token.start
        word = self.reading.name()
        read = _STATEMENTS.get(word)
        if read is None:
            self.reading.at -= 1
            raise self.reading.error("no statement begins here")
        if word == "param":
            self._parameter(start, secure=secure)
        else:
            read(self)

    def _target(self) -> None:
        self.reading.expect("=")
        found = expression(self.reading)
        self.scope = found.raw if isinstance(found, syntax.Literal) else ""

    def _parameter(self, start: int, *, secure: bool) -> None:
        reading = self.reading
        name = reading.name()
        place = reading.since(start)
        if reading.taken("="):
            self.values[name] = expression(reading)
            return
        type_ = _type(reading)
        default = expression(reading) if reading.taken("=") else None
        self.parameters[name] = syntax.Parameter(
            name=name, place=place, type=type_, secure=secure, default=default
        )

    def _variable(self) -> None:
        name = self.reading.name()
        _type(self.reading)
        self.reading.expect("=")
        self.variables[name] = expression(self.reading)

    def _output(self) -> None:
        name = self.reading.name()
        _type(self.reading)
        self.reading.expect("=")
        self.outputs[name] = expression(self.reading)

    def _using(self) -> None:
        found = expression(self.reading)
        self.using = found.raw if isinstance(found, syntax.Literal) else ""

    def _passed_over(self) -> None:
        """A statement that deploys nothing."""
        _skip(self.reading, "")

    def _resource(self) -> None:
        self.resources.append(resource(self.reading))

    def _module(self) -> None:
        self.modules.append(module(self.reading))


_STATEMENTS: Mapping[str, Callable[[_Statements], None]] = MappingProxyType(
    {
        "targetScope": _Statements._target,  # noqa: SLF001 - the table of its own methods
        "param": _Statements._passed_over,  # noqa: SLF001
        "var": _Statements._variable,  # noqa: SLF001
        "output": _Statements._output,  # noqa: SLF001
        "using": _Statements._using,  # noqa: SLF001
        "resource": _Statements._resource,  # noqa: SLF001
        "module": _Statements._module,  # noqa: SLF001
        **dict.fromkeys(
            ("metadata", "type", "func", "import", "extension", "provider", "assert", "extends"),
            _Statements._passed_over,  # noqa: SLF001
        ),
    }
)


def _type(reading: Reading) -> str:
    """The type that stands before `=` or at the end of a line; its first word."""
    first = reading.token
    _skip(reading, "=")
    return first.text if first.kind == "name" else ""


def _skip(reading: Reading, until: str) -> None:
    """Up to a mark, or to the end of the line, outside of brackets; unions go on behind it."""
    depth = 0
    while reading.token.kind != "end":
        token, following = reading.token, reading.tokens[reading.at + 1]
        goes_on = following.text == "|" or reading.tokens[reading.at - 1].text == "=>"
        ends = token.kind == "line" and not goes_on
        if depth == 0 and (ends or (until and reading.sees(until))):
            return
        if token.kind == "mark":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        reading.at += 1


def _root(template: Template, lines: Lines, text: str) -> Node:
    """What the texts of a file can be found by: its parts in the shape of an ARM template."""
    folder = Folder()
    end = lines.place(max(len(text) - 1, 0))
    whole = Place(line=1, column=1, end_line=end[0], end_column=end[1])
    defaults = {
        name: parameter.default
        for name, parameter in template.parameters.items()
        if parameter.default is not None
    }
    groups: Mapping[str, Mapping[str, Expression]] = {
        "parameters": defaults,
        "values": template.values,
        "variables": template.variables,
        "resources": {item.symbol: item.body for item in _all(template.resources)},
        "modules": {
            item.symbol: item.arguments for item in template.modules if item.arguments is not None
        },
        "outputs": template.outputs,
    }
    entries = tuple(
        (_key(whole, name), _group(whole, members, folder)) for name, members in groups.items()
    )
    return node_at(whole, NodeKind.MAPPING, entries=entries)


def _all(resources: tuple[syntax.Resource, ...]) -> list[syntax.Resource]:
    found = list(resources)
    for each in found:
        found.extend(each.children)
    return found


def _group(whole: Place, members: Mapping[str, Expression], folder: Folder) -> Node:
    entries = tuple(
        (_key(value.place, name), folder.fold(value)) for name, value in members.items()
    )
    return node_at(whole, NodeKind.MAPPING, entries=entries)


def _key(place: Place, name: str) -> Node:
    return node_at(place, NodeKind.STRING, raw=name)
