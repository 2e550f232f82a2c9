"""A library for agents, and the registry of packages in which it has its names."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct


class Use(StrEnum):
    """What programs do with a library; in words that follow `programs`."""

    BUILDS = "build agents"
    SERVES = "serve or use tools"
    ASKS = "ask models"


class Library(Struct, frozen=True):
    """What a library is called, and what it is for."""

    name: str
    use: Use


class Registry(Struct, frozen=True):
    """The libraries of one registry, by the names under which programs depend on them."""

    language: str
    known: Mapping[str, Library]

    def find(self, package: str) -> Library | None:
        """The library that a package is, or is a part of: the longest name that fits decides."""
        name = package.lower().replace("_", "-")
        if name in self.known:
            return self.known[name]
        fitting = [key for key in self.known if key[-1] == "*" and name.startswith(key[:-1])]
        return self.known[max(fitting, key=len)] if fitting else None

    def may_know(self, text: str) -> bool:
        """Whether any of the names may stand in a text: a cheap no for most."""
        lowered = text.lower().replace("_", "-")
        return any(key.rstrip("*").partition(":")[0] in lowered for key in self.known)


def registry(language: str, **known: Mapping[str, str]) -> Registry:
    """By use, and there by what a library is called, the names of its packages."""
    return Registry(
        language,
        MappingProxyType(
            {
                package: Library(name, Use[use])
                for use, names in known.items()
                for name, packages in names.items()
                for package in packages.split()
            }
        ),
    )
