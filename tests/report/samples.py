"""Realistic artifacts, built by hand, so that the report is tested without its producers."""

import math

from msgspec.structs import replace

from agentaudit.model.answers import (
    Arm,
    Found,
    Holds,
    Question,
    Recommendation,
    Sensitivity,
    WhatIf,
)
from agentaudit.model.deployment import FileCoverage, FileStatus, Unresolved
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.finding import (
    CredentialSummary,
    Family,
    Finding,
    LintResult,
    MemorySummary,
    RuleSummary,
    Severity,
    Suppression,
)
from agentaudit.model.measures import Difference, Interval, Percentiles, Verdict
from agentaudit.model.profile import (
    Bound,
    Breakdown,
    KindShare,
    Load,
    Profile,
    RequestTypeSummary,
    TimelineBin,
)
from agentaudit.model.results import (
    Energy,
    Met,
    ObjectiveResult,
    OfferedLoad,
    PolicyResult,
    QueueLengths,
    Simulation,
    TypeLatency,
)
from agentaudit.model.threat import (
    AttackPath,
    BlastRadius,
    Bounds,
    GraphEdge,
    GraphNode,
    MitigationOutcome,
    ThreatModel,
)
from agentaudit.model.trace import EnergyReading, Host, Incident, SamplingRecord, StepKind, Target
from agentaudit.model.views import (
    Bar,
    BarsOfPolicy,
    BusyCurve,
    Doing,
    LoadCurve,
    LoadPoint,
    LoadView,
    Stretch,
    Views,
)
from agentaudit.model.workload import Machine, SpeedCurve

MS = 1_000_000
SECOND = 1000 * MS


def at(file: str, line: int, column: int = 5) -> Evidence:
    return Evidence(file=file, line=line, column=column, end_line=line, end_column=column + 20)


# ---- the profile ------------------------------------------------------------------------------

_SHARES = {
    StepKind.TOOL_CALL: (0.46, 84),
    StepKind.RETRIEVAL: (0.21, 120),
    StepKind.ORCHESTRATION: (0.14, 300),
    StepKind.LLM_INFERENCE: (0.06, 160),
    StepKind.MEMORY_READ: (0.03, 60),
    StepKind.MEMORY_WRITE: (0.02, 60),
    StepKind.UNKNOWN: (0.08, 12),
}
_WALL = {
    StepKind.TOOL_CALL: 0.27,
    StepKind.RETRIEVAL: 0.08,
    StepKind.ORCHESTRATION: 0.04,
    StepKind.LLM_INFERENCE: 0.57,
    StepKind.MEMORY_READ: 0.01,
    StepKind.MEMORY_WRITE: 0.01,
    StepKind.UNKNOWN: 0.02,
}


def kinds(cpu_total_ns: int) -> tuple[KindShare, ...]:
    return tuple(
        KindShare(
            kind=kind,
            steps=steps,
            wall_ns=int(90 * SECOND * _WALL[kind]),
            cpu_ns=int(cpu_total_ns * share),
            gpu_ns=9 * SECOND if kind is StepKind.LLM_INFERENCE else 0,
            cpu_share=share,
            cpu_share_low=max(share - 0.03, 0),
            cpu_share_high=share + 0.03,
            wall_share=_WALL[kind],
        )
        for kind, (share, steps) in _SHARES.items()
    )


def timeline(bins: int = 300, *, gpu: bool = True) -> tuple[TimelineBin, ...]:
    width = 30 * SECOND // bins
    made = []
    for index in range(bins):
        wave = math.sin(index / 9) ** 2
        beat = math.sin(index / 4 + 1) ** 2
        made.append(
            TimelineBin(
                start_ns=index * width,
                end_ns=(index + 1) * width,
                busy_cores=0.4 + 5.2 * wave,
                gpu_busy=0.15 + 0.7 * beat if gpu else None,
                active_ns={
                    "tool_call": int(width * 2.6 * wave),
                    "llm_inference": int(width * 3.4 * beat),
                    "retrieval": int(width * 0.8 * (1 - wave)),
                    "orchestration": int(width * 0.3),
                },
            )
        )
    return tuple(made)


