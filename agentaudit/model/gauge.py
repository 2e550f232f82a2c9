"""Gauges: the numbers of a profile that a gate in CI may ask, each with its meaning."""

from collections.abc import Mapping

from msgspec import Struct


class Gauge(Struct, frozen=True):
    """One number. `comparing` is true of those that need an older recording beside this one."""

    name: str
    meaning: str
    comparing: bool = False


GAUGES: tuple[Gauge, ...] = (
    Gauge("cpu_share", "share of the host's cores that the agent kept busy, 0 to 1"),
    Gauge("cpu_s", "seconds of CPU time of the whole process tree"),
    Gauge("cpu_s_per_request", "seconds of CPU time, by request seen"),
    Gauge("gpu_share", "share of the time in which the GPUs were busy, 0 to 1"),
    Gauge("llm_wall_share", "share of the threads' working time spent in model calls"),
    Gauge("tool_wall_share", "share of the threads' working time spent in tool calls"),
    Gauge("tool_cpu_share", "share of the CPU time spent in tool calls"),
    Gauge("llm_cpu_share", "share of the CPU time spent in model calls"),
    Gauge("retrieval_cpu_share", "share of the CPU time spent in retrieval"),
    Gauge("memory_cpu_share", "share of the CPU time spent reading and writing memory"),
    Gauge("orchestration_cpu_share", "share of the CPU time spent in the framework itself"),
    Gauge("unattributed_share", "share of the CPU time that no step was found for"),
    Gauge("p50_s", "median latency of whole requests, in seconds"),
    Gauge("p90_s", "latency that 90 % of the whole requests stay within, in seconds"),
    Gauge("requests", "requests seen, those cut off by the recording's edges included"),
    Gauge("concurrency", "requests open at once, on average"),
    Gauge("concurrency_peak", "requests open at once, at most"),
    Gauge("peak_rss_mb", "most resident memory of the process tree, in MB"),
    Gauge("energy_j", "joules of all components that were read or estimated"),
    Gauge("energy_j_per_request", "the same, by request seen"),
    Gauge("duration_s", "length of the recording, in seconds"),
    Gauge("incidents", "things that the recorder could not do or see"),
    Gauge("compare.cpu", "CPU time per request: now, over then", comparing=True),
    Gauge("compare.cpu_low", "the low end of its 95 % interval", comparing=True),
    Gauge("compare.p50", "median latency: now, over then", comparing=True),
    Gauge("compare.p50_low", "the low end of its 95 % interval", comparing=True),
    Gauge("compare.p90", "P90 latency: now, over then", comparing=True),
    Gauge("compare.p90_low", "the low end of its 95 % interval", comparing=True),
    Gauge("compare.slower", "measures that grew beyond noise", comparing=True),
    Gauge("compare.cheaper", "measures that shrank beyond noise", comparing=True),
)

Readings = Mapping[str, float | None]
"""The gauges by name; None is what was not measured, and never counts as 0."""
