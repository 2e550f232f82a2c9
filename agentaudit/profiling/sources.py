"""
Who told of a recording's steps beside its stacks, and whom to believe where several did.
"""

from collections.abc import Collection, Mapping, Sequence

from agentaudit.model.observed import InFlight, Marked, TaskRun
from agentaudit.model.recording import ModelPeer, Recording
from agentaudit.model.rule import LabelRules
from agentaudit.model.trace import LabelSource
from agentaudit.profiling.claims import (
    Told,
    from_connections,
    from_markers,
    from_spans,
    joined_sources,
)
from agentaudit.profiling.evidence import Claim, Story
from agentaudit.profiling.fork_claims import from_forks
from agentaudit.profiling.hosts import View, find_hosts
from agentaudit.profiling.labels import Labeller
from agentaudit.profiling.same_requests import unmatched
from agentaudit.profiling.selection import end_ns_of, records_of
from agentaudit.profiling.task_claims import from_tasks
from agentaudit.profiling.tracks import adopt
from agentaudit.rules.span_kinds import kinds_by

_ORPHANS = (LabelSource.STACK, LabelSource.SOCKET, LabelSource.FORK)
"""Sources that know of no request by themselves."""

_TASKS = _WEAKER = 2
"""Place of the first source that request frames go before, which is that of tasks."""


def settled_evidence(
    told: Sequence[Told], views: Mapping[int, Sequence[View]], recording: Recording
) -> tuple[list[Claim], list[Story]]:
    """Each call once, each on its thread; and the requests that they are of."""
    _find_processes(told, views, recording.opened.target.pid)
    stories = _stories([stories for _, stories in told], views)
    claims = _of_known(joined_sources([claims for claims, _ in told]), stories)
    loops = {view.thread for of_process in views.values() for view in of_process if view.loop}
    claims += from_forks(recording.records, loops, claims)
    adopt([claim for claim in claims if claim.source in _ORPHANS], stories)
    return find_hosts(claims, stories, views), stories


def model_clients(recording: Recording) -> Collection[int]:
    """Processes that are connected to a model."""
    known = {peer.pid for peer in records_of(recording.records, ModelPeer)}
    calls = records_of(recording.records, InFlight)
    return known | {call.pid for call in calls if call.model and not call.inbound}


def told_by_spans(recording: Recording, rules: LabelRules) -> Told:
    """What spans claim, the strongest source; nobody needs the spans themselves after that."""
    within_ns = recording.opened.start_ns, end_ns_of(recording)
    return from_spans(recording.records, kinds_by(rules.spans), within_ns)


def told_by_all(recording: Recording, spans: Told, labeller: Labeller) -> Sequence[Told]:
    """What each source claims, the strongest first."""
    within_ns = recording.opened.start_ns, end_ns_of(recording)
    records = recording.records
    return (
        spans,
        from_markers(records_of(records, Marked), within_ns),
        from_tasks(records_of(records, TaskRun), labeller, within_ns),
        from_connections(records_of(records, InFlight), within_ns),
    )


def _find_processes(told: Sequence[Told], views: Mapping[int, Sequence[View]], target: int) -> None:
    """
    Work of a process that nobody named is that of the only process, or of the target.

    Where no process was watched, as in what was imported, it stays nobody's.
    """
    default = next(iter(views)) if len(views) == 1 else target if target in views else 0
    for claims, stories in told:
        for story in stories:
            story.pid = story.pid or default
        for claim in claims:
            claim.pid = claim.pid or (claim.story.pid if claim.story else default)


def _stories(told: Sequence[Sequence[Story]], views: Mapping[int, Sequence[View]]) -> list[Story]:
    """
    The requests of each process by the strongest source that tells of any.

    Request frames on threads of their own go before the roots of tasks and before connections. A
    task whose waits nobody knows tells of no request: connections do, beside those that tasks tell.
    """
    by_frame = {
        pid
        for pid, threads in views.items()
        if any(view.serving and not view.loop for view in threads)
    }
    found: list[Story] = []
    for number, stories in enumerate(told):
        known = {story.pid for story in found} | (by_frame if number >= _WEAKER else set())
        beside = set(map(id, unmatched(told[_TASKS], stories))) if number > _TASKS else set()
        by_task = {story.pid for story in found if story.source is LabelSource.STACK}
        found += [
            story
            for story in stories
            if story.pid not in known or (story.pid in by_task and id(story) in beside)
        ]
    return found


def _of_known(claims: list[Claim], stories: Sequence[Story]) -> list[Claim]:
    known = {id(story) for story in stories}
    for claim in claims:
        if id(claim.story) not in known:
            claim.story = None
    return claims
