"""The manual of rules: a page of Markdown a rule, and an index of them by family."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from agentaudit.model.autofix import Autofix
from agentaudit.model.finding import Family
from agentaudit.model.lint_rule import LintRule, RuleExample
from agentaudit.report.rule_page import severities
from agentaudit.report.text import printable
from agentaudit.rules.catalogue import Row, load_catalogue
from agentaudit.rules.references import references

WRITTEN = "<!-- Written by `agentaudit rules pages` from the rule's file: edit that. -->"
"""Stands in every page, so that a page of a rule that is gone is known as ours."""
INDEX = "README.md"
_LANGUAGES = {
    ".json": "json",
    ".py": "python",
    ".tf": "hcl",
    ".tofu": "hcl",
    ".toml": "toml",
    ".yaml": "yaml",
    ".yml": "yaml",
}


def manual_pages(rules: Sequence[LintRule]) -> Mapping[str, str]:
    """The pages by file name: `README.md`, and `ID.md` of every rule."""
    rows = {row.id: row for row in load_catalogue()}
    ordered = sorted(rules, key=lambda rule: (-rule.severity.rank, rule.id))
    pages = {f"{rule.id}.md": "\n".join(_page(rule, rows)) + "\n" for rule in ordered}
    return {INDEX: "\n".join(_index(ordered)) + "\n", **pages}


def _index(rules: Sequence[LintRule]) -> Iterator[str]:
    yield "# Lint rules"
    yield ""
    yield WRITTEN
    yield ""
    fixed = sum(rule.autofix is not None for rule in rules)
    yield (
        f"{len(rules)} rules, the most severe first. Each page has the message, reasons and fix,"
        " examples that are reported and others that are not, and the condition in CEL."
        f" `agentaudit lint --fix` can fix findings of {fixed} of them."
    )
    for family in Family:
        chosen = [rule for rule in rules if rule.family is family]
        if not chosen:
            continue
        yield ""
        yield f"## {family.value.capitalize()} ({len(chosen)})"
        yield ""
        for rule in chosen:
            mended = " (`--fix`)" if rule.autofix else ""
            yield f"- [{rule.id}]({rule.id}.md), {rule.severity.value}: {rule.title}{mended}"


def _page(rule: LintRule, rows: Mapping[str, Row]) -> Iterator[str]:
    yield f"# {rule.id}"
    yield ""
    yield WRITTEN
    yield ""
    yield f"**{rule.title}**"
    yield ""
    yield "| severity | confidence | family |"
    yield "|---|---|---|"
    yield f"| {severities(rule)} | {rule.confidence.value} | {rule.family.value} |"
    yield ""
    yield f"> {rule.message.strip()}"
    for heading, text in (("Why", rule.why), ("Fix", rule.fix)):
        yield from _section(heading, [text.strip()])
    if rule.autofix is not None:
        yield from _fixed(rule.autofix)
    yield from _examples("Reported", rule.matching)
    yield from _examples("Not reported", rule.other)
    yield from _condition(rule)
    yield from _section("References", [f"- {line}" for line in _references(rule)])
    yield from _section(
        "Catalogue", [f"- {name}: {rows[name].title}" for name in _known(rule, rows)]
    )


def _condition(rule: LintRule) -> Iterator[str]:
    yield from _section(f"Condition, for every {rule.applies_to.replace('_', ' ')}", [])
    yield from _fenced(rule.when, "cel")
    for severity, when in rule.severity_when:
        yield ""
        yield f"The severity is {severity.value} when"
        yield ""
        yield from _fenced(when, "cel")
    if rule.once:
        yield ""
        yield (
            "There is one finding for the whole deployment, with all places; a comment suppresses"
            " the place where it stands."
        )
    if rule.together:
        yield ""
        yield (
            f"There is one finding for all that share `{rule.together}`, with all places; a comment"
            " suppresses the place where it stands."
        )


def _fixed(fix: Autofix) -> Iterator[str]:
    yield from _section("What `lint --fix` changes", [fix.says])
    if fix.when:
        yield ""
        yield "Only when"
        yield ""
        yield from _fenced(fix.when, "cel")
    for example in fix.examples:
        language = _language(example.path)
        yield ""
        yield f"`{example.path}` from"
        yield ""
        yield from _fenced(example.before, language)
        yield ""
        yield "to"
        yield ""
        yield from _fenced(example.after, language)


def _section(heading: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield f"## {heading}"
    yield ""
    yield from lines


def _references(rule: LintRule) -> Iterator[str]:
    known = references()
    for name in rule.references:
        entry = known[name]
        yield f"[{entry.label}]({entry.url})" if entry.url else entry.label


def _known(rule: LintRule, rows: Mapping[str, Row]) -> Iterator[str]:
    return (name for name in rule.catalogue if name in rows)


def _examples(heading: str, examples: Sequence[RuleExample]) -> Iterator[str]:
    """Credentials stay the words `{{fake:…}}`: a page that held one would be found by scanners."""
    yield from _section(heading, [])
    for number, example in enumerate(examples):
        if number:
            yield ""
        for further, (path, text) in enumerate([(example.path, example.text), *example.files]):
            if further:
                yield ""
            yield f"`{path}`{' with' if example.files and not further else ''}:"
            yield ""
            yield from _fenced(text, _language(path))


def _language(path: str) -> str:
    return _LANGUAGES.get(PurePosixPath(path).suffix, "text")


def _fenced(text: str, language: str) -> Iterator[str]:
    """A block that no run of backticks in the text ends."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + language
    yield from (line.rstrip() for line in printable(text).strip("\n").splitlines())
    yield fence
