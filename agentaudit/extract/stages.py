"""
Which stage of a deployment something belongs to: production, or one in which people try things.

Said by the names that teams give to files, folders and variables; what names no stage has none.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from agentaudit.expressions import regex
from agentaudit.extract.credentials.recognition import Recognised
from agentaudit.extract.credentials.secret_names import name_words
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm

PRODUCTION = "production"
_STAGES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("prod", "production", "prd"), PRODUCTION),
        **dict.fromkeys(("dev", "develop", "development"), "development"),
        **dict.fromkeys(("demo", "demos"), "demonstration"),
        **dict.fromkeys(("preview", "previews"), "preview"),
        **dict.fromkeys(("staging", "stg"), "staging"),
        **dict.fromkeys(("sandbox", "qa", "uat"), "test"),
    }
)
_LOCAL = "local"
TRIED = frozenset({"development", "demonstration", _LOCAL})
"""Stages in which people try things on their own machines, with what they made up for that."""
_DENIED = frozenset({"non", "pre", "not", "no", "post"})
"""`NON_PROD` and `pre-prod` are not production."""
_NAMES = regex(
    r"^(?:(?:APP|DEPLOY|DEPLOYMENT|NODE|SERVICE|AGENT)_)?(?:ENV|ENVIRONMENT|STAGE)$", re.IGNORECASE
)
_TESTED = frozenset({"test", "tests", "testing"})
_LIVE = ("sk_live_", "rk_live_")
"""Keys of Stripe that move money (Stripe documentation, "API keys")."""
_HOST = regex(r"://[^/@\s]*@(?P<host>[^/:\s?]+)")
_LONGEST = 2_000


def stage_named(text: str) -> str:
    """The stage that a text is a name of: `dev` is development; empty where it is none."""
    return _STAGES.get(text.strip().lower(), "")


def stage_in(words: Iterable[str]) -> str:
    """The first stage that is named among words, and not denied by the word before it."""
    before = ""
    for word in words:
        stage = stage_named(word)
        if stage and before not in _DENIED:
            return stage
        before = word.lower()
    return ""


def stage_of_file(file: str) -> str:
    """The stage that a file is for, by a part of its name or by the folder nearest to it."""
    *folders, name = file.split("/")
    own = stage_in(re.split(r"[._-]", name))
    return own or next(filter(None, map(stage_named, reversed(folders))), "")


def stage_of_settings(settings: Iterable[Setting]) -> str:
    """The stage that an environment says it is: `APP_ENV=preview`."""
    named = (setting.content for setting in settings if _NAMES.match(setting.key))
    return next((stage for text in named if (stage := stage_of(text))), "")


def tells_of_tests(settings: Iterable[Setting]) -> bool:
    """Whether an environment says that tests run in it: `ENVIRONMENT=test`."""
    return any(
        _NAMES.match(setting.key) and setting.content.strip().lower() in _TESTED
        for setting in settings
    )


def stage_of(value: str) -> str:
    """The stage that a value names; the machine of whoever starts it is one, too."""
    return _LOCAL if value.strip().lower() == _LOCAL else stage_named(value)


def owner_stage(setting: Setting, recognised: Recognised) -> str:
    """
    The stage to which a credential belongs, wherever it is held; `production` or empty.

    Its name says so, or the name of what it refers to, or the host to which it opens the door.
    """
    content = setting.content[:_LONGEST]
    if recognised.form is not CredentialForm.LITERAL:
        said = f"{setting.key} {content}"
    elif content.startswith(_LIVE):
        return PRODUCTION
    else:
        host = _HOST.search(content)
        said = f"{setting.key} {host['host'] if host is not None else ''}"
    words = name_words(said)
    known = {stage for word in words if (stage := stage_named(word))}
    return PRODUCTION if known == {PRODUCTION} and not _DENIED.intersection(words) else ""
