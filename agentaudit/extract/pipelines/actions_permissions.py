"""What the token of a GitHub workflow may do: for each job, and for the workflow."""

from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec import Struct

from agentaudit.extract.pipelines.actions_jobs import Job, WorkflowFile
from agentaudit.model.evidence import Known
from agentaudit.readers.document import Node, NodeKind

_WRITABLE = (
    "actions",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "issues",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
)
_MOST_SCOPES = 200
"""GitHub runs no workflow with a scope that it does not know, and it knows fewer than 30."""
_NO_POWER = frozenset({"id-token", "models"})
"""`id-token: write` only lets the job ask for its own identity."""


class Permissions(Struct, frozen=True, kw_only=True):
    """The rights of a token. `node` says where they are given; None when nowhere."""

    given: tuple[str, ...] = ()
    """As written: `contents: write`, `write-all`."""
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    known: Known = Known.NONE
    node: Node | None = None


def permissions_of(workflow: WorkflowFile, jobs: Iterable[Job]) -> Permissions:
    """The rights of some jobs together; without any word the repository's default holds."""
    shared = _given_by(workflow.root.get("permissions"))
    each = (_of_job(job, shared) for job in jobs)
    found = tuple({id(rights): rights for rights in each}.values())
    if not found:
        return Permissions()
    known = {each.known for each in found}
    return Permissions(
        given=_together(each.given for each in found),
        writes=_together(each.writes for each in found),
        reads=_together(each.reads for each in found),
        known=Known.NONE if Known.NONE in known else Known.SET,
        node=next((each.node for each in found if each.node is not None), None),
    )


def _of_job(job: Job, shared: Permissions) -> Permissions:
    """A job's own permissions replace those of the workflow."""
    own = job.node.get("permissions")
    return shared if own is None else _given_by(own)


def _given_by(node: Node | None) -> Permissions:
    if node is None:
        return Permissions()
    given = tuple(_given(node))
    return Permissions(
        given=given,
        writes=tuple(_scopes(given, "write")),
        reads=tuple(_scopes(given, "read")),
        known=Known.SET,
        node=node,
    )


def _given(node: Node) -> Iterator[str]:
    if node.kind is NodeKind.MAPPING:
        listed = islice(node.items(), _MOST_SCOPES)
        yield from (f"{name}: {value.raw}" for name, value in listed)
    elif node.text:
        yield node.text


def _scopes(given: tuple[str, ...], level: str) -> Iterator[str]:
    for each in given:
        name, _, right = each.partition(": ")
        if each == f"{level}-all":
            yield from (f"{scope}:{level}" for scope in _WRITABLE)
        elif right == level and name not in _NO_POWER:
            yield f"{name}:{level}"


def _together(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({each for group in groups for each in group}))
