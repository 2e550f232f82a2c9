"""The stages of an audit after the recording: each makes one artifact and writes it at once."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from agentaudit.cli.outcome import write_text
from agentaudit.cli.terminal import Terminal
from agentaudit.errors import AgentAuditError

if TYPE_CHECKING:
    from agentaudit.model.decision import Report
    from agentaudit.model.deployment import Deployment
    from agentaudit.model.finding import LintResult
    from agentaudit.model.profile import Profile
    from agentaudit.model.results import Simulation
    from agentaudit.model.threat import ThreatModel
    from agentaudit.model.trace import Trace
    from agentaudit.store.artifacts import Artifact


class Place(Struct, frozen=True):
    """Where one audit speaks and writes, and what it is about."""

    said: Terminal
    folder: Path
    subject: Path

    def stage(self, text: str) -> None:
        """One line of progress on standard error."""
        self.said.note(f"· {text}")

    def keep(self, artifact: "Artifact", name: str) -> None:
        """The artifact in the folder, as soon as it is there."""
        from agentaudit.store.artifacts import write_artifact

        write_artifact(artifact, self.folder / name)


def report_on(
    place: Place, trace: "Trace | None", recording: str, *, hosted_model: bool
) -> "Report":
    """Every artifact that the evidence allows, and the report and page made of them."""
    from agentaudit.cli.report import now
    from agentaudit.report.decisions.deciding import report_of

    profile = _profile(place, trace, recording) if trace is not None else None
    simulation = _simulation(place, trace, recording) if trace is not None else None
    deployment = _deployment(place)
    lint = _lint(place, deployment) if deployment is not None else None
    threats = _threats(place, deployment) if deployment is not None else None
    report = report_of(
        subject=place.subject.resolve().name,
        created_at=now(),
        profile=profile,
        simulation=simulation,
        lint=lint,
        threats=threats,
        hosted_model=hosted_model,
    )
    place.keep(report, "report.json")
    _write_page(place, report)
    return report


def _profile(place: Place, trace: "Trace", recording: str) -> "Profile":
    from agentaudit.profiling.breakdown import profile_of

    profile = profile_of(trace, recording)
    place.keep(profile, "profile.json")
    return profile


def _simulation(place: Place, trace: "Trace", recording: str) -> "Simulation | None":
    """The replay; a recording that cannot be replayed is said, and ends nothing else."""
    from agentaudit.cli.workloads import replayed
    from agentaudit.lists import counted

    if trace.requests:
        there = counted(len(trace.requests), "recorded request")
        place.stage(f"Replaying {there} under each policy …")
    simulation = _or_said(place, lambda: replayed(trace, source=recording))
    if simulation is not None:
        place.keep(simulation, "simulation.json")
    return simulation


def _deployment(place: Place) -> "Deployment | None":
    """The deployment, if the subject holds any file of one."""
    from agentaudit.extract.deployment import read_deployment
    from agentaudit.model.deployment import FileStatus

    place.stage(f"Reading the deployment in {place.subject} …")
    deployment = read_deployment([place.subject])
    if all(file.status is FileStatus.SKIPPED for file in deployment.coverage):
        place.stage(f"Nothing to audit in {place.subject}: no file of a known format.")
        return None
    return deployment


def _lint(place: Place, deployment: "Deployment") -> "LintResult":
    from agentaudit.linting.linter import lint
    from agentaudit.report.places import from_here
    from agentaudit.rules.limits import limits_with
    from agentaudit.rules.ours import lint_rules

    rules = lint_rules()
    place.stage(f"Asking {len(rules)} rules …")
    result = from_here(lint(deployment, rules, limits=limits_with(())), deployment.root)
    place.keep(result, "findings.json")
    return result


def _threats(place: Place, deployment: "Deployment") -> "ThreatModel":
    from agentaudit.report.places import from_here
    from agentaudit.rules.ours import threat_rules
    from agentaudit.threats.model import threat_model

    place.stage("Following untrusted input to damage …")
    result = from_here(threat_model(deployment, threat_rules()), deployment.root)
    place.keep(result, "threats.json")
    return result


def _write_page(place: Place, report: "Report") -> None:
    from agentaudit.report.page.document import render_page

    place.stage("Drawing the page …")
    write_text(place.folder / "report.html", render_page(report))


def _or_said(place: Place, made: "Callable[[], Simulation]") -> "Simulation | None":
    try:
        return made()
    except AgentAuditError as error:
        place.stage(f"Not simulated: {error}")
        return None
