"""What the body of a tool in Python does: requests, statements of SQL, files, programs."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import with_place
from agentaudit.extract.documents import Documents
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, descendants, last_name
from agentaudit.extract.python.execution import Execution
from agentaudit.extract.python.helpers import Helpers, passed_on
from agentaudit.extract.python.interpreters import (
    asks_person,
    enters_container,
    is_boxed,
    is_fed,
)
from agentaudit.extract.python.unpickling import unpickles
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.tools import Tool

_HTTP = regex(
    r"^(?:requests|httpx|aiohttp|urllib\.request|urllib3)(?:\.|$)|(?:^|\.)(?:session|client|http)\."
    r"(?:get|post|put|patch|delete|request)$",
    re.IGNORECASE,
)
_READING = frozenset({"get", "urlopen", "urlretrieve", "request", "head", "stream"})
_SENDING = frozenset({"post", "put", "patch", "delete", "send"})
_AFTER_METHOD = frozenset({"request", "stream"})
"""Whose address comes after the method."""
VERBS: Mapping[str, str] = {
    **dict.fromkeys(("INSERT", "UPDATE", "REPLACE", "MERGE", "CREATE", "ALTER"), "write"),
    **dict.fromkeys(("DELETE", "DROP", "TRUNCATE"), "delete"),
}
"""What statements of SQL do that do not read."""
_TEXTS = frozenset({"text", "SQL"})
"""What makes a statement of a text: of SQLAlchemy, and of psycopg."""
_BUILDING = frozenset({"select", "insert", "update", "delete"})
"""What SQLAlchemy builds statements from: `select(Order).where(…)`."""
_LONGEST = 100
"""Methods called one after another on a statement; a longer chain is a circle, or nobody's."""
_SENDS = frozenset({"send_message", "sendmail", "send_email", "send_mail", "chat_postMessage"})
_PATHS = frozenset({"pathlib.Path.open"})
_OPENS = _PATHS | {"open", "io.open", "codecs.open", "aiofiles.open"}


_BUILT: Mapping[str, str] = {
    **dict.fromkeys(("select", "get", "list", "search", "query"), "read"),
    **dict.fromkeys(("insert", "upsert", "update", "patch", "create", "copy", "append"), "write"),
    **dict.fromkeys(("delete", "remove", "trash"), "delete"),
    "send": "send",
}
"""What requests do that are built of calls and sent by a last one, of Supabase and of Google."""


class Effects(Struct):
    """What a function does, as far as its calls tell."""

    names: set[str]
    untrusted: bool = False
    private: bool = False
    egress: bool = False
    cut: bool = False
    """Whether words of the model go on to something that is not read."""
    boxed: bool = False
    """Whether all that it runs is held by containers."""
    asks: bool = False
    """Whether somebody is asked about something."""
    ran: list[Evidence] = field(default_factory=list)
    """Where it runs what the model writes."""
    beyond: tuple[Evidence, ...] = ()
    """The first such place, where a tool does that in another function than its own."""

    def told(self, managed: Collection[str]) -> None:
        """What it does by a program that looks after others: what that shows is no stranger's."""
        self.names.update(managed)
        self.private |= "read" in managed

    def add(self, other: "Effects") -> None:
        """What another function does besides."""
        self.names |= other.names
        self.untrusted |= other.untrusted
        self.private |= other.private
        self.egress |= other.egress
        self.cut |= other.cut
        self.ran += other.ran

    def run(self, place: Evidence, *, boxed: bool) -> None:
        """It runs what the model writes at a place, held by a container or not."""
        self.ran.append(place)
        self.boxed = boxed and (self.boxed or "execute" not in self.names)
        self.names.update({"execute"} if boxed else EVERYTHING)
        self.egress = True
        self.private |= not boxed

    def _truth(self, holds: bool) -> Truth:  # noqa: FBT001, the one thing it asks
        """Yes where it was seen; no only where something else was seen instead."""
        if holds:
            return Truth.YES
        return Truth.NO if self.names else Truth.UNKNOWN

    def told_of(self, tool: Tool) -> Tool:
        """A tool whose function does this."""
        return replace(
            tool,
            evidence=with_place(tool, *self.beyond),
            runs_at=tuple(self.ran[:1]),
            effects=tuple(sorted(self.names)),
            effects_known=bool(self.names),
            reads_untrusted=self._truth(self.untrusted),
            reads_private=self._truth(self.private),
            egress=self._truth(self.egress),
            sandboxed=Truth.YES if self.boxed else tool.sandboxed,
            approval=Truth.YES if self.asks else tool.approval,
        )


def effects_of(
    documents: Documents | None, module: Module, node: FunctionDef, parameters: Sequence[str]
) -> Effects:
    """What a tool does with what the model passes, also in functions of the repository it calls."""
    found = effects_in(documents, Execution(module, node, frozenset(parameters)))
    if documents is not None:
        documents.once(run_places).update(found.ran)
    own = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    file = module.document.file
    found.beyond = tuple(each for each in found.ran if each.file != file or each.line not in own)[
        :1
    ]
    return found


def run_places(_documents: Documents) -> set[Evidence]:
    """Where tools run what the model writes, as far as they were read."""
    return set()


