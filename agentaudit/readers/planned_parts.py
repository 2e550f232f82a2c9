"""A plan of Terraform as parts of its text, each read when somebody asks for it."""

from msgspec import Struct, field

from agentaudit.errors import InputError, Problem
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.jsonc import parse_json_part
from agentaudit.readers.lines import Lines, broken

_MOST_READ = 100_000
"""Members of the parts that somebody asks for, each as often as it is asked for."""
_FEWEST_READ = 20
"""As many as each of those parts counts at least: a resource takes its time, however small."""

Key = tuple[str, str, str]
"""Mode (`managed` or `data`), type and name of a resource."""


class Part(Struct, frozen=True):
    """A value within the text, from its first character to behind its last."""

    start: int
    end: int


class PlannedResource(Struct, frozen=True, kw_only=True):
    """One instance of a resource as it will be, not yet read."""

    module: str
    """Address of the instance of its module: `module.agents["eu"]`; empty for the root."""
    key: Key
    index: str
    """`[0]`, `["eu"]`, or empty."""
    part: Part


class ConfiguredModule(Struct):
    """What the configuration within a plan says of one module."""

    resources: dict[Key, Part] = field(default_factory=dict)
    calls: dict[str, "ModuleCall"] = field(default_factory=dict)
    outputs: Part | None = None


class ModuleCall(Struct):
    """One call of a module: where the module is kept, and what it is given."""

    source: str = ""
    expressions: Part | None = None
    module: ConfiguredModule = field(default_factory=ConfiguredModule)


class Plan(Struct):
    """A plan or a state: instances, and the configuration they come from."""

    file: str
    text: str
    lines: Lines
    resources: list[PlannedResource] = field(default_factory=list)
    configuration: ConfiguredModule = field(default_factory=ConfiguredModule)
    problems: list[Problem] = field(default_factory=list)
    """What could not be read of the parts that somebody asked for."""
    _read: int = 0

    @property
    def exhausted(self) -> bool:
        """Whether more was asked for than is read."""
        return self._read > _MOST_READ

    def node(self, part: Part) -> Node:
        """A part as a node, placed in the file; an empty one if it is one too many or ambiguous."""
        try:
            self._count(part)
            return parse_json_part(self.file, self.text, self.lines, start=part.start, end=part.end)
        except InputError as error:
            self.problems.extend(set(error.problems) - set(self.problems))
        line, column = self.lines.place(part.start)
        return Node(
            kind=NodeKind.MAPPING, line=line, column=column, end_line=line, end_column=column
        )

    def note(self, message: str) -> None:
        """Something that was left unread, told once."""
        problem = Problem(file=self.file, line=1, column=1, message=message)
        if problem not in self.problems:
            self.problems.append(problem)

    def _count(self, part: Part) -> None:
        """How much was read up to now; InputError where this part would be too much."""
        self._read += _FEWEST_READ + self.text.count(",", part.start, part.end)
        if self.exhausted:
            many = f"more than {_MOST_READ:,} members of resources; some were not read"
            raise broken(self.file, 1, 1, many)
