"""The second decision: what bounds memory."""

from enum import StrEnum

from agentaudit.lists import counted
from agentaudit.model.decision import Decision, DecisionEvidence, DecisionStatus
from agentaudit.model.facts.memory import PROMPTED
from agentaudit.model.finding import Family, Finding, LintResult, MemorySummary, Severity
from agentaudit.model.profile import Profile
from agentaudit.report.quantities import size

ID = "memory-boundary"
QUESTION = "What is your memory boundary?"
_EVICTING = ("allkeys-", "volatile-", "sweep")
"""Evictions that make room at the bound, where `noeviction` refuses to write."""
_ABSENT = ("", "none")
_UNKNOWN = "unknown"
_SHOWN = 6
_NO_STORE = (
    "Declare the store and its bounds where the agent is deployed, or declare that it has none."
)


class Boundary(StrEnum):
    """What is said of one store's bounds."""

    BOUNDED = "bounded"
    UNBOUNDED = "no bound"
    UNKNOWN = "unknown"


def memory_decision(lint: LintResult | None, profile: Profile | None) -> Decision:
    """Decided when every store has an explicit bound and no finding speaks against it."""
    if lint is None:
        return _made(
            DecisionStatus.NOT_MEASURED,
            "No deployment files were linted, so no bound is known.",
            _measured(profile),
            "Run `agentaudit lint PATH --json findings.json`, and report again.",
        )
    found = [boundary(store) for store in lint.memory_stores]
    against = tuple(item for item in lint.open_findings if _speaks_against(item))
    status, answer, step = _judged(lint, found, len(against))
    return _made(status, answer, _evidence(lint, against, profile), step)


def boundary(store: MemorySummary) -> Boundary:
    """
    Whether something stops a store from growing.

    What goes into the prompt whole needs a size or a compaction; for what is kept beside it an age
    or an eviction does as well. A bound that could not be resolved is no bound.
    """
    stops = [store.bound, store.compaction]
    if store.kind not in PROMPTED:
        stops.append(store.ttl)
        stops += [store.eviction] if store.eviction.startswith(_EVICTING) else []
    if any(_explicit(stop) for stop in stops):
        return Boundary.BOUNDED
    return Boundary.UNKNOWN if _UNKNOWN in stops else Boundary.UNBOUNDED


def stated(store: MemorySummary) -> str:
    """The bounds of a store in one phrase."""
    parts = (
        ("size", store.bound),
        ("age", store.ttl),
        ("compaction", store.compaction),
        ("eviction", store.eviction),
    )
    known = [f"{name} {text}" for name, text in parts if _explicit(text)]
    unclear = [f"{name} unknown" for name, text in parts if text == _UNKNOWN]
    return ", ".join((*known, *unclear)) or "no size, no age, no compaction, no eviction"


def _explicit(text: str) -> bool:
    return text not in _ABSENT and text != _UNKNOWN


def _speaks_against(finding: Finding) -> bool:
    return finding.family is Family.MEMORY and finding.severity.rank >= Severity.MEDIUM.rank


def _judged(
    lint: LintResult, found: list[Boundary], against: int
) -> tuple[DecisionStatus, str, str]:
    total = counted(len(found), "memory store")
    unbounded = found.count(Boundary.UNBOUNDED)
    bounded = found.count(Boundary.BOUNDED)
    step = (
        "Set a size and an age where each memory store is declared, and what happens at the bound."
    )
    if not found:
        return _none(lint, against)
    if unbounded and not bounded:
        return DecisionStatus.NOT_DECIDED, f"Nothing bounds any of {total}.", step
    if unbounded or against:
        answer = f"{bounded} of {total} {'has' if bounded == 1 else 'have'} an explicit bound"
        return DecisionStatus.CONTRADICTED, f"{answer}{_spoken(against)}.", step
    if Boundary.UNKNOWN in found:
        open_ = found.count(Boundary.UNKNOWN)
        answer = f"The bounds of {open_} of {total} could not be resolved."
        return DecisionStatus.NOT_MEASURED, answer, step
    if lint.no_memory is not None:
        return _declared_none()
    if all(store.kind in PROMPTED for store in lint.memory_stores):
        windows = f"{counted(len(found), 'window')} {'bounds' if len(found) == 1 else 'bound'}"
        answer = (
            f"{windows} what the model is shown; no store says what is written, found again and"
            " forgotten."
        )
        return DecisionStatus.NOT_DECIDED, answer, _NO_STORE
    answer = (
        f"Each of {total} has an explicit bound."
        if len(found) > 1
        else ("The one memory store has an explicit bound.")
    )
    step = "Name an owner, and watch resident memory under load against the limit."
    return DecisionStatus.DECIDED, answer, step


