"""
Budgets that a program in TypeScript or JavaScript keeps itself: credits, quotas, calls a minute.

Whether what is asked there is what an agent spends, no name says: it is open, and no more.
"""

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.rehearsals import is_rehearsal

_WORDS = ("Credits", "Quota", "Budget", "ateLimit", "atelimit")
_ASKED = r"(?:check|enforce|ensure|assert|require|reserve|consume|deduct|charge|debit)"
_CHECK = regex(rf"{_ASKED}(?!\w*(?:Token|Context|Prompt))\w{{0,40}}(?:Credits|Quota|Budget)")
"""`deductCredits` and `checkDailyQuota`; to fit a text into `checkTokenBudget` stops no run."""
_RATE = regex(
    rf"(?:^|\.){_ASKED}\w{{0,20}}RateLimit\w{{0,20}}$"
    r"|\b\w{0,20}[rR]ate[lL]imit(?:er)?\.(?:limit|check|consume)$"
)
"""Of Upstash and `rate-limiter-flexible`: how often the function around may be called."""


def may_be_limited(building: Building) -> bool:
    """
    Whether the module of an agent asks how much or how often, or another of its program how much.

    Modules of one folder at the root belong together.
    """
    file = building.module.document.file
    own = _asks(building) or any(_RATE.search(call.name) for call in building.calls)
    return own or any(
        _asks(peer) and not is_rehearsal(other) and _program(other) == _program(file)
        for other, peer in building.peers.items()
    )


def _asks(building: Building) -> bool:
    text = building.module.document.text
    return holds_word(text, _WORDS) and any(_CHECK.match(call.last) for call in building.calls)


_OF_ONE = frozenset({"app", "src", "lib", "features", "server", "pages", "api", "services"})
"""Folders in which a program lies when the root is its own."""


def _program(file: str) -> str:
    """The folder at the root that a module lies in; none for those of a program at the root."""
    first = file.partition("/")[0]
    return "" if first in _OF_ONE or first == file else first