def profile(*, gpu: bool = True, requests: int = 48, peak: int = 8) -> Profile:
    cpu_total_ns = 84 * SECOND
    return Profile(
        recording="run.aatrace",
        host=Host(
            name="agents-01",
            system="Linux 6.12",
            cores=8,
            memory_bytes=32 * 2**30,
            cpu_model="AMD EPYC 9354",
            gpus=("NVIDIA L4",) if gpu else (),
            gpu_note="" if gpu else "no GPU seen: the NVIDIA driver is not loaded",
        ),
        target=Target(
            pid=4242,
            command="python -m support_agent --port 8080",
            launched=False,
            runtime="CPython 3.12",
        ),
        recorded_at_unix_ns=1_763_800_000 * SECOND,
        complete=True,
        ended_because="duration reached",
        breakdown=Breakdown(
            duration_ns=30 * SECOND,
            kinds=kinds(cpu_total_ns),
            cpu_total_ns=cpu_total_ns,
            cpu_attributed_ns=int(cpu_total_ns * 0.92),
            cores=8,
            cpu_utilisation=0.35,
            gpu_utilisation=0.3 if gpu else None,
            peak_rss_bytes=913 * 2**20,
            load=Load(requests=requests, concurrency_mean=5.2, concurrency_peak=peak),
            bound=Bound.CPU,
            reasons=("tool calls queue for a core while the GPU is idle 70% of the time",),
        ),
        request_types=(
            RequestTypeSummary(
                type="research",
                requests=30,
                p50_ns=2900 * MS,
                p90_ns=5100 * MS,
                cpu_ns_mean=2400 * MS,
                gpu_ns_mean=150 * MS,
                llm_wall_ns_mean=700 * MS,
                heavy="cpu",
            ),
            RequestTypeSummary(
                type="chat",
                requests=18,
                p50_ns=1700 * MS,
                p90_ns=2300 * MS,
                cpu_ns_mean=120 * MS,
                gpu_ns_mean=410 * MS,
                llm_wall_ns_mean=1400 * MS,
                heavy="gpu",
            ),
        ),
        timeline=timeline(gpu=gpu),
        energy=(EnergyReading(component="package-0", joules=812.5, method="rapl"),),
        incidents=(
            Incident(
                at_ns=2 * SECOND,
                probe="stacks",
                what="could not read 3 stacks",
                lost="3 samples of 11,840",
            ),
        ),
        sampling=(
            SamplingRecord(
                sampler="stacks",
                rate_hz=99.0,
                samples=11_840,
                failures=3,
                mean_interval_ns=10_300_000,
                max_interval_ns=42_000_000,
            ),
        ),
        tool_version="0.1.0",
    )


# ---- the simulation ---------------------------------------------------------------------------


def latencies(kind: str, p50: int, p90: int, p99: int) -> TypeLatency:
    def scaled(share: float) -> Percentiles:
        return Percentiles(
            p50_ns=int(p50 * share * MS),
            p90_ns=int(p90 * share * MS),
            p99_ns=int(p99 * share * MS),
            mean_ns=int(p50 * share * 1.1 * MS),
        )

    return TypeLatency(
        type=kind, requests=400, latency=scaled(1), waiting=scaled(0.4), service=scaled(0.6)
    )


def policy(name: str, parameters: str, *tail_ms: int) -> PolicyResult:
    p50, p90, p99 = tail_ms
    curve = [p50 * MS * (0.35 + (index / 199) ** 3 * (p99 / p50)) for index in range(200)]
    return PolicyResult(
        policy=name,
        parameters=parameters,
        source="A CPU-centric perspective on agentic AI, section 5",
        by_type=(
            latencies("all", p50, p90, p99),
            latencies("chat", int(p50 * 0.7), int(p90 * 0.7), int(p99 * 0.7)),
            latencies("research", int(p50 * 1.3), int(p90 * 1.2), int(p99 * 1.1)),
        ),
        throughput_per_s=1.62 + 900 / p99,
        makespan_ns=247 * SECOND,
        cpu_utilisation=0.81,
        gpu_utilisation=0.44,
        running_peak=12,
        overloaded=name == "processes",
        sample_latencies_ns=tuple(int(value) for value in curve),
    )