def effects_in(documents: Documents | None, words: Execution) -> Effects:
    """What a function does with words of the model, and what it calls."""
    found = Effects(set())
    helpers = Helpers(documents, words) if documents is not None else None
    waiting = [words] if words.module.may_be_read(words.function) else []
    for each in waiting:  # it grows meanwhile
        waiting.extend(_read(each, found, helpers))
    return found


def _read(words: Execution, found: Effects, helpers: Helpers | None) -> Iterator[Execution]:
    """What all calls of a function do, and the functions among them that are to be read as well."""
    for node in descendants(words.function):
        if not isinstance(node, ast.Call):
            continue
        call = passed_on(node)
        name = words.module.dotted(call.func)
        helper = helpers.of(words, call) if helpers is not None else None
        runs = words.runs_what_is_written(call, name) or unpickles(words, call, name)
        if runs or is_fed(words, call, name):
            found.run(words.module.place(call, name), boxed=is_boxed(words, call, name))
        elif enters_container(words, call, name):
            found.run(words.module.place(call, name), boxed=True)
        elif asks_person(words, call, name):
            found.asks = True
        elif helper is not None and name.rpartition(".")[2] not in _SENDS:
            yield helper
        else:
            found.told(words.managed(call, name))
            _effect_of(words, call, name, found)


def _effect_of(words: Execution, call: ast.Call, name: str, found: Effects) -> None:
    last = name.rpartition(".")[2]
    if _HTTP.search(name):
        _http_effect(words, call, last, found)
    elif last in {"execute", "executemany", "executescript"}:
        _sql_effect(words, call, found)
    elif name in _OPENS or last in {"read_text", "read_bytes", "write_text", "write_bytes"}:
        if words.parameters or words.is_tool:  # settings and caches are a program's own
            _file_effect(words.module, call, name, found)
    elif name in {"os.remove", "os.unlink", "shutil.rmtree"} or last in {"unlink", "rmtree"}:
        found.names.add("delete")
    elif last in _SENDS:
        found.names.add("send")
        found.egress = True


def _http_effect(words: Execution, call: ast.Call, last: str, found: Effects) -> None:
    """
    A request to an address from outside reads what strangers wrote, and can carry data there.

    What makes a client, or sets a time limit, asks for nothing yet.
    """
    if last in _READING:
        address = argument(call, 1 if last in _AFTER_METHOD else 0, "url")
        fixed = bool(words.text(address))
        found.names.add("read")
        found.untrusted |= not fixed
        found.egress |= not fixed
    method = _method(words, call) if last in _AFTER_METHOD else last.upper()
    if last in _SENDING or (last in _AFTER_METHOD and method not in {"GET", "HEAD"}):
        found.names.add("send")
        found.egress = True
    if method == "DELETE":
        found.names.add("delete")


def _method(words: Execution, call: ast.Call) -> str:
    """The method that a request names, as far as it is a text."""
    return words.text(argument(call, 0, "method")).upper()


def _sql_effect(words: Execution, call: ast.Call, found: Effects) -> None:
    if not call.args and not call.keywords:
        effects = {_BUILT[name] for name in _chain(call) if name in _BUILT}
        found.names.update(effects)
        found.private |= "read" in effects
        return
    verb = _verb(words, argument(call, 0, "sql", "query", "statement"))
    effect = VERBS.get(verb, "read")
    found.names.update({effect} if verb else {"read", "write", "delete"})
    found.private |= effect == "read"


def _chain(call: ast.Call) -> Iterator[str]:
    """The names of the calls of which a request is built: `table(…).select(…).execute()`."""
    for _ in range(_LONGEST):
        if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Call):
            return
        call = call.func.value
        yield last_name(call.func)


def _verb(words: Execution, given: ast.expr | None) -> str:
    """What a statement begins with: a text, one in `text(…)`, or what is built from `select(…)`."""
    for _ in range(_LONGEST):
        module = words.module
        match module.meant(given):
            case ast.Name(id=name) if name in words.handed and name not in words.assigned:
                words, given = words.handed[name]
            case ast.Call(func=ast.Attribute(value=ast.Call() | ast.Name() as built)) if not (
                isinstance(built, ast.Name) and built.id in module.imports  # `sqlalchemy.select`
            ):
                given = built
            case ast.Call() as call if module.dotted(call.func).rpartition(".")[2] in _TEXTS:
                given = argument(call, 0, "text")
            case ast.Call() as call:
                name = module.dotted(call.func).rpartition(".")[2]
                return name.upper() if name in _BUILDING else ""
            case _:
                return next(iter(module.text(given).split()), "").upper().rstrip(";")
    return ""


def _file_effect(module: Module, call: ast.Call, name: str, found: Effects) -> None:
    last = name.rpartition(".")[2]
    given = None
    if last == "open":
        given = argument(call, 0 if name in _PATHS else 1, "mode")
    mode = module.text(given) if given is not None else "r"
    if "write" in last or set(mode) & set("wax+") or not mode:
        found.names.add("write")
    if not ("write" in last or set(mode) & set("wax")):
        found.names.add("read")
        found.private = True
