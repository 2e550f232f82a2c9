"""What the metrics of endpoints come to over a recording."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter

from agentaudit.model.endpoint import EndpointUse, Level
from agentaudit.model.observed import EndpointSample


def endpoint_uses(samples: Sequence[EndpointSample]) -> tuple[EndpointUse, ...]:
    """Each server of each endpoint, in the order in which they were first heard of."""
    looks: dict[str, list[EndpointSample]] = defaultdict(list)
    for sample in samples:
        looks[sample.endpoint].append(sample)
    return tuple(use for name, of_one in looks.items() for use in _uses(name, of_one))


def _uses(endpoint: str, samples: Sequence[EndpointSample]) -> Iterator[EndpointUse]:
    read = [sample for sample in samples if sample.readable]
    unread = len(samples) - len(read)
    for server in dict.fromkeys(sample.server for sample in read):
        yield _use(endpoint, [sample for sample in read if sample.server == server], unread)
    if not read:
        yield EndpointUse(endpoint=endpoint, server="", looks=unread, unread=unread)


def _use(endpoint: str, read: Sequence[EndpointSample], unread: int) -> EndpointUse:
    requests = _grown(read, "requests")
    return EndpointUse(
        endpoint=endpoint,
        server=read[0].server,
        looks=len(read) + unread,
        unread=unread,
        running=_level(read, "running"),
        waiting=_level(read, "waiting"),
        kv_cache_usage=_level(read, "kv_cache_usage"),
        prefix_hit_rate=_ratio(_grown(read, "cached_tokens"), _grown(read, "cacheable_tokens")),
        prompt_tokens=_grown(read, "prompt_tokens"),
        generated_tokens=_grown(read, "generated_tokens"),
        requests=requests,
        queue_s=_ratio(_grown(read, "queue_s"), requests),
        prefill_s=_ratio(_grown(read, "prefill_s"), requests),
        decode_s=_ratio(_grown(read, "decode_s"), requests),
        inference_s=_ratio(_grown(read, "inference_s"), requests),
        gpu_busy=_level(read, "gpu_busy"),
        joules=_grown(read, "joules"),
    )


def _known(samples: Sequence[EndpointSample], field: str) -> list[float]:
    return [value for value in map(attrgetter(field), samples) if value is not None]


def _level(samples: Sequence[EndpointSample], field: str) -> Level | None:
    values = _known(samples, field)
    return Level(mean=sum(values) / len(values), most=max(values)) if values else None


def _grown(samples: Sequence[EndpointSample], field: str) -> float | None:
    """By how much a counter grew; one that is smaller than before began again from 0."""
    values = _known(samples, field)
    if not values:
        return None
    return sum(now - before if now >= before else now for before, now in pairwise(values))


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
