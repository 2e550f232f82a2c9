"""A rule's own examples: where it must hold, and where it must not."""

from collections.abc import Callable, Iterator, Mapping

from agentaudit.linting.linter import lint
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.lint_rule import RuleExample
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.fakes import texts_of

Reading = Callable[[Mapping[str, str]], Deployment]
"""What texts say, by path: given from outside, since analyses read nothing."""


def failed_examples(rule: CompiledRule, read: Reading) -> Iterator[str]:
    """A sentence for each example that does not show what it should."""
    for number, example in enumerate(rule.rule.matching, start=1):
        yield from _failures(rule, read, example, f"matching example {number}", expected=True)
    for number, example in enumerate(rule.rule.other, start=1):
        yield from _failures(rule, read, example, f"other example {number}", expected=False)


def _failures(
    rule: CompiledRule, read: Reading, example: RuleExample, name: str, *, expected: bool
) -> Iterator[str]:
    deployment = read(texts_of(example))
    place = f"{rule.rule.file}: {name}, {example.path}"
    unread = [file for file in deployment.coverage if file.status is not FileStatus.READ]
    for file in unread:
        yield f"{place}: {file.file} is {file.status.value}: {file.reason}"
    found = any(finding.rule == rule.rule.id for finding in lint(deployment, [rule]).findings)
    if found != expected:
        yield f"{place}: the rule {'does not hold' if expected else 'holds'}"
