"""
The workload file: types of requests, how many, and when they arrive.

    requests: 200
    arrivals: poisson:12            # per second; closed: all at once; or another of those below
    seed: 1
    machine: sys2                   # or {cores: 8, gpu: sys1, dispatch: 20ms}; more below
    types:
      - name: web
        weight: 3                   # three of four requests
        steps:
          - {wait: 350ms, name: fetch}
          - {cpu: 4.8s, spread: 0.2, threads: 1, name: summarise}
          - {gpu: 1.3s, tokens: 2000}  # prompt and answer, which a call holds in the KV cache
      - {name: chat, heavy: gpu, steps: [{gpu: 2s, spread: 0.5}]}

Arrivals are `closed`, `poisson:RATE`, `gamma:RATE:CV` (bursts above a coefficient of variation of
1), `onoff:RATE:ON:OFF[:RATE]` (phases of such mean lengths, with another rate while off) or
`users:N[:THINKING]`, who ask in turn. `,mix:P` behind draws GPU-heavy requests with probability P,
in phases of 32 requests with more and with fewer of them.

A demand is what the step takes alone. `python` is the share of a CPU step that is Python code, all
of it unless given. A machine may also say `like: sys2`, `calls: 256` (served at once by the LLM
server), `kv_tokens: 200000` (room of its KV cache), `recompute: 50us` (GPU work for each token of
context that the cache has lost), `background: 2` (threads of other programs), `starvation: 0.1`
(how much calls slow down for each further thread to a core) and `watts: "cpu=140..400"` (idle and
busy, of the gpu likewise; or `watts: {gpu: {0: 115, 1: 175, 64: 390}}`, by the number of calls).
Every other word is an error.
"""

from msgspec import field
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.results import ALL
from agentaudit.model.workload import Heavy, Stage
from agentaudit.simulation.files.machine_file import read_machine
from agentaudit.simulation.files.written import MOST_TOKENS, Reading, Written
from agentaudit.simulation.machines.machine import MOST_CORES
from agentaudit.simulation.workloads.arrivals import (
    CLOSED,
    LARGEST_WORKLOAD,
    TIMED,
    ArrivalKind,
    Arrivals,
    parse_arrivals,
)
from agentaudit.simulation.workloads.synthetic import StepShape, TypeShape, WorkloadShape

MOST_SEED = 2**63 - 1


def parse_workload(root: Written, *, file: str) -> WorkloadShape:
    """The shape that a file describes; InputError with everything that is wrong in it."""
    reading = _WorkloadReading(file=file)
    shape = reading.workload(root)
    if reading.problems:
        raise reading.error()
    return shape


def overridden(
    shape: WorkloadShape, *, arrivals: Arrivals | None, requests: int | None, seed: int | None
) -> WorkloadShape:
    """The shape with what the command line says in place of the file; UsageError for nonsense."""
    if requests is not None and not 1 <= requests <= LARGEST_WORKLOAD:
        raise UsageError(f"--requests is from 1 to {LARGEST_WORKLOAD}, not {requests}")
    return replace(
        shape,
        arrivals=_chosen(shape.arrivals, arrivals),
        requests=requests or shape.requests,
        seed=shape.seed if seed is None else seed,
    )


def _chosen(written: Arrivals, asked: Arrivals | None) -> Arrivals:
    """What is asked in place of what is written; that may be scaled where it has a rate."""
    if asked is None:
        return written
    if asked.kind is ArrivalKind.SCALED and written.rate_per_s:
        return replace(written.faster(asked.number), mix=asked.mix or written.mix)
    if asked.kind is ArrivalKind.SCALED:
        raise UsageError(
            f"arrivals scaled: the workload file has none with a rate, but {written}: choose"
            " poisson:RATE, …"
        )
    if asked.kind is ArrivalKind.RECORDED:
        raise UsageError(
            "a workload file has no recorded arrivals: choose closed, poisson:RATE, …, or leave"
            " --arrivals out for its own"
        )
    return asked


