"""Threat rules: the queries, severities and mitigations of `rules/threats/`, read strictly."""

import string
from collections.abc import Collection
from pathlib import Path

from agentaudit.model.deployment import EdgeKind
from agentaudit.model.finding import Severity
from agentaudit.model.threat import (
    ActionClasses,
    Entry,
    Impact,
    Leg,
    MitigationText,
    ThreatQuery,
    ThreatRules,
)
from agentaudit.rules.loading import Fields, Problems, rule_files
from agentaudit.rules.references import reference_problem
from agentaudit.store.shipped import shipped

_QUERY_FIELDS = (
    *("id", "title", "legs", "per", "each", "worst", "impact"),
    *("sentence", "why", "broken_by", "references"),
)
_SLOTS = frozenset({"asked", "rights"})


def load_threat_rules(folder: Path | None = None) -> ThreatRules:
    """
    The threat rules that travel with the program, or those of a folder of the same shape.

    Raises InputError with every problem of every file.
    """
    folder = folder or shipped("rules") / "threats"
    problems = Problems()
    queries = tuple(_query(fields) for fields in rule_files((folder / "queries",), problems))
    tables = {Path(fields.file).stem: fields for fields in rule_files((folder,), problems)}
    for missing in sorted({"severity", "actions", "mitigations"} - set(tables)):
        problems.add(str(folder), f"{missing}.yaml is missing")
    problems.end_the_run()
    rules = ThreatRules(
        queries=queries,
        severity=_severities(tables["severity"]),
        actions=_actions(tables["actions"]),
        mitigations=_mitigations(tables["mitigations"]),
    )
    problems.end_the_run()
    return rules


def _query(fields: Fields) -> ThreatQuery:
    fields.check_names(*_QUERY_FIELDS)
    name = fields.words("id")
    if name != Path(fields.file).stem:
        fields.complain(fields.node, f"`id` must be the name of the file, not '{name}'")
    legs = tuple(_leg(fields.within(node)) for node in fields.elements("legs"))
    worst = fields.node.child("worst")
    query = ThreatQuery(
        id=name,
        title=fields.words("title"),
        legs=legs,
        per=fields.words("per"),
        each=fields.words("each", required=False) or fields.words("per"),
        worst=_leg(fields.within(worst)) if worst is not None else None,
        impact=fields.choice("impact", Impact),
        sentence=fields.words("sentence"),
        why=fields.words("why"),
        broken_by=_texts(fields, "broken_by"),
        references=_texts(fields, "references"),
    )
    _check(fields, query)
    return query


def _leg(fields: Fields) -> Leg:
    fields.check_names("stages", "along")
    along = _texts(fields, "along")
    for word in along:
        if word not in tuple(EdgeKind):
            fields.complain(fields.node, f"'{word}' is no kind of edge")
    return Leg(stages=_texts(fields, "stages"), along=along)


def _check(fields: Fields, query: ThreatQuery) -> None:
    """What the parts of a query promise each other."""
    stages = {stage for leg in query.legs for stage in leg.stages}
    _complain_of(fields, {query.per} - stages, "`per` names '{}', which is no stage of the legs")
    _complain_of(fields, {query.each} - stages, "`each` names '{}', which is no stage of the legs")
    slots = {name for _, name, _, _ in string.Formatter().parse(query.sentence) if name is not None}
    _complain_of(fields, slots - stages - _SLOTS, "`sentence` names '{}', which is no stage")
    if any(not leg.stages[1:] for leg in query.legs):
        fields.complain(fields.node, "each leg goes from one stage to another")
    for leg in query.legs[1:]:
        if leg.stages[:1] != query.legs[0].stages[-1:]:
            fields.complain(fields.node, "each further leg starts at the last stage of the first")
    for reference in query.references:
        problem = reference_problem(reference)
        if problem:
            fields.complain(fields.node, problem)


def _complain_of(fields: Fields, names: Collection[str], message: str) -> None:
    for name in sorted(names):
        fields.complain(fields.node, message.format(name))


def _severities(fields: Fields) -> dict[Impact, dict[Entry, Severity]]:
    fields.check_names(*Impact)
    found: dict[Impact, dict[Entry, Severity]] = {}
    for impact in Impact:
        row = fields.node.child(impact)
        if row is None:
            fields.complain(fields.node, f"`{impact}` is missing")
            continue
        cells = fields.within(row)
        cells.check_names(*Entry)
        found[impact] = {entry: cells.choice(entry, Severity) for entry in Entry}
    return found


def _actions(fields: Fields) -> ActionClasses:
    fields.check_names("irreversible", "permissions")
    return ActionClasses(
        irreversible=_texts(fields, "irreversible"), permissions=_texts(fields, "permissions")
    )


def _mitigations(fields: Fields) -> dict[str, MitigationText]:
    found: dict[str, MitigationText] = {}
    for name, node in fields.node.items():
        text = fields.within(node)
        text.check_names("title", "description", "patch")
        found[name] = MitigationText(
            title=text.words("title"),
            description=text.words("description"),
            patch=text.raw("patch"),
        )
    return found


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(node.text or "" for node in fields.elements(name))
