"""
Is this setting a credential? Name and value in, an answer out; nothing is written here.

Literals are recognised by their look first and by their name second, references by name alone.
"""

import re
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.credentials.connections import connection_in, may_hold_password
from agentaudit.extract.credentials.documented_tokens import is_documented, is_everybodys
from agentaudit.extract.credentials.literals import (
    form_of,
    is_placeholder,
    literal_of,
    published,
    sources_of,
)
from agentaudit.extract.credentials.secret_names import (
    SecretName,
    name_told,
    name_words,
    opens_its_holder,
    secret_name,
)
from agentaudit.extract.credentials.secret_values import (
    could_be_secret,
    likelihood,
    likelihood_at,
    likelihood_of_default,
)
from agentaudit.extract.credentials.signed_tokens import may_hold_signed_token, signed_token
from agentaudit.extract.credentials.token_reach import certainty
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import CredentialForm, Lifetime
from agentaudit.readers.token_forms import HOUR_S, may_hold_token, token_in

_LONG_LIVED_S = 12 * HOUR_S
"""A credential that lives longer than any session of AWS counts as static."""
_REGISTERS = regex(r"[AB][A-Z0-9]{28}")
"""Good for an hour (GitHub, "Create a registration token for a repository")."""
_RUNNER = "runner"
_GAP = regex(r"\{[A-Za-z_][\w.]{0,60}\}")
"""`{TOKEN}`: what a program in another file fills in."""
_FEDERATED = regex(
    r"gcp-ksa|external|wif|workload|federat|credential-?config|application_default|(?:^|/)adc/",
    re.IGNORECASE,
)
"""Files of Google without a key: they say where to ask for a session."""
_BEARER = regex(r"^(?:bearer|token|basic|apikey|api-key)\s+(?P<value>\S.*)$", re.IGNORECASE)
_LONGEST_SECRET = 20_000
"""A key with its chain has some thousand characters; what is longer is a text or a picture."""
_SWITCH = regex(r"true|false|yes|no|on|off|null|none|nil", re.IGNORECASE)
_USUAL = 200
"""Characters of values that are worth keeping."""


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
    in_force: bool = False
    """Whether a program works with it as it stands, however easily it is guessed."""
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
    if literal == inner:
        return found
    return _as_default(found) if found is not None else guessed(key, literal)


_recognised_once = lru_cache(maxsize=32_768)(_recognised)
"""A file of variables is given to many services, and each copy of it names the same."""


@lru_cache(maxsize=4096)
def may_be_named(key: str) -> bool:
    """Whether a name can make a credential of a value that does not look like one."""
    return name_told(key) is not None or _carries_token(key) or _credentials_file(key)


def may_show(text: str) -> bool:
    """Whether anything in a text may look like a credential: a cheap no for most texts."""
    return may_hold_password(text) or may_hold_signed_token(text) or may_hold_token(text)


def _carries_token(key: str) -> bool:
    """Whether `Bearer …` under this name is a header, and not a sentence."""
    return secret_name(key) is not None or key.lower() in {"value", "header", "headers"}


def by_look(text: str) -> Recognised | None:
    """A credential recognised by its value alone, anywhere in a text."""
    token = token_in(text)
    if token is not None and not is_documented(token.value):
        return Recognised(
            provider=token.form.provider,
            kind=token.form.kind,
            form=CredentialForm.LITERAL,
            lifetime=token.form.lifetime,
            ttl_s=token.form.ttl_s,
            admin=token.form.admin,
            confidence=certainty(token, text),
            secret=token.value,
        )
    return _jwt(text) or _connection(text)


def _reference(key: str, value: str, form: CredentialForm) -> Recognised | None:
    name = secret_name(key)
    if _credentials_file(key) and not _FEDERATED.search(value):
        name = SecretName(
            provider="google", kind="key_file", lifetime=Lifetime.UNKNOWN, admin=False
        )
    if name is None or (form is CredentialForm.FILE and not _named_as_file(key, value)):
        return None
    name = of_administrator(value) or name
    return Recognised(
        provider=name.provider,
        kind=name.kind,
        form=form,
        lifetime=name.lifetime,
        admin=name.admin,
        confidence=Confidence.LIKELY,
        named=True,
    )


def of_administrator(reference: str) -> SecretName | None:
    """An administrator's key under another name: `OPENAI_API_KEY: ${LITELLM_MASTER_KEY}`."""
    return next(filter(None, map(_administrators, sources_of(reference))), None)


