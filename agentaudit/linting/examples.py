"""A rule's own examples: where it must hold, and where it must not."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from agentaudit.linting.fixing import Audited, planned
from agentaudit.linting.linter import lint
from agentaudit.model.autofix import FixExample
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.finding import LintResult
from agentaudit.model.lint_rule import RuleExample
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.fakes import expand_fakes, texts_of
from agentaudit.rules.fixes import sources_in
from agentaudit.rules.limits import Limits

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


def failed_fixes(rule: CompiledRule, rules: Sequence[CompiledRule], read: Reading) -> Iterator[str]:
    """
    A sentence for each example of the rule's autofix that does not become what it should.

    All `rules` are asked before and after: the finding is gone, and no other has come.
    """
    examples = rule.rule.autofix.examples if rule.rule.autofix else ()
    for number, example in enumerate(examples, start=1):
        place = f"{rule.rule.file}: autofix example {number}, {example.path}"
        for problem in _fix_failures(rule, rules, read, example):
            yield f"{place}: {problem}"


def _fix_failures(
    rule: CompiledRule, rules: Sequence[CompiledRule], read: Reading, example: FixExample
) -> Iterator[str]:
    texts = {path: expand_fakes(text) for path, text in example.files}
    texts[example.path] = expand_fakes(example.before)
    deployment = read(texts)

    def again(changed: Mapping[str, str]) -> LintResult:
        return lint(read({**texts, **changed}), rules)

    audited = Audited(
        deployment=deployment,
        rules=[rule],
        sources=sources_in(texts, deployment),
        limits=Limits(),
    )
    plan = planned(again({}), audited, again)
    yield from (why for finding, why in plan.refused if finding.rule == rule.rule.id)
    if not plan.fixed:
        yield "nothing is fixed"
        return
    after = {file: edit.document.text for file, edit in plan.files.items()}
    expected = expand_fakes(example.after)
    if after != {example.path: expected}:
        yield f"it becomes {after}"
