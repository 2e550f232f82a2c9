"""
Secrets that commands are given: what a program's option of one letter means, its own page says.

`-p` is a password to `mysql`, a port to `docker run` and a folder to `mkdir`. Which argument of
`connect("agent", "…")` is one, nothing says, so that none behind the first is shown.
"""

import re

from agentaudit.expressions import holds_word, regex

_REFERENCE = r"(?![\s$<{%*…(,-]|\d{1,5}(?:\s|$))"
"""What is none: a reference, the next option, or a port."""
_VALUE = (
    rf"(?:(?P<open>[\"']){_REFERENCE}[^\"'\n]{{4,}}(?=(?P=open))|{_REFERENCE}[^\s\"'|;&]{{4,}})"
)
_LOGINS = r"snowsql|kinit|cqlsh|(?:docker|podman|az|oras|helm registry|skopeo|oc)[ \t]{1,3}login"
_OPTIONS = (
    (
        rf"mysql[\w-]{{0,20}}|mariadb[\w-]{{0,20}}|sshpass|7za?|mongo\w{{0,10}}|{_LOGINS}",
        "p",
    ),
    (r"redis-cli|valkey-cli", "a"),
    (r"sqlcmd|bcp|(?:un)?zip|mosquitto_\w{2,3}", "P"),
    (r"ldap[a-z]{3,9}", "w"),
    (r"openssl", r"k(?=[ \t])"),
    (r"ssh-keygen", "N"),
)
"""Programs, and their option that a password stands behind, or in one word with it."""
_CLIENT = (
    r"(?P<name>(?<![\w.-])(?:curl|https?|wget|xh)(?=[ \t])[^|;&\n]{0,150}?"
    r"\s-{1,2}(?:[a-zA-Z]{0,5}[ua]|user)(?:[ \t]{1,3}|=)?[\"']?)"
)
_OF_CLIENTS = (
    rf"(?P<user>[^\s:\"']{{1,40}}:){_REFERENCE}[^\n\"']{{1,300}}+(?=[\"'])",
    rf"(?P<user>[^\s:\"']{{1,40}}:){_REFERENCE}[^\s\"']{{4,}}",
    r"(?=\w{0,60}\d)\w{16,}(?=:(?:[\s\"']|$))",
)
"""A password behind its user, or a key alone, as vendors' pages have it: `curl -u KEY:`."""
_FORMS = (
    *(
        (
            (f"-{option[0]}",),
            regex(
                rf"(?P<name>(?<![\w-])(?:{programs})\b[^|;&\n]{{0,200}}?"
                rf"\s[\"']?-{option}(?:[\"'],\s?|[ \t]{{0,3}})){_VALUE}"
            ),
        )
        for programs, option in _OPTIONS
    ),
    *((("curl", "http", "wget", "xh"), regex(rf"{_CLIENT}{value}")) for value in _OF_CLIENTS),
    (
        ("echo",),
        regex(
            r"(?P<name>\becho[ \t]{1,3}(?:-n[ \t]{1,3})?[\"']?+(?:[\w.-]{1,40}:)?+)"
            rf"{_REFERENCE}(?:[^\"'\n|]{{4,200}}(?=[\"'])|[^\s\"'|]{{4,200}})"
            r"(?=[\"']?\s{0,3}\|[^|;&\n]{0,100}"
            r"(?:--password-stdin|sudo\s{1,3}-S|chpasswd|--stdin|-fd\b))"
        ),
    ),
    (
        ("<<<",),
        regex(
            r"(?P<name>(?:\b(?:login|kinit|chpasswd|passwd)|--with-token|--password-stdin"
            r"|sudo\s{1,3}-S)(?=\s)[^|;&\n]{0,100}?<<<[ \t]{0,3})"
            rf"{_VALUE}"
        ),
    ),
    (
        ("htpasswd", "unlock", "login", "sqlplus", "-U", "/user:", "pass:"),
        regex(
            r"(?P<name>\bhtpasswd[ \t]{1,3}-\w{0,5}b\w{0,5}(?:[ \t]{1,3}\S{1,99}){2}[ \t]{1,3}"
            r"|\b(?:bw[ \t]{1,3}unlock|vault[ \t]{1,3}login|sqlplus[ \t]{1,3}[\w$#.-]{1,60}/)"
            r"[ \t]{0,3}|(?<!\S)-U[ \t]{0,3}[^\s%\"']{1,60}%|[ \t]/user:\S{1,60}[ \t]{1,3}"
            r"|\bpass:(?=\S{0,99}\d))"
            rf"{_VALUE}"
        ),
    ),
    (
        ("connect(",),
        regex(r"(?P<name>\bconnect\(\s{0,9}[\"'][^\"'\n]{1,80}[\"'],\s{0,9})[\"'][^()\n]{4,200}"),
    ),
)
"""Each behind words of which it has one: it is tried where one of them stands."""
_WORDS = tuple(dict.fromkeys(word for words, _ in _FORMS for word in words))
_SHORT = regex(r"-[pPaw]")
_CHOSEN = regex(r"(?P<option>(?:-p)?)(?=.{8})[A-Za-z]{2,40}\d{3,40}[^\s/.:=]{0,80}")
"""A word and a number, which no version and no address begins with."""


def _shown(found: re.Match[str]) -> str:
    groups = found.groupdict()
    return f"{found['name']}{groups.get('user') or groups.get('open') or ''}…"


def without_given(command: str) -> str:
    """The command without what programs take for a password."""
    if may_be_given(command):
        for words, form in _FORMS:
            if holds_word(command, words):
                command = form.sub(_shown, command)
    return command


def given_alone(option: str, value: str) -> str:
    """
    An argument of a command as it may be shown, behind the one before it.

    What program it is for is not known, so that it must look like a password as well.
    """
    chosen = _CHOSEN.fullmatch(value)
    if chosen is not None and (chosen["option"] or _SHORT.fullmatch(option)):
        return f"{chosen['option']}…"
    return value


def may_be_given(command: str) -> bool:
    """Whether a program may be given a password in a command: a cheap no for most texts."""
    return " " in command and holds_word(command, _WORDS)
