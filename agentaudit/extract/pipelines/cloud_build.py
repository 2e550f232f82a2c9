"""
Builds of Google Cloud Build: each step is a container of its own, with its command as a list.

A secret of Secret Manager is only named there. Keys by
https://cloud.google.com/build/docs/build-config-file-schema.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from agentaudit.extract.made_nodes import made_list, made_text
from agentaudit.extract.pipelines.codebuild import named_only
from agentaudit.extract.pipelines.pipeline_jobs import Pipeline, PipelineJob
from agentaudit.readers.document import Document, Node, NodeKind

_EVENT = re.compile(r"\$\{?(?:BRANCH_NAME|TAG_NAME|REF_NAME|_HEAD_BRANCH|_PR_\w{1,40})\b")
"""What the author of a change called it."""
_SHELLS = frozenset({"-c", "-ec", "-lc", "-exc", "-euc", "-euxc"})


def build_of_google(document: Document) -> Pipeline:
    """The steps of a build, each as a job."""
    root = document.root
    everywhere = tuple(_variables("options", root.child("options")))
    return Pipeline(
        document=document,
        name=document.file.rpartition("/")[2],
        forge="cloud-build",
        jobs=tuple(
            _job(step, number, everywhere) for number, step in enumerate(root.list_at("steps"), 1)
        ),
        event_text=_EVENT,
        alternatives={"google": "the service account of the build"},
    )


def _job(step: Node, number: int, shared: tuple[tuple[str, Node], ...]) -> PipelineJob:
    name = step.name_at("id") or f"step {number}"
    return PipelineJob(
        name=name,
        key=step.child("id") or step.child("name") or step,
        scripts=tuple(_scripts(step)),
        shared=shared,
        settings=tuple(_variables(name, step)),
        image=step.text_at("name"),
    )


def _scripts(step: Node) -> Iterator[Node]:
    """What a shell is given as one text, or the words of a command."""
    script, args = step.child("script"), step.child("args")
    if script is not None:
        yield script
    words = args.list() if args is not None else ()
    given = [after for word, after in pairwise(words) if word.raw in _SHELLS]
    yield from given
    if args is not None and not given:
        yield made_text(args, " ".join((step.text_at("entrypoint"), *args.texts())).strip())


def _variables(route: str, owner: Node | None) -> Iterator[tuple[str, Node]]:
    """Variables as `NAME=value` in a list, and secrets by the names that they have in a step."""
    listed = owner.child("env") if owner is not None else None
    if listed is not None:
        pairs = (each.raw.partition("=") for each in listed.list())
        entries = tuple(
            (made_text(node, name), made_text(node, value))
            for node, (name, _, value) in zip(listed.list(), pairs, strict=True)
        )
        empty = made_list(listed, ())
        yield f"{route}.env", empty.changed(kind=NodeKind.MAPPING, entries=entries)
    kept = owner.child("secretEnv") if owner is not None else None
    if kept is not None:
        named = tuple(named_only(each, each) for each in kept.list())
        empty = made_list(kept, ())
        yield f"{route}.secretEnv", empty.changed(kind=NodeKind.MAPPING, entries=named)
