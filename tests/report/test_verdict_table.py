"""The verdict on a terminal of 80 columns, without colour."""

import io

from inline_snapshot import snapshot
from rich.console import Console

from agentaudit.model.decision import Report
from agentaudit.report.decisions.deciding import report_of
from agentaudit.report.tables.verdict import verdict_table
from tests.report import samples


def shown(report: Report) -> str:
    out = io.StringIO()
    Console(file=out, width=80, no_color=True, legacy_windows=False).print(verdict_table(report))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def made(**artifacts: object) -> Report:
    return report_of(subject="support-agent", created_at="2026-11-22T12:00:00Z", **artifacts)  # type: ignore[arg-type]  # tests name them


def test_a_risky_deployment() -> None:
    report = made(profile=samples.profile(), lint=samples.risky_lint(), threats=samples.threats())

    assert shown(report) == snapshot("""\
╭─ support-agent ──────────────────────────────────────────────────────────────╮
│ ✗ NOT READY                                                                  │
│ Of 6 conditions 4 fail: 2 long-lived credentials stand in the agent's reach, │
│ although others are resolved outside it (platform identity).                 │
╰──────────────────────────────────────────────────────────────────────────────╯
Where does credential resolution happen?
✗ contradicted by evidence
  2 long-lived credentials stand in the agent's reach, although others are
  resolved outside it (platform identity).
  ✗ AWS_SECRET_ACCESS_KEY: lives until revoked, and stands readable in a file
    compose.yaml:22:9
  ✗ OPENAI_API_KEY: lives until revoked, and the agent process holds it
    compose.yaml:22:9
  ✓ agent-role: resolved by platform identity  compose.yaml:22:9

What is your memory boundary?
✗ contradicted by evidence
  1 of 2 memory stores has an explicit bound; 1 finding of the memory family
  speaks against it.
  ✗ checkpoints has no TTL and no size  langgraph.json:9:5
  ✓ peak resident memory of the process tree was 913 MiB  run.aatrace

Have you profiled CPU vs GPU utilization under load?
✓ decided
  Yes, and the agent is CPU-bound. CPU time: tool calls 46%, retrieval 21%,
  orchestration 14%.
  ✓ 48 requests in 30.0 s, on average 5.2 and at most 8 at once  run.aatrace
  ✓ CPU: 35% of 8 cores busy; 92% of the CPU time attributed to step kinds
    run.aatrace
  ✓ GPU: 30% busy (NVIDIA L4)  run.aatrace

Further conditions
  ✗ No open finding of severity high or above: 3 of 4 open findings
  ✗ No attack path of severity high or above: 2 of 2 paths
  ✓ Every file of the deployment was read: 5 files read or skipped by kind

What would change it
  1. A person approves each write: closes 2 attack paths.
  2. Gateway and short-lived credentials: closes 1 attack path.
  3. Move long-lived credentials behind a gateway or a workload identity that
     issues short-lived tokens; then revoke the old ones.
""")


def test_nothing_measured() -> None:
    assert shown(made()) == snapshot("""\
╭─ support-agent ──────────────────────────────────────────────────────────────╮
│ ? CANNOT SAY                                                                 │
│ Of 6 conditions 6 cannot be computed: no deployment files were linted, so    │
│ nothing is known of credentials.                                             │
╰──────────────────────────────────────────────────────────────────────────────╯
Where does credential resolution happen?
? not measured
  No deployment files were linted, so nothing is known of credentials.

What is your memory boundary?
? not measured
  No deployment files were linted, so no bound is known.
  ✗ resident memory was not measured  profile.json

Have you profiled CPU vs GPU utilization under load?
? not measured
  No recording: CPU and GPU utilisation are unknown.

Further conditions
  ? No open finding of severity high or above: no findings.json (not computed)
  ? No attack path of severity high or above: no threats.json (not computed)
  ? Every file of the deployment was read: no file was read (not computed)

What would change it
  1. Run `agentaudit lint PATH --json findings.json`, and report again.
  2. Run `agentaudit profile --pid PID --duration 60s` while the agent is under
     load.
""")


def test_a_ready_one_says_no_more_than_it_must() -> None:
    report = made(
        profile=samples.profile(), lint=samples.hardened_lint(), threats=samples.safe_threats()
    )

    assert "✓ READY" in shown(report)
    assert "What would change it" not in shown(report)


def test_hostile_text_moves_no_cursor() -> None:
    report = report_of(subject="\x1b[2J[/bold]\u202e", created_at="")

    assert "\x1b" not in shown(report)
    assert "[/bold]" in shown(report)
