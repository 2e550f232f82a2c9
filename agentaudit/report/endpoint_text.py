"""What endpoints said of themselves, in words: on terminals and on the page."""

from collections.abc import Iterator

from agentaudit.lists import counted
from agentaudit.model.endpoint import EndpointUse, Level
from agentaudit.report.quantities import duration, number, percent


def endpoint_sentences(use: EndpointUse) -> tuple[str, ...]:
    """How busy it was, what a request took, and how often its page could not be read."""
    return tuple(filter(None, (", ".join(_busy(use)), _each_request(use), _unread(use))))


def endpoint_name(use: EndpointUse) -> str:
    """`http://gpu-host:8000/metrics (vllm)`."""
    return f"{use.endpoint} ({use.server})" if use.server else use.endpoint


def _busy(use: EndpointUse) -> Iterator[str]:
    if use.running is not None:
        yield f"running {_numbers(use.running)}"
    if use.waiting is not None:
        yield f"waiting {_numbers(use.waiting)}"
    if use.kv_cache_usage is not None:
        yield f"KV cache {_shares(use.kv_cache_usage)}"
    if use.prefix_hit_rate is not None:
        yield f"prefix-cache hits {percent(use.prefix_hit_rate)}"
    if use.gpu_busy is not None:
        yield f"GPU busy {_shares(use.gpu_busy)}"
    if use.joules is not None:
        yield f"energy {number(use.joules)} J"


def _each_request(use: EndpointUse) -> str:
    times = [
        f"{name} {duration(round(value_s * 1e9))}"
        for name, value_s in _times(use)
        if value_s is not None
    ]
    if use.requests is None:
        return ""
    if not times:
        return f"{counted(round(use.requests), 'request')} ended"
    return f"per request ({round(use.requests):,} ended): {', '.join(times)}"


def _times(use: EndpointUse) -> tuple[tuple[str, float | None], ...]:
    """Inference as a whole is for servers that do not tell its parts."""
    parts = (("queue", use.queue_s), ("prefill", use.prefill_s), ("decode", use.decode_s))
    told = use.prefill_s is not None or use.decode_s is not None
    return parts if told else (parts[0], ("inference", use.inference_s))


def _unread(use: EndpointUse) -> str:
    if use.unread == use.looks:
        return f"its page could not be read ({counted(use.looks, 'look')})"
    return f"its page could not be read at {use.unread} of {use.looks} looks" if use.unread else ""


def _numbers(level: Level) -> str:
    return f"{number(round(level.mean, 1))} ({number(level.most)} at most)"


def _shares(level: Level) -> str:
    return f"{percent(level.mean)} ({percent(level.most)} at most)"