class _WorkloadReading(Reading):
    """One workload file while it is read, and the calls whose size it gives."""

    calls: list[tuple[Written, int]] = field(default_factory=list)

    def workload(self, root: Written) -> WorkloadShape:
        known = ("requests", "arrivals", "seed", "machine", "types")
        entries = self.entries(root, "a workload", known=known, needed=("types",))
        kinds = self.types(entries.get("types"))
        machine = read_machine(self, entries.get("machine"))
        if machine is not None and machine.kv_tokens is not None:
            self.check_calls(machine.kv_tokens)
        return WorkloadShape(
            types=kinds,
            requests=self.whole(entries.get("requests"), "requests", 100, LARGEST_WORKLOAD),
            arrivals=self.arrivals(entries.get("arrivals")),
            seed=self.whole(entries.get("seed"), "seed", 0, MOST_SEED, least=0),
            machine=machine,
        )

    def types(self, node: Written | None) -> tuple[TypeShape, ...]:
        elements = self.elements(node, "types")
        kinds = tuple(self.type(element) for element in elements)
        names: set[str] = set()
        for kind, element in zip(kinds, elements, strict=True):
            if kind.name in names:
                self.fault(element, f"two types have the same name, {kind.name!r}")
            names.add(kind.name)
        return kinds

    def type(self, node: Written) -> TypeShape:
        known = ("name", "weight", "heavy", "steps")
        entries = self.entries(node, "a type", known=known, needed=("name", "steps"))
        steps = tuple(self.step(step) for step in self.elements(entries.get("steps"), "steps"))
        heavy, named = entries.get("heavy"), entries.get("name")
        name = (named.text or "") if named is not None else ""
        if named is not None and name in ("", ALL):
            self.fault(named, f"a type has a name, and {ALL} is that of all requests together")
        return TypeShape(
            name=name,
            steps=steps,
            weight=self.number(entries.get("weight"), "weight", 1.0, above=0.0),
            heavy=self.value(heavy, Heavy, "heavy is cpu or gpu"),
        )

    def step(self, node: Written) -> StepShape:
        stages = tuple(stage.value for stage in Stage)
        known = (*stages, "spread", "threads", "name", "tokens", "python")
        entries = self.entries(node, "a step", known=known)
        named = [stage for stage in stages if stage in entries]
        if len(named) != 1:
            if node.kind == "mapping":
                has = " and ".join(named) or "none"
                self.fault(
                    node, f"a step has exactly one of {', '.join(stages)}; this one has {has}"
                )
            return StepShape(stage=Stage.WAIT, mean_ns=0)
        name, size = entries.get("name"), entries.get("tokens")
        tokens = self.whole(size, "tokens", 0, MOST_TOKENS, least=0)
        if size is not None:
            self.calls.append((size, tokens))
        return StepShape(
            stage=Stage(named[0]),
            mean_ns=self.duration(entries[named[0]], named[0]),
            spread=self.number(entries.get("spread"), "spread", 0.0, above=-1e-9),
            threads=self.whole(entries.get("threads"), "threads", 1, MOST_CORES),
            name=(name.text or "") if name is not None else "",
            tokens=tokens,
            interpreted=self.share(entries.get("python"), "python"),
        )

    def check_calls(self, room: int) -> None:
        """Every call fits into the KV cache, or could never be served."""
        for node, tokens in self.calls:
            if tokens > room:
                self.fault(
                    node, f"the call of {tokens:,} is larger than the KV cache, {room:,} tokens"
                )

    def arrivals(self, node: Written | None) -> Arrivals:
        if node is None:
            return CLOSED
        try:
            arrivals = parse_arrivals(node.text or "")
        except UsageError as error:
            self.fault(node, str(error))
            return CLOSED
        if arrivals.kind in TIMED:
            self.fault(node, "nothing was recorded: arrivals are closed, poisson:RATE, …")
        return arrivals
