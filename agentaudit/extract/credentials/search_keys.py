"""Keys of Algolia that search and do nothing else, which every page with a search field shows."""

import re

from agentaudit.expressions import regex
from agentaudit.extract.credentials.own_places import lines_around
from agentaudit.extract.settings import Setting

_KEY = regex(r"(?:search_?)?api_?key", re.IGNORECASE)
_VALUE = regex(r"[0-9a-f]{32}")
_APPLICATION = regex(r"\bapp(?:lication)?_?id\b[\"']?\s{0,3}[:=]", re.IGNORECASE)
_INDEX = regex(r"\bindex_?name\b[\"']?\s{0,3}[:=]", re.IGNORECASE)
_NEAR = 4
"""Lines between the three, as DocSearch's settings have them."""
_FAR = 2_000
"""Characters of a line in which they are looked for: what is longer has much else in it."""


def only_searches(setting: Setting) -> bool:
    """Whether a key stands with the application and the index that it searches, as in DocSearch."""
    if not _KEY.fullmatch(setting.key) or not _VALUE.fullmatch(setting.content):
        return False
    beside = tuple(lines_around(setting, _NEAR, _FAR))
    return all(any(map(each.search, beside)) for each in (_APPLICATION, _INDEX))
