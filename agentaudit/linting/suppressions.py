"""
Suppressions: findings that a team has looked at and lets stand, each with its reason.

A suppression without a reason suppresses nothing. One that no longer suppresses anything is a
finding of its own, or it would hide the next one on its line.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import attrgetter

from msgspec.structs import replace

from agentaudit.linting.acceptances import Acceptances
from agentaudit.linting.fingerprints import fingerprint
from agentaudit.lists import MOST_HELPED, meant
from agentaudit.model.deployment import NO_RULE, SuppressionComment
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.finding import (
    Acceptance,
    Family,
    Finding,
    RuleSummary,
    Severity,
    Suppression,
)

UNUSED = RuleSummary(
    id="unused-suppression",
    title="Suppression that suppresses nothing",
    family=Family.LOGGING,
    severity=Severity.LOW,
    why=(
        "The finding it was written for is gone, or the rule's name is misspelt. A comment that"
        " stays would hide the next finding of that rule on the same line."
    ),
    fix="Delete the comment, or correct the name of the rule.",
    references=("cwe:CWE-693",),
)
UNREASONED = RuleSummary(
    id="suppression-without-reason",
    title="Suppression without a reason",
    family=Family.LOGGING,
    severity=Severity.LOW,
    why="Whoever reviews the deployment cannot tell a decision from an accident.",
    fix="Write the reason behind the brackets: `agentaudit: ignore[rule] because …`.",
    references=("cwe:CWE-693",),
)
META_RULES = (UNREASONED, UNUSED)
"""Findings about the audit itself rather than about a fact."""


def suppressed(
    findings: Sequence[Finding],
    *,
    comments: Sequence[SuppressionComment],
    acceptances: Acceptances,
    rules: Sequence[RuleSummary],
    unasked: Collection[str],
) -> Iterator[Finding]:
    """
    The findings, those marked that are suppressed, and those that suppressions give rise to.

    Whether a comment about a rule that was not asked would suppress something, nobody knows.
    """
    used: set[SuppressionComment] = set()
    by_place = _by_place(comments)
    for finding in findings:
        comment = _covering(finding, by_place.get((finding.rule, finding.evidence.file), ()))
        if comment is not None:
            used.add(comment)
            yield replace(finding, suppression=_inline(comment))
        elif acceptance := acceptances.of(finding):
            yield replace(finding, suppression=_of_file(acceptance))
        else:
            yield finding
    families = {rule.id: rule.family for rule in rules}
    judged = (item for item in set(comments) - used if item.rule not in unasked)
    for number, comment in enumerate(sorted(judged)):
        near = families if number < MOST_HELPED else ()
        yield _about(comment, families.get(comment.rule), near)
    for acceptance, why in acceptances.stale(findings, families, unasked):
        yield _stale(acceptance, families.get(acceptance.rule), why)


def _by_place(
    comments: Sequence[SuppressionComment],
) -> Mapping[tuple[str, str], Sequence[SuppressionComment]]:
    """Comments that give a reason, by their rule and file, in the order of their lines."""
    found: dict[tuple[str, str], list[SuppressionComment]] = {}
    for each in sorted(comments):
        if each.reason.strip():
            found.setdefault((each.rule, each.file), []).append(each)
    return found


def _covering(
    finding: Finding, comments: Sequence[SuppressionComment]
) -> SuppressionComment | None:
    """The first of the rule's comments in a file that is on its lines; they stand in order."""
    place = finding.evidence
    at = bisect_left(comments, place.line, key=attrgetter("line"))
    if at < len(comments) and comments[at].line <= place.end_line:
        return comments[at]
    return comments[at - 1] if at and place.line <= comments[at - 1].last_line else None


def _inline(comment: SuppressionComment) -> Suppression:
    return Suppression(kind="inline", reason=comment.reason, evidence=_place(comment))


def _of_file(acceptance: Acceptance) -> Suppression:
    return Suppression(
        kind="file",
        reason=acceptance.reason,
        owner=acceptance.owner,
        expires=acceptance.expires,
    )


def _about(comment: SuppressionComment, family: Family | None, rules: Collection[str]) -> Finding:
    rule = UNUSED if comment.reason.strip() or comment.rule == NO_RULE else UNREASONED
    told = "suppresses nothing" if rule is UNUSED else "gives no reason, so it suppresses nothing"
    strange = "" if family is not None else f", and {_misnamed(comment.rule, rules)}"
    message = f"The suppression of {comment.rule} {told}{strange}."
    if comment.rule == NO_RULE:
        message = (
            "This comment names no rule in brackets, so it suppresses nothing: write"
            " `agentaudit: ignore[rule] because …`."
        )
    return Finding(
        rule=rule.id,
        title=rule.title,
        family=family or rule.family,
        severity=rule.severity,
        confidence=Confidence.CERTAIN,
        message=message,
        evidence=_place(comment),
        subject=f"suppression:{comment.rule}",
        fingerprint=fingerprint(rule.id, f"{comment.file} {comment.rule}"),
    )


def _misnamed(name: str, rules: Collection[str]) -> str:
    if name in tuple(Family):
        return f"{name} is a family: a comment names each rule"
    return f"no rule is called {name}{meant(name, rules)}".rstrip("?")


def _stale(acceptance: Acceptance, family: Family | None, why: str) -> Finding:
    """An acceptance that no finding needs, or whose last day is over."""
    owner = f" by {acceptance.owner}" if acceptance.owner else ""
    line = max(acceptance.line, 1)
    return Finding(
        rule=UNUSED.id,
        title=UNUSED.title,
        family=family or UNUSED.family,
        severity=UNUSED.severity,
        confidence=Confidence.CERTAIN,
        message=f"The acceptance of {acceptance.rule}{owner} {why}.",
        evidence=Evidence(
            file=acceptance.file or ".", line=line, column=1, end_line=line, end_column=1
        ),
        subject=f"suppression:{acceptance.rule}",
        fingerprint=fingerprint(UNUSED.id, f"{acceptance.fingerprint} {acceptance.rule}"),
    )


def _place(comment: SuppressionComment) -> Evidence:
    line = comment.comment_line
    return Evidence(file=comment.file, line=line, column=1, end_line=line, end_column=1)
