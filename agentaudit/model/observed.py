"""
What others told of an agent's steps: spans, markers, tasks, connections, endpoints, load.

These are records of a recording, like those of the kernel and of the stack samplers. Instants are
integer nanoseconds on the monotonic clock of the recording host, but for spans, which are written
as they came: in Unix time, to be converted by the pairs of clocks beside them.
"""

from collections.abc import Iterable

from msgspec import Struct

from agentaudit.model.trace import StepKind


class Attribute(Struct, frozen=True, kw_only=True):
    """One attribute of a span, as text."""

    key: str
    value: str


class SpanSeen(Struct, frozen=True, kw_only=True):
    """
    An operation that the agent itself reported, begun and ended, whatever the dialect.

    `kinds` are the attributes that tell the kind of step (`gen_ai.operation.name`,
    `openinference.span.kind`, …); what they mean is decided on reading. `pid` is 0 when nobody said
    which process it was. `content` holds prompts, arguments and results, and is empty unless the
    user asked for them.
    """

    trace: str
    span: str
    parent: str = ""
    pid: int = 0
    tid: int = 0
    service: str = ""
    name: str
    start_unix_ns: int
    end_unix_ns: int
    kinds: tuple[Attribute, ...] = ()
    model: str = ""
    tool: str = ""
    agent: str = ""
    peer: str = ""
    """`host:port` of the server that was called."""
    failed: bool = False
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    server_ns: int | None = None
    """Time that the model's server says it computed: prefill and decode."""
    server_queue_ns: int | None = None
    content: tuple[Attribute, ...] = ()
    scope: str = ""
    """The instrumentation that made it."""
    role: str = ""
    """`client`, `server`, `internal`, `producer` or `consumer`; empty when nobody said."""


class Marked(Struct, frozen=True, kw_only=True):
    """
    A step that the agent's own code marked: `agentaudit.step(kind, name)`, or an injected wrapper.

    `marker` counts from 1 within a process; `parent` is the marker around it, 0 for none. `task` is
    the asyncio task it ran in, 0 for none. `open` is true of one that had not ended yet.
    """

    pid: int
    tid: int
    task: int = 0
    marker: int
    parent: int = 0
    kind: StepKind
    name: str
    start_ns: int
    end_ns: int
    open: bool = False
    injected: bool = False


class TaskRun(Struct, frozen=True, kw_only=True):
    """
    An asyncio task of a thread had this chain of frames in every sample between two instants.

    The chain is leaf first: the task's own suspended coroutines, then those of the tasks that await
    it. `task` is the task's identity within the process. `root` is the task at the chain's end,
    which nobody awaits, `parent` the one that awaits this one, 0 for none: requests that one task
    gathers share its root, and are told apart by the parents below it.
    """

    pid: int
    tid: int
    task: int
    parent: int = 0
    root: int
    name: str
    start_ns: int
    end_ns: int
    stack: int


class InFlight(Struct, frozen=True, kw_only=True):
    """
    A request on a TCP connection: from the first byte of the question to the last of the answer.

    `inbound` is true where the process of the tree is the server. `model` is true where the peer is
    known as a model's endpoint, `peer_pid` its process on this host, 0 when it is elsewhere.

    One that takes long, or goes on after a pause, is written again with the same `connection` and
    `start_ns`, so that a crash loses little of it: the last word counts (`settled`).
    """

    pid: int
    connection: int
    peer: str
    start_ns: int
    end_ns: int
    sent_bytes: int
    received_bytes: int
    model: bool = False
    inbound: bool = False
    peer_pid: int = 0
    open: bool = False
    """True of one that had not ended yet when it was written."""
    likely: bool = False
    """
    True where the peer may be a model's endpoint, on weak evidence, and is not known as one: a long
    wait on a remote connection that a process with a client of models held.
    """
    evidence: str = ""
    """What `model` or `likely` rests on: `port 11434`, `--llm-endpoint`, `OPENAI_BASE_URL`, …"""
    answer_ns: int = 0
    """When the first byte of the answer came; 0 is unknown, or not yet."""
    multiplexed: bool = False
    """True where several requests shared the connection at once, and count as this one."""


class EndpointSample(Struct, frozen=True, kw_only=True):
    """
    What an inference server, or a GPU exporter, said of itself at one instant, in its metrics.

    Counters are totals since it began; None is what it does not export.
    """

    at_ns: int
    endpoint: str
    server: str
    """`vllm`, `sglang`, `dcgm`, …"""
    running: float | None = None
    waiting: float | None = None
    kv_cache_usage: float | None = None
    """0 to 1."""
    prompt_tokens: float | None = None
    generated_tokens: float | None = None
    inference_s: float | None = None
    """Summed over requests: prefill and decode."""
    queue_s: float | None = None
    requests: float | None = None
    """Those that ended."""
    prefill_s: float | None = None
    decode_s: float | None = None
    cached_tokens: float | None = None
    """Of the prompts' tokens, those that the prefix cache held."""
    cacheable_tokens: float | None = None
    """Those that it was asked for."""
    gpu_busy: float | None = None
    """0 to 1, a mean of its devices."""
    joules: float | None = None
    """Of its devices, since the first look; without those that are read from their driver."""
    readable: bool = True
    """False of a look at which there was no page, or none that tells anything: an incident does."""


class LoadPlanned(Struct, frozen=True, kw_only=True):
    """The load that the recorder itself put on the agent. `rate_hz` is 0 in a closed loop."""

    at_ns: int
    shape: str
    """`closed` or `poisson`."""
    target: str
    concurrency: int
    rate_hz: float = 0.0
    requests: int = 0
    """At most so many; 0 is until the end of the recording."""


class LoadRequest(Struct, frozen=True, kw_only=True):
    """
    One request of that load.

    `status` is the HTTP status, 0 when no answer came, or the exit code of a command.
    """

    number: int
    user: int
    start_ns: int
    end_ns: int
    status: int
    failed: bool = False
    problem: str = ""
    pid: int = 0
    """The process that a run of a command was, 0 of requests over HTTP."""


def settled(requests: Iterable[InFlight]) -> tuple[InFlight, ...]:
    """The last word on each request that was in flight, in the order in which they began."""
    last = {(request.connection, request.start_ns): request for request in requests}
    return tuple(sorted(last.values(), key=lambda request: request.start_ns))
