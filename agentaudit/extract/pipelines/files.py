"""
The files in which GitLab, CircleCI, Bitbucket, Azure, CodeBuild and Cloud Build have pipelines.

Keys by https://circleci.com/docs/configuration-reference/,
https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/ and
https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/.
"""

import re
from collections.abc import Callable, Iterator

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.pipelines.cloud_build import build_of_google
from agentaudit.extract.pipelines.codebuild import build_of_file
from agentaudit.extract.pipelines.gitlab import gitlab_pipelines
from agentaudit.extract.pipelines.gitlab_includes import included_files
from agentaudit.extract.pipelines.pipeline import add_pipeline
from agentaudit.extract.pipelines.pipeline_jobs import Pipeline, PipelineJob
from agentaudit.extract.pipelines.run_files import RunAgents
from agentaudit.readers.document import Document, Node, NodeKind

_GITLAB = re.compile(r"(?:^|/)(?:[\w.-]*\.gitlab-ci\.ya?ml|\.gitlab/ci/.*\.ya?ml)$")
_CIRCLE = re.compile(r"(?:^|/)\.circleci/[^/]+\.ya?ml$")
_BITBUCKET = re.compile(r"(?:^|/)bitbucket-pipelines\.ya?ml$")
_AZURE = re.compile(
    r"(?:^|/)(?:azure-pipelines[\w.-]*|\.azure-pipelines/.*|\.(?:azuredevops|azdo)/.*)\.ya?ml$"
)
_CODEBUILD = re.compile(r"(?:^|/)[\w.-]*buildspec[\w.-]*\.ya?ml$")
_CLOUD_BUILD = re.compile(r"(?:^|/)[\w.-]*cloudbuild[\w.-]*\.ya?ml$")
_CIRCLE_EVENT = re.compile(r"<<\s*pipeline\.git\.branch\s*>>|\$\{?CIRCLE_(?:BRANCH|TAG)\b")
_BITBUCKET_EVENT = re.compile(r"\$\{?BITBUCKET_(?:BRANCH|TAG)\b")
_AZURE_EVENT = re.compile(
    r"\$\(Build\.SourceVersionMessage\)|\$\(System\.PullRequest\.SourceBranch\)|\$\(Build\.SourceBranchName\)"
)
_FIXED_ORB = re.compile(r"@\d+\.\d+\.\d+$")
_FIXED_PIPE = re.compile(r":\d+\.\d+\.\d+$|@sha256:")


def extract_pipelines(documents: Documents, collector: Collector) -> None:
    """Every pipeline, by the name of its file or because another includes it."""
    of_gitlab: list[Document] = []
    run = RunAgents(documents, collector)
    for document in documents.of("yaml"):
        root = document.root
        if (document.file, root.line, root.column) in collector.told:
            continue
        if root.kind is not NodeKind.MAPPING:
            continue
        if _GITLAB.search(document.file):
            of_gitlab.append(document)
        for pattern, reader in _READERS:
            if pattern.search(document.file):
                add_pipeline(collector, reader(document), run)
    included = included_files(documents, tuple(of_gitlab), collector)
    for pipeline in gitlab_pipelines((*of_gitlab, *included), collector):
        add_pipeline(collector, pipeline, run)


def _circle(document: Document) -> Pipeline:
    root = document.root
    orbs = root.child("orbs")
    floating = tuple(
        node.text
        for _, node in (orbs.items() if orbs is not None else ())
        if node.text and not _FIXED_ORB.search(node.text)
    )
    jobs = root.child("jobs")
    return Pipeline(
        document=document,
        name=document.file.rpartition("/")[2],
        forge="circleci",
        jobs=tuple(_circle_jobs(jobs)) if jobs is not None else (),
        event_text=_CIRCLE_EVENT,
        alternatives={
            "aws": "aws-cli/setup with role_arn (OIDC)",
            "google": "gcp-cli/setup with use_oidc",
            "azure": "CIRCLE_OIDC_TOKEN_V2 with a federated credential",
        },
        included=floating,
    )


