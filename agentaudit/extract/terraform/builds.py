"""
Projects of AWS CodeBuild: the machine that a build runs on, who it acts as, and who starts it.

Sources: the pages of `aws_codebuild_project` and `aws_codebuild_webhook` in the Terraform registry;
AWS CloudFormation, "AWS::CodeBuild::Project"; AWS CodeBuild User Guide, "Filter GitHub webhook
events": whoever opens a pull request starts a build unless a filter names who may.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import evidence
from agentaudit.extract.embedded import embedded_yaml
from agentaudit.extract.pipelines.codebuild import ALTERNATIVES, EVENT, build_job, named_only
from agentaudit.extract.pipelines.pipeline import add_pipeline
from agentaudit.extract.pipelines.pipeline_jobs import Pipeline, PipelineJob
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.runtimes import authenticate
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import in_file

_SPECIFICATIONS = Budget("characters of build specifications", 1_000_000)
_PROJECT, _WEBHOOK = "aws_codebuild_project", "aws_codebuild_webhook"
_DEFAULT_FILE = "buildspec.yml"
_OF_STRANGERS = "PULL_REQUEST_"
_WHO = frozenset({"ACTOR_ACCOUNT_ID", "GITHUB_ACTOR_ACCOUNT_ID"})
_PLAIN = frozenset({"", "PLAINTEXT"})


def add_builds(module: Module, principals: Principals) -> None:
    """
    Every project, with what its build runs where that is known.

    The role of one that runs no agent is told as any other: it deploys what may run some.
    """
    hooks: dict[str, list[Node]] = {}
    for hook in module.resources(_WEBHOOK):
        node = hook.body.get("project_name")
        project = module.references(_PROJECT).named(node.raw) if node is not None else None
        if project is not None:
            hooks.setdefault(project.key, []).append(hook.body)
    for declared in module.resources(_PROJECT):
        pipeline = Pipeline(
            document=declared.document,
            name=declared.title,
            forge="codebuild",
            deployed=True,
            jobs=(_job(declared, principals),),
            untrusted=next(_strangers(declared, hooks.get(declared.key, ())), None),
            event_text=EVENT,
            alternatives=ALTERNATIVES,
        )
        for runtime in add_pipeline(principals.collector, pipeline):
            if runtime.runs_agent:
                authenticate(principals, declared, runtime.id, ("service_role",))


def _job(declared: Declared, principals: Principals) -> PipelineJob:
    environment = declared.body.get("environment")
    job = build_job(declared.title, declared.header, _specification(declared, principals))
    if environment is None:
        return replace(job, key=declared.header)
    privileged = environment.get("privileged_mode")
    variables = tuple(_variables(environment))
    block = environment.changed(kind=NodeKind.MAPPING, entries=variables, elements=())
    return replace(
        job,
        key=declared.header,
        settings=(*((("environment", block),) if variables else ()), *job.settings),
        image=environment.text_at("image"),
        privileged=job.privileged or (privileged is not None and privileged.boolean is True),
    )


def _specification(declared: Declared, principals: Principals) -> Node | None:
    """
    What a build runs, as a text of the project or in the file that it names.

    Such a file is told of with the project, whose machine it runs on, and not once more.
    """
    node = declared.body.get("source", "buildspec")
    documents, collector = principals.documents, principals.collector
    if node is not None and "\n" in node.raw:
        end = (
            evidence(declared.document, node),
            f"what {declared.shown} runs",
            "it may run agents",
        )
        room = collector.affords(_SPECIFICATIONS, len(node.raw), end)
        return embedded_yaml(node, declared.document, documents) if room else None
    named = documents.at((node.text or "") if node is not None else _DEFAULT_FILE)
    if named is None or named.root.child("phases") is None:
        return None
    collector.told.add((named.file, named.root.line, named.root.column))
    return in_file(named.root, named.file)


def _variables(environment: Node) -> Iterator[tuple[Node, Node]]:
    """The variables of a machine; those whose value lies elsewhere by their names alone."""
    for block in ("environment_variable", "environment_variables"):
        for each in environment.list_at(block):
            said = {key.lower(): value for key, value in each.items()}
            name, value, kind = said.get("name"), said.get("value"), said.get("type")
            if name is not None and value is not None:
                plain = kind is None or (kind.text or "").upper() in _PLAIN
                yield (name, value) if plain else named_only(name, value)


def _strangers(declared: Declared, hooks: Sequence[Node]) -> Iterator[Node]:
    """Where pull requests start a build, whoever opens them."""
    groups = [group for hook in hooks for group in hook.list_at("filter_group")]
    filters = [group.list_at("filter") for group in groups]
    filters += [group.list() for group in declared.body.list_at("triggers", "filter_groups")]
    for group in filters:
        kinds = {each.text_at("type"): each.get("pattern") for each in group}
        event = kinds.get("EVENT")
        if event is not None and _OF_STRANGERS in event.raw and _WHO.isdisjoint(kinds):
            yield event
