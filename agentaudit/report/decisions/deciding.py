"""The report: three decisions, the conditions they are judged by, and the verdict that follows."""

from msgspec.structs import replace

from agentaudit import __version__
from agentaudit.errors import exit_code
from agentaudit.lists import counted, first_of
from agentaudit.model.decision import Decision, DecisionStatus, Report, Verdict
from agentaudit.model.finding import Finding, LintResult, Severity
from agentaudit.model.gate import Gate, GateStatus
from agentaudit.model.profile import Profile
from agentaudit.model.results import Simulation
from agentaudit.model.threat import AttackPath, MitigationOutcome, ThreatModel, sentence_case
from agentaudit.report.decisions.credential_decision import credential_decision
from agentaudit.report.decisions.memory_decision import memory_decision
from agentaudit.report.decisions.profile_decision import profile_decision
from agentaudit.report.text import one_line

_CHANGES_SHOWN = 5
_UNREAD_SHOWN = 3
_GATE_OF = {
    DecisionStatus.DECIDED: GateStatus.PASS,
    DecisionStatus.NOT_DECIDED: GateStatus.FAIL,
    DecisionStatus.CONTRADICTED: GateStatus.FAIL,
    DecisionStatus.NOT_MEASURED: GateStatus.NOT_COMPUTED,
}
_TITLES = {
    "credential-resolution": "Credential resolution is decided",
    "memory-boundary": "The memory boundary is decided",
    "cpu-gpu-profile": "CPU and GPU were profiled under load",
}


def report_of(  # noqa: PLR0913, an artifact is a parameter, all by keyword
    *,
    subject: str,
    created_at: str,
    profile: Profile | None = None,
    simulation: Simulation | None = None,
    lint: LintResult | None = None,
    threats: ThreatModel | None = None,
    hosted_model: bool = False,
    fail_on: Severity = Severity.HIGH,
) -> Report:
    """
    The report of whatever artifacts there are; what is missing is never a pass.

    A finding or a path of severity `fail_on` or above fails. `hosted_model` declares that a
    provider serves the model, so that no GPU of the deployment could be measured.
    """
    decisions = (
        _as_far_as_read(credential_decision(lint), lint),
        _as_far_as_read(memory_decision(lint, profile), lint),
        profile_decision(profile, hosted_model=hosted_model),
    )
    gates = (
        *(_decision_gate(decision) for decision in decisions),
        _findings_gate(lint, fail_on),
        _paths_gate(threats, fail_on),
        _coverage_gate(lint, threats),
    )
    failed = any(gate.status is GateStatus.FAIL for gate in gates)
    incomplete = any(gate.status is GateStatus.NOT_COMPUTED for gate in gates)
    return Report(
        verdict=_verdict(failed=failed, incomplete=incomplete),
        reason=_reason(gates, decisions),
        would_change=_changes(decisions, lint, threats, fail_on),
        decisions=decisions,
        gates=gates,
        exit_code=int(exit_code(failed=failed, incomplete=incomplete)),
        created_at=created_at,
        subject=subject,
        tool_version=__version__,
        profile=profile,
        simulation=simulation,
        lint=lint,
        threats=threats,
    )


def _as_far_as_read(decision: Decision, lint: LintResult | None) -> Decision:
    """What files decide is open while one of them could not be read: it may say otherwise."""
    if lint is None or not lint.incomplete or decision.status is not DecisionStatus.DECIDED:
        return decision
    return replace(
        decision,
        status=DecisionStatus.NOT_MEASURED,
        answer=f"{decision.answer} But not every file could be read.",
        next_step="Mend the files that could not be read, which are named under coverage.",
    )


def grave_findings(lint: LintResult, fail_on: Severity) -> tuple[Finding, ...]:
    """The open findings that fail a run."""
    return tuple(item for item in lint.open_findings if item.severity.rank >= fail_on.rank)


def grave_paths(threats: ThreatModel, fail_on: Severity) -> tuple[AttackPath, ...]:
    """The attack paths that fail a run."""
    return tuple(path for path in threats.paths if path.severity.rank >= fail_on.rank)


def _decision_gate(decision: Decision) -> Gate:
    return Gate(
        id=decision.id,
        condition=_TITLES[decision.id],
        actual=str(decision.status),
        status=_GATE_OF[decision.status],
        anchor=decision.id,
    )


def _findings_gate(lint: LintResult | None, fail_on: Severity) -> Gate:
    condition = f"No open finding of severity {fail_on} or above"
    if lint is None:
        return _not_computed("findings", condition, "no findings.json")
    found = grave_findings(lint, fail_on)
    if not found and _nothing_read(lint):
        return _not_computed("findings", condition, "no file was read")
    if not found and lint.hidden:
        left = f"{counted(lint.hidden, 'finding')} left out by --severity or --confidence"
        return _not_computed("findings", condition, left)
    status = GateStatus.FAIL if found else GateStatus.PASS
    actual = f"{len(found):,} of {counted(len(lint.open_findings), 'open finding')}"
    return Gate(id="findings", condition=condition, actual=actual, status=status, anchor="findings")


