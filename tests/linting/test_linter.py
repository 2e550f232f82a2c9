"""Lint: what it finds, in which order, and what never changes it."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.deployment import (
    Deployment,
    Edge,
    EdgeKind,
    FileCoverage,
    FileStatus,
    SuppressionComment,
)
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Grant, Identity
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.model.facts.tools import ToolServer
from agentaudit.model.finding import Acceptance, Family, Finding, Severity
from agentaudit.model.lint_rule import LintRule
from agentaudit.rules.cel import RuleError, compile_condition
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.limits import Limits
from agentaudit.rules.ours import lint_rules

SECRET = "planted-secret-value"  # noqa: S105, planted to be looked for


def place(line: int, file: str = ".mcp.json", lines: int = 0) -> Evidence:
    return Evidence(file=file, line=line, column=3, end_line=line + lines, end_column=9)


def credential(number: int, *, line: int = 0, lifetime: Lifetime = Lifetime.STATIC) -> Credential:
    return Credential(
        id=FactId(f"credential:key-{number:08}"),
        name=f"KEY_{number}",
        evidence=(place(line or number), place(90, "compose.yaml")),
        confidence=Confidence.LIKELY,
        provider="acme",
        form=CredentialForm.LITERAL,
        lifetime=lifetime,
        ttl_s=7200 if lifetime is Lifetime.SHORT else None,
        holder="tool_server",
        holder_id=FactId("tool_server:s3-1"),
        variable=f"KEY_{number}",
        digest=SECRET,
    )


SERVER = ToolServer(id=FactId("tool_server:s3-1"), name="s3", evidence=(place(2),))


def rule(
    name: str = "held-key",
    when: str = 'credential.lifetime == "static"',
    *,
    kind: str = "credential",
    severity: Severity = Severity.MEDIUM,
    severity_when: Sequence[tuple[Severity, str]] = (),
    once: bool = False,
) -> CompiledRule:
    described = LintRule(
        id=name,
        title="A key is held",
        family=Family.CREDENTIALS,
        severity=severity,
        severity_when=tuple(severity_when),
        confidence=Confidence.CERTAIN,
        applies_to=kind,
        when=when,
        message="{name} is held.",
        why="Because.",
        fix="Do not.",
        references=("cwe:CWE-798",),
        catalogue=(),
        matching=(),
        other=(),
        file=f"{name}.yaml",
        once=once,
    )
    return CompiledRule(
        rule=described,
        condition=compile_condition(kind, when),
        refinements=tuple((level, compile_condition(kind, text)) for level, text in severity_when),
    )


def deployment(*numbers: int, comments: Sequence[SuppressionComment] = ()) -> Deployment:
    return Deployment(
        credentials=tuple(map(credential, numbers)),
        tool_servers=(SERVER,),
        coverage=(FileCoverage(file=".mcp.json", status=FileStatus.READ, format="json"),),
        suppressions=tuple(comments),
    )


def comment(name: str, line: int, reason: str = "accepted by ops") -> SuppressionComment:
    return SuppressionComment(
        file=".mcp.json", line=line, rule=name, reason=reason, comment_line=max(line - 1, 1)
    )


def test_a_finding_says_what_and_where() -> None:
    (finding,) = lint(deployment(4), [rule()]).findings

    assert finding.message == "KEY_4 is held."
    assert str(finding.evidence) == ".mcp.json:4:3"
    assert finding.subject == "credential:key-00000004"
    assert finding.family is Family.CREDENTIALS


def test_related_places_are_the_other_evidence_and_the_facts_it_names() -> None:
    (finding,) = lint(deployment(4), [rule()]).findings

    assert [str(item) for item in finding.related] == [".mcp.json:2:3", "compose.yaml:90:3"]


def test_a_finding_is_as_sure_as_its_fact() -> None:
    (finding,) = lint(deployment(1), [rule()]).findings

    assert finding.confidence is Confidence.LIKELY


def test_a_refinement_changes_the_severity_and_the_first_decides() -> None:
    refined = rule(
        severity_when=[
            (Severity.CRITICAL, 'credential.name == "KEY_1"'),
            (Severity.LOW, "true"),
        ]
    )
    first, second = lint(deployment(1, 2), [refined]).findings

    assert (first.severity, second.severity) == (Severity.CRITICAL, Severity.LOW)


@pytest.mark.parametrize(
    "file",
    [
        *("tests/compose.yaml", "pkg/test_agent.py", "docs/.mcp.json", "web/a.spec.ts"),
        *("web/.env.test", "docker-compose.local-test.yml", "compose.e2e.yaml"),
        "hack/full-smoke-test.yaml",
        *("Docs/research/desk/app.ts", "web/__mocks__/answers.ts"),
        *("work/__fixtures__/own.crt", "config/e2e.no-auth.yaml"),
        *("scripts/login-e2e.sh", "ci/e2e.ps1", "scripts/test-menu.sh", "bin/load-test.bash"),
    ],
)
def test_a_guess_in_a_test_or_a_manual_is_a_note(file: str) -> None:
    guess = replace(credential(1), evidence=(place(1, file),))
    sure = replace(guess, confidence=Confidence.CERTAIN)
    asked = [rule(severity=Severity.CRITICAL)]
    (noted,) = lint(Deployment(credentials=(guess,)), asked).findings
    (kept,) = lint(Deployment(credentials=(sure,)), asked).findings

    assert (noted.severity, noted.confidence) == (Severity.LOW, Confidence.POSSIBLE)
    assert kept.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    "file",
    [
        *("bin/deploy-and-test.sh", "bin/latest.sh", "e2etool/start.sh"),
        *(".github/workflows/run-e2e.yml", ".kiro/agents/e2e-desk.json"),
    ],
)
def test_a_script_that_also_tests_is_none(file: str) -> None:
    asked = Deployment(credentials=(replace(credential(1), evidence=(place(1, file),)),))
    (finding,) = lint(asked, [rule(severity=Severity.CRITICAL)]).findings

    assert finding.severity is Severity.CRITICAL


def test_a_default_that_everybody_knows_opens_nothing_in_a_test() -> None:
    known = replace(credential(1), confidence=Confidence.CERTAIN, default_value=True)
    tried = replace(known, evidence=(place(1, "compose.test.yaml"),))
    (finding,) = lint(Deployment(credentials=(tried,)), [rule(severity=Severity.HIGH)]).findings

    assert finding.severity is Severity.LOW


def test_a_rule_asked_once_names_the_others_as_related() -> None:
    (finding,) = lint(deployment(3, 1, 2), [rule(once=True)]).findings

    assert finding.evidence.line == 1
    assert {item.line for item in finding.related if item.file == ".mcp.json"} == {2, 3}


def test_what_lets_one_place_stand_says_nothing_of_the_others() -> None:
    """One agent with a reason had spoken for all that a rule asked once finds."""
    here = comment("held-key", 1)
    kept, told = lint(deployment(1, 2, 3, comments=[here]), [rule(once=True)]).findings

    assert (told.evidence.line, told.suppression) == (2, None)
    assert told.message == "KEY_2 is held. The same holds at 1 more place."
    assert kept.suppression is not None
    assert kept.evidence.line == 1


def test_all_that_a_rule_asked_once_finds_is_accepted_by_its_fingerprint() -> None:
    (whole,) = lint(deployment(1, 2), [rule(once=True)]).findings
    accepted = Acceptance(rule="held-key", fingerprint=whole.fingerprint, reason="for a demo")

    result = lint(deployment(1, 2, 3), [rule(once=True)], accepted=[accepted])

    assert not result.open_findings
    assert len(result.findings) == 3


def test_rights_of_one_identity_are_told_as_one_and_accepted_as_one() -> None:
    """A role of a server of tools has a rule for each kind of resource, and one mending."""
    rights = rule(kind="grant", when='grant.effect == "allow"')
    rights = replace(rights, rule=replace(rights.rule, together="identity_id"))
    grants = tuple(
        Grant(
            id=FactId(f"grant:{line}"),
            name="role",
            identity_id=FactId(name),
            evidence=(place(line),),
        )
        for line, name in (
            (1, "identity:a"),
            (2, "identity:b"),
            (3, "identity:a"),
            (4, ""),
            (5, ""),
        )
    )
    found = lint(Deployment(grants=grants), [rights]).findings
    (one,) = (item for item in found if item.related)
    accepted = [Acceptance(rule=one.rule, fingerprint=one.fingerprint, reason="for a demo")]
    then = lint(Deployment(grants=grants), [rights], accepted=accepted)
    alone = lint(Deployment(grants=grants[:2]), [rights]).findings
    further = replace(grants[0], id=FactId("grant:6"), evidence=(place(6),))
    later = lint(Deployment(grants=(*grants, further)), [rights], accepted=accepted)

    assert [item.evidence.line for item in found] == [1, 2, 4, 5]
    assert [item.line for item in one.related] == [3]
    assert one.message == "role is held. The same holds at 1 more place."
    assert [item.evidence.line for item in then.open_findings] == [2, 4, 5]
    assert [item.message for item in alone] == ["role is held."] * 2
    assert [each.evidence.line for each in later.open_findings if each.rule == one.rule] == [
        *(1, 2, 4, 5)
    ]


def test_what_further_rights_of_one_identity_add_is_said() -> None:
    ways = ("create-access-key", "create-access-key", "run-command", "pass-role", "put", "attach")
    grants = tuple(
        Grant(
            id=FactId(f"grant:{line}"),
            name="role",
            principal="role",
            identity_id=FactId("identity:a"),
            effect="allow",
            escalations=(way,),
            evidence=(place(line),),
        )
        for line, way in enumerate(ways, 1)
    )
    found = lint(Deployment(grants=grants), lint_rules()).findings
    (one,) = (item.message for item in found if item.rule == "privilege-escalation")
    few = lint(Deployment(grants=grants[:2]), lint_rules()).findings
    (same,) = (item.message for item in few if item.rule == "privilege-escalation")

    assert one.endswith(
        "permissions: create-access-key. Elsewhere also: run-command; pass-role; put; and 1 more."
    )
    assert same.endswith("permissions: create-access-key. The same holds at 1 more place.")


def test_a_rule_asked_once_is_about_what_is_deployed_before_what_is_not() -> None:
    tried = replace(credential(1), evidence=(place(1, "app/tests/settings.json"),))
    (finding,) = lint(
        Deployment(credentials=(tried, credential(2))), [rule(once=True, severity=Severity.HIGH)]
    ).findings

    assert (finding.severity, finding.evidence.file) == (Severity.HIGH, ".mcp.json")
    assert "app/tests/settings.json" in {item.file for item in finding.related}


@pytest.mark.parametrize(
    ("file", "severity"),
    [
        ("evaluation/judge.py", Severity.LOW),
        ("app/benchmarks/run.py", Severity.LOW),
        ("libs/graph/bench/run.py", Severity.LOW),
        ("scripts/session_benchmark.py", Severity.LOW),
        ("bench.py", Severity.HIGH),
        ("packages/accuracy-tests/src/agent.ts", Severity.LOW),
        ("packages/contests/src/agent.ts", Severity.HIGH),
        ("validate_workflow.py", Severity.LOW),
        ("validate_invoices.py", Severity.HIGH),
        ("evaluations.py", Severity.HIGH),
        ("agents/evaluator/agent.py", Severity.HIGH),
    ],
)
def test_an_agent_that_is_only_tried_is_a_note(file: str, severity: Severity) -> None:
    agent = Agent(id=FactId("agent:a"), name="a", evidence=(place(1, file),))
    asked = rule(kind="agent", when="agent.name == 'a'", severity=Severity.HIGH)
    (finding,) = lint(Deployment(agents=(agent,)), [asked]).findings

    assert finding.severity is severity


def test_what_an_agent_of_an_evaluation_remembers_is_a_note() -> None:
    store = MemoryStore(
        id=FactId("memory_store:m"), name="m", evidence=(place(1, "evals/a.py"),), kind="buffer"
    )
    asked = rule(kind="memory_store", when="memory_store.name == 'm'", severity=Severity.HIGH)
    (finding,) = lint(Deployment(memory_stores=(store,)), [asked]).findings

    assert finding.severity is Severity.LOW


def test_the_worst_come_first_then_by_place() -> None:
    rules = [rule("low", severity=Severity.LOW), rule("high", severity=Severity.HIGH)]
    found = lint(deployment(2, 1), rules).findings

    assert [(item.rule, item.evidence.line) for item in found] == [
        ("high", 1),
        ("high", 2),
        ("low", 1),
        ("low", 2),
    ]


@given(st.randoms(use_true_random=False), st.lists(st.integers(1, 50), unique=True, max_size=8))
def test_order_changes_nothing(random: Random, numbers: list[int]) -> None:
    """I10: shuffled facts, rules and comments give the same result, byte for byte."""
    rules = [rule(), rule("other-rule", "credential.admin"), rule("once", once=True)]
    comments = [comment("held-key", number) for number in numbers[::2]]
    expected = lint(deployment(*sorted(numbers), comments=comments), rules)
    for items in (numbers, rules, comments):
        random.shuffle(items)

    shuffled = lint(deployment(*numbers, comments=comments), rules)

    assert shuffled.findings == expected.findings
    assert shuffled.rules == expected.rules


def test_a_fingerprint_knows_no_line_and_no_secret() -> None:
    (before,) = lint(deployment(1), [rule()]).findings
    moved = Deployment(credentials=(replace(credential(1, line=77), digest="other"),))
    (after,) = lint(moved, [rule()]).findings

    assert before.fingerprint == after.fingerprint
    assert len({item.fingerprint for item in lint(deployment(1, 2, 3), [rule()]).findings}) == 3


def test_equal_findings_at_one_place_are_one() -> None:
    twin = replace(credential(1), id=FactId("credential:key-twin"))
    both = Deployment(credentials=(credential(1), twin))

    assert len(lint(both, [rule()]).findings) == 1


def test_limits_are_what_the_team_says() -> None:
    asked = rule(when="size(credential.name) > limits.iterations")

    assert not lint(deployment(1), [asked]).findings
    assert lint(deployment(1), [asked], limits=Limits(iterations=2)).findings


def test_a_rule_that_gives_no_answer_ends_the_run() -> None:
    asked = rule(when="10 / size(credential.shared_with) > 1")

    with pytest.raises(RuleError, match=r"held-key\.yaml: `when` gave no answer"):
        lint(deployment(1), [asked])


@pytest.mark.parametrize("once", [False, True])
def test_a_fact_too_long_to_be_asked_is_no_pass(*, once: bool) -> None:
    """Its file may be hostile: the rule is told as undecided there, and asked of all others."""
    asked = rule(when='credential.shared_with.exists(name, name == "none")', once=once)
    shared = tuple(FactId(f"tool:{number}") for number in range(20_000))
    long = replace(credential(1), shared_with=shared)
    held = replace(credential(2), shared_with=(FactId("none"),))
    read = replace(deployment(1, 2), credentials=(long, held))

    result = lint(read, [asked])

    assert [finding.evidence.line for finding in result.findings] == [2]
    assert [(end.evidence.line, end.what) for end in result.unresolved] == [
        (1, "whether `held-key` holds for KEY_1")
    ]
    assert result.incomplete
    assert [item.reason for item in result.coverage if item.status is FileStatus.PARTIAL] == [
        "what it declares is too long to ask `held-key`"
    ]


def test_where_the_severity_cannot_be_asked_it_is_the_worst() -> None:
    long = 'credential.shared_with.exists(name, name == "none")'
    refined = ((Severity.LOW, long), (Severity.CRITICAL, "false"))
    shared = tuple(FactId(f"tool:{number}") for number in range(20_000))
    read = replace(deployment(1), credentials=(replace(credential(1), shared_with=shared),))

    found = lint(read, [rule(when="true", severity_when=refined)]).findings

    assert [finding.severity for finding in found] == [Severity.CRITICAL]


CONDITIONS = (
    'credential.lifetime == "static"',
    'credential.lifetime == "short" // and no more',
    "has(credential.ttl_s) && credential.ttl_s > 3600",
    'credential.name.endsWith("2")',
    "!!!!!!!!!!!!!!!!!!!!!!!!!!!!(size(credential.shared_with) > 0)",
    "deployment.has_gateway",
)


@given(st.lists(st.sampled_from(CONDITIONS), max_size=40))
def test_rules_asked_together_say_what_each_says_alone(conditions: list[str]) -> None:
    """Also where they are more than one call can answer, or nest too deep to stand in a sum."""
    rules = [rule(f"rule-{number}", when) for number, when in enumerate(conditions)]
    read = replace(
        deployment(1, 2), credentials=(credential(1), credential(2, lifetime=Lifetime.SHORT))
    )

    alone = [finding for asked in rules for finding in lint(read, [asked]).findings]

    assert set(lint(read, rules).findings) == set(alone)


FACTS = st.builds(
    credential, st.integers(1, 99), lifetime=st.sampled_from((Lifetime.STATIC, Lifetime.SHORT))
)


@given(st.sets(st.sampled_from(CONDITIONS)), st.lists(FACTS, unique_by=lambda fact: fact.id))
def test_facts_that_are_alike_get_the_answer_that_each_gets_alone(
    conditions: set[str], facts: list[Credential]
) -> None:
    rules = [
        rule(f"rule-{number}", when, severity_when=[(Severity.LOW, "has(credential.ttl_s)")])
        for number, when in enumerate(sorted(conditions))
    ]
    one, many = deployment(1), replace(deployment(1), credentials=tuple(facts))

    alone = [
        finding
        for fact in facts
        for finding in lint(replace(one, credentials=(fact,)), rules).findings
    ]

    assert set(lint(many, rules).findings) == set(alone)


def test_a_suppression_with_a_reason_covers_its_line_and_rule_only() -> None:
    found = lint(deployment(1, 2, comments=[comment("held-key", 2)]), [rule()])

    assert [item.evidence.line for item in found.open_findings] == [1]
    (hidden,) = [item for item in found.findings if item.suppression]
    assert hidden.suppression is not None
    assert hidden.suppression.reason == "accepted by ops"


def test_a_suppression_covers_a_place_of_several_lines() -> None:
    long = replace(credential(1), evidence=(place(3, lines=4),))
    covered = Deployment(credentials=(long,), suppressions=(comment("held-key", 6),))

    assert not lint(covered, [rule()]).open_findings


def _meta(found: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(item.rule, item.message) for item in found if item.subject.startswith("suppression:")]


def test_a_suppression_without_reason_suppresses_nothing_and_is_told() -> None:
    found = lint(deployment(1, comments=[comment("held-key", 1, reason=" ")]), [rule()])

    assert len(found.open_findings) == 2
    assert _meta(found.findings) == [
        (
            "suppression-without-reason",
            "The suppression of held-key gives no reason, so it suppresses nothing.",
        )
    ]


def test_a_suppression_that_suppresses_nothing_is_told() -> None:
    found = lint(deployment(comments=[comment("held-key", 1), comment("hold-key", 2)]), [rule()])

    assert _meta(found.findings) == [
        ("unused-suppression", "The suppression of held-key suppresses nothing."),
        (
            "unused-suppression",
            (
                "The suppression of hold-key suppresses nothing, and no rule is called hold-key;"
                " did you mean held-key."
            ),
        ),
    ]


def test_a_suppression_of_a_rule_that_was_not_asked_is_not_judged() -> None:
    found = lint(
        deployment(comments=[comment("held-key", 1)]), [rule(), rule("asked")], names=["asked"]
    )

    assert not found.findings


def test_an_acceptance_holds_until_it_expires() -> None:
    (finding,) = lint(deployment(1), [rule()]).findings
    accepted = Acceptance(
        rule="held-key",
        fingerprint=finding.fingerprint,
        reason="until the gateway is up",
        expires="2026-12-31",
    )
    open_then = lint(deployment(1), [rule()], accepted=[accepted], today="2026-12-31")
    open_later = lint(deployment(1), [rule()], accepted=[accepted], today="2027-01-01")

    assert not open_then.open_findings
    assert {item.rule for item in open_later.open_findings} == {"held-key", "unused-suppression"}
    assert "held until 2026-12-31" in open_later.findings[-1].message


def test_the_decisions_get_their_rows() -> None:
    store = MemoryStore(
        id=FactId("memory_store:m-1"),
        name="chat",
        evidence=(place(7),),
        kind="history",
        backend="redis",
        ttl=Known.SET,
        ttl_s=86400,
        max_turns=Known.SET,
        max_turns_count=40,
    )
    gateway = Gateway(id=FactId("gateway:g-1"), name="tools", evidence=(place(8),))
    seen = Edge(
        kind=EdgeKind.VISIBLE_TO,
        src=credential(1).id,
        dst=FactId("agent:a-1"),
        evidence=(place(1),),
    )
    whole = replace(deployment(1, 2), memory_stores=(store,), gateways=(gateway,), edges=(seen,))
    result = lint(whole, [])

    assert [row.visible_to_agent for row in result.credentials] == [True, False]
    assert [(row.bound, row.ttl, row.eviction) for row in result.memory_stores] == [
        ("40 turns", "1 d", "none")
    ]
    assert (result.gateways, result.open_gateways) == ((), ("tools",))
    resolving = replace(whole, gateways=(replace(gateway, brokers_credentials=Truth.YES),))
    assert lint(resolving, []).gateways == ("tools",)


def test_places_of_one_secret_bear_one_number() -> None:
    """Of a value its digest tells it, of a reference its name."""
    literal = replace(credential(1), form=CredentialForm.LITERAL, digest="d1")
    named = replace(credential(3), form=CredentialForm.ENV_REF, name="API_KEY")
    facts = (
        literal,
        replace(literal, id=FactId("credential:other"), name="another", evidence=(place(2),)),
        named,
        replace(
            named,
            id=FactId("credential:again"),
            name="api_key",
            form=CredentialForm.SECRET_REF,
            evidence=(place(4),),
        ),
        replace(named, id=FactId("credential:else"), name="OTHER_KEY", evidence=(place(5),)),
    )
    rows = lint(Deployment(credentials=facts), []).credentials

    assert [row.secret for row in rows] == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("runs_agent", "holder", "visible"),
    [
        (True, "container", True),
        (False, "container", False),
        (None, "container", True),
        (None, "ci", False),
        (True, "ci", True),
    ],
)
def test_an_agent_may_take_what_its_runtime_holds_and_any_where_none_is_known(
    *, runs_agent: bool | None, holder: str, visible: bool
) -> None:
    holding = Runtime(
        id=FactId("runtime:a"), name="a", evidence=(place(7),), runs_agent=runs_agent is True
    )
    agents = (
        () if runs_agent is None else (replace(holding, id=FactId("runtime:b"), runs_agent=True),)
    )
    held = replace(credential(1), holder=holder)
    seen = Edge(kind=EdgeKind.VISIBLE_TO, src=held.id, dst=holding.id, evidence=(place(1),))
    whole = Deployment(credentials=(held,), runtimes=(holding, *agents), edges=(seen,))

    assert [row.visible_to_agent for row in lint(whole, []).credentials] == [visible]


@pytest.mark.parametrize(
    ("framework", "file", "role", "visible"),
    [
        ("langgraph", "agent.py", "", True),
        ("langgraph", "agent.py", "store", False),
        ("langgraph", "tests/agent.py", "", False),
        ("claude-code", ".claude/settings.json", "", False),
    ],
)
def test_while_nobody_says_where_one_agent_runs_any_runtime_may_run_it(
    framework: str, file: str, role: str, *, visible: bool
) -> None:
    """Another whose runtime is known says nothing of it; what is known to be a store runs none."""
    holding = Runtime(id=FactId("runtime:a"), name="a", evidence=(place(7),), role=role)
    other = replace(holding, id=FactId("runtime:b"), runs_agent=True, role="agent")
    agent = Agent(
        id=FactId("agent:a"),
        name="a",
        evidence=(replace(place(9), file=file),),
        framework=framework,
    )
    held = replace(credential(1), holder="container")
    seen = Edge(kind=EdgeKind.VISIBLE_TO, src=held.id, dst=holding.id, evidence=(place(1),))
    whole = Deployment(
        credentials=(held,), runtimes=(holding, other), agents=(agent,), edges=(seen,)
    )

    assert [row.visible_to_agent for row in lint(whole, []).credentials] == [visible]


def test_identities_that_the_platform_gives_agents_have_rows() -> None:
    """Not those that a key proves, nor those of what runs no agent, or is only called after one."""
    runtime = Runtime(id=FactId("runtime:a"), name="a", evidence=(place(7),), runs_agent=True)
    account = Identity(
        id=FactId("identity:account"), name="agent", evidence=(place(1),), provider="kubernetes"
    )
    role = replace(account, id=FactId("identity:role"), name="support", provider="aws")
    user = replace(role, id=FactId("identity:user"), name="bot", kind="user")
    other = replace(role, id=FactId("identity:other"), name="other")
    resembling = replace(runtime, id=FactId("runtime:b"), resembles_agent=True)
    called = replace(role, id=FactId("identity:called"), name="called")
    edges = [
        (EdgeKind.AUTHENTICATES_AS, runtime.id, account.id),
        (EdgeKind.ASSUMES, account.id, role.id),
        (EdgeKind.AUTHENTICATES_AS, runtime.id, user.id),
        (EdgeKind.AUTHENTICATES_AS, FactId("runtime:else"), other.id),
        (EdgeKind.AUTHENTICATES_AS, resembling.id, called.id),
    ]
    whole = Deployment(
        runtimes=(runtime, resembling),
        identities=(account, role, user, other, called),
        edges=tuple(
            Edge(kind=kind, src=src, dst=dst, evidence=(place(1),)) for kind, src, dst in edges
        ),
    )

    assert [row.name for row in lint(whole, []).identities] == ["support"]


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({}, "unknown"),
        ({"max_turns": Known.NONE}, "none"),
        ({"max_turns": Known.SET}, "unknown"),
        ({"max_tokens": Known.SET, "max_tokens_count": 4000}, "4,000 tokens"),
        ({"max_bytes": Known.SET, "max_bytes_count": 2**29}, "512 MiB"),
    ],
)
def test_a_bound_is_a_value_none_or_unknown(bounds: dict[str, Known | int], said: str) -> None:
    store = MemoryStore(id=FactId("memory_store:m-1"), name="chat", evidence=(place(7),))
    bounded = replace(store, **bounds)

    (row,) = lint(Deployment(memory_stores=(bounded,)), []).memory_stores

    assert row.bound == said


def test_a_store_that_holds_no_conversation_is_no_memory() -> None:
    store = MemoryStore(
        id=FactId("memory_store:m-1"), name="jobs", evidence=(place(7),), holds_conversation=False
    )

    assert not lint(Deployment(memory_stores=(store,)), []).memory_stores


@pytest.mark.parametrize("count", [10, 5_000])
def test_a_workflow_with_thousands_of_permissions_is_judged(count: int) -> None:
    """The engine goes through lists of some thousand entries, and no further."""
    scopes = "".join(f"  scope{number}: write\n" for number in range(count))
    workflow = f"on: push\npermissions:\n{scopes}jobs:\n  a: {{steps: [{{run: claude -p}}]}}\n"
    result = lint(deployment_of({".github/workflows/a.yml": workflow}), lint_rules([]))

    assert len({finding.rule for finding in result.findings}) == 2