def kept_as(found: Recognised, source: str) -> Recognised:
    """What is told by its name alone, where it is kept under an administrator's."""
    name = _administrators(source) if found.named else None
    if name is None:
        return found
    return replace(found, provider=name.provider, kind=name.kind, admin=name.admin)


def _administrators(source: str) -> SecretName | None:
    name = secret_name(source) if source else None
    told = name is not None and name.kind in {"master_key", "admin_key"} and name.provider != ""
    return name if told else None


def _credentials_file(key: str) -> bool:
    return key.upper() == "GOOGLE_APPLICATION_CREDENTIALS"


def _named_as_file(key: str, value: str) -> bool:
    return (
        key.upper().endswith("_FILE")
        or _credentials_file(key)
        or value.startswith(("/run/secrets/", "/var/run/secrets/", "/etc/secrets/", "/mnt/secrets"))
    )


def _by_name(key: str, value: str) -> Recognised | None:
    name = name_told(key)
    if name is None or len(value) > _LONGEST_SECRET or not could_be_secret(key, name.kind, value):
        return None
    token = signed_token(value)
    if (token is not None and token.opens_nothing) or is_everybodys(value):
        return None
    default = published(key, value)
    if default is not None and name.kind == "access_key" and "secret" not in name_words(key):
        return None  # a user's name, of MinIO: whether the door is open, the password tells
    return Recognised(
        provider=name.provider,
        kind=name.kind,
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.SHORT if _soon_over(key, name, value) else Lifetime.STATIC,
        admin=name.admin,
        default_value=default is not None,
        confidence=default or (Confidence.POSSIBLE if name.shown else likelihood(name.kind, value)),
        named=default is None,
        secret=value,
    )


def _soon_over(key: str, name: SecretName, value: str) -> bool:
    """Whether it is a session's, or one of those with which runners of GitHub register once."""
    of_runner = name.provider == "github" or _RUNNER in name_words(key)
    return name.kind == "session_token" or (of_runner and _REGISTERS.fullmatch(value) is not None)


def _as_default(found: Recognised) -> Recognised:
    """What was recognised in the default of a variable."""
    if found.confidence is not Confidence.LIKELY:
        return found
    return replace(found, confidence=likelihood_of_default(found.secret, found.confidence))


def guessed(key: str, value: str) -> Recognised | None:
    """What a program asks others for, and takes as it stands: `change-me` opens it, too."""
    if not opens_its_holder(key) or value.startswith(("$", "{")) or _SWITCH.fullmatch(value):
        return None
    found = in_force(key, value)
    return found and replace(
        found, confidence=Confidence.POSSIBLE, in_force=False, default_value=True
    )


def in_force(key: str, value: str) -> Recognised | None:
    """What a program works with as it stands: a word that anybody guesses opens it, too."""
    name = secret_name(key)
    if name is None:
        return None
    return Recognised(
        provider=name.provider,
        kind=name.kind,
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.STATIC,
        confidence=Confidence.LIKELY,
        in_force=True,
        secret=value,
    )


def _jwt(text: str) -> Recognised | None:
    token = signed_token(text)
    if token is None or token.opens_nothing:
        return None
    ttl_s = token.ttl_s
    return Recognised(
        provider="",
        kind="jwt",
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.STATIC if ttl_s is None else lifetime_of(ttl_s),
        ttl_s=ttl_s,
        confidence=Confidence.LIKELY if token.issued_for_tests else Confidence.CERTAIN,
        secret=token.value,
    )


def lifetime_of(ttl_s: int) -> Lifetime:
    """Whether what is good for so long, in seconds, is a key to keep or one to throw away."""
    return Lifetime.STATIC if ttl_s > _LONG_LIVED_S else Lifetime.SHORT


def _connection(text: str) -> Recognised | None:
    found = connection_in(text)
    if found is None:
        return None
    password = found.password
    form = form_of("password", password)
    open_yet = _GAP.fullmatch(password) or is_placeholder("", literal_of(password))
    if form is CredentialForm.LITERAL and open_yet:
        return None
    literal = form is CredentialForm.LITERAL
    return Recognised(
        provider="database" if found.to_database else "",
        kind="connection_string",
        form=form,
        lifetime=Lifetime.STATIC if literal else Lifetime.UNKNOWN,
        confidence=likelihood_at(found.host, password) if literal else Confidence.LIKELY,
        secret=literal_of(password) if literal else "",
    )
