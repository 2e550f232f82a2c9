"""Rules of lint from files: those of `rules/lint/` and of users, read strictly."""

import re
from collections.abc import Sequence
from pathlib import Path

from agentaudit.model.deployment import FACT_KINDS
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.finding import Family, Severity
from agentaudit.model.lint_rule import LintRule, RuleExample
from agentaudit.readers.document import Node
from agentaudit.rules.autofixes import autofix_fields, autofix_of
from agentaudit.rules.cel import Condition, compile_condition, lacking
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.conditions import ConditionError, hints
from agentaudit.rules.example_texts import checked_text, further_files
from agentaudit.rules.loading import Fields, Problems, rule_files
from agentaudit.rules.messages import unknown_fields
from agentaudit.rules.references import reference_problem

_FIELDS = (
    *("id", "title", "family", "severity", "severity_when", "confidence", "applies_to", "when"),
    *(
        "once",
        "together",
        "message",
        "why",
        "fix",
        "references",
        "catalogue",
        "autofix",
        "examples",
    ),
)
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ROW = re.compile(r"[A-Z]+-\d{3}")


def load_lint_rules(folders: Sequence[Path]) -> tuple[CompiledRule, ...]:
    """
    The rules of all folders, by id.

    InputError lists everything that is wrong with any of them. An id that stands twice is an
    error, not an override.
    """
    problems = Problems()
    rules: dict[str, CompiledRule] = {}
    for fields in rule_files(folders, problems):
        found = _rule(fields)
        known = rules.setdefault(found.rule.id, found)
        if known is not found:
            place = fields.node.child("id") or fields.node
            fields.complain(place, f"the id '{known.rule.id}' is taken by {known.rule.file}")
    problems.end_the_run()
    return tuple(rules[name] for name in sorted(rules))


def _rule(fields: Fields) -> CompiledRule:
    fields.check_names(*_FIELDS)
    kind = _kind(fields)
    refinements = tuple(_refinement(fields.within(node), kind) for node in _optional(fields))
    matching, other = _examples(fields)
    condition, fix = _condition(fields, kind), autofix_fields(fields)
    once, together = fields.flag("once"), _together(fields, kind)
    if fix is not None and (once or together):
        fields.complain(fix.node, "`autofix` needs one place, which a rule told as one has not")
    rule = LintRule(
        id=_id(fields),
        title=fields.words("title"),
        family=fields.choice("family", Family),
        severity=fields.choice("severity", Severity),
        severity_when=tuple((severity, condition.source) for severity, condition in refinements),
        confidence=fields.choice("confidence", Confidence),
        applies_to=kind,
        when=" ".join(condition.source.split()),
        once=once,
        together=together,
        message=_message(fields, kind),
        why=fields.words("why"),
        fix=fields.words("fix"),
        references=_references(fields),
        catalogue=_catalogue(fields),
        matching=matching,
        other=other,
        file=fields.file,
        autofix=autofix_of(fix, kind) if fix else None,
    )
    return CompiledRule(
        rule=rule,
        condition=condition,
        refinements=refinements,
        fixable=_condition(fix, kind) if fix and rule.autofix and rule.autofix.when else None,
    )


def _id(fields: Fields) -> str:
    found, name = fields.words("id"), Path(fields.file).stem
    place = fields.node.child("id") or fields.node
    if found and not _ID.fullmatch(found):
        fields.complain(place, f"`id` must be lower-case words joined by hyphens, not '{found}'")
    elif found and found != name:
        fields.complain(place, f"`id` must be the file's name, '{name}', not '{found}'")
    return found or name


def _kind(fields: Fields) -> str:
    kind = fields.words("applies_to")
    if kind and kind not in FACT_KINDS:
        place = fields.node.child("applies_to") or fields.node
        fields.complain(place, f"`applies_to` must be one of {', '.join(FACT_KINDS)}, not '{kind}'")
    return kind if kind in FACT_KINDS else ""


def _together(fields: Fields, kind: str) -> str:
    field = fields.words("together", required=False)
    if field and kind and hints(FACT_KINDS[kind].type).get(field) not in (str, FactId):
        place = fields.node.child("together") or fields.node
        fields.complain(place, f"`together` must be a text that {kind} has, not '{field}'")
    return field


def _condition(fields: Fields, kind: str) -> Condition:
    source = fields.raw("when")
    try:
        return compile_condition(kind, source) if kind and source else _never(source)
    except ConditionError as error:
        line, column = fields.place_in("when", error.line, error.column)
        fields.problems.add(fields.file, f"`when` {error}", line=line, column=column)
        return _never(source)


def _never(source: str) -> Condition:
    """Stands for a condition that could not be compiled; the load fails before anybody asks."""
    return Condition("", source)


def _optional(fields: Fields) -> tuple[Node, ...]:
    return fields.elements("severity_when", required=False)


def _refinement(fields: Fields, kind: str) -> tuple[Severity, Condition]:
    fields.check_names("severity", "when")
    return fields.choice("severity", Severity), _condition(fields, kind)


def _message(fields: Fields, kind: str) -> str:
    template = fields.words("message")
    for name in unknown_fields(kind, template) if kind else ():
        place = fields.node.child("message") or fields.node
        fields.complain(place, f"`message` asks for {lacking(kind, name)}")
    return template


def _references(fields: Fields) -> tuple[str, ...]:
    found = fields.elements("references", such_as="cwe:CWE-20")
    for node in found:
        problem = reference_problem(node.raw)
        if problem:
            fields.complain(node, f"reference {problem}")
    return tuple(node.raw for node in found)


def _catalogue(fields: Fields) -> tuple[str, ...]:
    """Rows of the catalogue; a user's rule need not have any."""
    found = fields.elements("catalogue", required=False)
    for node in found:
        if not _ROW.fullmatch(node.raw):
            fields.complain(node, f"`catalogue` holds rows such as CRED-001, not '{node.raw}'")
    return tuple(node.raw for node in found)


def _examples(fields: Fields) -> tuple[tuple[RuleExample, ...], tuple[RuleExample, ...]]:
    node = fields.node.child("examples")
    if node is None:
        fields.complain(fields.node, "`examples` is missing: a rule is shown where it holds")
        return (), ()
    both = fields.within(node)
    both.check_names("matching", "other")
    matching = tuple(_example(both.within(item)) for item in both.elements("matching"))
    return matching, tuple(_example(both.within(item)) for item in both.elements("other"))


def _example(fields: Fields) -> RuleExample:
    fields.check_names("path", "text", "files")
    return RuleExample(
        path=fields.words("path"),
        text=checked_text(fields, fields.raw("text")),
        files=further_files(fields),
    )
