"""
Command lines of others, shown without their secrets.

They are world-readable while a process lives, but a recording travels: into reports, tickets and
chats. What may be a secret is left out, and a harmless word too many with it.
"""

import re
from collections.abc import Sequence

_LONGEST_COMMAND = 200
_LONGEST_ARGUMENT, _MOST_ARGUMENTS = 4096, 50
_HIDDEN = "[redacted]"
_TELLING = (
    r"(?:key|token|secret|passw|passphrase|pass(?![a-z])|pwd|credential|auth(?!or(?!iz))|bearer"
    r"|cookie|dsn|(?<![a-z])sig(?:nature)?(?![a-z]))"
)
_SECRET_OPTION = re.compile(rf"(?i)^--?(?=[\w.-]+$).*{_TELLING}")
_SECRET_INSIDE = re.compile(rf"(?is)({_TELLING}[\w.-]{{0,40}}[\"']?(?:\s*[=:]\s*|\s+)).+")
"""A name that promises a secret, and all that follows it in the same argument."""

_SECRET_SHAPE = re.compile(
    r"(?i)\b(?:sk|pk|gh[opsur]|github_pat|xox[a-z]|AKIA|ASIA|glpat|hf|npm|pypi|eyJ|AIza|ya29)"
    r"[-_A-Za-z0-9.]{12,}"
    r"|(?<=://)[^/@\s]+(?=@)"
    r"|(?<![\w/.-])(?=[A-Za-z_+=]*\d)(?=[\d_+=]*[A-Za-z])[\w+=]{32,}"
)
"""Prefixes that vendors give their keys, user information in a URL, and long random words."""

_SHORT_OPTIONS = frozenset({"-a", "-p", "-P", "-w"})
"""A password to redis-cli, sshpass, sqlcmd, ldapsearch, docker login and many more."""

_HARMLESS = re.compile(r"-|\d{1,5}$")
"""After such an option: the next option, or a port, a number of workers, of a process."""

_JOINED = re.compile(r"^(?:mysql|mariadb|sshpass|7z|mongo)[\w-]*$")
"""Programs that take a password right behind `-p`, in the same word."""

_SHORT_INSIDE = re.compile(r"(?<!\S)(-[apPw]\s+)(?!-|\d{1,5}(?!\S))(?:\"[^\"]*\"|'[^']*'|\S+)")
_USER_INSIDE = re.compile(r"(?<!\S)((?:-u|--user)[\s=])\S*:\S+")
_JOINED_INSIDE = re.compile(
    r"\b((?:mysql|mariadb|sshpass|7z|mongo)[\w-]*\s(?:[^|;&]{0,400}\s)?-p)[^\s-]\S*"
)
"""The same three in a command that is one argument, as after `sh -c`."""


def redacted(arguments: Sequence[str]) -> str:
    """The command line without values of secret options and without what is shaped like a key."""
    cut = [argument[:_LONGEST_ARGUMENT] for argument in arguments[:_MOST_ARGUMENTS]]
    program = cut[0].rpartition("/")[2] if cut else ""
    options = ["", *cut]
    words = (_shown(program, option, word) for option, word in zip(options, cut, strict=False))
    text = " ".join(words).encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST_COMMAND else f"{text[:_LONGEST_COMMAND]}…"


def _shown(program: str, option: str, word: str) -> str:
    """A word of the command line after the one before it."""
    if _SECRET_OPTION.match(option) or (option in ("-u", "--user") and ":" in word):
        return _HIDDEN
    if option in _SHORT_OPTIONS and not _HARMLESS.match(word):
        return _HIDDEN
    if word.startswith("-p") and len(word) > len("-p") and _JOINED.match(program):
        return f"-p{_HIDDEN}"
    for pattern in (_SHORT_INSIDE, _USER_INSIDE, _JOINED_INSIDE, _SECRET_INSIDE):
        word = pattern.sub(rf"\1{_HIDDEN}", word)
    return _SECRET_SHAPE.sub(_HIDDEN, word)
