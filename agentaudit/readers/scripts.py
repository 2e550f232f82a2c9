"""
Scripts of shells, and texts for people: kept as they are and searched, never parsed.

A script is read where it assigns what its name calls a secret, starts a program or a coding agent
that need not ask, leaves root for another user, makes keys of clouds, or holds a key of a known
form; any other text only for the last.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from agentaudit.expressions import holds_word, regex
from agentaudit.readers.cloud_words import CLOUD_WORDS
from agentaudit.readers.document import Document
from agentaudit.readers.escaped_marks import without_escapes
from agentaudit.readers.lines import MAX_CODE, MAX_PROSE
from agentaudit.readers.one_text import searched_text
from agentaudit.readers.token_forms import holds_token

_SECRET_WORDS = ("key", "token", "secret", "password", "passwd", "pwd", "credential")
UNASKED_WORDS = (
    *("--dangerously-", "--yolo", "bypassPermissions", "--full-auto", "approval-mode"),
    *("--allow-all", "danger-full-access", "cursor-agent"),
)
"""Of which each switch has one that lets a coding agent act unasked."""
ALLOWING_WORDS = ("--allowedTools", "--allowed-tools")
"""With which Claude Code is told what it may do unasked."""
LEAVING_WORDS = ("exec gosu ", "exec su-exec ", "exec setpriv ", "exec runuser ")
"""With which an entry point becomes a program of another user, as its last line."""
_INTERPRETERS = ("python", "node ", "tsx ", "bun ", "deno ", "$(", "${")
_PROGRAM = regex(
    r"^[ \t@-]{0,40}(?:(?:exec|[A-Z_]\w{0,40}=\S{0,100})[ ]){0,5}"
    r"(?:(?:uv|poetry|pdm|pipenv|hatch|rye|pixi)[ ]run[ ])?"
    r"(?:python[\d.]{0,6}|node|tsx|bun|deno|\$[({]\w{1,40}[)}])"
    r"[ \t][^\n]{0,80}?\w\.(?:py|[mc]?[jt]sx?)\b",
    re.MULTILINE,
)
_TELLING = (*UNASKED_WORDS, *ALLOWING_WORDS, *LEAVING_WORDS, *CLOUD_WORDS)
_ASSIGNMENT = regex(
    r"""
    (?:^[ \t]*(?:export[ \t]+|readonly[ \t]+|local[ \t]+|set[ \t]+|\$env:|Environment=)?
      | (?:-e|--env|--build-arg)[ \t=])["']?
    (?P<name>[A-Za-z_]\w{2,60})[ \t]{0,2}=[ \t]{0,2}
    (?:"(?P<double>[^"\n]{4,400})"|'(?P<single>[^'\n]{4,400})'|(?P<plain>[^\s"'`(){}<>;|&]{4,400}))
    """,
    re.MULTILINE | re.VERBOSE,
)
"""Of a shell of Unix or PowerShell, of a unit of systemd, and what a container is started with."""
_LOGIN = r"""["']?(?P<user>[A-Za-z_][\w-]{0,31}):(?P<value>[^\s"'`$%\\|;&<>{}]{4,200})"""
_SETTING_PASSWORDS = "chpasswd"
_PASSWORDS_SET = (
    regex(
        rf"\b(?:echo|printf)[ \t]{{1,3}}(?:-[ne]{{1,2}}[ \t]{{1,3}})?{_LOGIN}"
        r"(?:\\n)?[\"']?[ \t]{0,3}"
        r"\|[^|;&\n]{0,100}?\bchpasswd\b(?![^|;&\n]{0,40}[ \t](?:-e\b|--encrypted))"
    ),
    regex(rf"\bchpasswd[ \t]{{0,3}}<<<[ \t]{{0,3}}{_LOGIN}"),
)
"""What is handed to the program that sets passwords; those that are hashed are none."""
_KEPT = (
    (
        "://",
        regex(
            r"\bhttps?://(?P<user>[\w.%+-]{1,60}):(?P<value>[^\s\"'`$%{}<>()@:/\\]{4,200})"
            r"@(?=[\w-]{1,60}(?:\.[\w-]{1,60}){1,9})(?!(?:[\w-]{1,60}\.){0,9}example\.(?:com|org|net))"
        ),
    ),
    (
        "machine",
        regex(
            r"\bmachine\s{1,9}[\w.-]{1,200}\s{1,9}(?:login\s{1,9}(?P<user>[^\s$]{1,100})\s{1,9})?"
            r"password\s{1,9}(?P<value>[^\s\"'`${}<>]{4,200})"
        ),
    ),
    (
        "ansible_",
        regex(
            r"(?<=[ \t])(?P<user>ansible(?:_[a-z]{1,20}){0,2})_pass(?:word)?=[\"']?"
            r"(?P<value>[^\s\"'`$%{}<>]{4,200})"
        ),
    ),
)
"""
What a machine signs in with elsewhere: in an address, for curl and git (`.netrc`), in an inventory
of Ansible. Each expression stands behind a word without which it finds nothing.
"""
_ELEMENT = regex(r"[A-Za-z_][\w.]*\[")
"""`token = tokens[0]` is of a program that a script holds."""
_SIGNED = regex(r"\beyJ[\w-]{10,2000}\.eyJ[\w-]{1,4000}\.[\w-]{43}")
"""What may be a signed token, whole."""
_COMMANDS = ("$(", "`")
"""In which a script asks another program for the value."""


class Assignment(Struct, frozen=True):
    """One value that a script gives a name."""

    name: str
    value: str
    at: int


def assignments(text: str) -> Iterator[Assignment]:
    """Every value that a script writes down for a name that speaks of secrets, or for a user."""
    yield from passwords_set(text)
    yield from _passwords_kept(text)
    for match in _ASSIGNMENT.finditer(text):
        if any(word in match["name"].lower() for word in _SECRET_WORDS):
            if any(mark in match[0] for mark in _COMMANDS):
                continue
            group = next(name for name in ("double", "single", "plain") if match[name] is not None)
            if group == "plain" and _ELEMENT.match(match[group]):
                continue
            if text.startswith("(", match.end(group)):
                continue  # a call, in a program that the script writes down
            yield Assignment(match["name"], match[group], match.start(group))


def passwords_set(text: str) -> Iterator[Assignment]:
    """Every password that a script gives a user of its machine, named after that user."""
    if _SETTING_PASSWORDS in text:
        for form in _PASSWORDS_SET:
            for match in form.finditer(text):
                yield Assignment(f"{match['user']}_password", match["value"], match.start("value"))


def _passwords_kept(text: str) -> Iterator[Assignment]:
    """Every password that stands in an address, or beside a machine, named after its user."""
    for word, form in _KEPT:
        for match in form.finditer(text) if word in text else ():
            yield Assignment(
                f"{match['user'] or word}_password", match["value"], match.start("value")
            )


def starts_unasked(text: str) -> bool:
    """Whether a word stands in a text by which a coding agent need not ask."""
    return holds_word(text, UNASKED_WORDS) or holds_word(text, ALLOWING_WORDS)


def runs_programs(text: str) -> bool:
    """Whether a script starts a program, which may be an agent."""
    return holds_word(text, _INTERPRETERS) and _PROGRAM.search(text) is not None


def tells_of_secrets_or_agents(text: str) -> bool:
    """Whether a script is worth reading."""
    if len(text) > MAX_CODE:
        return False
    started = holds_word(text, _TELLING) or runs_programs(text)
    return started or holds_token(text) or next(assignments(text), None) is not None


def tells_of_keys(text: str) -> bool:
    """Whether a text for people holds a key of a known form, or a signed token, as it is read."""
    if len(text) > MAX_PROSE:
        return False
    plain = without_escapes(text)
    return holds_token(plain) or _SIGNED.search(plain) is not None


def parse_script(file: str, text: str) -> Document:
    """The text and its comments."""
    return searched_text(file, "script", text)


def parse_text(file: str, text: str) -> Document:
    """The text alone."""
    return searched_text(file, "text", text)
