"""Secrets that stand in many places at once, where somebody repeated or recorded what was there."""

from collections.abc import Iterable, Iterator

from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.recognition import by_look
from agentaudit.extract.credentials.signed_tokens import may_hold_signed_token
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import Credential

_LONGEST_VALUE = 300
"""In characters; what is longer holds a secret among other things."""


def only_there(settings: Iterable[Setting], collector: Collector) -> Iterator[Setting]:
    """What stands in a plan or a text for people, and nowhere before, each once."""
    known = {credential.digest for credential in collector.of(Credential)}
    for setting in settings:
        found = by_look(setting.content)
        digest = collector.digest(found.secret) if found is not None else ""
        if digest and digest not in known:
            known.add(digest)
            yield setting


def not_again(settings: Iterable[Setting]) -> Iterator[Setting]:
    """
    All of a file, but for what its texts say again: records of answers, and reports that quote.

    A short text says a signed token again where there is more in it than that.
    """
    known: set[str] = set()
    for setting in settings:
        content = setting.content
        long = len(content) > _LONGEST_VALUE
        found = by_look(content) if long or may_hold_signed_token(content) else None
        secret = found.secret if found is not None else ""
        if not secret or secret not in known or not (long or secret != content):
            known.add(secret)
            yield setting
