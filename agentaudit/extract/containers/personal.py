"""Folders of a person's home in which programs keep what they sign in with as that person."""

from collections.abc import Iterable

from agentaudit.expressions import regex
from agentaudit.extract.credentials.redaction import plain

_PERSONAL = regex(
    r"^(?:~|\$\{?(?:HOME|USERPROFILE)(?::-[^}]{0,60})?\}?|/(?:home|Users)/[^/]{1,60}|/root)/"
    r"\.(?:aws|azure|kube|ssh|docker|netrc|git-credentials|config/(?:gcloud|gh))(?:/|$)"
)
"""Of the clients of AWS, Azure, Kubernetes, SSH, Docker, Git, Google Cloud and GitHub."""
_PUBLIC = regex(r"/(?:known_hosts|[^/]{1,100}\.pub)$")


def personal_folders(sources: Iterable[str]) -> tuple[str, ...]:
    """Those among paths of a host."""
    found = (each for each in sources if _PERSONAL.match(each) and not _PUBLIC.search(each))
    return tuple(map(plain, dict.fromkeys(found)))
