"""
What Terraform plans to make, or has made: the JSON that `terraform show -json` writes.

Such a file may hold the whole cloud of a company, on one line. Its resources are found first, and
each is read when somebody asks for it; what nobody asks for is passed over.

Source: HashiCorp, "JSON Output Format",
https://developer.hashicorp.com/terraform/internals/json-format
"""

import json
from collections.abc import Callable, Mapping

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.lines import MAX_ROUTE, Lines, broken
from agentaudit.readers.planned_parts import (
    ConfiguredModule,
    Key,
    ModuleCall,
    Part,
    Plan,
    PlannedResource,
)

_SPACE = regex(r"[ \t\r\n]*")
_DECODE = json.JSONDecoder().raw_decode
_DEEPEST_MODULE = 30
_MOST_RESOURCES = 100_000
_MOST_MEMBERS = 500_000


def parse_plan(file: str, text: str) -> Document:
    """The document, its resources found; InputError where it is no JSON, or no plan."""
    plan = Plan(file=file, text=text, lines=Lines(text))
    walk = Walk(plan)
    wanted = {
        "planned_values": walk.values,
        "values": walk.values,
        "configuration": walk.configuration,
    }
    walk.whole("plan", wanted)
    place = Node(kind=NodeKind.MAPPING, line=1, column=1, end_line=1, end_column=1)
    return Document(file=file, syntax="plan", text=text, roots=(place,), tree=plan)


Handler = Callable[[int], int]
"""Takes in the value that begins at an offset, and says where it ends."""


class Walk(Struct):
    """One way through the text: what is not wanted is skipped without being kept."""

    plan: Plan
    depth: int = 0

    # The grammar of JSON, as far as the way leads.

    def whole(self, kind: str, wanted: Mapping[str, Handler]) -> int:
        """The text's one object, and where it ends; InputError where it is none, or none such."""
        file = self.plan.file
        try:
            return self.members(self.space(0), wanted)
        except json.JSONDecodeError as error:
            message = f"this is not JSON: {error.msg}"
            raise broken(file, error.lineno, error.colno, message) from error
        except ValueError as error:
            raise broken(file, 1, 1, f"no {kind} of Terraform: {error}") from error
        except RecursionError as error:
            raise broken(file, 1, 1, "nested too deep") from error

    def members(self, at: int, wanted: Mapping[str, Handler]) -> int:
        """An object: each member goes to its handler, the rest is skipped."""
        return self.each_member(at, lambda key, value: wanted.get(key, self.skip)(value))

    def each_member(self, at: int, take: Callable[[str, int], int]) -> int:
        """An object, member by member; where another value stands, that is skipped."""
        text = self.plan.text
        if text[at : at + 1] != "{":
            return self.skip(at)
        at, seen = self.space(at + 1), 0
        while text[at : at + 1] != "}":
            if seen:
                at = self.mark(at, ",")
            key, at = _DECODE(text, at)
            at = self.space(take(str(key), self.mark(self.space(at), ":")))
            seen += 1
            self.bounded(seen)
        return at + 1

    def elements(self, at: int, take: Handler) -> int:
        """An array, element by element; where another value stands, that is skipped."""
        text = self.plan.text
        if text[at : at + 1] != "[":
            return self.skip(at)
        at, seen = self.space(at + 1), 0
        while text[at : at + 1] != "]":
            if seen:
                at = self.mark(at, ",")
            at = self.space(take(at))
            seen += 1
            self.bounded(seen)
        return at + 1

    def skip(self, at: int) -> int:
        return _DECODE(self.plan.text, at)[1]

    def space(self, at: int) -> int:
        found = _SPACE.match(self.plan.text, at)
        return found.end() if found is not None else at

    def mark(self, at: int, mark: str) -> int:
        if self.plan.text[at : at + 1] != mark:
            raise json.JSONDecodeError(f"`{mark}` belongs here", self.plan.text, at)
        return self.space(at + 1)

    def bounded(self, seen: int) -> None:
        if seen > _MOST_MEMBERS or len(self.plan.resources) > _MOST_RESOURCES:
            raise ValueError(f"more than {_MOST_RESOURCES:,} resources")

    def deeper(self, step: int) -> None:
        self.depth += step
        if self.depth > _DEEPEST_MODULE:
            raise ValueError(f"modules nest deeper than {_DEEPEST_MODULE}")

    # What a plan holds.

    def values(self, at: int) -> int:
        return self.members(at, {"root_module": self.module_values})

    def module_values(self, at: int) -> int:
        """The resources of a module's instance, and those of its children."""
        self.deeper(1)
        end = self.members(
            at,
            {
                "resources": lambda found: self.elements(found, self.resource),
                "child_modules": lambda found: self.elements(found, self.module_values),
            },
        )
        self.deeper(-1)
        return end

    def resource(self, at: int) -> int:
        value, end = _DECODE(self.plan.text, at)
        key = _key(value)
        if key is not None:
            index, address = value.get("index"), str(value.get("address", ""))
            shown = "" if index is None else f"[{json.dumps(index, ensure_ascii=False)}]"
            self.named(at, address, *key, shown)
            module = _module_of(address, key)
            self.plan.resources.append(
                PlannedResource(module=module, key=key, index=shown, part=Part(at, end))
            )
        return end

    def named(self, at: int, *names: str) -> None:
        """Refuses a resource or module of which no name may be so long."""
        if any(len(name) > MAX_ROUTE for name in names):
            many = f"a name of more than {MAX_ROUTE:,} characters; no name is that long"
            raise broken(self.plan.file, *self.plan.lines.place(at), many)

    def configuration(self, at: int) -> int:
        return self.members(
            at, {"root_module": lambda found: self.module(found, self.plan.configuration)}
        )

    def module(self, at: int, module: ConfiguredModule) -> int:
        """What is configured in a module, and in what it calls."""

        def resource(at: int) -> int:
            value, end = _DECODE(self.plan.text, at)
            key = _key(value)
            if key is not None:
                self.named(at, *key)
                module.resources[key] = Part(at, end)
            return end

        def outputs(at: int) -> int:
            module.outputs = Part(at, self.skip(at))
            return module.outputs.end

        self.deeper(1)
        end = self.members(
            at,
            {
                "resources": lambda found: self.elements(found, resource),
                "outputs": outputs,
                "module_calls": lambda found: self.each_member(
                    found, lambda name, value: self.call(value, name, module)
                ),
            },
        )
        self.deeper(-1)
        return end

    def call(self, at: int, name: str, module: ConfiguredModule) -> int:
        self.named(at, name)
        call = module.calls[name] = ModuleCall()

        def source(at: int) -> int:
            value, end = _DECODE(self.plan.text, at)
            call.source = str(value)
            return end

        def expressions(at: int) -> int:
            call.expressions = Part(at, self.skip(at))
            return call.expressions.end

        return self.members(
            at,
            {
                "source": source,
                "expressions": expressions,
                "module": lambda found: self.module(found, call.module),
            },
        )


def _module_of(address: str, key: Key) -> str:
    """The address of a module's instance, from that of a resource in it."""
    mode, type_, name = key
    own = f"data.{type_}.{name}" if mode == "data" else f"{type_}.{name}"
    return address.rpartition(own)[0].removesuffix(".")


def _key(value: object) -> Key | None:
    """Mode, type and name of what may be a resource."""
    if not isinstance(value, dict):
        return None
    mode, type_, name = (value.get(key) for key in ("mode", "type", "name"))
    if isinstance(mode, str) and isinstance(type_, str) and isinstance(name, str):
        return mode, type_, name
    return None
