"""The first decision: in which place credentials are resolved."""

from enum import StrEnum

from agentaudit.model.decision import Decision, DecisionEvidence, DecisionStatus
from agentaudit.model.finding import CredentialSummary, LintResult
from agentaudit.report.quantities import counted, lifetime

ID = "credential-resolution"
QUESTION = "Where does credential resolution happen?"
_OUTSIDE_FORMS = ("workload_identity", "oauth")
_SHOWN = 6


class Resolution(StrEnum):
    """Who turns a reference into a secret, as far as the files say."""

    GATEWAY = "gateway"
    PLATFORM = "platform identity"
    CI = "CI secret store"
    AGENT = "agent process"
    FILE = "repository file"
    ELSEWHERE = "another process"
    UNKNOWN = "unknown"


_HELD = {
    Resolution.AGENT: "lives until revoked, and the agent process holds it",
    Resolution.FILE: "lives until revoked, and stands readable in a file",
}
_OUTSIDE = (Resolution.GATEWAY, Resolution.PLATFORM, Resolution.CI)


def credential_decision(lint: LintResult | None) -> Decision:
    """Decided when a gateway or the platform resolves every credential that outlives its use."""
    if lint is None:
        return _made(
            DecisionStatus.NOT_MEASURED,
            "No deployment files were linted, so nothing is known of credentials.",
            (),
            "Run `agentaudit lint PATH --json findings.json`, and report again.",
        )
    held = [item for item in lint.credentials if long_lived_in_reach(item)]
    unclear = [item for item in lint.credentials if undecided(item)]
    outside = [item for item in lint.credentials if resolution(item) in _OUTSIDE]
    evidence = _evidence(lint, held, unclear, outside)
    status, answer, step = _judged(lint, len(held), len(unclear), len(outside))
    return _made(status, answer, evidence, step)


def resolution(credential: CredentialSummary) -> Resolution:
    """Who resolves a credential."""
    if credential.form in _OUTSIDE_FORMS:
        return Resolution.PLATFORM
    if credential.form == "literal":
        return Resolution.FILE
    if credential.holder == "gateway":
        return Resolution.GATEWAY
    if credential.visible_to_agent or credential.holder in ("agent", "tool_server"):
        return Resolution.AGENT
    if credential.holder == "ci" and credential.form == "secret_ref":
        return Resolution.CI
    return Resolution.ELSEWHERE if credential.holder else Resolution.UNKNOWN


def long_lived_in_reach(credential: CredentialSummary) -> bool:
    """Whether it lives until revoked and the agent, or whoever reads the files, can have it."""
    exposed = resolution(credential) in (Resolution.AGENT, Resolution.FILE)
    return exposed and credential.lifetime == "static"


def undecided(credential: CredentialSummary) -> bool:
    """Whether the files leave open who resolves it, or how long it lives in the agent's reach."""
    found = resolution(credential)
    if found is Resolution.UNKNOWN:
        return True
    exposed = found in (Resolution.AGENT, Resolution.FILE)
    return exposed and credential.lifetime not in ("static", "short")


def lived(credential: CredentialSummary) -> str:
    """How long a credential lives, in words."""
    if credential.lifetime == "short" and credential.ttl_s is not None:
        return lifetime(credential.ttl_s)
    words = {"static": "until revoked", "short": "short"}
    return words.get(credential.lifetime, "unknown")


def _judged(
    lint: LintResult, held: int, unclear: int, outside: int
) -> tuple[DecisionStatus, str, str]:
    total = len(lint.credentials)
    if held:
        return _held(lint, held, outside)
    if unclear:
        return (
            DecisionStatus.NOT_MEASURED,
            (
                f"Of {counted(total, 'credential')}, {unclear} cannot be judged: the files leave"
                " open who resolves them or how long they live."
            ),
            "State the lifetime, or resolve them through a gateway or a platform identity.",
        )
    if lint.incomplete and not outside:
        return (
            DecisionStatus.NOT_MEASURED,
            "No long-lived credential was found, but not every file could be read.",
            "Mend the files that could not be read, which are named under coverage.",
        )
    if not outside and not lint.gateways:
        return (
            DecisionStatus.NOT_DECIDED,
            "No file says where credentials are resolved."
            if not total
            else "No long-lived credential is in the agent's reach, but no gateway or platform"
            " identity is declared either.",
            "Declare the gateway, or the workload identity, that resolves credentials.",
        )
    return (
        DecisionStatus.DECIDED,
        f"Outside the agent: {_resolvers(lint)}.",
        "Name an owner, and keep it so: fail CI on new findings of the credentials family.",
    )


def _held(lint: LintResult, held: int, outside: int) -> tuple[DecisionStatus, str, str]:
    step = (
        "Move long-lived credentials behind a gateway or a workload identity that issues"
        " short-lived tokens; then revoke the old ones."
    )
    keys = counted(held, "long-lived credential")
    stands = "stands" if held == 1 else "stand"
    if outside or lint.gateways:
        return (
            DecisionStatus.CONTRADICTED,
            (
                f"{keys} {stands} in the agent's reach, although others are resolved outside it"
                f" ({_resolvers(lint)})."
            ),
            step,
        )
    return (
        DecisionStatus.NOT_DECIDED,
        (f"{keys} {stands} in the agent's reach, and no gateway or platform identity is declared."),
        step,
    )


def _resolvers(lint: LintResult) -> str:
    """The gateways by name, and what else resolves credentials outside the agent."""
    found = {resolution(item) for item in lint.credentials}
    names = [f"gateway {name}" for name in lint.gateways]
    names += [str(kind) for kind in _OUTSIDE if kind in found and not _named(kind, lint)]
    return ", ".join(names)


def _named(kind: Resolution, lint: LintResult) -> bool:
    return kind is Resolution.GATEWAY and bool(lint.gateways)


def _evidence(
    lint: LintResult,
    held: list[CredentialSummary],
    unclear: list[CredentialSummary],
    outside: list[CredentialSummary],
) -> tuple[DecisionEvidence, ...]:
    bad = [_fact(item, _HELD[resolution(item)], good=False) for item in held]
    unknown = [_fact(item, f"lifetime {lived(item)}, not decided", good=False) for item in unclear]
    good = [_fact(item, f"resolved by {resolution(item)}", good=True) for item in outside]
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


def _fact(credential: CredentialSummary, text: str, *, good: bool) -> DecisionEvidence:
    return DecisionEvidence(
        text=f"{credential.name}: {text}", place=str(credential.evidence), good=good
    )


def _made(
    status: DecisionStatus, answer: str, evidence: tuple[DecisionEvidence, ...], step: str
) -> Decision:
    return Decision(
        id=ID, question=QUESTION, status=status, answer=answer, evidence=evidence, next_step=step
    )
