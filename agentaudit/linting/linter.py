"""Lint: rules asked of the facts of a deployment, answered with findings."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import get_args

from msgspec.structs import replace

from agentaudit import __version__
from agentaudit.linting.acceptances import Acceptances
from agentaudit.linting.context import Context, context_of
from agentaudit.linting.fingerprints import fingerprint
from agentaudit.linting.flows import Flows
from agentaudit.linting.gathering import PLACE_ORDER, Groups, gathered, in_order, related_to
from agentaudit.linting.redaction import shown_open_end, shown_place, shown_subject
from agentaudit.linting.summaries import (
    credential_summaries,
    gateway_names,
    memory_summaries,
    platform_identities,
)
from agentaudit.linting.suppressions import META_RULES, suppressed
from agentaudit.model.deployment import (
    FACT_KINDS,
    Deployment,
    FileCoverage,
    FileStatus,
    Unresolved,
)
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.finding import Acceptance, Finding, LintResult, Severity
from agentaudit.rules.compiled import CompiledRule, Inquiry
from agentaudit.rules.conditions import hints
from agentaudit.rules.limits import Limits
from agentaudit.rules.messages import message_of
from agentaudit.rules.whole import whole_of

_DIGEST = 32
"""As many characters tell secrets apart."""


def lint(
    deployment: Deployment,
    rules: Sequence[CompiledRule],
    *,
    names: Collection[str] | None = None,
    limits: Limits | None = None,
    accepted: Sequence[Acceptance] = (),
    today: str = "",
) -> LintResult:
    """
    Every finding of the rules, the suppressed ones marked, and what the decisions need.

    `names` are the rules to ask, when not all. The order of files, facts and rules changes
    nothing. `today`, as YYYY-MM-DD, decides which acceptances have expired.
    """
    apart = lint_apart(
        deployment, rules, names=names, limits=limits, accepted=accepted, today=today
    )
    return gathered(apart, rules, deployment)


def lint_apart(
    deployment: Deployment,
    rules: Sequence[CompiledRule],
    *,
    names: Collection[str] | None = None,
    limits: Limits | None = None,
    accepted: Sequence[Acceptance] = (),
    today: str = "",
) -> LintResult:
    """The same with a finding for each fact, also of rules that are asked once."""
    known = {rule.rule.id: rule for rule in rules}
    chosen = [known[name] for name in sorted(known) if names is None or name in names]
    limits = limits or Limits()
    answers = tuple(_matches(deployment, chosen, limits))
    found = tuple(_findings(deployment, answers, limits))
    deployment = _with_undecided(deployment, answers)
    summaries = tuple(rule.rule.summary for rule in chosen)
    findings = suppressed(
        found,
        comments=deployment.suppressions,
        acceptances=Acceptances(accepted, Groups(chosen, deployment, found), today),
        rules=summaries,
        unasked=frozenset(known) - {rule.id for rule in summaries},
    )
    return LintResult(
        root=deployment.root,
        findings=tuple(sorted(findings, key=in_order)),
        rules=tuple(sorted((*summaries, *META_RULES), key=lambda rule: rule.id)),
        credentials=credential_summaries(deployment),
        memory_stores=memory_summaries(deployment),
        gateways=gateway_names(deployment, resolving=True),
        open_gateways=gateway_names(deployment, resolving=False),
        identities=platform_identities(deployment),
        no_memory=deployment.no_memory,
        coverage=deployment.coverage,
        unresolved=tuple(map(shown_open_end, deployment.unresolved)),
        incomplete=deployment.incomplete,
        agents=len(deployment.agents),
        tool_version=__version__,
    )


_Answer = tuple[Fact, Severity | None]
"""A fact for which a rule holds or, without a severity, of which it could not be asked."""
_Answers = Sequence[tuple[CompiledRule, Sequence[_Answer]]]


def _with_undecided(deployment: Deployment, answers: _Answers) -> Deployment:
    """What a rule could not be asked of is unresolved, and its file not audited whole."""
    undecided = [
        (rule.rule.id, fact)
        for rule, answered in answers
        for fact, severity in answered
        if severity is None
    ]
    if not undecided:
        return deployment
    rules: dict[str, set[str]] = {}
    for rule, fact in undecided:
        rules.setdefault(fact.evidence[0].file, set()).add(rule)
    open_ends = (
        Unresolved(
            evidence=fact.evidence[0],
            what=f"whether `{rule}` holds for {fact.name}",
            effect="it has longer lists than a rule goes through, so no finding is no pass",
        )
        for rule, fact in undecided
    )
    return replace(
        deployment,
        unresolved=tuple(sorted({*deployment.unresolved, *open_ends})),
        coverage=tuple(_in_part(item, rules.get(item.file, ())) for item in deployment.coverage),
    )


def _in_part(item: FileCoverage, rules: Collection[str]) -> FileCoverage:
    """The file with the rules that could not be asked of all that it declares, if there are any."""
    if not rules:
        return item
    named = ", ".join(f"`{rule}`" for rule in sorted(rules))
    reason = f"what it declares is too long to ask {named}"
    return replace(
        item,
        status=FileStatus.PARTIAL,
        reason="; ".join(filter(None, (item.reason, reason))),
    )


def _findings(deployment: Deployment, answers: _Answers, limits: Limits) -> Iterator[Finding]:
    known, context = {fact.id: fact for fact in deployment.facts()}, context_of(deployment)
    flows = Flows(deployment, known)
    for rule, answered in answers:
        told: dict[tuple[Evidence, str], tuple[Finding, Fact]] = {}
        for fact, severity in answered:
            if severity is not None:
                finding = _finding(rule, (fact, severity), known, limits, context=context)
                told.setdefault((finding.evidence, finding.message), (finding, fact))
        yield from (replace(finding, flow=flows.of(fact)) for finding, fact in told.values())


def _matches(
    deployment: Deployment, rules: Iterable[CompiledRule], limits: Limits
) -> Iterator[tuple[CompiledRule, Sequence[_Answer]]]:
    """Each rule with the facts it holds for; all about one kind are asked at once."""
    whole, asked = whole_of(deployment), tuple(rules)
    for word, kind in FACT_KINDS.items():
        of_kind = [rule for rule in asked if rule.rule.applies_to == word]
        facts: tuple[Fact, ...] = getattr(deployment, kind.field)
        if not of_kind or not facts:
            continue
        found: dict[str, list[_Answer]] = {rule.rule.id: [] for rule in of_kind}
        inquiry = Inquiry(word, of_kind, whole, limits)
        for fact in sorted(facts, key=lambda fact: (PLACE_ORDER(fact.evidence[0]), fact.id)):
            for rule, severity in inquiry.about(fact):
                found[rule.rule.id].append((fact, severity))
        yield from ((rule, found[rule.rule.id]) for rule in of_kind if found[rule.rule.id])


def _finding(
    rule: CompiledRule,
    match: tuple[Fact, Severity],
    known: dict[FactId, Fact],
    limits: Limits,
    *,
    context: Context,
) -> Finding:
    fact, asked = match
    place = fact.evidence[0]
    related = related_to(place, (*fact.evidence[1:], *_named_facts(fact, known)))
    severity, confidence = context.judged(
        fact,
        asked,
        _weakest(rule.rule.confidence, fact.confidence),
    )
    return Finding(
        rule=rule.rule.id,
        title=rule.rule.title,
        family=rule.rule.family,
        severity=severity,
        confidence=confidence,
        message=message_of(rule.rule.message, fact, limits),
        evidence=shown_place(place),
        related=tuple(map(shown_place, related)),
        subject=shown_subject(fact),
        fingerprint=fingerprint(rule.rule.id, fact.id),
        value=_digest(fact),
    )


def _digest(fact: Fact) -> str:
    """Of the secret that a fact is, where the team gave a key for such digests."""
    return fact.value_mark[:_DIGEST] if isinstance(fact, Credential) else ""


def _named_facts(fact: Fact, known: dict[FactId, Fact]) -> Iterator[Evidence]:
    """The places of the facts that this one names: its holder, its identity, its copies."""
    for name in _naming(type(fact)):
        value = getattr(fact, name)
        for other in value if isinstance(value, tuple) else (value,):
            if isinstance(other, str) and other in known:
                yield known[FactId(other)].evidence[0]


@cache
def _naming(kind: type[Fact]) -> tuple[str, ...]:
    """The fields that name other facts, by their ids."""
    types = ((name, type_) for name, type_ in hints(kind).items() if name != "id")
    return tuple(name for name, type_ in types if FactId in (type_, *get_args(type_)))


def _weakest(*confidences: Confidence) -> Confidence:
    return min(confidences, key=lambda confidence: confidence.rank)
