"""The first decision: in which place credentials are resolved."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from agentaudit.lists import counted, first_of
from agentaudit.model.decision import Decision, DecisionEvidence, DecisionStatus
from agentaudit.model.finding import CredentialSummary, LintResult
from agentaudit.report.decisions.credential_resolution import (
    HELD,
    Resolution,
    deployed,
    left_open,
    long_lived_in_reach,
    reached,
    resolution,
    resolved_outside,
    undecided,
)

ID = "credential-resolution"
QUESTION = "Where does credential resolution happen?"
_SHOWN = 6
_NAMED = 3
"""Gateways, and identities, that a sentence names."""


_Secret = Sequence[CredentialSummary]
"""All places of one secret."""


def credential_decision(lint: LintResult | None) -> Decision:
    """Decided when a gateway or the platform resolves every credential that outlives its use."""
    if lint is None:
        return _made(
            DecisionStatus.NOT_MEASURED,
            "No deployment files were linted, so nothing is known of credentials.",
            (),
            "Run `agentaudit lint PATH --json findings.json`, and report again.",
        )
    found = _Found.of(lint)
    status, answer, step = _judged(lint, found)
    return _made(status, answer, _evidence(lint, found), step)


class _Found(Struct, frozen=True):
    """The secrets of a deployment, each once however many places it has, by what speaks of them."""

    held: tuple[_Secret, ...] = ()
    unclear: tuple[_Secret, ...] = ()
    outside: tuple[_Secret, ...] = ()
    others: tuple[_Secret, ...] = ()
    """Those of other processes, which neither help nor harm."""

    @classmethod
    def of(cls, lint: LintResult) -> "_Found":
        secrets: dict[object, list[CredentialSummary]] = defaultdict(list)
        for place, item in enumerate(lint.credentials):
            if deployed(item):
                secrets[(place,) if item.secret is None else item.secret].append(item)
        sorts: tuple[list[_Secret], ...] = ([], [], [], [])
        for places in secrets.values():
            # The worst place of a secret says what it is; that place is shown first.
            places.sort(key=_sort)
            sorts[_sort(places[0])].append(places)
        return cls(*map(tuple, sorts))

    @property
    def total(self) -> int:
        return len(self.held) + len(self.unclear) + len(self.outside) + len(self.others)


def _sort(item: CredentialSummary) -> int:
    """The place in `_Found` of what a credential is where it stands."""
    if long_lived_in_reach(item):
        return 0
    if undecided(item):
        return 1
    return 2 if resolved_outside(item) else 3


def _judged(lint: LintResult, found: _Found) -> tuple[DecisionStatus, str, str]:
    resolvers = _resolvers(lint, found)
    if found.held:
        return _held(found, resolvers)
    if found.unclear:
        return (
            DecisionStatus.NOT_MEASURED,
            (
                f"Of {counted(found.total, 'credential')}, {len(found.unclear)} cannot be judged:"
                " the files leave open who resolves them, how long they live, or whether they are"
                " secrets."
            ),
            "State the lifetime, or resolve them through a gateway or a platform identity.",
        )
    if lint.incomplete and not (found.outside or lint.identities):
        return (
            DecisionStatus.NOT_MEASURED,
            "No long-lived credential was found, but not every file could be read.",
            "Mend the files that could not be read, which are named under coverage.",
        )
    if not resolvers and lint.open_gateways:
        return (
            DecisionStatus.NOT_MEASURED,
            (
                "No file says whether credentials are resolved by gateway"
                f" {first_of(lint.open_gateways, _NAMED)}."
            ),
            "Declare which credentials the gateway attaches to calls, or the workload identity.",
        )
    if not resolvers:
        return (
            DecisionStatus.NOT_DECIDED,
            "No file says where credentials are resolved."
            if not found.total
            else "No long-lived credential is in the agent's reach, but no gateway or platform"
            " identity is declared either.",
            "Declare the gateway, or the workload identity, that resolves credentials.",
        )
    return (
        DecisionStatus.DECIDED,
        f"Outside the agent: {resolvers}.",
        "Name an owner, and keep it so: fail CI on new findings of the credentials family.",
    )


def _held(found: _Found, resolvers: str) -> tuple[DecisionStatus, str, str]:
    step = (
        "Move long-lived credentials behind a gateway or a workload identity that issues"
        " short-lived tokens; then revoke the old ones."
    )
    reach = sum(any(map(reached, places)) for places in found.held)
    keys = _where(reach, len(found.held) - reach)
    if resolvers:
        them = "it" if reach else "the agent"
        return (
            DecisionStatus.CONTRADICTED,
            f"{keys}, although others are resolved outside {them} ({resolvers}).",
            step,
        )
    return (
        DecisionStatus.NOT_DECIDED,
        f"{keys}, and no gateway or platform identity is declared.",
        step,
    )


def _where(reach: int, files: int) -> str:
    """How many the agent can have, and how many others can, who read the files."""
    if not reach:
        return f"{_keys(files)} readable in files"
    more = f", and {files} more readable in files" if files else ""
    return f"{_keys(reach)} in the agent's reach{more}"


def _keys(number: int) -> str:
    stands = "stands" if number == 1 else "stand"
    return f"{counted(number, 'long-lived credential')} {stands}"


def _resolvers(lint: LintResult, found: _Found) -> str:
    """
    The gateways and identities by name, and what else resolves credentials for the agent.

    Empty where nothing does.
    """
    kinds = {resolution(item) for places in found.outside for item in places}
    names = [f"gateway {first_of(lint.gateways, _NAMED)}"] if lint.gateways else []
    if Resolution.GATEWAY in kinds and not names:
        names.append(Resolution.GATEWAY)
    if Resolution.PLATFORM in kinds or lint.identities:
        named = first_of(sorted({item.name for item in lint.identities}), _NAMED)
        names.append(f"{Resolution.PLATFORM} {named}".rstrip())
    return ", ".join(names)


def _evidence(lint: LintResult, found: _Found) -> tuple[DecisionEvidence, ...]:
    bad = [_fact(places, HELD[resolution(places[0])], good=False) for places in found.held]
    unknown = [_fact(places, left_open(places[0]), good=False) for places in found.unclear]
    good = [
        _fact(places, f"resolved by {resolution(places[0])}", good=True) for places in found.outside
    ]
    good += [
        DecisionEvidence(
            text=f"{item.name}: an identity of {item.provider} that the platform gives the agent",
            place=str(item.evidence),
            good=True,
        )
        for item in lint.identities
    ]
    every = [*bad, *unknown, *good]
    if len(every) > _SHOWN:
        rest = len(every) - _SHOWN
        more = DecisionEvidence(
            text=f"{counted(rest, 'more credential')}, all in the table",
            place="findings.json",
            good=not (bad or unknown),
        )
        every = [*every[:_SHOWN], more]
    if not every:
        read = counted(len(lint.coverage), "file")
        every = [DecisionEvidence(text=f"no credential in {read}", place=lint.root, good=False)]
    return tuple(every)


def _fact(places: _Secret, text: str, *, good: bool) -> DecisionEvidence:
    first = places[0]
    others = sum(_sort(item) == _sort(first) for item in places) - 1
    more = f", here and in {counted(others, 'more place')}" if others else ""
    return DecisionEvidence(
        text=f"{first.name}: {text}{more}", place=str(first.evidence), good=good
    )


def _made(
    status: DecisionStatus, answer: str, evidence: tuple[DecisionEvidence, ...], step: str
) -> Decision:
    return Decision(
        id=ID, question=QUESTION, status=status, answer=answer, evidence=evidence, next_step=step
    )