def _declared_none() -> tuple[DecisionStatus, str, str]:
    answer = (
        "Nothing of a conversation outlives its request, by the word of the deployment's owner."
    )
    step = "Look again before the declaration expires, and when an agent is given a memory."
    return DecisionStatus.DECIDED, answer, step


def _spoken(against: int) -> str:
    if not against:
        return ""
    speak = "speaks" if against == 1 else "speak"
    return f"; {counted(against, 'finding')} of the memory family {speak} against it"


def _none(lint: LintResult, against: int) -> tuple[DecisionStatus, str, str]:
    """What is declared of no store at all, or found; logs and sessions keep things, too."""
    if lint.no_memory is not None and against:
        answer = f"By declaration nothing outlives its request{_spoken(against)}."
        step = "Mend what is found, or take the declaration back and declare the store."
        return DecisionStatus.CONTRADICTED, answer, step
    if lint.no_memory is not None:
        return _declared_none()
    if lint.incomplete or not lint.coverage:
        answer = "No memory store was found, and not every file could be read."
        return DecisionStatus.NOT_MEASURED, answer, _NO_STORE
    read = counted(len(lint.coverage), "file")
    return DecisionStatus.NOT_DECIDED, f"No memory store is declared in {read}.", _NO_STORE


def _evidence(
    lint: LintResult, against: tuple[Finding, ...], profile: Profile | None
) -> tuple[DecisionEvidence, ...]:
    told = {item.evidence for item in against}
    ordered = sorted(lint.memory_stores, key=lambda store: boundary(store) is Boundary.BOUNDED)
    stores = [
        DecisionEvidence(
            text=f"{store.name}: {stated(store)}",
            place=str(store.evidence),
            good=boundary(store) is Boundary.BOUNDED,
        )
        for store in ordered
        if store.evidence not in told
    ]
    contrary = [
        DecisionEvidence(text=item.message, place=str(item.evidence), good=False)
        for item in against
    ]
    declared = (
        DecisionEvidence(text="declared: no memory stores", place=str(lint.no_memory), good=True),
    )
    every = [*contrary, *(declared if lint.no_memory is not None else ()), *stores]
    if len(every) > _SHOWN:
        rest = DecisionEvidence(
            text=f"{len(every) - _SHOWN} more, all in the tables",
            place="findings.json",
            good=not contrary,
        )
        every = [*every[:_SHOWN], rest]
    return (*every, *_measured(profile))


def _measured(profile: Profile | None) -> tuple[DecisionEvidence, ...]:
    if profile is None or not profile.breakdown.peak_rss_bytes:
        text = "resident memory was not measured"
        place = profile.recording if profile else "profile.json"
        return (DecisionEvidence(text=text, place=place, good=False),)
    peak = size(profile.breakdown.peak_rss_bytes)
    text = f"peak resident memory of the process tree was {peak}"
    return (DecisionEvidence(text=text, place=profile.recording, good=True),)


def _made(
    status: DecisionStatus, answer: str, evidence: tuple[DecisionEvidence, ...], step: str
) -> Decision:
    return Decision(
        id=ID, question=QUESTION, status=status, answer=answer, evidence=evidence, next_step=step
    )