def _paths_gate(threats: ThreatModel | None, fail_on: Severity) -> Gate:
    condition = f"No attack path of severity {fail_on} or above"
    if threats is None:
        return _not_computed("paths", condition, "no threats.json")
    found = grave_paths(threats, fail_on)
    if not found and not threats.agents:
        return _not_computed("paths", condition, "no agent was found in the files")
    open_ends = [path for path in threats.cannot_exclude if path.severity.rank >= fail_on.rank]
    if not found and open_ends:
        actual = f"{counted(len(open_ends), 'path')} cannot be excluded: a step is unknown"
        return _not_computed("paths", condition, actual)
    status = GateStatus.FAIL if found else GateStatus.PASS
    actual = f"{len(found):,} of {counted(len(threats.paths), 'path')}"
    return Gate(id="paths", condition=condition, actual=actual, status=status, anchor="paths")


def _coverage_gate(lint: LintResult | None, threats: ThreatModel | None) -> Gate:
    condition = "Every file of the deployment was read"
    read = [item for item in (lint, threats) if item is not None]
    if not read:
        return _not_computed("coverage", condition, "no file was read")
    files = {item.file: item for result in read for item in result.coverage}
    unread = [item for item in files.values() if item.status in ("failed", "partial")]
    if unread or any(result.incomplete for result in read) or not files:
        names = first_of(unread, _UNREAD_SHOWN, lambda item: one_line(item.file))
        actual = f"{len(unread):,} of {counted(len(files), 'file')} not read whole"
        actual += f": {names}" if names else ""
        return _not_computed("coverage", condition, actual)
    actual = f"{counted(len(files), 'file')} read or skipped by kind"
    return Gate(
        id="coverage",
        condition=condition,
        actual=actual,
        status=GateStatus.PASS,
        anchor="coverage",
    )


def _not_computed(identifier: str, condition: str, actual: str) -> Gate:
    return Gate(
        id=identifier,
        condition=condition,
        actual=actual,
        status=GateStatus.NOT_COMPUTED,
        anchor=identifier,
    )


def _nothing_read(lint: LintResult) -> bool:
    return not any(item.status in ("read", "partial") for item in lint.coverage)


def _verdict(*, failed: bool, incomplete: bool) -> Verdict:
    if failed:
        return Verdict.NOT_READY
    return Verdict.CANNOT_SAY if incomplete else Verdict.READY


def _reason(gates: tuple[Gate, ...], decisions: tuple[Decision, ...]) -> str:
    """How many conditions fail or stay open, and what the first of them rests on."""
    failing = [gate for gate in gates if gate.status is GateStatus.FAIL]
    unknown = [gate for gate in gates if gate.status is GateStatus.NOT_COMPUTED]
    if not failing and not unknown:
        return f"All {len(gates)} conditions hold, and nothing was left unread."
    parts = [f"{len(failing)} {'fails' if len(failing) == 1 else 'fail'}"] if failing else []
    parts += [f"{len(unknown)} cannot be computed"] if unknown else []
    answers = {decision.id: decision.answer for decision in decisions}
    first = (failing or unknown)[0]
    above = answers.get(first.id, f"{first.condition}: {first.actual}").rstrip(".")
    return f"Of {len(gates)} conditions {' and '.join(parts)}: {_inside(above)}."


def _inside(sentence: str) -> str:
    """The sentence after a colon: only a plain word loses its capital."""
    word = sentence.split(" ", 1)[0]
    return sentence[:1].lower() + sentence[1:] if word.istitle() else sentence


def _changes(
    decisions: tuple[Decision, ...],
    lint: LintResult | None,
    threats: ThreatModel | None,
    fail_on: Severity,
) -> tuple[str, ...]:
    """The what-ifs that close most first, then the open decisions, then the gravest finding."""
    said = [_told(outcome) for outcome in _effective(threats)]
    said += [
        decision.next_step
        for decision in decisions
        if decision.status is not DecisionStatus.DECIDED
    ]
    if lint is not None:
        fixes = {rule.id: rule.fix for rule in lint.rules}
        said += [
            f"{item.title}: {fixes.get(item.rule, item.message)}"
            for item in grave_findings(lint, fail_on)[:1]
        ]
    return tuple(dict.fromkeys(" ".join(text.split()) for text in said))[:_CHANGES_SHOWN]


def _effective(threats: ThreatModel | None) -> list[MitigationOutcome]:
    """The three changes that close most paths, and of those the one that opens fewest."""
    if threats is None:
        return []
    closing = [outcome for outcome in threats.mitigations if outcome.closes]
    closing.sort(key=lambda item: (-len(item.closes), len(item.opens), item.name))
    return closing[:3]


def _told(outcome: MitigationOutcome) -> str:
    """By its title where a sketch explains it, else by what it describes."""
    text = (outcome.title if outcome.patch else "") or outcome.description.rstrip(".")
    opened = f" and opens {len(outcome.opens)}" if outcome.opens else ""
    closed = counted(len(outcome.closes), "attack path")
    return f"{sentence_case(text)}: closes {closed}{opened}."
