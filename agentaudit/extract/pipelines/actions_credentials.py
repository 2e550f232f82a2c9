"""Credentials of GitHub workflows: static keys, sessions by OIDC, the environment."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.documented_tokens import is_everybodys
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.key_addresses import without_sessions
from agentaudit.extract.credentials.literals import form_of
from agentaudit.extract.credentials.recognition import of_administrator
from agentaudit.extract.credentials.redaction import assignment, plain
from agentaudit.extract.iam.holders import principal_name
from agentaudit.extract.pipelines.actions_expressions import BEGINNING
from agentaudit.extract.pipelines.actions_jobs import Job, WorkflowFile
from agentaudit.extract.pipelines.actions_services import doubt_own_services
from agentaudit.extract.pipelines.actions_steps import Step, raw
from agentaudit.extract.settings import Setting
from agentaudit.extract.stages import stage_named, tells_of_tests
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.permissions import Identity
from agentaudit.readers.document import Node

_AWS_ACTION = "aws-actions/configure-aws-credentials"
_VARIABLES = Budget("variables of jobs", 100_000)
"""Of all jobs of a workflow, those that it gives to each of them as often as there are jobs."""
_TERRAFORM = regex(r"\b(?:terraform|tofu|opentofu|terragrunt)\b")
_SESSION_S = 3600
"""What `configure-aws-credentials` asks for when nobody says."""


class _StaticInput(Struct, frozen=True):
    """An input that takes a static credential, and what would do without it."""

    provider: str
    kind: str
    alternative: str


_CLAUDE = {
    "anthropic_api_key": _StaticInput("anthropic", "api_key", "anthropic_federation_rule_id"),
    "claude_code_oauth_token": _StaticInput("anthropic", "token", "anthropic_federation_rule_id"),
}
_ELSEWHERE = {name: _StaticInput("", static.kind, "") for name, static in _CLAUDE.items()}
"""The same, where another gateway is asked: Anthropic's federation opens nothing there."""
_ADDRESS, _ANTHROPICS = "ANTHROPIC_BASE_URL", "://api.anthropic.com"
_TOLD = regex(rf'"{_ADDRESS}"\s{{0,9}}:\s{{0,9}}"(?P<address>[^"\n]{{1,300}})"')
"""The same in the settings that its action is given as a text."""
_STATIC_INPUTS: Mapping[str, Mapping[str, _StaticInput]] = MappingProxyType(
    {
        _AWS_ACTION: {
            "aws-access-key-id": _StaticInput("aws", "access_key", "role-to-assume (OIDC)")
        },
        "google-github-actions/auth": {
            "credentials_json": _StaticInput("google", "key_file", "workload_identity_provider")
        },
        "azure/login": {"creds": _StaticInput("azure", "client_secret", "client-id with OIDC")},
        "anthropics/claude-code-action": _CLAUDE,
        "anthropics/claude-code-base-action": _CLAUDE,
        "openai/codex-action": {"openai-api-key": _StaticInput("openai", "api_key", "")},
        "google-github-actions/run-gemini-cli": {
            "gemini_api_key": _StaticInput("google", "api_key", "gcp_workload_identity_provider")
        },
    }
)
_IN_ENVIRONMENT = {
    "aws": "role-to-assume (OIDC)",
    "google": "workload_identity_provider",
    "google api_key": "",  # the Gemini API takes a key and no session
}


def add_job_credentials(
    collector: Collector,
    placed: tuple[WorkflowFile, Job],
    seen_by: tuple[FactId, ...],
    *,
    state_elsewhere: bool,
) -> bool:
    """
    The credentials of a job, added; whether there are static ones.

    Where Terraform keeps its state elsewhere than in AWS, its keys may be of that.
    """
    workflow, job = placed
    found = False
    for step in job.steps:
        inputs = _STATIC_INPUTS.get(step.action, {})
        if inputs is _CLAUDE and _asks_elsewhere(workflow, job, step):
            inputs = _ELSEWHERE
        for name, static in inputs.items():
            value = step.input(name)
            if value is None or not value.text or (job.off and BEGINNING in value.text):
                continue
            if not step.left_empty(value.text):
                _add_static(collector, workflow, (job, step, name, static), seen_by)
                found = True
        if step.action == _AWS_ACTION:
            _add_session(collector, workflow, (job, step), seen_by)
    settings = tuple(_settings(workflow, job)) if _affords(collector, workflow, job) else ()
    holding = Holding(
        holder="ci",
        exposure="env",
        holder_id=next(iter(seen_by), NOBODY),
        seen_by=seen_by,
        short_alternative=without_sessions(_IN_ENVIRONMENT) if state_elsewhere else _IN_ENVIRONMENT,
        environment=_stage(job),
        applied=False,
        tested=tells_of_tests(settings),
    )
    added = add_credentials(collector, settings, holding)
    doubt_own_services(collector, job, settings, added)
    return bool(added) or found


def runs_terraform(workflow: WorkflowFile) -> bool:
    """Whether one of its steps does."""
    return any(
        _TERRAFORM.search(f"{step.uses} {step.node.raw_at('run')}") for step in workflow.steps
    )


