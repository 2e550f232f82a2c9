"""
Budgets that a program in TypeScript or JavaScript keeps itself: credits, quotas, calls a minute.

Whether what is asked there is what an agent spends, no name says: it is open, and no more.
"""

from collections.abc import Iterable

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.programs.code import Call, Module

_WORDS = ("Credits", "Quota", "Budget", "ateLimit", "atelimit")
_ASKED = r"(?:check|enforce|ensure|assert|require|reserve|consume|deduct|charge|debit)"
_CHECK = regex(rf"{_ASKED}(?!\w*(?:Token|Context|Prompt))\w{{0,40}}(?:Credits|Quota|Budget)")
"""`deductCredits` and `checkDailyQuota`; to fit a text into `checkTokenBudget` stops no run."""
_RATE = regex(
    rf"(?:^|\.){_ASKED}\w{{0,20}}RateLimit\w{{0,20}}$"
    r"|\b\w{0,20}[rR]ate[lL]imit(?:er)?\.(?:limit|check|consume)$"
)
"""Of Upstash and `rate-limiter-flexible`: how often the function around may be called."""


def checks_budget(module: Module, calls: Iterable[Call]) -> bool:
    """Whether a module asks how much may still be spent."""
    worded = holds_word(module.document.text, _WORDS)
    return worded and any(_CHECK.match(call.last) for call in calls)


def limits_rate(calls: Iterable[Call]) -> bool:
    """Whether a module asks how often something is called."""
    return any(_RATE.search(call.name) for call in calls)


_OF_ONE = frozenset({"app", "src", "lib", "features", "server", "pages", "api", "services"})
"""Folders in which a program lies when the root is its own."""


def program_of(file: str) -> str:
    """The folder at the root that a module lies in; none for those of a program at the root."""
    first = file.partition("/")[0]
    return "" if first in _OF_ONE or first == file else first
