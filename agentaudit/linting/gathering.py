"""
Rules that are asked once: one finding for the whole deployment, made of those about each fact.

Comments, baselines, earlier commits and ignored paths let each of them stand by itself, and are
asked before: what somebody knows of one agent says nothing of the next. Only what is left is told
as one.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec.structs import replace

from agentaudit.linting.fingerprints import fingerprint
from agentaudit.lists import counted
from agentaudit.model.evidence import Evidence
from agentaudit.model.finding import Finding, LintResult
from agentaudit.rules.compiled import CompiledRule

_RELATED = 20
"""More related places than a reader, or a code host, would take in."""
_WHOLE = "deployment"


def whole_fingerprint(rule: str) -> str:
    """That of the one finding of a rule that is asked once."""
    return fingerprint(rule, _WHOLE)


def gathered(result: LintResult, rules: Iterable[CompiledRule]) -> LintResult:
    """The result with one open finding of each rule that is asked once; the suppressed stay."""
    once = {rule.rule.id for rule in rules if rule.rule.once}
    groups: dict[str, list[Finding]] = {}
    others: list[Finding] = []
    for finding in result.findings:
        if finding.rule in once and finding.suppression is None:
            groups.setdefault(finding.rule, []).append(finding)
        else:
            others.append(finding)
    if not groups:
        return result
    for group in groups.values():
        insort(others, _one(group), key=in_order)
    return replace(result, findings=tuple(others))


def _one(group: Sequence[Finding]) -> Finding:
    """The gravest, what is deployed before what is not, with where the others are."""
    first, *more = sorted(group, key=lambda item: (-item.severity.rank, -item.confidence.rank))
    same = f" The same holds at {counted(len(more), 'more place')}." if more else ""
    return replace(
        first,
        message=f"{first.message}{same}",
        related=related_to(first.evidence, [*first.related, *(item.evidence for item in more)]),
        fingerprint=whole_fingerprint(first.rule),
        value="",
    )


def related_to(primary: Evidence, places: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The first of the other places, in their order."""
    others = {place for place in places if place != primary}
    return tuple(sorted(others, key=PLACE_ORDER)[:_RELATED])


PLACE_ORDER = attrgetter(*Evidence.__struct_fields__)
"""The order of places, made once for each and not at every comparison."""


def in_order(finding: Finding) -> tuple[int, tuple[object, ...], str, str]:
    """The gravest first, then by place."""
    place = PLACE_ORDER(finding.evidence)
    return -finding.severity.rank, place, finding.rule, finding.subject
