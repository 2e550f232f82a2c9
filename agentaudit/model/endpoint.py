"""How busy the endpoints were whose metrics were read beside a recording: `--endpoint`."""

from msgspec import Struct


class Level(Struct, frozen=True, kw_only=True):
    """What a gauge showed: its mean over the looks, and its largest value."""

    mean: float
    most: float


class EndpointUse(Struct, frozen=True, kw_only=True):
    """
    One server of an endpoint, by its own metrics, so for all its users; None is what none tells.

    Seconds are means of the requests that ended meanwhile. Ratios are 0 to 1.
    """

    endpoint: str
    server: str
    """`vllm`, `sglang`, `dcgm`, …; empty where its page was never read."""
    looks: int
    unread: int
    """Looks at which there was no page that tells anything."""
    running: Level | None = None
    waiting: Level | None = None
    kv_cache_usage: Level | None = None
    prefix_hit_rate: float | None = None
    """Of the prompts' tokens, those that the prefix cache held."""
    prompt_tokens: float | None = None
    generated_tokens: float | None = None
    requests: float | None = None
    """Those that ended meanwhile."""
    queue_s: float | None = None
    prefill_s: float | None = None
    decode_s: float | None = None
    inference_s: float | None = None
    """Prefill and decode."""
    gpu_busy: Level | None = None
    joules: float | None = None
