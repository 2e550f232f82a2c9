"""
What the code of a tool in TypeScript or JavaScript does: requests, statements, files, programs.

A request to an address whose host is written out reaches that host alone; one that begins with
words of the model reaches any. Names are those of Node's own modules (https://nodejs.org/api/), and
of the packages that most programs use in their place.
"""

import ast
from collections.abc import Iterable, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.javascript.databases import is_of_database
from agentaudit.extract.javascript.handing import Given, handed
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.stored_effects import stored_effects
from agentaudit.extract.javascript.words import Does
from agentaudit.extract.programs.launched import EXECUTE, effect_of
from agentaudit.extract.programs.syntax import argument, descendants, keyword, last_name
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.effects import VERBS, Effects

_EVALUATES = regex(
    r"^(?:eval|Function|vm\.(?:runIn\w+Context|Script|compileFunction)|(?:globalThis|window)\.eval)$"
)
_SHELL = regex(
    r"^(?:child_process\.exec(?:Sync)?|execa\.execaCommand(?:Sync)?|shelljs\.(?:default\.)?exec"
    r"|zx\.\$|bun\.\$|node-pty\.spawn)$"
)
_PROGRAM = regex(
    r"^(?:child_process\.(?:spawn|execFile|fork)(?:Sync)?|execa\.(?:execa(?:Sync)?|\$|default)"
    r"|cross-spawn\.(?:default(?:\.sync)?|spawn)|Bun\.spawn(?:Sync)?|Deno\.Command)$"
)
_PROMISED = frozenset({"util.promisify", "util.default.promisify"})
_HTTP = regex(
    r"^(?:fetch|globalThis\.fetch|node-fetch\.default|undici\.(?:fetch|request)|cross-fetch\.\w+"
    r"|(?:axios|got|ky|ofetch|superagent)(?:\.(?:default|axios|got|ofetch|\$fetch))?"
    r"(?:\.(?:get|post|put|patch|delete|head|request))?)$"
)
_SENDING = frozenset({"post", "put", "patch", "delete"})
_FILES = regex(r"^(?:fs|fs-extra|graceful-fs|fs/promises|Deno|Bun)\.")
_READS = regex(r"^(?:readFile|readTextFile|createReadStream|readdir|readDir|opendir|readJson)")
_WRITES = regex(
    r"^(?:writeFile|writeTextFile|appendFile|createWriteStream|copyFile|rename|mkdir|outputFile"
    r"|writeJson|outputJson|symlink|chmod|cp$|copy$|move$|write$)"
)
_DELETES = regex(r"^(?:unlink|rm|rmdir|remove|emptyDir)(?:Sync)?$")
_QUERIES = frozenset({"query", "execute", "unsafe", "raw", "prepare", "exec", "all", "run", "sql"})
_PREPARES = "prepare"
_UNSAFE = frozenset({"$queryRawUnsafe", "$executeRawUnsafe"})
_STATEMENT = regex(
    r"^\s*(?P<verb>SELECT|WITH|INSERT|UPDATE|REPLACE|MERGE|CREATE|ALTER|DELETE|DROP|TRUNCATE)\b"
)
_ANY_STATEMENT = regex(r"^(?:sql|query|statement)$")
_SENDS = frozenset({"sendMail", "sendEmail", "postMessage", "sendMessage"})
_HOST = regex(r"^https?://[^/?#]+[/?#]")
_ELSEWHERE = regex(r"\.{1,2}/|[@~]/")
"""How a name begins that a file of the repository defines which is not read."""
_LONGEST = 20