def _circle_jobs(jobs: Node) -> Iterator[PipelineJob]:
    for key, job in jobs.entries:
        scripts: list[Node] = []
        settings = [(key.raw, node) for node in (job.child("environment"),) if node is not None]
        for step in job.list_at("steps"):
            run = step.child("run")
            if run is not None:
                command = run.child("command")
                scripts.append(command if command is not None else run)
                environment = run.child("environment")
                settings += [(f"{key.raw}.run", environment)] if environment is not None else []
            for name, given in step.items():
                if "/" in name and given.entries:
                    settings.append((f"{key.raw}.{name}", given))
        images = job.child("docker")
        first = next(iter(images.list()), None) if images is not None else None
        yield PipelineJob(
            name=key.raw,
            key=key,
            scripts=tuple(scripts),
            settings=tuple(settings),
            image=first.text_at("image") if first is not None else "",
        )


def _bitbucket(document: Document) -> Pipeline:
    root = document.root
    pipelines = root.child("pipelines") or root
    return Pipeline(
        document=document,
        name=document.file.rpartition("/")[2],
        forge="bitbucket",
        jobs=tuple(_bitbucket_steps(pipelines, root.child("image"))),
        triggers=tuple(name for name, _ in pipelines.items()),
        event_text=_BITBUCKET_EVENT,
        alternatives={
            "aws": "`oidc: true` with AWS_OIDC_ROLE_ARN",
            "google": "`oidc: true` with workload identity federation",
            "azure": "`oidc: true` with a federated credential",
        },
    )


def _bitbucket_steps(pipelines: Node, image: Node | None) -> Iterator[PipelineJob]:
    number = 0
    for node in pipelines.walk():
        step = node.child("step")
        script = step.child("script") if step is not None else None
        if step is None or script is None:
            continue
        number += 1
        pipes = [entry for entry in script.list() if entry.child("pipe") is not None]
        own = step.child("image") or image
        oidc = step.child("oidc")
        token = [("BITBUCKET_STEP_OIDC_TOKEN", oidc)] if oidc and oidc.boolean is True else []
        name = step.name_at("name") or f"step {number}"
        yield PipelineJob(
            name=name,
            key=step.child("name") or node.key_of("step") or step,
            scripts=(script,),
            settings=tuple(
                (f"{name}.{pipe.name_at('pipe')}", block)
                for pipe in pipes
                if (block := pipe.child("variables")) is not None
            ),
            image=(own.text or own.text_at("name")) if own is not None else "",
            tokens=tuple(token),
            unpinned=tuple(
                pipe.text_at("pipe")
                for pipe in pipes
                if not _FIXED_PIPE.search(pipe.text_at("pipe"))
            ),
        )


def _azure(document: Document) -> Pipeline:
    root = document.root
    variables = [
        node for node in root.walk() if node.child("variables") is not None and node.entries
    ]
    return Pipeline(
        document=document,
        name=document.file.rpartition("/")[2],
        forge="azure-pipelines",
        jobs=tuple(_azure_jobs(root, variables)),
        triggers=tuple(name for name in ("trigger", "pr", "schedules") if root.child(name)),
        event_text=_AZURE_EVENT,
        alternatives={
            "azure": "a service connection with workload identity federation",
            "aws": "a service connection with OIDC",
            "google": "workload identity federation",
        },
    )


def _azure_jobs(root: Node, levels: list[Node]) -> Iterator[PipelineJob]:
    """Everything that has steps: the pipeline itself, a job, a deployment's hook."""
    shared = tuple(
        (f"variables.{number}", block)
        for number, level in enumerate(levels)
        if (block := level.child("variables")) is not None and block.entries
    )
    number = 0
    for node in root.walk():
        steps = node.child("steps")
        if steps is None:
            continue
        number += 1
        name = node.name_at("job") or node.name_at("deployment") or f"steps {number}"
        scripts = [
            script
            for step in steps.list()
            for key in ("script", "bash", "pwsh", "powershell")
            if (script := step.child(key)) is not None
        ]
        scripts += [
            inline
            for step in steps.list()
            for key in ("script", "inlineScript")
            if (inline := step.get("inputs", key)) is not None
        ]
        environments = [(name, block) for step in steps.list() if (block := step.child("env"))]
        yield PipelineJob(
            name=name,
            key=node.key_of("job") or node.key_of("steps") or node,
            scripts=tuple(scripts),
            shared=shared,
            settings=tuple(environments),
            image=node.text_at("container"),
        )


_READERS: tuple[tuple[re.Pattern[str], Callable[[Document], Pipeline]], ...] = (
    (_CIRCLE, _circle),
    (_BITBUCKET, _bitbucket),
    (_AZURE, _azure),
    (_CODEBUILD, build_of_file),
    (_CLOUD_BUILD, build_of_google),
)
