"""The names of the shipped policies, where each comes from, and how caps make one."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from agentaudit.errors import UsageError
from agentaudit.model.workload import Workload
from agentaudit.simulation.fast.requests import columns_of, span_ns
from agentaudit.simulation.fast.totals import each_alone_ns
from agentaudit.simulation.policies.calls import LeastAttained, PinnedPrograms
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.caps import Caps, other_caps
from agentaudit.simulation.policies.groups import (
    BarrierMicroBatching,
    CombClosed,
    OverlappingMicroBatching,
)
from agentaudit.simulation.policies.mars import AdaptiveWindow
from agentaudit.simulation.policies.mas import MixedAdmission
from agentaudit.simulation.policies.shortest import ShortestFirst
from agentaudit.simulation.policies.threads import MultiThreading, WorkloadAware
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.workloads.arrivals import ArrivalKind
from agentaudit.simulation.workloads.needs import alone_ns

_PAPER = "arXiv:2511.00739v3"
_FIRST = "arXiv:2511.00739v1"
_TEXTBOOK = "textbook: W. E. Smith, Naval Research Logistics Quarterly 3 (1956)"


class Shipped(Struct, frozen=True, kw_only=True):
    """One named policy: what it does in a sentence, and how it is made."""

    what: str
    make: Callable[[Caps], Policy]


def _capped(name: str, source: str, cap: Callable[[Caps], int | None]) -> Callable[[Caps], Policy]:
    return lambda caps: CappedConcurrency(name=name, source=source, cap=cap(caps))


SHIPPED: Mapping[str, Shipped] = {
    "sequential": Shipped(
        what="One request after the other.",
        make=_capped("sequential", f"{_PAPER} appendix B", lambda _: 1),
    ),
    "multi-processing": Shipped(
        what="Every request starts when it arrives, in a process of its own.",
        make=_capped("multi-processing", f"{_PAPER} section 5.1, baseline", lambda _: None),
    ),
    "multi-threading": Shipped(
        what="Every request starts when it arrives, as a thread of one interpreter.",
        make=lambda _: MultiThreading(name="multi-threading", source=f"{_PAPER} appendix B"),
    ),
    "fcfs": Shipped(
        what="One first-come queue, at most N_max requests at once.",
        make=_capped("fcfs", f"{_PAPER} section 5.2, baseline", lambda caps: caps.total),
    ),
    "micro-batching": Shipped(
        what="Groups of B_cap; the next starts when the last of a group has ended.",
        make=lambda caps: BarrierMicroBatching(
            name="micro-batching", source=f"{_PAPER} section 4.1", size=caps.group
        ),
    ),
    "micro-batching-rolling": Shipped(
        what="At most B_cap at once; each that ends lets the next one start (CGAM as measured).",
        make=_capped("micro-batching-rolling", f"{_FIRST} figure 7a", lambda caps: caps.group),
    ),
    "cgam-overlap": Shipped(
        what="Groups of B_cap; the next starts when the CPU stage of a group has ended.",
        make=lambda caps: OverlappingMicroBatching(
            name="cgam-overlap", source=f"{_FIRST} section 3, CGAM", size=caps.group
        ),
    ),
    "comb-closed": Shipped(
        what="COMB on a batch: a group of B_cap starts every s seconds, without a barrier.",
        make=lambda caps: CombClosed(
            name="comb-closed",
            source=f"{_PAPER} section 4.1.1",
            size=caps.group,
            offset_ns=caps.offset_ns,
        ),
    ),
    "comb-open": Shipped(
        what="COMB in open loop: a first-come queue, and N_cap slots held for the whole request.",
        make=_capped("comb-open", f"{_PAPER} section 4.1.2", lambda caps: caps.slots),
    ),
    "mas": Shipped(
        what="Slots for CPU-heavy and GPU-heavy requests apart, and a reserve for either.",
        make=lambda caps: MixedAdmission(
            name="mas",
            source=f"{_PAPER} section 4.2, algorithm 1",
            cpu_cap=caps.cpu,
            gpu_cap=caps.gpu,
            shared_cap=caps.shared,
        ),
    ),
    "maws": Shipped(
        what="CPU-heavy requests in processes of their own, GPU-heavy ones in one thread pool.",
        make=lambda _: WorkloadAware(name="maws", source=f"{_FIRST} section 3, MAWS", cap=None),
    ),
    "maws-cgam": Shipped(
        what="MAWS, with at most B_cap CPU-heavy requests at once.",
        make=lambda caps: WorkloadAware(
            name="maws-cgam", source=f"{_FIRST} section 3, MAWS+CGAM", cap=caps.group
        ),
    ),
    "sjf": Shipped(
        what="N_cap slots; the waiting request starts whose type needs least on average.",
        make=lambda caps: ShortestFirst(
            name="sjf", source=_TEXTBOOK, cap=caps.slots, expected_ns=caps.expected_ns
        ),
    ),
    "sjf-oracle": Shipped(
        what="As sjf, by what each request will need, which nobody knows: a bound, not a policy.",
        make=lambda caps: ShortestFirst(
            name="sjf-oracle", source=_TEXTBOOK, cap=caps.slots, expected_ns=None
        ),
    ),
    "las": Shipped(
        what="All start; the LLM calls come first whose request was served least (PLAS).",
        make=lambda caps: LeastAttained(
            name="las", source="Autellix, arXiv:2502.13965", quantum_ns=caps.quantum_ns
        ),
    ),
    "continuum": Shipped(
        what="All start; LLM calls in order of their requests, contexts pinned during tools.",
        make=lambda caps: PinnedPrograms(
            name="continuum", source="Continuum, arXiv:2511.02230", pin_ns=caps.pin_ns
        ),
    ),
    "mars": Shipped(
        what="A window of requests that grows and shrinks with CPU and KV pressure; calls as las.",
        make=lambda caps: AdaptiveWindow(
            name="mars",
            source="MARS, arXiv:2604.26963",
            cores=caps.cores,
            kv_tokens=caps.kv_tokens,
            quantum_ns=caps.quantum_ns,
        ),
    ),
}
"""By the name that a user types."""
ORACLES = frozenset({"sjf-oracle"})
"""Bounds to compare with, which nobody can use."""
_CLOSED = (
    "multi-processing",
    "sequential",
    "micro-batching",
    "micro-batching-rolling",
    "comb-closed",
    "mas",
)
_OPEN = ("fcfs", "multi-processing", "comb-open", "mas")


def all_at_once(workload: Workload) -> bool:
    """
    Whether the workload is one batch, which closed-loop policies are made for.

    A recording is where all came before the first could have ended alone: too few came to tell a
    rate. One that somebody asks for is a rate, however short the run.
    """
    if workload.users:
        return False
    whole_ns = span_ns(workload)
    if not whole_ns or not workload.arrivals.startswith(ArrivalKind.RECORDED):
        return not whole_ns
    if whole_ns >= alone_ns(workload.requests[0]):
        return False  # so it is of nearly all recordings, and it is asked for each run
    columns = columns_of(workload)
    if columns is not None:
        return bool((whole_ns < each_alone_ns(columns)).all())
    return all(whole_ns < alone_ns(request) for request in workload.requests)


def policy_names(
    asked: Sequence[str], workload: Workload, *, others: bool = False
) -> tuple[str, ...]:
    """
    The policies to compare, the baseline first: those asked for, or those that suit the arrivals.

    `comb` is COMB in the form that suits the arrivals, and `all` is all that can be used in
    earnest, so not the oracle. With others than shipped ones and no name, it is the baseline alone.
    Raises UsageError for a name that is none.
    """
    closed = all_at_once(workload)
    suited = _CLOSED if closed else _OPEN
    comb = "comb-closed" if closed else "comb-open"
    names = [comb if name == "comb" else name for name in asked] or list(suited)
    if "all" in names:
        usable = [name for name in SHIPPED if name not in ORACLES]
        names = [*(name for name in names if name != "all"), suited[0], *usable]
    unknown = [name for name in names if name not in SHIPPED]
    if unknown:
        raise UsageError(
            f"no policy is called {', '.join(unknown)}; there are comb, {', '.join(SHIPPED)}, all"
        )
    baselines = [name for name in names if name in ("fcfs", "multi-processing")]
    first = baselines[0] if baselines else suited[0]
    return (first,) if others and not asked else tuple(dict.fromkeys((first, *names)))


def unused_caps(text: str, names: Sequence[str], caps: Caps) -> tuple[str, ...]:
    """Of the caps that a user gave, those that none of the named policies is made with."""
    made = {name: SHIPPED[name].make(caps).parameters for name in names if name in SHIPPED}
    return tuple(
        cap
        for cap, other in other_caps(text, caps).items()
        if all(SHIPPED[name].make(other).parameters == told for name, told in made.items())
    )


def shipped_policies(names: Sequence[str], caps: Caps) -> tuple[Policy, ...]:
    """The named policies, made with these caps."""
    return tuple(SHIPPED[name].make(caps) for name in names)
