"""
Budgets that a program in TypeScript or JavaScript keeps itself: credits, quotas, calls a minute.

Whether what is asked there is what an agent spends, no name says: it is open, and no more.
"""

from collections.abc import Iterable, Sequence

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.javascript.modules import program
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.rehearsals import is_rehearsal

_WORDS = ("Credits", "Quota", "Budget", "ateLimit", "atelimit")
_ASKED = r"(?:check|enforce|ensure|assert|require|reserve|consume|deduct|charge|debit)"
_CHECK = regex(rf"{_ASKED}(?!\w*(?:Token|Context|Prompt))\w{{0,40}}(?:Credits|Quota|Budget)")
"""`deductCredits` and `checkDailyQuota`; to fit a text into `checkTokenBudget` stops no run."""
_RATE = regex(
    rf"(?:^|\.)(?:{_ASKED}\w{{0,20}}RateLimit\w{{0,20}}|isRateLimited)$"
    r"|\b\w{0,20}[rR]ate[lL]imit(?:er)?\.(?:limit|check|consume)$"
)
"""Of Upstash and `rate-limiter-flexible`: how often the function around may be called."""
_LIMITERS = (
    *("express-rate-limit", "rate-limiter-flexible", "@upstash/ratelimit", "@fastify/rate-limit"),
    *("@nestjs/throttler", "hono-rate-limiter", "koa-ratelimit", "@arcjet/next", "@arcjet/node"),
)
"""Packages that limit how often routes are called, which lie in files that are not read."""
_OF_ONE = frozenset({"app", "src", "lib", "features", "server", "pages", "api", "services"})
"""Folders in which a program lies when the root is its own."""
_OF_SEVERAL = frozenset({"apps", "demos", "examples", "projects", "samples"})
"""Folders at the root in each of whose own folders another program lies."""


def may_be_limited(documents: Documents, module: Module, calls: Sequence[Call]) -> bool:
    """
    Whether a module asks how much or how often, or another of its program how much.

    Modules of one folder at the root belong together. Where a project has a package that limits
    calls, nobody imports it for nothing.
    """
    return (
        _checks_budget(module, calls)
        or any(_RATE.search(call.name) for call in calls)
        or program_of(module.document.file) in documents.once(_limited_programs)
        or documents.packages.names_any(folder_of(module.document.file), _LIMITERS)
    )


def _limited_programs(documents: Documents) -> frozenset[str]:
    return frozenset(
        program_of(file)
        for file, module in program(documents).modules.items()
        if not is_rehearsal(file) and _checks_budget(module, module.calls())
    )


def _checks_budget(module: Module, calls: Iterable[Call]) -> bool:
    """Whether a module asks how much may still be spent."""
    worded = holds_word(module.document.text, _WORDS)
    return worded and any(_CHECK.match(call.last) for call in calls)


def program_of(file: str) -> str:
    """The folder of the program that a module lies in; none for those of a program at the root."""
    first, *further = file.split("/")[:-1] or [""]
    if first in _OF_SEVERAL and further:
        return f"{first}/{further[0]}"
    return "" if first in _OF_ONE else first