def views(names: tuple[str, ...] = ("mas", "comb", "fcfs", "processes")) -> Views:
    """What charts are drawn from: policies differ by how late they let a request start."""
    return Views(
        requests=400,
        busy=tuple(_busy(place, name) for place, name in enumerate(names)),
        first_bar=265,
        bars=tuple(
            BarsOfPolicy(policy=name, bars=tuple(_bar(row, place) for row in range(24)))
            for place, name in enumerate(names[:2])
        ),
        load=LoadView(
            requests=400,
            own_rate_per_s=1.6,
            largest_rate_per_s=3.2,
            curves=tuple(
                LoadCurve(policy=name, points=tuple(_point(rate, place) for rate in range(1, 9)))
                for place, name in enumerate(names)
            ),
        ),
    )


def _busy(place: int, name: str) -> BusyCurve:
    wave = [math.sin(index / 7 + place) ** 2 for index in range(96)]
    return BusyCurve(
        policy=name,
        bin_ns=2 * SECOND,
        end_ns=191 * SECOND,
        cpu_busy_ns=tuple(int(16 * SECOND * share) for share in wave),
        gpu_busy_ns=tuple(int(2 * SECOND * (1 - share)) for share in wave),
    )


def _bar(row: int, place: int) -> Bar:
    edges = [row * 400 * MS]
    for length_ms in (300 * place * row, 1200 + 90 * (row % 5), 150, 800 + 70 * (row % 3), 200):
        edges.append(edges[-1] + length_ms * MS)
    doing = (Doing.ADMISSION, Doing.CPU, Doing.QUEUE, Doing.GPU, Doing.WAIT)
    return Bar(
        request_id=265 + row,
        type="research" if row % 3 else "chat",
        arrival_ns=edges[0],
        stretches=tuple(
            Stretch(doing=what, end_ns=end_ns)
            for what, begin_ns, end_ns in zip(doing, edges, edges[1:], strict=False)
            if end_ns > begin_ns
        ),
    )


def _point(rate: int, place: int) -> LoadPoint:
    p50_ns = int(SECOND * (1 + 0.2 * place) * 1.5**rate)
    return LoadPoint(
        rate_per_s=rate / 2, p50_ns=p50_ns, p90_ns=2 * p50_ns, overloaded=rate > 7 - place
    )


def drawn_simulation() -> Simulation:
    """With all that charts are drawn from, which takes most of a page's time."""
    return replace(simulation(), views=views())


def simulation() -> Simulation:
    return Simulation(
        workload_source="run.aatrace",
        arrivals="poisson 1.6/s",
        requests=400,
        seed=7,
        machine=Machine(
            name="agents-01",
            cores=8,
            cpu=SpeedCurve(points=((1, 1.0), (8, 7.1), (16, 6.4))),
            gpu=SpeedCurve(points=((1, 1.0), (8, 4.2))),
            assumptions=("the GPU serves a batch of 8 in 1.9 times the time of one",),
        ),
        baseline="processes",
        results=(
            policy("mas", "E_CPU=4 E_GPU=8 E_shared=2", 2100, 4300, 6900),
            policy("comb", "cap=8", 2300, 5000, 8800),
            policy("fcfs", "", 2900, 7600, 14100),
            policy("processes", "one process a request", 3300, 9100, 19800),
        ),
        advice=(
            "Under MAS the P99 latency falls from 19.8 s to 6.9 s, at equal hardware.",
            "COMB with a cap of 8 takes most of the gain, and is one line of configuration.",
        ),
        assumptions=(
            "Service times are those of the recording; the two request types stay in proportion.",
        ),
        tool_version="0.1.0",
    )


