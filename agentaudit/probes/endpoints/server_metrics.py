"""
What inference servers and GPU exporters say of themselves, in the text format of Prometheus.

The names of the metrics are the servers' own: vLLM 0.33, SGLang (`--enable-metrics`), llama.cpp
(`--metrics`), Text Generation Inference 3 and NVIDIA's DCGM exporter 4. Ollama exports none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import fields

from agentaudit.model.observed import EndpointSample

_MOST_SAMPLES = 10_000
_LONGEST_LINE = 4096
_NOTHING = 2**31 - 64
"""DCGM says *not available* with the largest numbers of an integer of 32 or of 64 bits."""


class Server(Struct, frozen=True, kw_only=True):
    """A server, and the metrics behind each field of a sample; the first that is there counts."""

    name: str
    running: Sequence[str] = ()
    waiting: Sequence[str] = ()
    kv_cache_usage: Sequence[str] = ()
    prompt_tokens: Sequence[str] = ()
    generated_tokens: Sequence[str] = ()
    inference_s: Sequence[str] = ()
    queue_s: Sequence[str] = ()
    requests: Sequence[str] = ()
    prefill_s: Sequence[str] = ()
    decode_s: Sequence[str] = ()
    cached_tokens: Sequence[str] = ()
    cacheable_tokens: Sequence[str] = ()


SERVERS = (
    Server(
        name="vllm",
        running=("vllm:num_requests_running",),
        waiting=("vllm:num_requests_waiting",),
        kv_cache_usage=("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
        prompt_tokens=("vllm:prompt_tokens_total",),
        generated_tokens=("vllm:generation_tokens_total",),
        inference_s=("vllm:request_inference_time_seconds_sum",),
        queue_s=("vllm:request_queue_time_seconds_sum",),
        requests=("vllm:request_success_total",),
        prefill_s=("vllm:request_prefill_time_seconds_sum",),
        decode_s=("vllm:request_decode_time_seconds_sum",),
        cached_tokens=("vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"),
        cacheable_tokens=("vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"),
    ),
    Server(
        name="sglang",
        running=("sglang:num_running_reqs",),
        waiting=("sglang:num_queue_reqs",),
        kv_cache_usage=("sglang:token_usage",),
        prompt_tokens=("sglang:prompt_tokens_total",),
        generated_tokens=("sglang:generation_tokens_total",),
        queue_s=("sglang:queue_time_seconds_sum",),
        requests=("sglang:num_requests_total", "sglang:e2e_request_latency_seconds_count"),
        cached_tokens=("sglang:cached_tokens_total",),
        cacheable_tokens=("sglang:prompt_tokens_total",),
    ),
    Server(
        name="llama.cpp",
        running=("llamacpp:requests_processing",),
        waiting=("llamacpp:requests_deferred",),
        kv_cache_usage=("llamacpp:kv_cache_usage_ratio",),
        prompt_tokens=("llamacpp:prompt_tokens_total",),
        generated_tokens=("llamacpp:tokens_predicted_total",),
        inference_s=("llamacpp:prompt_seconds_total+llamacpp:tokens_predicted_seconds_total",),
        prefill_s=("llamacpp:prompt_seconds_total",),
        decode_s=("llamacpp:tokens_predicted_seconds_total",),
    ),
    Server(
        name="tgi",
        running=("tgi_batch_current_size",),
        waiting=("tgi_queue_size",),
        prompt_tokens=("tgi_request_input_length_sum",),
        generated_tokens=("tgi_request_generated_tokens_sum",),
        inference_s=("tgi_request_inference_duration_sum",),
        queue_s=("tgi_request_queue_duration_sum",),
        requests=("tgi_request_success", "tgi_request_count"),
    ),
)
_FIELDS = tuple(field.name for field in fields(Server) if field.name != "name")

_BUSY, _ACTIVE = "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_PROF_GR_ENGINE_ACTIVE"
_MEMORY, _POWER = "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_POWER_USAGE"
_ENERGY = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"

_WANTED = frozenset(
    name
    for server in SERVERS
    for field in _FIELDS
    for metric in getattr(server, field)
    for name in metric.split("+")
) | {_BUSY, _ACTIVE, _MEMORY, _POWER, _ENERGY}


class Metric(Struct, frozen=True, kw_only=True):
    """One number on a page."""

    name: str
    labels: Mapping[str, str]
    value: float


class GpuSeen(Struct, frozen=True, kw_only=True):
    """One device, or instance of a device, as an exporter tells of it; None is what it does not."""

    device: str
    uuid: str
    """Of the whole device; empty where the exporter tells none."""
    busy: float | None
    memory_bytes: int | None
    power_watts: float | None
    energy_mj: float | None


def metrics_in(page: str) -> Sequence[Metric]:
    """
    The metrics that we know on a page; the others are not even parsed.

    Raises ValueError when one of them cannot be read.
    """
    from prometheus_client.parser import (  # noqa: PLC0415 -- only recordings with endpoints need it
        text_string_to_metric_families,
    )

    lines = [line for line in page.split("\n") if _name(line) in _WANTED]
    if len(lines) > _MOST_SAMPLES:
        raise ValueError(f"it tells more than {_MOST_SAMPLES} numbers")
    if any(len(line) > _LONGEST_LINE for line in lines):
        raise ValueError("it holds a line that is too long")
    try:
        return [
            Metric(name=sample.name, labels=sample.labels, value=float(sample.value))
            for family in text_string_to_metric_families("\n".join(lines) + "\n")
            for sample in family.samples
        ]
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError("it is not in the text format of Prometheus") from error


def servers_in(metrics: Sequence[Metric], at_ns: int, endpoint: str) -> Iterator[EndpointSample]:
    """One sample for each server that the metrics are of."""
    values: dict[str, list[float]] = {}
    for metric in metrics:
        if math.isfinite(metric.value) and metric.value >= 0:
            values.setdefault(metric.name, []).append(metric.value)
    for server in SERVERS:
        known = {field: _total(getattr(server, field), values) for field in _FIELDS}
        if any(value is not None for value in known.values()):
            usage = known.pop("kv_cache_usage")
            yield EndpointSample(
                at_ns=at_ns,
                endpoint=endpoint,
                server=server.name,
                kv_cache_usage=None if usage is None else min(usage, 1.0),
                **known,  # type: ignore[arg-type]  # each number under its own name
            )


def gpus_in(metrics: Sequence[Metric]) -> Iterator[GpuSeen]:
    """The devices that DCGM's exporter tells of, each once, though it names it for each pod."""
    devices: dict[str, dict[str, float]] = {}
    uuids: dict[str, str] = {}
    for metric in metrics:
        device = metric.labels.get("gpu")
        if device is None or not 0 <= metric.value < math.inf or _blank(metric):
            continue
        instance = metric.labels.get("GPU_I_ID", "")
        name = f"{device}, instance {instance}" if instance else device
        devices.setdefault(name, {})[metric.name] = metric.value
        uuids[name] = metric.labels.get("UUID", "")
    for name, values in sorted(devices.items()):
        memory, active, busy = values.get(_MEMORY), values.get(_ACTIVE), values.get(_BUSY)
        whole = None if busy is None else busy / 100
        share = (whole if whole is not None else active) if "," not in name else active
        yield GpuSeen(
            device=name,
            uuid=uuids[name],
            busy=None if share is None else min(share, 1.0),
            memory_bytes=None if memory is None else int(memory * 2**20),
            power_watts=values.get(_POWER),
            energy_mj=values.get(_ENERGY),
        )


def _total(metrics: Sequence[str], values: Mapping[str, Sequence[float]]) -> float | None:
    """The first metric that is there, summed over its labels; a usage is their mean."""
    for metric in metrics:
        names = metric.split("+")
        if all(name in values for name in names):
            return sum(_over_labels(name, values[name]) for name in names)
    return None


def _over_labels(name: str, values: Sequence[float]) -> float:
    return sum(values) / (len(values) if "usage" in name else 1)


def _blank(metric: Metric) -> bool:
    """Whether DCGM says that it does not know. A counter of millijoules may well be that large."""
    return metric.value >= (2**62 if metric.name == _ENERGY else _NOTHING)


def _name(line: str) -> str:
    """The name that a line begins with."""
    return line.partition("{")[0].partition(" ")[0].partition("\t")[0]
