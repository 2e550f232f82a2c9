"""Which requests follow which: the questions of users who wait for an answer and then think."""

from collections.abc import Mapping, Sequence

from agentaudit.model.workload import WorkRequest


def followers_of(requests: Sequence[WorkRequest]) -> Mapping[int, Sequence[int]]:
    """
    The places of the requests that follow each, by its place.

    Raises ValueError where one follows a request that there is none of, or itself in the end.
    """
    if all(request.follows is None for request in requests):
        return {}
    place_of = {request.request_id: place for place, request in enumerate(requests)}
    followers: dict[int, list[int]] = {}
    for place, request in enumerate(requests):
        if request.follows is not None:
            if request.follows not in place_of:
                raise ValueError(
                    f"request {request.request_id} follows {request.follows}, which is none"
                )
            followers.setdefault(place_of[request.follows], []).append(place)
    reached = [place for place, request in enumerate(requests) if request.follows is None]
    for place in reached:  # which grows meanwhile
        reached += followers.get(place, ())
    if len(reached) < len(requests):
        raise ValueError("some requests follow each other in a circle, and none can come first")
    return followers