class Body:
    """One function while its calls are read: a tool's, or one that a tool's calls."""

    def __init__(self, program: Program, given: Given, within: Iterable[ast.stmt] = ()) -> None:
        module, function = given.module, given.function
        self.program = program
        self.module = module
        self.parameters = given.parameters
        nodes = (node for each in within or (function,) for node in descendants(each))
        self.calls = [node for node in nodes if isinstance(node, ast.Call)]
        self.words = program.words_in(given)
        self.found = Effects(set())
        self.further: list[Given] = []

    def read(self) -> Does:
        """What the calls of the function do by themselves, and what else is called."""
        for call in self.calls:
            self._read(call)
        return self.found, self.further

    def _read(self, call: ast.Call) -> None:
        name = self._called(call.func)
        last = name.rpartition(".")[2]
        if self._runs(call, name):
            self.found.run(self.module.place(call, name), boxed=False)
        elif _PROGRAM.match(name) and call.args:
            self.found.told(self._managed(call))
        elif _HTTP.search(name):
            self._request(call, last)
        elif _FILES.match(name):
            self._file(last)
        elif last in _QUERIES or last in _UNSAFE:
            self._statement(call, last)
            self._follow(call)
        elif last in _SENDS and "." in name:
            self.found.names.add("send")
            self.found.egress = True
        else:
            self._stored(name, call)
            self._follow(call)

    def _stored(self, name: str, call: ast.Call) -> None:
        for effect in stored_effects(name, call):
            self.found.names.add(effect)
            self.found.private |= effect == "read"

    def _follow(self, call: ast.Call) -> None:
        """A function of the repository that is called here, as it is handed words of the model."""
        found = function_of(self.program, Written(self.module, call.func))
        if found is not None:
            self.further.append(handed(*found, call, self.words.depends))
        elif _ELSEWHERE.match(self.module.dotted(call.func)):
            given = (*call.args, *(each.value for each in call.keywords))
            self.found.cut |= any(map(self.words.depends, given))

    def _called(self, func: ast.expr) -> str:
        """The full name of what is called, also behind `promisify`, without its default."""
        for _ in range(_LONGEST):
            meant = self.program.meant(Written(self.module, func)).node
            if not isinstance(meant, ast.Call) or self.module.dotted(meant.func) not in _PROMISED:
                break
            func = meant.args[0] if meant.args else meant.func
        name = self.module.dotted(func)
        for owner in ("child_process", "fs", "fs/promises", "vm"):
            name = name.replace(f"{owner}.default.", f"{owner}.").replace("fs.promises.", "fs.")
        return name

    def _runs(self, call: ast.Call, name: str) -> bool:
        """Whether words of the model are handed to something that runs them."""
        command = next(iter(call.args), None)
        if not self.parameters or command is None:
            return False
        if _EVALUATES.match(name):
            return self._writes(call)
        if _SHELL.match(name):
            return self._takes_words(call)
        if not _PROGRAM.match(name):
            return False
        shell = keyword(call, "shell")
        if shell is not None and self.module.value(shell) is not False:
            return self._takes_words(call)
        return any(
            program is None
            or self.words.depends(program)
            or (
                self.words.interprets(program, self._words_of(program, call))
                and self._takes_words(call)
                and not self._reads_its_own(call)
            )
            for program in self.words.programs(command)
        )

    def _words_of(self, program: ast.expr, call: ast.Call) -> Sequence[str]:
        """The words of a command, whose program is often given apart from the others."""
        begun = self.words.words_of(program, call.args[0])
        return [*begun, *self._further(call)] if begun else begun

    def _further(self, call: ast.Call) -> Sequence[str]:
        given = next(iter(call.args[1:2]), None)
        return next(iter(self.words.commands(given)), ()) if given is not None else ()

    def _managed(self, call: ast.Call) -> frozenset[str]:
        """What a program does that looks after others."""
        programs = (each for each in self.words.programs(call.args[0]) if each is not None)
        told = (effect_of(self._words_of(each, call)) for each in programs)
        return frozenset(told) - {"", EXECUTE}

    def _reads_its_own(self, call: ast.Call) -> bool:
        """Whether an interpreter reads a script of the program from its input: `['-', text]`."""
        script = keyword(call, "input")
        match call.args:
            case [_, ast.List(elts=[first, *_])] if script is not None:
                return self.module.text(first) == "-" and not self.words.depends(script)
            case _:
                return False

    def _takes_words(self, call: ast.Call) -> bool:
        """Whether words of the model stand in a command; its options are no part of it."""
        return any(map(self.words.depends, call.args))

    def _writes(self, call: ast.Call) -> bool:
        """Whether words of the model are code: numbers and operators alone name nothing."""
        return any(
            isinstance(each, ast.Name)
            and each.id not in self.words.harmless
            and self.words.depends(each)
            for each in descendants(call)
        )

    def _request(self, call: ast.Call, last: str) -> None:
        """A request reads what its address answers, or sends; to any host it carries data out."""
        address = argument(call, 0, "url")
        method = keyword(call, "method")
        verb = self.module.text(method).lower() if method is not None else last
        sends = verb in _SENDING or (method is not None and not verb)
        free = address is not None and self._any_host(address)
        self.found.names.add("send" if sends else "read")
        self.found.egress |= free or sends
        self.found.untrusted |= free and not sends

    def _any_host(self, address: ast.expr) -> bool:
        """Whether an address begins with words of the model."""
        for _ in range(_LONGEST):
            match address:
                case ast.Name() if (made := self.words.stands_for(address)) is not address:
                    address = made
                case ast.BinOp(op=ast.Add(), left=left):
                    address = left
                case ast.Call(args=[base] | [_, base]) as call if self._makes_address(call):
                    address = base
                case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]) if start:
                    return _HOST.match(start) is None and self.words.depends(address)
                case ast.JoinedStr(values=[ast.FormattedValue(value=first), *_]):
                    address = first
                case _:
                    break
        return self.words.depends(address)

    def _makes_address(self, call: ast.Call) -> bool:
        return self.module.dotted(call.func) in {"URL", "String"}

    def _file(self, last: str) -> None:
        if _DELETES.match(last):
            self.found.names.add("delete")
        elif _WRITES.match(last):
            self.found.names.add("write")
        elif _READS.match(last):
            self.found.names.add("read")
            self.found.private = True

    def _statement(self, call: ast.Call, last: str) -> None:
        """A statement of SQL by its first word; one that the model writes may be any."""
        given = argument(call, 0, "sql", "text", "query", "statement")
        if given is None or self._is_prepared(call.func):
            return
        if isinstance(given, ast.Call) and self.module.dotted(given.func).endswith("sql"):
            given = given.args[0] if given.args else given
        given = self.words.stands_for(given)
        begun = _STATEMENT.match(self._beginning(given).upper())
        if begun is not None:
            effect = VERBS.get(begun["verb"], "read")
            self.found.names.add(effect)
            self.found.private |= effect == "read"
        elif last in _UNSAFE or self._is_statement(given) or self._asks_database(call, given):
            self.found.names.update({"read", "write", "delete"})
            self.found.private = True

    def _is_prepared(self, func: ast.expr) -> bool:
        """Whether a method is one of a prepared statement, whose values are no statement."""
        if not isinstance(func, ast.Attribute):
            return False
        made = self.program.meant(Written(self.module, self.words.stands_for(func.value))).node
        return isinstance(made, ast.Call) and last_name(made.func) == _PREPARES

    def _beginning(self, given: ast.expr) -> str:
        if isinstance(given, ast.JoinedStr) and given.values:
            return self.module.text(given.values[0])
        return self.module.text(given)

    def _asks_database(self, call: ast.Call, given: ast.expr) -> bool:
        """Whether words of the model go to what the client of a database in SQL was made by."""
        return self.words.depends(given) and is_of_database(
            self.program, Written(self.module, call.func)
        )

    def _is_statement(self, given: ast.expr) -> bool:
        """Whether the model writes the whole statement, by what its parameter is called."""
        return _ANY_STATEMENT.match(last_name(given)) is not None and self.words.depends(given)
