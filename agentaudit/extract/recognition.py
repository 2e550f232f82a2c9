"""
Is this setting a credential? Name and value in, an answer out; nothing is written here.

Literals are recognised by their look first and by their name second, references by name alone.
"""

import re
from collections import Counter
from functools import lru_cache

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.literals import (
    PUBLISHED_DEFAULTS,
    form_of,
    is_placeholder,
    literal_of,
)
from agentaudit.extract.secret_names import SecretName, opens_its_holder, secret_name
from agentaudit.extract.secret_values import could_be_secret, is_composed, likelihood
from agentaudit.extract.signed_tokens import may_hold_signed_token, signed_token
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import CredentialForm, Lifetime
from agentaudit.readers.token_forms import HOUR_S, Token, may_hold_token, token_in

_LONG_LIVED_S = 12 * HOUR_S
"""A credential that lives longer than any session of AWS counts as static."""
_URL = regex(
    r"(?<![a-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]{0,40})://"
    r"(?P<user>(?:\$\{[^}\s]{1,100}\}|\$(?!\{)|[^\s:/@(\[$]){0,200}):(?P<password>[^\s@]{1,500})@(?P<host>[^\s/:,?]{1,300})",
    re.IGNORECASE,
)
"""
Every part is bounded, so that a long line of almost-URLs takes linear time. The user may be a
reference, and that may hold a colon: `${NAME:-default}`.
"""
_FEDERATED = regex(
    r"gcp-ksa|external|wif|workload|federat|credential-?config|application_default|(?:^|/)adc/",
    re.IGNORECASE,
)
"""Files of Google without a key: they say where to ask for a session."""
_BEARER = regex(r"^(?:bearer|token|basic|apikey|api-key)\s+(?P<value>\S.*)$", re.IGNORECASE)
_DATABASES = frozenset(
    {
        *("redis", "rediss", "valkey", "postgres", "postgresql", "mysql", "mariadb", "mongodb"),
        *("amqp", "amqps", "neo4j", "bolt", "clickhouse", "mssql", "cockroachdb", "cassandra"),
    }
)
_OWN_MACHINE = regex(r"localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal", re.IGNORECASE)
_LONGEST_SECRET = 20_000
"""A key with its chain has some thousand characters; what is longer is a text or a picture."""
_UNTIL = regex(r"(?:^|&)se=\d")
_EXAMPLE_WORD = regex(
    r"EXAMPLE|example|placeholder|PLACEHOLDER|dummy|your[-_]|YOUR[-_]|[-_](?:here|HERE)\b"
    r"|change[-_]?me|replace[-_]?me|(?:test|fake|mock|sample)[-_]?key|x{6}|X{6}|0{8}|\*{3}|<[a-z]"
    r"|12345678"
)
_FEWEST_DISTINCT = 6
_PREFIX = 3
_USUAL = 200
"""Characters of values that are worth keeping."""
_ALPHABET = "abcdefghijklmnop"
_COUNTED = "abcdefghijklmnopqrstuvwxyz 01234567890"
_PARTED = regex(r"[-_]")
_SHOWN = regex(r"^gh[a-z]_(?:16C7e42F292c69|1B4a2e77838347|xz7yzju2SZjGPa)")
"""How tokens begin that GitHub's documentation of refreshing them, and tests everywhere, show."""
_EMULATED = regex(r"(?:^|AccountKey=)(?:Eby8vdM02xNOcqFlqUwJ|C2y6yDjf5/R\+ob0N8A7C)")
"""How the keys of the emulators of Azure Storage and Cosmos DB begin, the same on all machines."""


class Recognised(Struct, frozen=True, kw_only=True):
    """What a setting is when it is a credential. `secret` is the value itself, kept in memory."""

    provider: str
    kind: str
    form: CredentialForm
    lifetime: Lifetime
    ttl_s: int | None = None
    admin: bool = False
    default_value: bool = False
    confidence: Confidence = Confidence.CERTAIN
    named: bool = False
    """Whether nothing but the name of the setting tells a secret."""
    secret: str = ""

    def __repr__(self) -> str:
        return f"Recognised({self.provider} {self.kind}, {self.form})"


def recognise(key: str, value: str) -> Recognised | None:
    """What a setting is, by its value's look or else its name; None for what is no credential."""
    value = value.strip()
    if not value or not (may_be_named(key) or may_show(value)):
        return None
    return _recognised_once(key, value) if len(value) <= _USUAL else _recognised(key, value)


def _recognised(key: str, value: str) -> Recognised | None:
    bearer = _BEARER.match(value) if _carries_token(key) else None
    inner = bearer["value"] if bearer else value
    form = form_of(key, inner)
    if form is not CredentialForm.LITERAL:
        return _reference(key, inner, form)
    literal = literal_of(inner)
    found = by_look(literal) or _by_name("authorization" if bearer else key, literal)
    return found or (_in_force(key, literal) if literal != inner else None)


_recognised_once = lru_cache(maxsize=32_768)(_recognised)
"""A file of variables is given to many services, and each copy of it names the same."""


@lru_cache(maxsize=4096)
def may_be_named(key: str) -> bool:
    """Whether a name can make a credential of a value that does not look like one."""
    return _carries_token(key) or _credentials_file(key)


def may_show(text: str) -> bool:
    """Whether anything in a text may look like a credential: a cheap no for most texts."""
    return ("://" in text and "@" in text) or may_hold_signed_token(text) or may_hold_token(text)


def _carries_token(key: str) -> bool:
    """Whether `Bearer …` under this name is a header, and not a sentence."""
    return secret_name(key) is not None or key.lower() in {"value", "header", "headers"}


