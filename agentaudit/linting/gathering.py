"""
Findings that are told as one: of a whole deployment, or of facts that share something.

A rule says which: of what the whole deployment lacks, of all rights of one identity, of all agents
behind one server. Comments, baselines, earlier commits and ignored paths let each of them stand by
itself, and are asked before: what somebody knows of one agent says nothing of the next. Only what
is left is told as one.
"""

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from os.path import commonprefix

from msgspec.structs import replace

from agentaudit.linting.fingerprints import fingerprint
from agentaudit.linting.redaction import shown_subject
from agentaudit.lists import counted
from agentaudit.model.deployment import FACT_KINDS, Deployment
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import Fact
from agentaudit.model.finding import Finding, LintResult
from agentaudit.rules.compiled import CompiledRule

_RELATED = 20
"""More related places than a reader, or a code host, would take in."""
_ALSO = 3
_WHOLE = "deployment"


def whole_fingerprint(rule: str) -> str:
    """That of the one finding of a rule that is asked once."""
    return fingerprint(rule, _WHOLE)


class Groups:
    """
    Which findings of a deployment are told as one, by the fingerprint of that.

    It is of the very findings that are in it: who lets them stand knows nothing of a right that the
    identity gets later.
    """

    def __init__(
        self, rules: Iterable[CompiledRule], deployment: Deployment, findings: Iterable[Finding]
    ) -> None:
        self._rules = {
            each.rule.id: each.rule for each in rules if each.rule.once or each.rule.together
        }
        self._deployment = deployment
        self._shared: dict[tuple[str, str], Mapping[str, str]] = {}
        members: dict[tuple[str, str], list[str]] = {}
        for finding in findings:
            if shared := self._shared_by(finding):
                members.setdefault((finding.rule, shared), []).append(finding.fingerprint)
        self._names = {
            (rule, shared): fingerprint(rule, " ".join((shared, *sorted(set(each)))))
            for (rule, shared), each in members.items()
        }

    def of(self, finding: Finding) -> str:
        """The fingerprint of the finding that it is told in; empty where it is told by itself."""
        rule = self._rules.get(finding.rule)
        if rule is not None and rule.once:
            return whole_fingerprint(rule.id)
        return self._names.get((finding.rule, self._shared_by(finding)), "")

    def _shared_by(self, finding: Finding) -> str:
        """What it shares with others of its rule, as its rule says; empty where it says nothing."""
        rule = self._rules.get(finding.rule)
        if rule is None or not rule.together:
            return ""
        return self._held(rule.applies_to, rule.together).get(finding.subject, "")

    def _held(self, kind: str, field: str) -> Mapping[str, str]:
        """What the facts of a kind hold in a field, as findings name them."""
        if (kind, field) not in self._shared:
            facts: tuple[Fact, ...] = getattr(self._deployment, FACT_KINDS[kind].field)
            self._shared[kind, field] = {
                shown_subject(each): getattr(each, field) for each in facts
            }
        return self._shared[kind, field]


def gathered(
    result: LintResult, rules: Iterable[CompiledRule], deployment: Deployment
) -> LintResult:
    """The result with one open finding of each group; the suppressed stay."""
    known = Groups(rules, deployment, result.findings)
    groups: dict[str, list[Finding]] = {}
    others: list[Finding] = []
    for finding in result.findings:
        name = known.of(finding) if finding.suppression is None else ""
        if name:
            groups.setdefault(name, []).append(finding)
        else:
            others.append(finding)
    if not groups:
        return result
    for name, members in groups.items():
        insort(others, _one(name, members), key=in_order)
    return replace(result, findings=tuple(others))


def _one(name: str, group: Sequence[Finding]) -> Finding:
    """The gravest, what is deployed before what is not, with where the others are."""
    first, *more = sorted(group, key=lambda item: (-item.severity.rank, -item.confidence.rank))
    of_all = name == whole_fingerprint(first.rule)
    if not more and not of_all:
        return first
    also = [] if of_all else _also(first, more)
    same = f" The same holds at {counted(len(more), 'more place')}." if more else ""
    return replace(
        first,
        message=f"{first.message}{_listed(also) if also else same}",
        related=related_to(first.evidence, [*first.related, *(item.evidence for item in more)]),
        fingerprint=name,
        value="",
    )


def _also(first: Finding, more: Iterable[Finding]) -> Sequence[str]:
    """What others say that begin as the first does, and go on differently: other rights of it."""
    others = dict.fromkeys(item.message for item in more if item.message != first.message)
    shared = commonprefix((first.message, *others))  # noqa: RUF071, characters are meant
    begin = shared.rfind(" ") + 1
    return [message[begin:].removesuffix(".") for message in others] if begin else []


def _listed(also: Sequence[str]) -> str:
    further = f"; and {len(also) - _ALSO} more" if len(also) > _ALSO else ""
    return f" Elsewhere also: {'; '.join(also[:_ALSO])}{further}."


def related_to(primary: Evidence, places: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The first of the other places, in their order; each once, with what stands there if known."""
    told = sorted(set(places), key=PLACE_ORDER)
    others = {SPAN(place): place for place in told if SPAN(place) != SPAN(primary)}
    return tuple(others.values())[:_RELATED]


SPAN = attrgetter("file", "line", "column", "end_line", "end_column")
"""What makes two places the same, whatever is said of them."""
PLACE_ORDER = attrgetter(*Evidence.__struct_fields__)
"""The order of places, made once for each and not at every comparison."""


def in_order(finding: Finding) -> tuple[int, tuple[object, ...], str, str]:
    """The gravest first, then by place."""
    place = PLACE_ORDER(finding.evidence)
    return -finding.severity.rank, place, finding.rule, finding.subject
