"""Metrics of endpoints over a recording: levels, growth of counters, looks that told nothing."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.endpoint import EndpointUse, Level
from agentaudit.model.observed import EndpointSample
from agentaudit.profiling.endpoints import endpoint_uses

URL = "http://gpu-host:8000/metrics"
FIRST = EndpointSample(
    at_ns=0,
    endpoint=URL,
    server="vllm",
    running=1.0,
    requests=10.0,
    queue_s=5.0,
    decode_s=100.0,
    cached_tokens=300.0,
    cacheable_tokens=1000.0,
)
LAST = replace(
    FIRST,
    at_ns=1,
    running=4.0,
    requests=14.0,
    queue_s=6.0,
    decode_s=110.0,
    cached_tokens=600.0,
    cacheable_tokens=1400.0,
)
UNREAD = EndpointSample(at_ns=2, endpoint=URL, server="", readable=False)


def test_counters_count_what_was_added_while_it_was_recorded() -> None:
    assert endpoint_uses([FIRST, UNREAD, LAST]) == (
        EndpointUse(
            endpoint=URL,
            server="vllm",
            looks=3,
            unread=1,
            running=Level(mean=2.5, most=4.0),
            prefix_hit_rate=0.75,
            requests=4.0,
            queue_s=0.25,
            decode_s=2.5,
        ),
    )


def test_a_page_that_was_never_read_is_told_of() -> None:
    assert endpoint_uses([UNREAD]) == (EndpointUse(endpoint=URL, server="", looks=1, unread=1),)


def test_no_time_of_a_request_is_told_where_none_ended() -> None:
    (use,) = endpoint_uses([FIRST, FIRST])

    assert (use.requests, use.queue_s, use.prefix_hit_rate) == (0.0, None, None)


def test_servers_that_share_a_page_are_told_apart() -> None:
    other = replace(LAST, server="sglang", requests=None)

    uses = endpoint_uses([FIRST, other, LAST, other])

    assert [(use.server, use.looks, use.requests) for use in uses] == [
        ("vllm", 2, 4.0),
        ("sglang", 2, None),
    ]


@given(st.lists(st.lists(st.integers(0, 9), min_size=1), min_size=1))
def test_what_a_server_counted_before_it_began_again_is_kept(lives: list[list[int]]) -> None:
    """A life begins with 1, so that no beginning is taken for more of the same."""
    counter: list[float] = []
    grown = 0
    for life in lives:
        total = 1
        grown += 1 if counter else 0
        counter.append(float(total))
        for more in life:
            total += more + 1
            grown += more + 1
            counter.append(float(total))
    samples = [replace(FIRST, at_ns=at, requests=value) for at, value in enumerate(counter)]

    (use,) = endpoint_uses(samples)

    assert use.requests == grown
