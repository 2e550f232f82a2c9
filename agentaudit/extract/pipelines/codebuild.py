"""
Builds of AWS CodeBuild: what a build specification runs, and what it holds.

A variable of the parameter store or of Secrets Manager is only named there. Keys by
https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html.
"""

import re
from collections.abc import Iterator

from agentaudit.extract.made_nodes import made_text
from agentaudit.extract.pipelines.pipeline_jobs import Pipeline, PipelineJob
from agentaudit.readers.document import Document, Node, NodeKind

ALTERNATIVES = {"aws": "the service role of the project"}
EVENT = re.compile(r"\$\{?CODEBUILD_WEBHOOK_(?:HEAD_REF|BASE_REF|TRIGGER)\b")
"""What the author of a pull request called it."""
_LISTS = ("commands", "finally")
_BATCHES = ("build-list", "build-graph")
_NAMED = ("parameter-store", "secrets-manager")


def build_of_file(document: Document) -> Pipeline:
    """A build specification in a file of its own."""
    name = document.file.rpartition("/")[2]
    return Pipeline(
        document=document,
        name=name,
        forge="codebuild",
        jobs=(build_job("build", document.root, document.root),),
        event_text=EVENT,
        alternatives=ALTERNATIVES,
    )


def build_job(name: str, key: Node, specification: Node | None) -> PipelineJob:
    """What a specification runs, with its variables."""
    if specification is None:
        return PipelineJob(name=name, key=key)
    phases = specification.child("phases")
    environments = tuple(_environments(specification))
    return PipelineJob(
        name=name,
        key=key if phases is None else specification.key_of("phases") or key,
        scripts=tuple(_scripts(phases)) if phases is not None else (),
        settings=tuple(variables for env in environments for variables in _variables(env)),
        privileged=any(_owns(env) for env in environments),
    )


def named_only(name: Node, value: Node) -> tuple[Node, Node]:
    """A variable whose value lies elsewhere, under a name that is no secret."""
    return name, made_text(value, f"${{{name.raw}}}")


def _scripts(phases: Node) -> Iterator[Node]:
    for _, phase in phases.entries:
        for name in _LISTS:
            commands = phase.child(name)
            if commands is not None:
                yield commands


def _environments(specification: Node) -> Iterator[Node]:
    """That of all builds, and those of the builds of a batch."""
    batches = (specification.get("batch", name) for name in _BATCHES)
    builds = [build for batch in batches if batch is not None for build in batch.list()]
    yield from (env for each in (specification, *builds) if (env := each.child("env")) is not None)


def _owns(environment: Node) -> bool:
    privileged = environment.child("privileged-mode")
    return privileged is not None and privileged.boolean is True


def _variables(environment: Node) -> Iterator[tuple[str, Node]]:
    plain = environment.child("variables")
    if plain is not None and plain.kind is NodeKind.MAPPING:
        yield "env.variables", plain
    for kind in _NAMED:
        block = environment.child(kind)
        if block is not None and block.entries:
            entries = tuple(named_only(name, value) for name, value in block.entries)
            yield f"env.{kind}", block.changed(entries=entries)
