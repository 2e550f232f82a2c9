"""The three decisions and the verdict: unknown never passes; evidence says where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.decision import DecisionStatus, Report, Verdict
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.model.evidence import Confidence
from agentaudit.model.finding import CredentialSummary, IdentitySummary, LintResult
from agentaudit.model.gate import GateStatus
from agentaudit.model.profile import Bound
from agentaudit.report.decisions.deciding import report_of
from tests.report import samples

PROFILES = (None, samples.profile(), samples.profile(gpu=False), samples.profile(requests=2))
LINTS = (None, samples.risky_lint(), samples.hardened_lint())
THREATS = (None, samples.threats(), samples.safe_threats())


def made(**artifacts: object) -> Report:
    return report_of(subject="support-agent", created_at="2026-11-22T12:00:00Z", **artifacts)  # type: ignore[arg-type]  # tests name them


def hardened(**changes: object) -> Report:
    artifacts = {
        "profile": samples.profile(),
        "simulation": samples.simulation(),
        "lint": samples.hardened_lint(),
        "threats": samples.safe_threats(),
    }
    return made(**{**artifacts, **changes})


@given(st.sampled_from(PROFILES), st.sampled_from(LINTS), st.sampled_from(THREATS))
def test_ready_means_that_everything_was_seen_and_decided(
    profile: object, lint: object, threats: object
) -> None:
    """READY leaves nothing unknown; what is missing always shows in the exit code."""
    report = made(profile=profile, lint=lint, threats=threats)
    statuses = {gate.status for gate in report.gates}

    assert (report.verdict is Verdict.READY) == (statuses == {GateStatus.PASS})
    assert (report.exit_code in (3, 4)) == (GateStatus.NOT_COMPUTED in statuses)
    assert (report.exit_code in (1, 4)) == (report.verdict is Verdict.NOT_READY)
    assert [decision.id for decision in report.decisions] == [
        "credential-resolution",
        "memory-boundary",
        "cpu-gpu-profile",
    ]


@given(st.sampled_from(PROFILES), st.sampled_from(LINTS), st.sampled_from(THREATS))
def test_taking_evidence_away_never_makes_it_ready(
    profile: object, lint: object, threats: object
) -> None:
    """Whatever artifact is withheld, the run without it does not pass."""
    artifacts = {"profile": profile, "lint": lint, "threats": threats}
    without = [made(**{**artifacts, name: None}) for name in artifacts]

    assert all(report.verdict is not Verdict.READY for report in without)


def test_a_deployment_that_decided_all_three_is_ready() -> None:
    report = hardened()

    assert report.verdict is Verdict.READY
    assert report.exit_code == 0
    assert report.would_change == ()
    assert {decision.status for decision in report.decisions} == {DecisionStatus.DECIDED}


def test_a_risky_deployment_is_not_ready_and_says_where() -> None:
    report = hardened(lint=samples.risky_lint(), threats=samples.threats())
    credentials, memory, profiled = report.decisions

    assert (report.verdict, report.exit_code) == (Verdict.NOT_READY, 1)
    assert credentials.status is DecisionStatus.CONTRADICTED
    assert credentials.evidence[0].place == "compose.yaml:22:9"
    assert memory.status is DecisionStatus.CONTRADICTED
    assert profiled.status is DecisionStatus.DECIDED
    assert report.would_change[0] == "A person approves each write: closes 2 attack paths."


def test_no_credential_in_what_was_not_read_is_told_as_that() -> None:
    """And not by numbers of credentials, which would all be 0."""
    unread = replace(samples.hardened_lint(), credentials=(), gateways=(), incomplete=True)
    credentials, _, _ = hardened(lint=unread).decisions

    assert "not every file could be read" in credentials.answer
    assert "0" not in credentials.answer


def test_what_files_decide_is_open_while_one_of_them_could_not_be_read() -> None:
    """Another credential, or another store, may stand in it."""
    report = hardened(lint=replace(samples.hardened_lint(), incomplete=True))
    credentials, memory, _ = report.decisions

    assert {credentials.status, memory.status} == {DecisionStatus.NOT_MEASURED}
    assert credentials.answer.startswith("Outside the agent: ")
    assert credentials.answer.endswith(". But not every file could be read.")


def test_nothing_at_all_is_no_verdict() -> None:
    report = made()

    assert (report.verdict, report.exit_code) == (Verdict.CANNOT_SAY, 3)
    assert {decision.status for decision in report.decisions} == {DecisionStatus.NOT_MEASURED}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"credentials": (), "gateways": ()}, DecisionStatus.NOT_DECIDED),
        ({"credentials": (), "gateways": (), "incomplete": True}, DecisionStatus.NOT_MEASURED),
        (
            {"credentials": (samples.credential("KEY", "env_ref", "agent", "static"),)},
            DecisionStatus.CONTRADICTED,
        ),
        (
            {
                "credentials": (samples.credential("KEY", "env_ref", "agent", "static"),),
                "gateways": (),
            },
            DecisionStatus.NOT_DECIDED,
        ),
        (
            {"credentials": (samples.credential("KEY", "env_ref", "agent", "unknown"),)},
            DecisionStatus.NOT_MEASURED,
        ),
        (
            {"credentials": (samples.credential("KEY", "env_ref", "", "static"),)},
            DecisionStatus.NOT_MEASURED,
        ),
        (
            {"credentials": (samples.credential("KEY", "env_ref", "agent", "short"),)},
            DecisionStatus.DECIDED,
        ),
        (
            {
                "credentials": (samples.credential("KEY", "env_ref", "container", "static"),),
                "gateways": (),
            },
            DecisionStatus.NOT_DECIDED,
        ),
    ],
)
def test_credential_resolution(changes: dict[str, object], status: DecisionStatus) -> None:
    lint = replace(samples.hardened_lint(), **changes)

    assert hardened(lint=lint).decisions[0].status is status


KEY = samples.credential("KEY", "literal", "repository", "static")


@pytest.mark.parametrize(
    ("places", "answer"),
    [
        # One secret counts once, in the agent's reach if any of its places is.
        (
            (replace(KEY, secret=1), replace(KEY, secret=1, holder="agent", visible_to_agent=True)),
            "1 long-lived credential stands in the agent's reach, although others",
        ),
        (
            (replace(KEY, secret=1), replace(KEY, secret=2, visible_to_agent=True)),
            "1 long-lived credential stands in the agent's reach, and 1 more readable in files,",
        ),
        (
            (replace(KEY, secret=1), replace(KEY, secret=2)),
            "2 long-lived credentials stand readable in files, although others are resolved",
        ),
        # An artifact of an earlier version does not say which places hold the same.
        ((KEY, KEY), "2 long-lived credentials stand readable in files"),
        ((replace(KEY, idle=True),), "1 long-lived credential stands readable in files"),
    ],
)
def test_credentials_are_counted_once_and_by_who_can_have_them(
    places: tuple[CredentialSummary, ...], answer: str
) -> None:
    lint = replace(samples.hardened_lint(), credentials=places)
    decision = hardened(lint=lint).decisions[0]

    assert decision.status is DecisionStatus.CONTRADICTED
    assert answer in decision.answer


def test_a_place_where_a_gateway_resolves_a_key_is_none_where_the_agent_holds_it() -> None:
    held = samples.credential("KEY", "env_ref", "agent", "static", secret=1)
    kept = samples.credential("KEY", "env_ref", "gateway", "static", secret=1)
    lint = replace(samples.hardened_lint(), credentials=(kept, held, held))
    decision = hardened(lint=lint).decisions[0]

    assert decision.evidence[0].text.endswith("agent process holds it, here and in 1 more place")


def test_of_many_gateways_and_identities_a_sentence_names_a_few_and_counts_the_rest() -> None:
    roles = tuple(
        IdentitySummary(name=name, provider="aws", evidence=samples.at("main.tf", 3))
        for name in "abcde"
    )
    gateways = tuple("vwxyz")
    lint = replace(samples.hardened_lint(), gateways=gateways, credentials=(), identities=roles)
    unsure = replace(lint, gateways=(), identities=(), open_gateways=gateways)

    assert hardened(lint=lint).decisions[0].answer == (
        "Outside the agent: gateway v, w, x and 2 more, platform identity a, b, c and 2 more."
    )
    assert "gateway v, w, x and 2 more." in hardened(lint=unsure).decisions[0].answer


def test_what_may_be_no_secret_decides_nothing_and_passes_nothing() -> None:
    possible = replace(KEY, confidence=Confidence.POSSIBLE)
    lint = replace(samples.hardened_lint(), credentials=(possible,))
    decision = hardened(lint=lint).decisions[0]

    assert decision.status is DecisionStatus.NOT_MEASURED
    assert "may be a secret or none" in decision.evidence[0].text
    idle = replace(lint, credentials=(replace(possible, idle=True),))
    assert hardened(lint=idle).decisions[0].status is DecisionStatus.DECIDED


def test_what_a_workflow_deploys_with_says_nothing_of_the_agent() -> None:
    deploying = samples.credential("role-to-assume", "workload_identity", "ci", "short")
    secret = samples.credential("PYPI_TOKEN", "secret_ref", "ci", "static")
    lint = replace(samples.hardened_lint(), gateways=(), credentials=(deploying, secret))
    running = replace(deploying, visible_to_agent=True)

    assert hardened(lint=lint).decisions[0].status is DecisionStatus.NOT_DECIDED
    lint = replace(lint, credentials=(running, secret))
    assert hardened(lint=lint).decisions[0].status is DecisionStatus.DECIDED


def test_the_identity_that_a_platform_gives_an_agent_resolves_its_credentials() -> None:
    role = IdentitySummary(name="support", provider="aws", evidence=samples.at("main.tf", 3))
    lint = replace(samples.hardened_lint(), gateways=(), credentials=(), identities=(role,))
    decision = hardened(lint=lint).decisions[0]

    assert decision.status is DecisionStatus.DECIDED
    assert decision.answer == "Outside the agent: platform identity support."
    assert decision.evidence[0].place == "main.tf:3:5"


def test_a_gateway_of_which_no_file_says_that_it_resolves_anything_decides_nothing() -> None:
    lint = replace(
        samples.hardened_lint(), gateways=(), credentials=(), open_gateways=("mcp-gateway",)
    )
    decision = hardened(lint=lint).decisions[0]

    assert decision.status is DecisionStatus.NOT_MEASURED
    assert (
        decision.answer == "No file says whether credentials are resolved by gateway mcp-gateway."
    )


@pytest.mark.parametrize(
    ("stores", "status"),
    [
        ((), DecisionStatus.NOT_DECIDED),
        ((samples.store("a", "vector"),), DecisionStatus.NOT_DECIDED),
        ((samples.store("a", "vector", ttl="unknown"),), DecisionStatus.NOT_MEASURED),
        ((samples.store("a", "vector", ttl="7 d"),), DecisionStatus.DECIDED),
        ((samples.store("a", "buffer", ttl="7 d"),), DecisionStatus.NOT_DECIDED),
        ((samples.store("a", "buffer", bound="20 turns"),), DecisionStatus.NOT_DECIDED),
        (
            (
                samples.store("a", "buffer", bound="20 turns"),
                samples.store("b", "cache", ttl="1 h"),
            ),
            DecisionStatus.DECIDED,
        ),
        ((samples.store("a", "history", compaction="set"),), DecisionStatus.DECIDED),
        ((samples.store("a", "cache", eviction="volatile-ttl"),), DecisionStatus.DECIDED),
        ((samples.store("a", "cache", eviction="noeviction"),), DecisionStatus.NOT_DECIDED),
        ((samples.store("a", "window", eviction="volatile-ttl"),), DecisionStatus.NOT_DECIDED),
        (
            (samples.store("a", "buffer", bound="20 turns"), samples.store("b", "vector")),
            DecisionStatus.CONTRADICTED,
        ),
        (
            tuple(samples.store(f"s{index}", "vector", ttl="7 d") for index in range(30)),
            DecisionStatus.DECIDED,
        ),
    ],
)
def test_the_memory_boundary(stores: tuple[object, ...], status: DecisionStatus) -> None:
    lint = replace(samples.hardened_lint(), memory_stores=stores)

    assert hardened(lint=lint).decisions[1].status is status


def test_who_declares_that_there_is_no_memory_decides_where_windows_are_bounded() -> None:
    declared = replace(
        samples.hardened_lint(), memory_stores=(), no_memory=samples.at("agentaudit.yaml", 2)
    )
    window = samples.store("a", "window", bound="20 turns")

    for stores in ((), (window,)):
        decision = hardened(lint=replace(declared, memory_stores=stores)).decisions[1]
        assert decision.status is DecisionStatus.DECIDED
        assert decision.evidence[0].place == "agentaudit.yaml:2:5"
    unbounded = replace(declared, memory_stores=(samples.store("a", "window"),))
    assert hardened(lint=unbounded).decisions[1].status is DecisionStatus.NOT_DECIDED


def test_a_finding_contradicts_who_declares_that_there_is_no_memory() -> None:
    """A log that keeps messages for ever is no store, and outlives requests all the same."""
    lint = replace(
        samples.hardened_lint(),
        memory_stores=(),
        no_memory=samples.at("agentaudit.yaml", 2),
        findings=(samples.finding(2, samples.at("main.tf", 3), "kept for ever"),),
    )
    decision = hardened(lint=lint).decisions[1]

    assert decision.status is DecisionStatus.CONTRADICTED
    assert decision.answer == (
        "By declaration nothing outlives its request; 1 finding of the memory family speaks"
        " against it."
    )


def test_a_finding_contradicts_a_declared_memory_boundary() -> None:
    stores = (samples.store("notes", "vector", ttl="7 d"),)
    lint = replace(
        samples.hardened_lint(),
        memory_stores=stores,
        findings=(samples.finding(2, samples.at("redis.conf", 3), "noeviction"),),
    )

    assert hardened(lint=lint).decisions[1].status is DecisionStatus.CONTRADICTED


def test_no_memory_store_in_files_that_could_not_be_read_is_not_measured() -> None:
    lint = replace(samples.hardened_lint(), memory_stores=(), incomplete=True)

    assert hardened(lint=lint).decisions[1].status is DecisionStatus.NOT_MEASURED


@pytest.mark.parametrize(("requests", "peak"), [(200, 1), (19, 8), (0, 0)])
def test_few_or_lonely_requests_are_no_load(requests: int, peak: int) -> None:
    report = hardened(profile=samples.profile(requests=requests, peak=peak))

    assert report.decisions[2].status is DecisionStatus.NOT_MEASURED
    assert "not under load" in report.decisions[2].answer


def test_a_gpu_that_was_not_seen_is_not_measured_unless_a_provider_hosts_the_model() -> None:
    unseen = hardened(profile=samples.profile(gpu=False))
    hosted = hardened(profile=samples.profile(gpu=False), hosted_model=True)

    assert unseen.verdict is Verdict.CANNOT_SAY
    assert unseen.decisions[2].status is DecisionStatus.NOT_MEASURED
    assert hosted.decisions[2].status is DecisionStatus.DECIDED
    assert "as declared" in hosted.decisions[2].evidence[2].text


def test_cpu_time_that_nobody_could_attribute_is_not_measured() -> None:
    whole = samples.profile()
    blind = replace(whole, breakdown=replace(whole.breakdown, cpu_attributed_ns=0))
    empty = replace(whole, breakdown=replace(whole.breakdown, cpu_total_ns=0))

    assert hardened(profile=blind).decisions[2].status is DecisionStatus.NOT_MEASURED
    assert hardened(profile=empty).decisions[2].status is DecisionStatus.NOT_MEASURED


def test_a_recording_that_was_cut_off_says_so() -> None:
    whole = samples.profile()
    cut = replace(
        whole,
        complete=False,
        ended_because="the recorder was killed",
        breakdown=replace(whole.breakdown, bound=Bound.UNDECIDED),
    )
    decision = hardened(profile=cut).decisions[2]

    assert decision.evidence[-1].text == "the recording was cut off: the recorder was killed"
    assert not decision.evidence[-1].good
    assert "neither CPU nor GPU alone" in decision.answer


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ((), GateStatus.NOT_COMPUTED),
        ((FileCoverage(file="a.yaml", status=FileStatus.FAILED),), GateStatus.NOT_COMPUTED),
        ((FileCoverage(file="a.yaml", status=FileStatus.PARTIAL),), GateStatus.NOT_COMPUTED),
        ((FileCoverage(file="a.yaml", status=FileStatus.READ),), GateStatus.PASS),
    ],
)
def test_a_file_that_was_not_read_whole_is_no_pass(
    files: tuple[FileCoverage, ...], status: GateStatus
) -> None:
    lint = replace(samples.hardened_lint(), coverage=files)
    report = hardened(lint=lint, threats=replace(samples.safe_threats(), coverage=files))

    assert report.gates[-1].status is status


def test_files_that_were_not_read_whole_are_named() -> None:
    files = tuple(FileCoverage(file=f"{name}.yaml", status=FileStatus.FAILED) for name in "abcde")
    report = hardened(lint=replace(samples.hardened_lint(), coverage=files))

    assert "a.yaml, b.yaml, c.yaml and 2 more" in report.gates[-1].actual


def test_no_finding_in_no_file_is_no_pass() -> None:
    lint: LintResult = replace(samples.hardened_lint(), coverage=())

    assert hardened(lint=lint).gates[3].status is GateStatus.NOT_COMPUTED


def test_no_path_without_an_agent_is_no_pass() -> None:
    threats = replace(samples.safe_threats(), agents=0)

    assert hardened(threats=threats).gates[4].status is GateStatus.NOT_COMPUTED
