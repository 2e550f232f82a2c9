"""
What may be shown of a value: every snippet of evidence passes through here.

At most a publicly known prefix survives (`AKIA…`), with the length; never a character of the rest.
"""

import re
from functools import lru_cache
from typing import cast

from agentaudit.expressions import Late, regex
from agentaudit.extract.credentials.command_secrets import (
    given_alone,
    may_be_given,
    without_given,
)
from agentaudit.extract.credentials.drawn_words import may_hold_drawn, without_drawn
from agentaudit.extract.credentials.named_secrets import (
    may_be_of_postgres,
    may_name_secret,
    without_named,
    without_passwords,
)
from agentaudit.extract.credentials.search_bound import Unsearched, count_search
from agentaudit.readers.token_forms import TOKENS, lines_with_hints, may_hold_token, token_in

_SCHEME = regex(r"(?<![\w+.-])(?:[+.-]|[^\Wa-zA-Z])*(?P<scheme>[a-zA-Z][\w+.-]*://)")
_SPACE, _END_OF_NAME, _END_OF_HOST = regex(r"\s"), regex(r"[\s/@:]"), regex(r"[\s/@]")
_PORT = regex(r"\d{1,5}(?:[/?#\s]|$)")
_QUERY = regex(r"\?.*$", re.DOTALL)
_FLAG = regex(
    r"^(?P<flag>--?(?=[\w.-]*(?:key|token|secret|password|passwd|pass|auth|credential|header))"
    r"[\w.-]++)"
    r"(?P<mark>[=:])(?P<value>.+)$",
    re.IGNORECASE | re.DOTALL,
)
HEADER = regex(r"^(?P<name>[\w-]+):\s*(?P<value>\S.*)$", re.DOTALL)
_REFERENCE = regex(r"^(?:\$\{[\w:.-]+\}|\$[A-Za-z_]\w*)$")
_DEFAULT = regex(
    r"^\$\{(?P<name>[\w.]+:-|[A-Z][A-Z0-9_]*-|(?:localEnv|containerEnv):\w+:)(?P<default>.+)\}$",
    re.DOTALL,
)
"""A reference with a value that counts where nobody sets another: that one may be a secret."""
_JWT = regex(
    r"(?P<before>(?<![\w-])(?:(?!eyJ)[\w-])*+)eyJ[\w-]{10,}+\.(?:eyJ[\w-]++|[\w-]{10,}+)"
    r"(?:\.[\w-]*+)?"
)
"""From the first place of a word on where it may begin: from a later one it would be no other."""
_PRIVATE = regex(r"-----BEGIN (?P<kind>(?:[A-Z]+ )*)PRIVATE KEY-----.+", re.DOTALL)
_LONG_TERM = regex(r"(?<![A-Za-z0-9])ABSK[A-Za-z0-9+/]{40,}=*")
"""A key of Bedrock also behind a slash, where base64 of anything else may go on."""


def _at_the_end() -> str:
    prefixes = {form.prefix for form in TOKENS if form.prefix and form.prefix == form.hint}
    known = "|".join(map(re.escape, sorted(prefixes, key=len, reverse=True)))
    return rf"(?<![A-Za-z0-9])(?P<prefix>{known})(?=\S*\d)[\w+/=~.-]{{8,}}…?\Z"


_CUT = cast("re.Pattern[str]", Late(_at_the_end))
"""How a text ends that was cut within a secret, which has too few characters left for its form."""
_MOST_CUT = 500
"""Characters of what is left of it: of a longer one the form is known."""
_LONGEST = 120
_LONGEST_NAME = 4000
_USUAL = 100
_MANY = 500


def redacted(value: str) -> str:
    """A secret as it may be shown: its known prefix, and its length."""
    token = token_in(value)
    prefix = token.form.prefix if token is not None and token.at == 0 else ""
    return f"{prefix}… ({len(value)} characters)"


def is_value(snippet: str) -> bool:
    """Whether a secret itself stands where a snippet is from, and no reference to one."""
    return "… (" in snippet and snippet.endswith(" characters)")


def assignment(key: str, value: str) -> str:
    """`KEY=…` as a snippet; a plain reference such as `${KEY}` is shown as it is."""
    return f"{shortened(key)}={_shown(value)}"


def _shown(value: str) -> str:
    """A plain reference as it is; of one with a default, and of anything else, how long it is."""
    found = _DEFAULT.match(value)
    if found is not None and not _REFERENCE.match(found["default"]):
        return f"${{{found['name']}{redacted(found['default'])}}}"
    return value if found is not None or _REFERENCE.match(value) else redacted(value)


def plain(text: str) -> str:
    """Text that holds no secret by its place, cleaned all the same and cut to one line."""
    return shortened(cleaned(text))


def cleaned(text: str) -> str:
    """The text without what looks like a secret, and otherwise as it is; no name is that long."""
    try:
        return _searched(text)
    except Unsearched:
        return _hidden_whole(text)


def _searched(text: str) -> str:
    if len(text) <= _USUAL:
        return _cleaned_once(text)
    return _cleaned_lately(text) if len(text) <= _LONGEST_NAME else _hidden_whole(text)


def _hidden_whole(text: str) -> str:
    return f"… ({len(text)} characters)"


def lowered(text: str) -> str:
    """A word that is compared in small letters, in which no form of a secret is known any more."""
    return cleaned(text).lower()


