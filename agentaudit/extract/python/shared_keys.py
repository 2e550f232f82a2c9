"""
Keys that are the same for all who call, where one file makes a memory and another runs the agent.

A program of FastAPI mostly imports its graph: what keeps a conversation stands in one file, and
under which key it is run in the other.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from msgspec import Struct

from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import file_of, modules
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.key_users import files_given
from agentaudit.extract.python.session_keys import SessionKeys

_DEEPEST = 8
"""Folders and names in the full name of what is called."""


class Shared(Struct, frozen=True):
    """One kind of key that everybody may share."""

    name: str
    """Without which no program has one."""
    find: Callable[[SessionKeys], Written | None]


THREAD = Shared("thread_id", attrgetter("constant_thread"))
RUN = Shared("session_id", attrgetter("constant_run"))
SESSION = Shared("session_id", attrgetter("constant_session"))
OWNER = Shared("user_id", attrgetter("constant_owner"))


def everybodys(keys: SessionKeys, shared: Shared) -> Written | None:
    """The first such key of a module, or of one that calls what it defines."""
    own = shared.find(keys)
    if own is not None or keys.documents is None:
        return own
    return keys.documents.once(_Callers).first(keys.module, shared)


def let_go_of_keys(documents: Documents) -> None:
    """Lets go of the modules of those who call others."""
    documents.close(_Callers)


class _Callers:
    """By module those that call what it defines, each asked for its keys once."""

    def __init__(self, documents: Documents) -> None:
        self._documents, self._modules = documents, modules(documents)
        self._keys: dict[str, SessionKeys] = {}
        self._by_name: dict[str, Mapping[str, Sequence[SessionKeys]]] = {}
        self._first: dict[tuple[str, Shared], Written | None] = {}
        self._given: dict[int, frozenset[str] | None] = {}
        """Which files define what is given a key; by its node, which the modules keep."""

    def first(self, module: Module, shared: Shared) -> Written | None:
        """The first key of those that call what a module defines."""
        file = module.document.file
        if (file, shared) not in self._first:
            found = map(shared.find, self._calling(shared.name).get(file, ()))
            meant = (key for key in found if key is not None and self._may_be_for(key, file))
            self._first[file, shared] = next(meant, None)
        return self._first[file, shared]

    def _may_be_for(self, key: Written, file: str) -> bool:
        """Whether a key may be given to what a file defines, and not to something else alone."""
        if id(key.node) not in self._given:
            own = key.module.document.file
            self._given[id(key.node)] = files_given(key, lambda name: self._defining(own, name))
        given = self._given[id(key.node)]
        return given is None or file in given

    def _calling(self, name: str) -> Mapping[str, Sequence[SessionKeys]]:
        """By file the modules that call what it defines, of those in which a name stands."""
        if name not in self._by_name:
            calling: dict[str, list[SessionKeys]] = {}
            for file, module in self._modules.items():
                if name in module.document.text:
                    keys = self._keys.setdefault(file, SessionKeys(module, self._documents))
                    for called in self._files_called(file, module):
                        calling.setdefault(called, []).append(keys)
            self._by_name[name] = calling
        return self._by_name[name]

    def _files_called(self, file: str, module: Module) -> set[str]:
        """The files in which something is defined that a module calls."""
        names = {call.name for call in module.calls() if call.name.startswith(".")}
        found = (self._defining(file, name) for name in names)
        return {each for each in found if each is not None}

    def _defining(self, file: str, name: str) -> str | None:
        """The file that defines what a full name begins with."""
        parts = name.lstrip(".").split(".")[:_DEEPEST]
        for count in range(len(parts) - 1, 0, -1):
            found = file_of(self._modules, file, 0, ".".join(parts[:count]))
            if found is not None:
                return found
        return None
