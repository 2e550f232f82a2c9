"""
Could the value under a secret's name be one? Nothing is known of its form, only of what it is not.

Names of other places, settings, expressions, words and what guides make up are no secrets.
"""

import re
from collections.abc import Sequence

from agentaudit.expressions import regex
from agentaudit.extract.addresses import is_own_machine
from agentaudit.extract.credentials.literals import (
    form_of,
    is_digest,
    is_expression,
    is_foreign,
    is_identifier,
    is_placeholder,
    is_publishable,
    is_unsigned,
    literal_of,
    published,
)
from agentaudit.extract.credentials.made_up import encoded_text, is_made_up
from agentaudit.extract.credentials.secret_names import name_words
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import CredentialForm

_WEAK_KINDS = frozenset({"password", "connection_string"})
_SHORTEST = {"password": 6, "connection_string": 6}
_SHORTEST_TOKEN = 12
_FEWEST_DISTINCT_IN_TOKEN = 8
_EXAMPLE_TOKEN = regex(
    r"12345678|^demo[-_]|[-_]demo[-_]|^[a-z]*(?:api|secret|access)[-_]?key$", re.IGNORECASE
)
"""What no vendor issues; a person may well choose such a password."""
_COUNTED = regex(r"^(?:sk-)?[A-Za-z]{6,}[-_]?0123456[0-9A-Za-z]*$")
"""`CheckedDatabasePassword_0123456789`: words, and from nought on, as far as the length asks."""
_FEWEST_WORDS_OF_SENTENCE = 4
_SHORTEST_MEAN_OF_WORDS = 3.5
_LABEL = regex(r"[A-ZÀ-Þ][a-zß-ÿ]+[:.?…]?")
"""`password: Passord`: what a page says beside a field, in whatever language."""
_STANDING = regex(r"pass(?:word|wd)?|pwd|secret|<.*>|\{.*\}|\$.*|[*x]+", re.IGNORECASE)
_NAMED_PASSWORD = regex(
    r"(?:^|[;,\s])(?:password|pwd|accountkey|sharedaccesskey|sharedaccesssignature|secret)"
    r"\s*=\s*(?P<password>[^;,\s]+)",
    re.IGNORECASE,
)
_PLACED_PASSWORD = regex(r"^[^:@/\s]+:(?P<password>[^@\s]+)@")
"""`user:password@host/name`; `user:password@tcp(host:3306)/name`, as the drivers of Go take it."""
_URL_START = regex(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ENTRY_KEY = regex(r"[a-z]SecretKey$")
_ENTRY = regex(r"^(?:[\w-]+(?:\.[\w-]+)*\.(?:crt|cer|cert|pem|key|json|txt)|[A-Z]+(?:_[A-Z]+)+)$")
"""`caCertSecretKey: ca.crt` says under which key of a Secret the value stands."""
_SOURCE = regex(r"^(?:\.{0,2}/)?(?:[\w@.-]+/)+[\w@.-]+\.(?:[cm]?[jt]sx?|py|go|rb|php|java|ya?ml)$")
"""`credentials: dist/credentials/SlackApi.credentials.js` says which file describes them."""
_VARIABLE = regex(r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET|PASSWORD)$")
"""`botPassword: SECRET_BOT_PASSWORD` says which variable the value is kept in."""
_NAMED = regex(
    r"[a-z][a-z0-9]*(?:-[a-z0-9]+){1,8}-(?:secrets?|credentials?|creds|tokens?|keys?|tls|certs?)"
)
"""`backupSecret: shop-s3-credentials` says which Secret the value is kept in."""
_PAINT = regex(r"(?:\x1b|\\(?:0?33|e|x1[bB]))\[")
"""What gives words on a terminal their colour: `PASS = "\\033[0;32mPASS"`."""
_MODEL = regex(r"[a-z][a-z-]*/[a-z][a-z0-9.-]*(?::[a-z]+)?")
"""`x-ai/grok-4-fast:free` is which model a key is for."""
_TYPES = regex(r"(?:string|str|number|int|integer|boolean|null|undefined|none|any)(?:\s?\|\s?\w+)+")
"""`ssh_password: string|null` is what kind of value stands there."""
_ACCOUNT = regex(r"0x[0-9a-fA-F]{40}")
"""Where a contract or an account of Ethereum is: `token: 0x…` is what is bought, and no secret."""
_SHOWN_MARK = regex(r"#[0-9a-fA-F]{3,8}|(?:&#?\w{1,10};)+|\[[A-Z]{2,20}-\d{1,6}\]")
"""`"PASS": "#28a745"`: a colour, a sign of HTML, or the label of somebody: `[AGENT-0011]`."""
_COMPOSED = regex(r"\$\{(?:(?!\$\{)[^}\s])+\}|\{\{(?:(?!\{\{)[^}])+\}\}")
"""A text with a gap, which a reference fills: nobody reads the whole of it here."""
_PLAIN_WORDS = regex(r"[A-Za-z]+(?:[-_.][A-Za-z]+)*")
_SHORTEST_MEAN_OF_PLAIN = 3.0
_MOST_NUMBERS = 2
_OF_TEST_MODE = regex(r"(?:[a-z]{1,4}_)?test_(?=\w{8})")
"""Keys that move no money, as Stripe, Toss and Mollie mark them: `sk_test_…`, `test_sk_…`."""
_LONGEST_COUNTED = 10
"""Digits of a password that somebody types, `123456`, and no machine draws."""
_LOCAL = frozenset({"local", "localdev", "localhost"})
_SETTING = regex(r"^(?:true|false|yes|no|on|off|\d{1,9}|[\d.]+[a-z]{0,2})$", re.IGNORECASE)


_OBJECT_KEY = regex(
    r"^(?:[a-z]\w*)?(?:[cC]redentials?|[tT]ls|[pP]ull|[pP]assword|[cC]ert(?:ificate)?)Secret$"
)
_OBJECT = regex(r"[a-z]+\d{0,2}(?:-(?:[a-z]+\d{0,2}|\d{1,4}))+")
"""`credentialSecret: backup-s3` names an object of Kubernetes, in which the secret is."""


_MASTER_KEY = regex(r"(?:^|_)master_key$", re.IGNORECASE)
_GUESSED = regex(r"sk-\d{3,12}")
"""A proxy of LiteLLM takes any `sk-…` as its master key; whoever counts up to `sk-4444` is in."""


def could_be_secret(key: str, kind: str, value: str) -> bool:
    """Whether a literal under a secret's name looks like a secret, and not like a setting."""
    if published(key, value) or (_GUESSED.fullmatch(value) and _MASTER_KEY.search(key)):
        return True
    short = len(value) < _SHORTEST.get(kind, _SHORTEST_TOKEN)
    if short or _URL_START.match(value) or _SETTING.match(value):  # most are told by this look
        return False
    if (
        _COMPOSED.search(value)
        or _VARIABLE.match(value)
        or _SOURCE.match(value)
        or _TYPES.fullmatch(value)
        or _ACCOUNT.fullmatch(value)
        or _COUNTED.match(value)
        or _SHOWN_MARK.fullmatch(value)
        or value.endswith("…")  # what is under way, `Updating…`, or the beginning of something
        or is_unsigned(value)
        or (_ENTRY_KEY.search(key) and _ENTRY.match(value))
        or (_OBJECT_KEY.search(key) and _OBJECT.fullmatch(value))
        or (kind == "password" and not key.isupper() and _LABEL.fullmatch(value))
    ):
        return False
    if _stands_for_one(key, value) or is_digest(key, value) or is_identifier(value):
        return False
    names_one = kind == "connection_string" and _NAMED_PASSWORD.search(value) is not None
    if any(character.isspace() for character in value) and not names_one:
        return False
    if is_expression(value) or is_publishable(value) or is_foreign(value) or _PAINT.search(value):
        return False
    if kind == "connection_string" and not _password_in(value):
        return False
    return kind in _WEAK_KINDS or (
        len(set(value)) >= _FEWEST_DISTINCT_IN_TOKEN
        and not _reads_as_words(value)
        and not _EXAMPLE_TOKEN.search(value)
        and not _MODEL.fullmatch(value)
        and not _NAMED.fullmatch(value)
        and not is_made_up(value)
    )


def likelihood(kind: str, value: str) -> Confidence:
    """
    How likely it is that a value which could be a secret opens a door.

    Nothing but words does so less often than it stands for what does: `changePassword`. What says
    that it is local opens one on its owner's machine, and what was put together from its own name
    (`acme_jwt_secret_2024`) waits for one that a machine draws.
    """
    meant = _meant(_password_in(value) if kind == "connection_string" else value)
    if _OF_TEST_MODE.match(meant):
        return Confidence.POSSIBLE
    words = name_words(meant)
    plain = _PLAIN_WORDS.fullmatch(meant) is not None
    if plain and _mean_length(words) >= _SHORTEST_MEAN_OF_PLAIN:
        return Confidence.POSSIBLE
    named = kind not in _WEAK_KINDS and set(name_words(kind)) <= set(words)
    if not _LOCAL.isdisjoint(words) or (named and is_composed(meant)):
        return Confidence.POSSIBLE
    return Confidence.LIKELY


def likelihood_of_default(value: str, told: Confidence) -> Confidence:
    """A default that somebody made up, `secret123`, waits for the variable that it stands for."""
    return Confidence.POSSIBLE if is_made_up(value) else told


def likelihood_at(host: str, written: str) -> Confidence:
    """How surely a password opens a door: one that a person chose, on his own machine, may not."""
    password = literal_of(written)
    counted = password.isdigit() and len(password) <= _LONGEST_COUNTED
    if is_own_machine(host) and (counted or is_composed(password) or is_made_up(password)):
        return Confidence.POSSIBLE
    told = likelihood("password", password)
    return told if password == written else likelihood_of_default(password, told)


def is_composed(value: str) -> bool:
    """
    Whether somebody put a value together from words and numbers: `catalyst_state_2025`.

    What a machine draws has neither: its letters stand in short runs, with digits between them.
    """
    words = name_words(_meant(value))
    letters = [word for word in words if word.isalpha()]
    numbers = len(words) - len(letters)
    return numbers <= _MOST_NUMBERS and _mean_length(letters) >= _SHORTEST_MEAN_OF_WORDS


def _stands_for_one(key: str, value: str) -> bool:
    return any(is_placeholder(key, text) for text in {value, _meant(value)})


def _meant(value: str) -> str:
    """What a Secret of Kubernetes encodes, where a line of text is encoded; else the value."""
    text = encoded_text(value).strip()
    return text if text.isprintable() and text else value


def _password_in(connection: str) -> str:
    """The password that a connection string holds; empty for what only stands for one."""
    return next(
        (
            password
            for pattern in (_NAMED_PASSWORD, _PLACED_PASSWORD)
            for found in pattern.finditer(connection)
            if form_of("", password := found["password"]) is CredentialForm.LITERAL
            and _STANDING.fullmatch(password) is None
        ),
        "",
    )


def _reads_as_words(value: str) -> bool:
    """Whether a value is made of plain words, as names of secrets are: `prod-agent-openai`."""
    words = name_words(value)
    if len(words) < 2 or not all(word.isalpha() for word in words):  # noqa: PLR2004, two words
        return False
    if all(len(word) > 2 for word in words):  # noqa: PLR2004, shorter ones are syllables of noise
        return True
    several = len(words) >= _FEWEST_WORDS_OF_SENTENCE or value.islower()
    return several and _mean_length(words) >= _SHORTEST_MEAN_OF_WORDS


def _mean_length(words: Sequence[str]) -> float:
    return sum(map(len, words)) / len(words) if words else 0.0
