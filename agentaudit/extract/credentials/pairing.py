"""Settings that are credentials: each recognised, the halves of a pair together."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.credentials.aws_pairs import AWS_PAIR, first_half, fits_aws
from agentaudit.extract.credentials.key_addresses import (
    fronted_vendor,
    issued_by_gateway,
    opens_other_store,
)
from agentaudit.extract.credentials.literals import form_of
from agentaudit.extract.credentials.recognition import (
    Recognised,
    guessed,
    in_force,
    kept_as,
    recognise,
)
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import CredentialForm, Lifetime

_GOOGLES_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_FILES_OF_OTHERS = frozenset({"AWS_SHARED_CREDENTIALS_FILE", "AZURE_CREDENTIALS_FILE"})
"""Where a chart names one file for every cloud, as Velero's does, it says nothing of any."""

_NAMES = regex(r"(?i)_(?:USER(?:NAME)?|DB|DATABASE)$")
"""What names a user or a database: a password that is the same waits for another."""


class Found(Struct, frozen=True, kw_only=True):
    """A recognised setting, with the settings that belong to the same credential."""

    setting: Setting
    recognised: Recognised
    others: tuple[Setting, ...] = ()
    elsewhere: bool = False
    """Whether it opens a store that only speaks as AWS does, and issues no sessions."""


def recognised_among(settings: Sequence[Setting], *, fixed: bool = False) -> Iterable[Found]:
    """Every credential among the settings of one holder; `fixed`: it starts with just these."""
    pair = {item.key.upper(): item for item in settings if item.key.upper() in AWS_PAIR}
    primary = first_half(pair)
    elsewhere = any(map(opens_other_store, settings))
    fronted = frozenset(filter(None, map(fronted_vendor, settings)))
    names = {item.content for item in settings if _NAMES.search(item.key)}
    of_others = {item.content for item in settings if item.key.upper() in _FILES_OF_OTHERS}
    for setting in settings:
        if setting.key.upper() == _GOOGLES_FILE and setting.content in of_others:
            continue
        others: tuple[Setting, ...] = ()
        recognised = _recognised(setting) or (_guessed(setting) if fixed else None)
        if primary is not None and setting.key.upper() in AWS_PAIR:
            if setting is not primary:
                continue
            others = tuple(other for other in pair.values() if other is not primary)
            recognised = _pair(recognised, others)
            if recognised is not None and not fits_aws(pair):
                recognised = replace(recognised, provider="")
        if recognised is not None:
            recognised = _beside(recognised, names, fronted)
            other = elsewhere and recognised.provider == "aws"
            yield Found(setting=setting, recognised=recognised, others=others, elsewhere=other)


def _beside(found: Recognised, names: AbstractSet[str], fronted: AbstractSet[str]) -> Recognised:
    """What a credential is beside the names of users, and beside addresses of gateways."""
    if found.kind == "password" and found.secret in names and not found.default_value:
        found = replace(found, confidence=Confidence.POSSIBLE)
    return issued_by_gateway(found) if found.provider in fronted else found


def _pair(first: Recognised | None, others: Sequence[Setting]) -> Recognised | None:
    """The one credential of an AWS key pair; a session token beside it makes it short-lived."""
    halves = [half for half in map(_recognised, others) if half is not None]
    whole = first or next(iter(halves), None)
    if whole is None:
        return None
    session = any(other.key.upper() == "AWS_SESSION_TOKEN" and other.content for other in others)
    if session:
        return replace(whole, kind="session_key", lifetime=Lifetime.SHORT)
    if whole.kind == "session_key":
        return whole
    return replace(whole, kind="access_key")


def _guessed(setting: Setting) -> Recognised | None:
    """What anybody guesses, where nobody has to put another value in its place."""
    literal = setting.form is None and form_of(setting.key, setting.content)
    if literal is not CredentialForm.LITERAL:
        return None
    return guessed(setting.key, setting.content.strip()) if setting.content.strip() else None


def _recognised(setting: Setting) -> Recognised | None:
    """What one setting is, with the form that the syntax around it decides."""
    content = setting.content
    if setting.form is not None and form_of(setting.key, content) is CredentialForm.LITERAL:
        content = "${SECRET}"
    found = recognise(setting.key, content)
    if setting.in_force and content.strip() and (found is None or found.named):
        found = in_force(setting.key, content)
    if found is None:
        return None
    found = kept_as(found, setting.kept_as)
    return replace(found, form=setting.form) if setting.form is not None else found
