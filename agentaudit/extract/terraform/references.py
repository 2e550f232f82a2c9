"""
What values refer to: resources by their addresses, and by the names that they have.

A value that no file decides is the text of its expression, `aws_iam_role.agent.name`, or a text
with such expressions in it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from agentaudit.extract.terraform.names import ALIASES

_ADDRESS = re.compile(r"(?=\b(\w+\.[^.\[\]]{1,200})((?:\[[^\[\]]{0,200}\]){0,4})(?:\.|$))")

UNDECIDED = "[]"
"""Behind an address, the index of one of several instances that no file decides."""


class _Addressed(Protocol):
    @property
    def address(self) -> str: ...
    @property
    def title(self) -> str: ...


ResourceT = TypeVar("ResourceT", bound=_Addressed)


def addresses_in(text: str) -> Iterator[str]:
    """
    Every address that a text refers to, as far as it may be one.

    After the address of one instance comes that of its resource: what has a `count` is declared
    without the number by which it is referred to.
    """
    for match in _ADDRESS.finditer(text):
        type_, _, name = match[1].partition(".")
        address = f"{ALIASES.get(type_, type_)}.{name}"
        yield f"{address}{match[2]}"
        if match[2]:
            yield address


class References(Generic[ResourceT]):
    """Resources by what values call them; the first that is declared counts."""

    def __init__(self, resources: Iterable[ResourceT]) -> None:
        self._titles: dict[str, ResourceT] = {}
        self._addresses: dict[str, tuple[int, ResourceT]] = {}
        self._first_instances: dict[str, ResourceT] = {}
        for number, resource in enumerate(resources):
            self._titles.setdefault(resource.title, resource)
            self._addresses.setdefault(resource.address, (number, resource))
            bare, bracket, _ = resource.address.partition("[")
            if bracket:
                self._first_instances.setdefault(bare, resource)

    def named(self, text: str) -> ResourceT | None:
        """The one that has a name, or that an expression refers to."""
        return self._titles.get(text) or self.referred(text)

    def referred(self, text: str) -> ResourceT | None:
        """The one that an expression refers to."""
        found = [self._addresses[each] for each in addresses_in(text) if each in self._addresses]
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def at(self, address: str) -> ResourceT | None:
        """The one with an address, or its first instance; what has no keys is one with any."""
        for known in (address, address.partition("[")[0]):
            if known in self._addresses:
                return self._addresses[known][1]
        return self._first_instances.get(address)


def by_reference(pairs: Iterable[tuple[str, ResourceT]]) -> Mapping[str, Sequence[ResourceT]]:
    """Resources by the addresses that a value of theirs refers to."""
    found: dict[str, list[ResourceT]] = {}
    for text, resource in pairs:
        for address in dict.fromkeys(addresses_in(text)):
            found.setdefault(address, []).append(resource)
    return found