def answered_simulation() -> Simulation:
    """The same, with everything asked that can be."""
    whole = simulation()
    lower = Difference(
        measure="p90", change=-0.34, interval=Interval(low=-0.4, high=-0.28), verdict=Verdict.LOWER
    )
    saturated = Difference(measure="p90", change=None, interval=None, verdict=Verdict.SATURATED)
    objective = ObjectiveResult(
        objective="p95 < 10 s", value_ns=9 * SECOND, interval=None, met=Met.UNSURE
    )
    arm = Arm(
        policy="processes",
        parameters="one process a request",
        latency=latencies("all", 3300, 9100, 19800).latency,
        overloaded=True,
        difference=None,
    )
    better = replace(arm, policy="mas", overloaded=False, difference=lower)
    sensitivity = Sensitivity(
        assumption="demands +20%", before=9e9, after=6e9, difference=lower, holds=Holds.HOLDS
    )
    return replace(
        whole,
        replications=20,
        warm_up_requests=15,
        load=OfferedLoad(cpu=0.8, gpu=0.4),
        statistics=("The first 15 of 400 requests of every run are left out as warm-up (MSER-5).",),
        results=tuple(
            replace(
                result,
                differences=(lower,),
                objectives=(objective,),
                goodput_per_s=1.5,
                queue=QueueLengths(
                    waiting_mean=1.5, waiting_peak=9, in_service_mean=4.25, in_service_peak=12
                ),
                energy=Energy(cpu_joules=400.0, gpu_joules=None),
                cost_per_1000=0.42,
            )
            for result in whole.results
        ),
        what_ifs=(
            WhatIf(change="", arms=(arm, better)),
            WhatIf(change="cpu=+16", arms=(replace(arm, difference=saturated), better)),
        ),
        recommendation=Recommendation(
            objective="p90",
            baseline="processes",
            baseline_parameters="one process a request",
            policy="mas",
            parameters="E_CPU=4 E_GPU=8 E_shared=2",
            best_found="mas",
            best_found_parameters="E_CPU=4 E_GPU=8 E_shared=2",
            change=True,
            before=9.1e9,
            after=6e9,
            difference=lower,
            tried=31,
            searched_on=10,
            judged_on=10,
            sensitivity=(sensitivity, replace(sensitivity, holds=Holds.REVERSED)),
            sentences=("Use mas instead of processes: P90 from 9.1 s to 6 s.", "That holds."),
        ),
        found=(
            Found(
                question=Question.MAX_RATE,
                policy="mas",
                parameters="E_CPU=4 E_GPU=8 E_shared=2",
                value=2.5,
                interval=Interval(low=2.4, high=2.6),
                sentence="Under mas p95 < 10 s is met up to 2.5 requests/s.",
            ),
        ),
    )


# ---- lint -------------------------------------------------------------------------------------


def rule(identifier: str, title: str, family: Family, severity: Severity) -> RuleSummary:
    return RuleSummary(
        id=identifier,
        title=title,
        family=family,
        severity=severity,
        why="Whoever steers the agent can read what its process holds and send it away.",
        fix="Let a gateway or the platform resolve it outside the agent's process.",
        references=("cwe:CWE-798", "owasp-asi:ASI03:2026", "https://example.org/why"),
    )


RULES = (
    rule(
        "agent-holds-static-key",
        "Agent process holds a long-lived credential",
        Family.CREDENTIALS,
        Severity.CRITICAL,
    ),
    rule("agent-role-can-pass-role", "Agent may pass roles", Family.IAM, Severity.HIGH),
    rule(
        "conversation-without-bound",
        "Conversation memory grows without bound",
        Family.MEMORY,
        Severity.HIGH,
    ),
    rule("unpinned-mcp-server", "MCP server is not pinned", Family.TOOLS, Severity.MEDIUM),
    rule("public-gateway", "Gateway without an authorizer", Family.GATEWAY, Severity.HIGH),
)


