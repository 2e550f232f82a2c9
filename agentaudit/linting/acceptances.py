"""Acceptances of findings: which accept something, which nothing and why, and which soon end."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from agentaudit.linting.fingerprints import fingerprint
from agentaudit.linting.gathering import Groups
from agentaudit.linting.redaction import shown_subject
from agentaudit.lists import counted
from agentaudit.model.deployment import Deployment
from agentaudit.model.finding import Acceptance, Family, Finding, LintResult, Severity

_SOON_DAYS = 14


class Acceptances:
    """All acceptances of a run, and which of them were needed so far."""

    def __init__(self, accepted: Sequence[Acceptance], groups: Groups, today: str) -> None:
        self._all, self._groups, self._today = accepted, groups, today
        self._in_force: dict[tuple[str, str], list[Acceptance]] = {}
        self._used: set[Acceptance] = set()
        self._graver: dict[Acceptance, Severity] = {}
        """Of findings that became graver than they were accepted, what they are now."""
        for each in accepted:
            if not self._is_over(each):
                self._in_force.setdefault((each.rule, each.fingerprint), []).append(each)

    def of(self, finding: Finding) -> Acceptance | None:
        """The last that accepts a finding; one may be of one secret alone."""
        known = self._in_force.get((finding.rule, finding.fingerprint), [])
        of_it = (each for each in reversed(known) if each.value in ("", finding.value))
        group = self._groups.of(finding) if self._in_force else ""
        of_group = reversed(self._in_force.get((finding.rule, group), []))
        for each in (*of_it, *of_group):
            if each.severity is None or finding.severity.rank <= each.severity.rank:
                self._used.add(each)
                return each
            self._graver[each] = finding.severity
        return None

    def stale(
        self, findings: Sequence[Finding], families: Mapping[str, Family], unasked: Collection[str]
    ) -> Iterator[tuple[Acceptance, str]]:
        """Each that accepts nothing, with the reason why it does not."""
        values = {(item.rule, item.fingerprint): item.value for item in findings}
        for each in self._all:
            if each in self._used or each.rule in unasked:
                continue
            if self._is_over(each):
                yield each, f"is over: it held until {each.expires}"
            elif each.rule not in families:
                yield each, f"accepts nothing, and no rule is called {each.rule}"
            else:
                yield each, f"accepts nothing: {self._why(each, values)}"

    def _why(self, acceptance: Acceptance, values: Mapping[tuple[str, str], str]) -> str:
        about = (acceptance.rule, acceptance.fingerprint)
        if acceptance in self._graver:
            now, then = self._graver[acceptance], acceptance.severity
            return f"the finding is of severity {now} now, and was accepted as {then}"
        if about not in values:
            return "no finding has its fingerprint"
        if not self._used.isdisjoint(self._in_force[about]):
            return "another one accepts the same finding"
        if acceptance.value in ("", values[about]):
            return "a comment lets the finding stand"
        if values[about]:
            return "it is of another secret than the one that is there"
        return "without the key of its `value` nobody knows whether it is of this secret"

    def _is_over(self, acceptance: Acceptance) -> bool:
        return bool(acceptance.expires) and bool(self._today) and self._today > acceptance.expires


def ending_soon(accepted: Sequence[Acceptance], today: str) -> Iterator[str]:
    """A sentence for each acceptance that is over within two weeks."""
    for each in accepted:
        if not each.expires:
            continue
        left = (date.fromisoformat(each.expires) - date.fromisoformat(today)).days
        if 0 <= left <= _SOON_DAYS:
            owner = f" by {each.owner}" if each.owner else ""
            rest = f"in {counted(left, 'day')}" if left else "today"
            yield f"{each.file}:{each.line}: the acceptance of {each.rule}{owner} ends {rest}"


def of_any_secret(
    result: LintResult, deployment: Deployment, accepted: Sequence[Acceptance]
) -> tuple[Finding, ...]:
    """Accepted findings about a secret, whose acceptance would hold for another one there."""
    secrets = {shown_subject(fact): fact.id for fact in deployment.credentials if fact.digest}
    bound = {(each.rule, each.fingerprint) for each in accepted if each.value}
    return tuple(
        item
        for item in result.findings
        if item.suppression is not None
        and item.suppression.kind == "file"
        and (item.rule, item.fingerprint) not in bound
        and item.subject in secrets
        and item.fingerprint == fingerprint(item.rule, secrets[item.subject])
    )