def by_look(text: str) -> Recognised | None:
    """A credential recognised by its value alone, anywhere in a text."""
    token = token_in(text)
    if token is not None and not _documented_example(token.value):
        return Recognised(
            provider=token.form.provider,
            kind=token.form.kind,
            form=CredentialForm.LITERAL,
            lifetime=token.form.lifetime,
            ttl_s=token.form.ttl_s,
            admin=token.form.admin,
            confidence=Confidence.LIKELY if _may_have_ended(token) else Confidence.CERTAIN,
            secret=token.value,
        )
    return _jwt(text) or _url_with_password(text)


def _may_have_ended(token: Token) -> bool:
    """Whether an address is signed until a day: most that stand in files are past it."""
    return token.form.kind == "sas_token" and _UNTIL.search(token.value) is not None


def _documented_example(value: str) -> bool:
    """
    Whether a value with the form of a key stands for one.

    Only words that chance does not make count: one key in a hundred holds three x.
    """
    characters = Counter(value[_PREFIX:])
    return (
        _EXAMPLE_WORD.search(value) is not None
        or _SHOWN.match(value) is not None
        or is_everybodys(value)
        or _is_counted(value)
        or len(characters) < _FEWEST_DISTINCT
        or characters.most_common(1)[0][1] > len(value) // 2
    )


def is_everybodys(value: str) -> bool:
    """Whether a value holds the alphabet, or the key of an emulator."""
    lower = value.lower()
    alphabet = _ALPHABET in lower or _ALPHABET[::-1] in lower
    return alphabet or _EMULATED.search(value) is not None


def _is_counted(value: str) -> bool:
    """Whether each part of a value behind its first counts on: `xoxp-12345-abcdef-ghijkl`."""
    parts = _PARTED.split(value.lower())[1:]
    return len(parts) > 1 and all(len(part) > 2 and part in _COUNTED for part in parts)  # noqa: PLR2004, two letters follow each other by chance


def _reference(key: str, value: str, form: CredentialForm) -> Recognised | None:
    name = secret_name(key)
    if _credentials_file(key) and not _FEDERATED.search(value):
        name = SecretName(
            provider="google", kind="key_file", lifetime=Lifetime.UNKNOWN, admin=False
        )
    if name is None or (form is CredentialForm.FILE and not _named_as_file(key, value)):
        return None
    return Recognised(
        provider=name.provider,
        kind=name.kind,
        form=form,
        lifetime=name.lifetime,
        admin=name.admin,
        confidence=Confidence.LIKELY,
    )


def _credentials_file(key: str) -> bool:
    return key.upper() == "GOOGLE_APPLICATION_CREDENTIALS"


def _named_as_file(key: str, value: str) -> bool:
    return (
        key.upper().endswith("_FILE")
        or _credentials_file(key)
        or value.startswith(("/run/secrets/", "/var/run/secrets/", "/etc/secrets/", "/mnt/secrets"))
    )


def _by_name(key: str, value: str) -> Recognised | None:
    name = secret_name(key)
    if name is None or len(value) > _LONGEST_SECRET or not could_be_secret(key, name.kind, value):
        return None
    token = signed_token(value)
    if (token is not None and token.shown_to_everybody) or is_everybodys(value):
        return None
    published = value in PUBLISHED_DEFAULTS
    return Recognised(
        provider=name.provider,
        kind=name.kind,
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.STATIC if name.kind != "session_token" else Lifetime.SHORT,
        admin=name.admin,
        default_value=published,
        confidence=Confidence.CERTAIN if published else likelihood(value),
        named=not published,
        secret=value,
    )


def _in_force(key: str, default: str) -> Recognised | None:
    """What a program takes where nobody sets it: `change-me` opens it then, made up as it is."""
    name = secret_name(key)
    if name is None or not opens_its_holder(key) or default.startswith(("$", "{")):
        return None
    return Recognised(
        provider=name.provider,
        kind=name.kind,
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.STATIC,
        confidence=Confidence.POSSIBLE,
        secret=default,
    )


def _jwt(text: str) -> Recognised | None:
    token = signed_token(text)
    if token is None or token.shown_to_everybody:
        return None
    ttl_s = token.ttl_s
    return Recognised(
        provider="",
        kind="jwt",
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.STATIC if ttl_s is None else lifetime_of(ttl_s),
        ttl_s=ttl_s,
        secret=token.value,
    )


def _opens(password: str, host: str) -> Confidence:
    """How surely a password opens a door: one that a person chose, on his own machine, may not."""
    own = _OWN_MACHINE.fullmatch(host) is not None
    return Confidence.POSSIBLE if own and is_composed(password) else likelihood(password)


def lifetime_of(ttl_s: int) -> Lifetime:
    """Whether what is good for so long, in seconds, is a key to keep or one to throw away."""
    return Lifetime.STATIC if ttl_s > _LONG_LIVED_S else Lifetime.SHORT


def _url_with_password(text: str) -> Recognised | None:
    if "://" not in text or "@" not in text:
        return None
    found = _URL.search(text)
    if found is None:
        return None
    password, scheme = found["password"], found["scheme"].lower()
    form = form_of("password", password)
    if form is CredentialForm.LITERAL and is_placeholder("", literal_of(password)):
        return None
    database = scheme.partition("+")[0] in _DATABASES
    literal = form is CredentialForm.LITERAL
    return Recognised(
        provider="database" if database else "",
        kind="connection_string",
        form=form,
        lifetime=Lifetime.STATIC if literal else Lifetime.UNKNOWN,
        confidence=_opens(literal_of(password), found["host"]) if literal else Confidence.LIKELY,
        secret=literal_of(password) if literal else "",
    )