def finding(index: int, place: Evidence, message: str, **changes: object) -> Finding:
    asked = RULES[index]
    made = Finding(
        rule=asked.id,
        title=asked.title,
        family=asked.family,
        severity=asked.severity,
        confidence=Confidence.CERTAIN,
        message=message,
        evidence=place,
        subject="credential:aws-1a2b3c4d",
        fingerprint=f"{asked.id}-{place.file}-{message}",
    )
    return replace(made, **changes)


def credential(
    name: str, form: str, holder: str, lifetime: str, **changes: object
) -> CredentialSummary:
    made = CredentialSummary(
        name=name,
        provider="aws",
        form=form,
        holder=holder,
        exposure="env",
        lifetime=lifetime,
        ttl_s=3600 if lifetime == "short" else None,
        visible_to_agent=holder in ("agent", "tool_server"),
        evidence=at("compose.yaml", 22, 9),
    )
    return replace(made, **changes)


def store(name: str, kind: str, **changes: object) -> MemorySummary:
    made = MemorySummary(
        name=name,
        kind=kind,
        backend="redis",
        scope="session",
        bound="none",
        ttl="none",
        eviction="noeviction",
        compaction="none",
        evidence=at("langgraph.json", 9),
    )
    return replace(made, **changes)


def coverage() -> tuple[FileCoverage, ...]:
    return (
        FileCoverage(file="compose.yaml", status=FileStatus.READ, format="compose"),
        FileCoverage(file=".mcp.json", status=FileStatus.READ, format="mcp"),
        FileCoverage(file="infra/main.tf", status=FileStatus.READ, format="terraform"),
        FileCoverage(file="langgraph.json", status=FileStatus.READ, format="langgraph"),
        FileCoverage(file="README.md", status=FileStatus.SKIPPED, reason="no known format"),
    )


def risky_lint() -> LintResult:
    return LintResult(
        root="deploy",
        findings=(
            finding(
                0,
                at("compose.yaml", 22, 9),
                "AWS_SECRET_ACCESS_KEY stands as a literal in the agent's environment",
                related=(at(".mcp.json", 8),),
            ),
            finding(1, at("infra/main.tf", 41), "agent-role may call iam:PassRole on *"),
            finding(2, at("langgraph.json", 9), "checkpoints has no TTL and no size"),
            finding(
                3,
                at(".mcp.json", 5),
                "`npx -y @acme/files` runs whatever is newest",
                suppression=Suppression(
                    kind="inline", reason="internal registry, pinned by lock file", owner="ops"
                ),
            ),
            finding(3, at(".mcp.json", 14), "`uvx mcp-server-fetch` runs whatever is newest"),
        ),
        rules=RULES,
        credentials=(
            credential("AWS_SECRET_ACCESS_KEY", "literal", "agent", "static"),
            credential("OPENAI_API_KEY", "env_ref", "agent", "static"),
            credential("GITHUB_TOKEN", "secret_ref", "ci", "short", visible_to_agent=False),
            credential("agent-role", "workload_identity", "agent", "short"),
        ),
        memory_stores=(
            store("checkpoints", "checkpoint"),
            store("notes", "vector", ttl="30 d", bound="100,000 entries"),
        ),
        gateways=(),
        coverage=coverage(),
        unresolved=(
            Unresolved(
                evidence=at("infra/main.tf", 60),
                what="module.network",
                effect="egress of the cluster is unknown",
            ),
        ),
        incomplete=False,
        tool_version="0.1.0",
    )


def hardened_lint() -> LintResult:
    return replace(
        risky_lint(),
        findings=(),
        credentials=(
            credential("agent-role", "workload_identity", "agent", "short"),
            credential("upstream", "secret_ref", "gateway", "short", visible_to_agent=False),
        ),
        memory_stores=(
            store("history", "window", bound="20 turns", compaction="summary at 8,000 tokens"),
            store("checkpoints", "checkpoint", ttl="7 d"),
        ),
        gateways=("mcp-gateway",),
        unresolved=(),
    )


# ---- threats ----------------------------------------------------------------------------------