def all_cleaned(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Each of the texts cleaned, and their list as it is where nothing is taken out."""
    try:
        return _all_cleaned(texts) if len(texts) < _MANY else _many_cleaned(texts)
    except Unsearched:
        return tuple(map(_hidden_whole, texts))


def _all_cleaned(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The same; of most lists it is told at once that nothing is taken out."""
    joined = "\n".join(texts)
    suspect = _may_hold_other(joined)
    if not suspect and may_hold_token(joined):
        # Of five thousand actions a few have `dapi` in them, and no more than those are looked at.
        torn = joined.count("\n") >= len(texts)
        suspect = torn or any(_cleaned(line) != line for line in lines_with_hints(joined))
    if suspect or (len(joined) > _LONGEST_NAME and max(map(len, texts)) > _LONGEST_NAME):
        return tuple(map(_searched, texts))
    return texts


_many_cleaned = lru_cache(maxsize=32)(_all_cleaned)
"""The five thousand actions that `*` allows are in each of thousands of grants."""


def may_hold_secret(text: str) -> bool:
    """Whether anything is taken out of a text, perhaps: a quick no for most."""
    return may_hold_token(text) or _may_hold_other(text)


def _may_hold_other(text: str) -> bool:
    """The same of secrets that have no form of a vendor."""
    marked = "://" in text or "eyJ" in text or "@" in text
    named = marked or may_name_secret(text) or may_be_given(text)
    return named or may_be_of_postgres(text) or may_hold_drawn(text)


def _cleaned(text: str) -> str:
    """Also where a quote is escaped, as in JSON within a text."""
    if '\\"' in text:
        plain_quotes = text.replace('\\"', '"')
        clean = _without_secrets(plain_quotes)
        return text if clean == plain_quotes else clean
    return _without_secrets(text)


def _without_secrets(text: str) -> str:
    if not may_hold_secret(text):
        return text
    count_search(text)
    if "://" in text:
        text = without_user(text, "…@")
    if "eyJ" in text:
        text = _JWT.sub(r"\g<before>eyJ…", text)
    text = without_passwords(text)
    if may_hold_token(text):
        for form in TOKENS:
            if form.hint in text:
                text = form.pattern.sub(f"{form.prefix}…", text)
        text = _LONG_TERM.sub("ABSK…", text)
        text = text[:-_MOST_CUT] + _CUT.sub(r"\g<prefix>…", text[-_MOST_CUT:])
        text = _PRIVATE.sub(r"-----BEGIN \g<kind>PRIVATE KEY-----…", text)
    return without_drawn(without_named(without_given(text)))


def without_user(text: str, mark: str) -> str:
    """
    The text with a mark in place of the user information of each address.

    It takes no longer than the text is long, however many addresses begin in it: where a word ends
    in which they stand, and the last `@` of it, are looked for once.
    """
    kept: list[str] = []
    done, end_of_word, last_at = 0, -1, -1
    for found in _SCHEME.finditer(text):
        at = found.end()
        if found.start("scheme") < done:
            continue
        if at > end_of_word:
            space = _SPACE.search(text, at)
            end_of_word = space.start() if space is not None else len(text)
            last_at = text.rfind("@", at, end_of_word)
        end = _end_of_user(text, at, last_at)
        if end:
            kept += (text[done:at], mark)
            done = end
    return "".join((*kept, text[done:]))


def _end_of_user(text: str, at: int, last_at: int) -> int:
    """
    Where the user information ends that begins there; 0 where there is none.

    A password may hold a slash although it should not: what is no port ends at the last `@`.
    """
    name = _END_OF_NAME.search(text, at) if last_at >= at else None
    if name is None:
        return 0
    if name[0] == ":" and last_at > name.start() and not _PORT.match(text, name.end()):
        return last_at + 1
    host = _END_OF_HOST.search(text, name.start())
    return host.end() if host is not None and host[0] == "@" else 0


_cleaned_once = lru_cache(maxsize=2048)(_cleaned)
"""What is named in one place is named in others, and shown more than once."""
_cleaned_lately = lru_cache(maxsize=512)(_cleaned)
"""A longer text is shown a few times as well: as an argument, what is made of it, in a message."""


def bare_url(url: str) -> str:
    """A URL without user information and query; none is as long as no name is."""
    if len(url) > _LONGEST_NAME:
        return plain(url)
    without = without_user(_QUERY.sub("", url), "")
    return plain(without.partition("#")[0])


def arguments(values: tuple[str, ...], program: str = "") -> tuple[str, ...]:
    """Arguments of a command, with what follows a secret's flag taken out."""
    shown = _each_argument(values)
    whole = " ".join((program, *values))
    try:
        clean = _cleaned(whole) if len(whole) <= _LONGEST_NAME else whole
    except Unsearched:
        clean = ""
    if clean == whole:
        return shown
    pairs = zip(values, shown, strict=True)
    return tuple(
        seen if value in clean or seen in clean or is_value(seen) else "…" for value, seen in pairs
    )


def _each_argument(values: tuple[str, ...]) -> tuple[str, ...]:
    shown: list[str] = []
    hidden, before = False, ""
    for value in values:
        flag = _FLAG.match(value)
        if hidden and not value.startswith("-"):
            shown.append(_hidden(value))
        elif flag is not None:
            shown.append(f"{flag['flag']}{flag['mark']}{_hidden(flag['value'])}")
        else:
            shown.append(plain(given_alone(before, value)))
        before = value
        hidden = flag is None and _names_secret(value)
    return tuple(shown)


def _hidden(value: str) -> str:
    header = HEADER.match(value)
    if header is not None:
        return f"{header['name']}: {_hidden(header['value'])}"
    return _shown(value)


def _names_secret(value: str) -> bool:
    return _FLAG.match(f"{value}=…") is not None


def shortened(text: str) -> str:
    """One line of bounded length."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
