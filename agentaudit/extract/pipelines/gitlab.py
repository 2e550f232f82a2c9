"""
Pipelines of GitLab, with what their jobs extend.

https://docs.gitlab.com/ci/yaml/#extends: a job has what it does not say itself from those that it
extends, the last of them first, which may stand in any file that is included; variables of all of
them hold. More than eleven levels GitLab itself refuses.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.pipelines.pipeline_jobs import Pipeline, PipelineJob
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.places import in_file

_SCRIPTS = ("before_script", "script", "after_script")
_NOT_JOBS = frozenset({"default", "include", "stages", "variables", "workflow", "spec", "image"})
_EVENT = re.compile(
    r"\$\{?(?:CI_MERGE_REQUEST_(?:TITLE|DESCRIPTION)|CI_COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|REF_NAME"
    r"|BRANCH)|CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME|AI_FLOW_(?:INPUT|CONTEXT|EVENT)"
    r"|TRIGGER_PAYLOAD)\b"
)
_STRANGERS = re.compile(
    r"external_pull_request_event|CI_PIPELINE_SOURCE\s*==\s*[\"']trigger[\"']|AI_FLOW_|TRIGGER_PAYLOAD"
)
_DEEPEST = 11
_MOST = 50
"""Jobs whose values one has, be it by way of others."""
_OPEN = "what else is set there is open"


def gitlab_pipelines(found: Sequence[Document], collector: Collector) -> Iterator[Pipeline]:
    """The pipelines of some files, which may extend jobs of one another."""
    templates = _Templates(found, collector)
    for document in found:
        yield _pipeline(document, templates)


class _Templates:
    """
    All that jobs may extend, by its name; of two, that of the same file counts.

    Hidden jobs that others extend run as those alone.
    """

    def __init__(self, found: Sequence[Document], collector: Collector) -> None:
        self._collector = collector
        self._named: dict[str, tuple[Document, Node]] = {}
        self._moved: dict[str, Node] = {}
        for document in found:
            for key, job in document.root.entries:
                if job.kind is NodeKind.MAPPING:
                    self._named.setdefault(key.raw, (document, job))
        jobs = (job for _, job in self._named.values())
        self.extended = frozenset(name for job in jobs for name in job.texts_at("extends"))

    def under(self, document: Document, job: Node, depth: int = 0) -> Iterator[Node]:
        """The levels below a job, the nearest first."""
        listed = job.child("extends")
        for name in reversed(listed.list() if listed is not None else ()):
            own = document.root.child(name.raw)
            other, level = (document, own) if own else self._named.get(name.raw, (document, None))
            if level is None:
                what = f"the job {plain(name.raw)}, which another extends, is not among the files"
                self._collector.leave_open(evidence(document, name), what, _OPEN)
            elif depth < _DEEPEST:
                yield level if other is document else self._of_file(name.raw, level, other)
                yield from self.under(other, level, depth + 1)

    def _of_file(self, name: str, level: Node, other: Document) -> Node:
        """What knows that it stands in another file than the job."""
        if name not in self._moved:
            self._moved[name] = in_file(level, other.file)
        return self._moved[name]


def _pipeline(document: Document, templates: _Templates) -> Pipeline:
    root = document.root
    shared = root.child("default")
    rules = [root.child("workflow"), *(block for _, block in root.items())]
    strangers = next((node for block in rules if block for node in _conditions(block)), None)
    return Pipeline(
        document=document,
        name=document.file.rpartition("/")[2],
        forge="gitlab",
        jobs=tuple(_jobs(document, shared, templates)),
        untrusted=strangers,
        event_text=_EVENT,
        alternatives={
            "aws": "id_tokens with a role (OIDC)",
            "google": "id_tokens with workload identity federation",
            "azure": "id_tokens with a federated credential",
        },
        included=tuple(_included(root)),
    )


def _jobs(document: Document, shared: Node | None, templates: _Templates) -> Iterator[PipelineJob]:
    root = document.root
    everywhere = [dict(level.items()) for level in (shared, root) if level is not None]
    of_all = {name: _first(everywhere, name) for name in (*_SCRIPTS, "id_tokens", "image")}
    variables = root.child("variables")
    for key, own in root.entries:
        hidden = key.raw.startswith(".") and key.raw in templates.extended
        if hidden or key.raw in _NOT_JOBS or own.kind is not NodeKind.MAPPING:
            continue
        below = islice(templates.under(document, own), _MOST)
        levels = [dict(level.items()) for level in (own, *below)]
        if _first(levels, "script") is None:
            continue
        found = {name: _first(levels, name) or of_all[name] for name in of_all}
        image = found["image"]
        yield PipelineJob(
            name=key.raw,
            key=key,
            scripts=tuple(node for name in _SCRIPTS if (node := found[name]) is not None),
            shared=(("variables", variables),) if variables is not None else (),
            settings=tuple(
                (key.raw, level["variables"]) for level in levels if "variables" in level
            ),
            image=(image.text or image.text_at("name")) if image is not None else "",
            tokens=_items(found["id_tokens"]),
        )


def _items(node: Node | None) -> tuple[tuple[str, Node], ...]:
    return tuple(node.items()) if node is not None else ()


def _first(levels: list[dict[str, Node]], name: str) -> Node | None:
    return next((node for level in levels if (node := level.get(name)) is not None), None)


def _conditions(block: Node) -> Iterator[Node]:
    """Conditions under which somebody who is no member starts the pipeline."""
    for name in ("rules", "only"):
        for rule in block.list_at(name):
            node = rule.child("if") or rule
            if node.text and _STRANGERS.search(node.text):
                yield node


def _included(root: Node) -> Iterator[str]:
    for entry in root.list_at("include"):
        remote, project, ref = (entry.text_at(key) for key in ("remote", "project", "ref"))
        if remote:
            yield remote
        elif project and not re.fullmatch(r"[0-9a-f]{40}", ref):
            yield f"{project}@{ref or 'HEAD'}"