_CHAIN = (
    ("source", "open web page", "Z0"),
    ("tool", "fetch_url", "Z4"),
    ("agent", "support-agent", "Z2"),
    ("tool_server", "aws-mcp", "Z4"),
    ("credential", "AWS_SECRET_ACCESS_KEY", "Z3"),
    ("identity", "agent-deployer", "Z6"),
    ("grant", "s3:*, iam:PassRole", "Z7"),
    ("resource", "arn:aws:s3:::customer-exports/*", "Z7"),
)


def nodes() -> tuple[GraphNode, ...]:
    return tuple(
        GraphNode(
            id=f"{kind}:{index}",
            kind=kind,
            name=name,
            zone=zone,
            evidence=at("compose.yaml", index + 3),
        )
        for index, (kind, name, zone) in enumerate(_CHAIN)
    )


def edges() -> tuple[GraphEdge, ...]:
    chain = nodes()
    words = (
        "ingests",
        "prompts",
        "invokes",
        "resolves",
        "authenticates_as",
        "grants",
        "writes",
    )
    return tuple(
        GraphEdge(
            src=left.id,
            dst=right.id,
            kind=word,
            evidence=left.evidence,
            confidence=Confidence.LIKELY if word == "invokes" else Confidence.CERTAIN,
            crosses_boundary=left.zone != right.zone,
        )
        for left, right, word in zip(chain, chain[1:], words, strict=False)
    )


def radius(live: Bounds, theft: Bounds) -> BlastRadius:
    return BlastRadius(
        agent="support-agent",
        live=live,
        live_permissions_management=Bounds(low=live.low // 4, high=live.high // 4),
        live_irreversible=Bounds(low=live.low // 2, high=live.high // 2),
        theft_action_hours=theft,
        stealable_credentials=Bounds(low=2, high=3),
        exposure=Bounds(low=0.4, high=0.7),
        horizon_hours=2160,
    )


def exactly(value: float) -> Bounds:
    return Bounds(low=value, high=value)


def threat_path(identifier: str, severity: Severity, **changes: object) -> AttackPath:
    made = AttackPath(
        id=identifier,
        query="untrusted-to-privileged-write",
        title="Untrusted input reaches a privileged write",
        severity=severity,
        confidence=Confidence.LIKELY,
        sentence=(
            "A page that anyone may write steers support-agent, which calls aws-mcp with a key"
            " that lives until revoked and may overwrite customer exports."
        ),
        nodes=nodes(),
        edges=edges(),
        broken_by=("an approval on aws-mcp", "a gateway that holds the key"),
        references=("ASI01", "ASI03", "AML.T0053"),
        folded=3,
    )
    return replace(made, **changes)


def threats() -> ThreatModel:
    return ThreatModel(
        root="deploy",
        nodes=nodes(),
        edges=edges(),
        paths=(
            threat_path("path-1", Severity.CRITICAL),
            threat_path(
                "path-2",
                Severity.HIGH,
                query="lethal-trifecta",
                title="Private data, strangers' text and a way out meet in one session",
                nodes=nodes()[:4],
                edges=edges()[:3],
                folded=0,
            ),
        ),
        blast_radius=radius(Bounds(low=146, high=1239), exactly(315_360)),
        mitigations=(
            MitigationOutcome(
                name="interpose-gateway",
                title="gateway and short-lived credentials",
                description="A gateway holds the key and issues tokens of one hour",
                patch="services:\n  mcp-gateway:\n    image: example/gateway@sha256:…\n",
                closes=("path-1",),
                opens=(),
                blast_radius=radius(Bounds(low=146, high=1239), exactly(0)),
            ),
            MitigationOutcome(
                name="approval-on-write",
                description="A person approves each write",
                patch='"ask": ["aws-mcp:*"]',
                closes=("path-1", "path-2"),
                opens=(),
                blast_radius=radius(exactly(0), exactly(315_360)),
            ),
        ),
        unresolved=(),
        coverage=coverage(),
        incomplete=False,
        agents=1,
        tool_version="0.1.0",
    )


def safe_threats() -> ThreatModel:
    none = radius(exactly(0), exactly(0))
    return replace(threats(), paths=(), mitigations=(), blast_radius=none)
