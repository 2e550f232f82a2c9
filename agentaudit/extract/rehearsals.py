"""Files that nobody deploys, by their names: tests, fixtures and manuals, and what is put away."""

from functools import lru_cache

from agentaudit.expressions import regex

_REHEARSAL = regex(
    r"(?:^|/)(?:(?i:tests?)|[\w.-]*[-_]tests|__tests__|test[-_]?(?:servers?|data|fixtures?|resources?)"
    r"|unittests?|e2e|fixtures?|mocks?|mock[-_][\w.-]{1,60}|__(?:mocks|fixtures)__|[dD]ocs?|[dD]ocumentation)/"
    r"|(?:^|/)[\w.-]{1,60}[-_]docs/(?:[^/]+/){0,8}examples/"
    r"|(?:^|/)examples?/(?:bad|good|insecure|vulnerable|broken|unsafe)(?:[-_][\w.-]{1,60})?/"
    r"|(?:^|/)(?:test_[^/]*|conftest|[^/]*_test|[^/]*\.(?:test|spec))\.\w+$"
    r"|(?:^|/)\.env\.(?:tests?|testing|e2e|ci)$"
    r"|(?:^|/)(?:docker-)?compose[^/]*[.-](?:testing|smoke|e2e|ci)\.ya?ml$"
    r"|[._-]tests?\.ya?ml$"
    r"|(?:^|/)(?<!\.github/workflows/)(?<!agents/)(?:[^/]*[._-])?e2e"
    r"(?:[._-][^/]*)?\.(?:sh|bash|ps1|ya?ml|json)$"
    r"|(?:^|/)ci/(?:values/)?(?![\w.-]*(?:prod|prd|stag|live))(?:[\w.-]+-values|values-[\w.-]+)\.ya?ml$"
    r"|(?:^|/)charts/(?:[^/]+/){1,3}ci/(?![\w.-]*(?:prod|prd|stag|live))[\w.-]+\.ya?ml$"
    r"|(?:^|/)(?:[\w.-]{1,60}[._-])?smoke(?:[._-][\w.-]{1,60})?\.(?:sh|bash|ps1)$"
    r"|(?:^|/)(?:(?:smoke-?)?tests?-[^/]*|[^/]*(?<!-and)-tests?)\.(?:sh|bash|ps1)$"
)
"""
A chart is tested with each of its `ci/*-values.yaml` (Helm's chart-testing, `ct install`); what is
called after a stage there, a pipeline deploys. Some keep them as `ci/values/values-*.yaml`; below
`charts/` nothing else is in a folder of that name.
"""
_RETIRED = regex(
    r"(?:^|/)(?:(?:legacy)?[._-]?archived?|\.[\w-]*backups?|[_-]?deprecated|(?:[\w.-]*[_-])?old"
    r"|(?:project|repo(?:sitory)?|source|src|code)[_-]backups?)/"
    r"|backups?/(?:[^/]*/)?[^/]*(?<!\d)20\d{6}(?:[-_T]?\d{4,6})?(?!\d)[^/]*$"
)
"""Folders in which teams keep what they no longer use, and copies that bear their day."""


@lru_cache(maxsize=1024)
def is_rehearsal(file: str) -> bool:
    """Whether a file is a test, a fixture or a manual."""
    return _REHEARSAL.search(file) is not None


def is_put_away(file: str) -> bool:
    """Whether a file lies where its team keeps what it no longer uses."""
    return _RETIRED.search(file) is not None
