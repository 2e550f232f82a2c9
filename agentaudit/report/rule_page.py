"""One rule as a page to read: on a terminal, and as Markdown for the reference."""

from collections.abc import Iterator, Mapping, Sequence

from agentaudit.model.finding import Family, Severity
from agentaudit.model.lint_rule import LintRule
from agentaudit.report.text import printable, wrapped
from agentaudit.rules.catalogue import load_catalogue, rules_of_rows
from agentaudit.rules.fakes import expand_fakes, texts_of
from agentaudit.rules.references import references

_WIDEST = 100
_INDENT = "  "


def render_rule(rule: LintRule, *, width: int = 80) -> str:
    """Everything that a rule's file says, in the order in which one would ask."""
    return "\n".join(_page(rule, min(width, _WIDEST))) + "\n"


def render_reference(rules: Sequence[LintRule]) -> str:
    """The reference of all rules, in Markdown: `rules/README.md`."""
    return "\n".join(_reference(rules)) + "\n"


def _page(rule: LintRule, width: int) -> Iterator[str]:
    yield f"{rule.id}: {rule.title}"
    yield f"{rule.family.value}, {severities(rule)}, {rule.confidence.value}"
    changed = rule.autofix.says if rule.autofix else ""
    if rule.autofix and rule.autofix.when:
        changed += f" Only when {rule.autofix.when}"
    texts = (
        ("Message", rule.message),
        ("Why", rule.why),
        ("Fix", rule.fix),
        ("What `agentaudit lint --fix` changes", changed),
    )
    for heading, text in texts:
        if not text:
            continue
        yield ""
        yield f"{heading}:"
        yield from _paragraph(text, width)
    yield ""
    yield f"Condition, for every {rule.applies_to.replace('_', ' ')}:"
    yield from _paragraph(rule.when, width)
    for severity, when in rule.severity_when:
        yield from _paragraph(f"{severity.value} when {when}", width)
    yield ""
    yield from (f"  {line}" for line in _references(rule))
    for name, examples in (("Reported in", rule.matching), ("Not reported in", rule.other)):
        for example in examples:
            yield ""
            yield f"{name} {example.path}:"
            yield from _indented(texts_of(example), example.path)
    yield from _fixes(rule)


def _fixes(rule: LintRule) -> Iterator[str]:
    for fixed in rule.autofix.examples if rule.autofix else ():
        for name, text in (("Fixes", fixed.before), ("to", fixed.after)):
            yield ""
            yield f"{name} {fixed.path}:"
            yield from _indented({fixed.path: expand_fakes(text)}, fixed.path)


def _paragraph(text: str, width: int) -> list[str]:
    return wrapped(text, width, first=_INDENT)


def _references(rule: LintRule) -> Iterator[str]:
    known = references()
    for name in rule.references:
        entry = known[name]
        yield f"{entry.label} {entry.url}".rstrip()


def _indented(texts: Mapping[str, str], own: str) -> Iterator[str]:
    for path, text in texts.items():
        if path != own:
            yield f"  and {path}:"
        yield from (f"    {line}".rstrip() for line in printable(text).splitlines())


def _reference(rules: Sequence[LintRule]) -> Iterator[str]:
    yield "# Lint rules"
    yield ""
    yield (
        "<!-- Written by `agentaudit rules list --markdown` from the files in rules/lint/: edit"
        " those. -->"
    )
    yield ""
    yield (
        f"{len(rules)} rules. `agentaudit rules show ID` prints a rule with its examples; a rule's"
        " id is the name of its file, the word in `agentaudit: ignore[ID] reason`, and the"
        " `ruleId` in SARIF. Severities in brackets hold under conditions that the rule states."
    )
    for family in Family:
        yield from _family(family, [rule for rule in rules if rule.family is family])
    yield from _catalogue(rules)


def _catalogue(rules: Sequence[LintRule]) -> Iterator[str]:
    rows, finding = load_catalogue(), rules_of_rows(rules)
    unfound = [row for row in rows if row.id not in finding and not row.elsewhere]
    yield ""
    yield f"## Catalogue ({len(rows)} rows)"
    yield ""
    yield (
        f"What an audit should find, and what finds it: {len(rows) - len(unfound)} rows have a rule"
        f" or another command; for {len(unfound)} there is a reason why nothing finds them."
        " Titles and reasons are in [catalogue.yaml](catalogue.yaml)."
    )
    yield ""
    yield "| row | what | found by |"
    yield "|---|---|---|"
    for row in rows:
        links = ", ".join(f"[{name}](lint/{name}.yaml)" for name in finding.get(row.id, ()))
        found = links or row.elsewhere or f"nothing: {row.none}"
        but = f"; {row.partly}" if row.partly else ""
        yield f"| {row.id} | {row.title} | {found}{but} |"


def severities(rule: LintRule) -> str:
    """The usual one, and in brackets those that it has under a condition: `high (medium, low)`."""
    others = {severity for severity, _ in rule.severity_when} - {rule.severity}
    names = ", ".join(each.value for each in reversed(Severity) if each in others)
    return f"{rule.severity.value} ({names})" if names else rule.severity.value


def _family(family: Family, rules: Sequence[LintRule]) -> Iterator[str]:
    yield ""
    yield f"## {family.value.capitalize()} ({len(rules)})"
    yield ""
    yield "| rule | severity | what it finds | references |"
    yield "|---|---|---|---|"
    order = tuple(reversed(Severity))
    for rule in sorted(rules, key=lambda rule: (order.index(rule.severity), rule.id)):
        links = ", ".join(name.partition(":")[2] for name in rule.references)
        yield f"| [{rule.id}](lint/{rule.id}.yaml) | {severities(rule)} | {rule.title} | {links} |"
