"""Files that nobody deploys, by their names: tests, fixtures and manuals."""

from functools import lru_cache

from agentaudit.expressions import regex

_REHEARSAL = regex(
    r"(?:^|/)(?:tests?|[\w.-]*[-_]tests|__tests__|testdata|unittests?|e2e|fixtures?|mocks?|__mocks__|docs?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest|[^/]*_test|[^/]*\.(?:test|spec))\.\w+$"
    r"|(?:^|/)\.env\.(?:tests?|testing|e2e|ci)$"
    r"|(?:^|/)(?:docker-)?compose[^/]*[.-](?:testing|e2e|ci)\.ya?ml$"
    r"|[._-]tests?\.ya?ml$"
    r"|(?:^|/)(?:[^/]*[._-])?e2e(?:[._-][^/]*)?\.(?:sh|bash|ps1)$"
    r"|(?:^|/)ci/[\w.-]+-values\.ya?ml$"
    r"|(?:^|/)(?:(?:smoke-?)?tests?-[^/]*|[^/]*(?<!-and)-tests?)\.(?:sh|bash|ps1)$"
)
"""
A chart is tested with each of its `ci/*-values.yaml` (Helm's chart-testing, `ct install`).
"""


@lru_cache(maxsize=1024)
def is_rehearsal(file: str) -> bool:
    """Whether a file is a test, a fixture or a manual."""
    return _REHEARSAL.search(file) is not None