def _asks_elsewhere(workflow: WorkflowFile, job: Job, step: Step) -> bool:
    """Whether Claude Code is told another address than Anthropic's, at which the key is good."""
    told = (node.get("env", _ADDRESS) for node in (step.node, job.node, workflow.root))
    address = next((value.text for value in told if value is not None), None) or ""
    settings = _TOLD.search(raw(step.input("settings")))
    address = address or (settings["address"] if settings is not None else "")
    return bool(address) and _ANTHROPICS not in address


def _affords(collector: Collector, workflow: WorkflowFile, job: Job) -> bool:
    """Whether what all jobs have is not read all too often; if it is, the rest is left open."""
    shared, own = workflow.root.get("env"), job.node.get("env")
    size = sum(len(block.entries) for block in (shared, own) if block is not None)
    what = f"the variables of the job {plain(job.name)}"
    end = (evidence(workflow.document, job.key), what, "they may be keys")
    return collector.affords(_VARIABLES, size, end)


def _stage(job: Job) -> str:
    """The stage that a job's environment is; its rules are elsewhere, whatever it is called."""
    named = job.node.child("environment")
    return stage_named((named.text or named.text_at("name")) if named is not None else "")


def _add_static(
    collector: Collector,
    workflow: WorkflowFile,
    where: tuple[Job, Step, str, _StaticInput],
    seen_by: tuple[FactId, ...],
) -> None:
    job, step, name, static = where
    value = step.input(name)
    text = raw(value)
    place = evidence(workflow.document, value or step.node, assignment(name, text))
    form = form_of(name, text)
    if form is CredentialForm.LITERAL and is_everybodys(text):
        return
    session, master = step.input("aws-session-token"), of_administrator(text)
    named = master or static
    credential = collector.add(
        Credential(
            id=fact_id("credential", name, _key(workflow, job, step, name)),
            name=name,
            evidence=(place,),
            provider=named.provider,
            kind=named.kind,
            admin=master is not None,
            form=form,
            lifetime=Lifetime.SHORT if session is not None else Lifetime.STATIC,
            holder="ci",
            holder_id=next(iter(seen_by), NOBODY),
            exposure="env",
            variable=name,
            digest=collector.digest(text) if form is CredentialForm.LITERAL else "",
            short_alternative=static.alternative,
            confidence=_sure_of(step, static),
        )
    )
    for seer in seen_by:
        collector.link(EdgeKind.VISIBLE_TO, credential.id, seer, place)


def _sure_of(step: Step, static: _StaticInput) -> Confidence:
    """A step that is given what does without the key, too, takes either: which is set is open."""
    other = step.input(static.alternative) if static.alternative else None
    return Confidence.POSSIBLE if other is not None and raw(other) else Confidence.CERTAIN


def _add_session(
    collector: Collector,
    workflow: WorkflowFile,
    where: tuple[Job, Step],
    seen_by: tuple[FactId, ...],
) -> None:
    """The session of a role that a step assumes, by OIDC unless it starts from a key."""
    job, step = where
    role, duration = step.input("role-to-assume"), step.input("role-duration-seconds")
    if role is None:
        return
    place = evidence(workflow.document, role, f"role-to-assume: {plain(raw(role))}")
    ttl_s = _SESSION_S if duration is None else duration.integer
    credential = collector.add(
        Credential(
            id=fact_id("credential", "role-to-assume", _key(workflow, job, step, "role")),
            name="role-to-assume",
            evidence=(place,),
            provider="aws",
            kind="session_key",
            form=CredentialForm.WORKLOAD_IDENTITY,
            lifetime=Lifetime.SHORT if ttl_s is not None else Lifetime.UNKNOWN,
            ttl_s=ttl_s,
            holder="ci",
            holder_id=next(iter(seen_by), NOBODY),
            exposure="env",
            variable="role-to-assume",
        )
    )
    for seer in seen_by:
        collector.link(EdgeKind.VISIBLE_TO, credential.id, seer, place)
    name = principal_name(raw(role))
    if name:
        collector.refer(EdgeKind.AUTHENTICATES_AS, credential.id, Identity, name, place)
    else:
        collector.leave_open(place, "the role that a workflow assumes", "what it may do is open")


def _settings(workflow: WorkflowFile, job: Job) -> Iterator[Setting]:
    """The environment of the workflow, the job and its steps: literals, and secrets by name."""
    blocks = [("env", workflow.root.get("env")), (f"jobs.{job.name}.env", job.node.get("env"))]
    blocks += [(f"jobs.{job.name}.{step.number}.env", step.node.get("env")) for step in job.steps]
    for route, block in blocks:
        for key, value in block.items() if block is not None else ():
            if _worth_asking(value):
                yield Setting(key=key, value=value, document=workflow.document, route=route)


def _worth_asking(value: Node) -> bool:
    """Whether a value is a literal or a secret of the repository, and not the job's own token."""
    text = value.text or ""
    return BEGINNING not in text or ("secrets." in text and "secrets.GITHUB_TOKEN" not in text)


def _key(workflow: WorkflowFile, job: Job, step: Step, name: str) -> str:
    return f"{workflow.document.file}#jobs.{job.name}.{step.number}.{name}"
