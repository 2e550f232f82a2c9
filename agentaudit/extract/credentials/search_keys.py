"""Keys of Algolia that search and do nothing else, which every page with a search field shows."""

import re

from agentaudit.expressions import regex
from agentaudit.extract.settings import Setting
from agentaudit.readers.lines import lines_of

_KEY = regex(r"(?:search_?)?api_?key", re.IGNORECASE)
_VALUE = regex(r"[0-9a-f]{32}")
_APPLICATION = regex(r"\bapp(?:lication)?_?id\b[\"']?\s{0,3}[:=]", re.IGNORECASE)
_INDEX = regex(r"\bindex_?name\b[\"']?\s{0,3}[:=]", re.IGNORECASE)
_NEAR = 4
"""Lines between the three, as DocSearch's settings have them."""


def only_searches(setting: Setting) -> bool:
    """Whether a key stands with the application and the index that it searches, as in DocSearch."""
    if not _KEY.fullmatch(setting.key) or not _VALUE.fullmatch(setting.content):
        return False
    line = setting.value.line
    beside = lines_of(setting.document.text)[max(line - 1 - _NEAR, 0) : line + _NEAR]
    return all(any(map(each.search, beside)) for each in (_APPLICATION, _INDEX))
