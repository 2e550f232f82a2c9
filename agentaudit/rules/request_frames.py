"""Request frames that a user names on the command line: `file.py:function`, each a step rule."""

from collections.abc import Iterator, Sequence

from agentaudit.errors import UsageError
from agentaudit.model.rule import StepRule
from agentaudit.model.trace import StepKind

OBSERVED = 0.95
"""The user has seen it: worth as much as a pattern seen on a real stack."""


def request_rules(named: Sequence[str]) -> tuple[StepRule, ...]:
    """
    The rules that make these functions request frames, in the agent's own code and in libraries.

    Raises UsageError for what is no `file.py:function`.
    """
    return tuple(rule for name in named for rule in _rules(name))


def _rules(name: str) -> Iterator[StepRule]:
    file, colon, function = name.strip().rpartition(":")
    if not colon or not function.strip() or not file.endswith(".py"):
        raise UsageError(
            f"--request-frame {name}: give a file and a function, like"
            " app/worker.py:Worker.handle (`*` stands for anything)"
        )
    path = file.lstrip("/")
    for glob in (f"**/{path}", path):
        yield StepRule(
            id=f"request-frame:{glob}:{function}",
            framework="command line",
            file=glob,
            function=function.strip(),
            when="request",
            kind=StepKind.ORCHESTRATION,
            confidence=OBSERVED,
        )
