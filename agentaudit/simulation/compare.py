"""Policies side by side on the same requests and machine, best first, with advice."""

from collections.abc import Sequence

from agentaudit import __version__
from agentaudit.errors import UsageError
from agentaudit.model.results import PolicyResult, Simulation
from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation.advice import advice
from agentaudit.simulation.caps import default_caps, with_caps
from agentaudit.simulation.metrics import result_of
from agentaudit.simulation.policies.catalogue import policy_names, shipped_policies
from agentaudit.simulation.policy import Policy


def compare_shipped(
    workload: Workload, machine: Machine, *, names: Sequence[str] = (), caps: str = ""
) -> Simulation:
    """
    The shipped policies of these names, or those that suit the arrivals, against their baseline.

    Caps are scaled to the machine except those that `caps` gives, as in `N_cap=4,E_GPU=8`.
    Raises UsageError for a name or a cap that there is none of, and for an empty workload.
    """
    policies = chosen_policies(workload, machine, names=names, caps=caps)
    return compare(workload, machine, policies, baseline=policies[0].name)


def chosen_policies(
    workload: Workload, machine: Machine, *, names: Sequence[str] = (), caps: str = ""
) -> tuple[Policy, ...]:
    """What `compare_shipped` compares, the baseline first."""
    chosen = policy_names(names, workload)
    return shipped_policies(chosen, with_caps(default_caps(workload, machine), caps))


def compare(
    workload: Workload, machine: Machine, policies: Sequence[Policy], *, baseline: str
) -> Simulation:
    """
    The artifact of a comparison: the lowest P90 first, overloaded policies last.

    Raises UsageError for an empty workload, and when no policy is called as the baseline.
    """
    if not workload.requests:
        raise UsageError(f"{workload.source}: there are no requests to simulate")
    by_name = {policy.name: policy for policy in policies}
    if baseline not in by_name:
        raise UsageError(f"the baseline {baseline!r} is not among the policies compared")
    results = tuple(
        sorted((result_of(workload, machine, policy) for policy in policies), key=_rank)
    )
    return Simulation(
        workload_source=workload.source,
        arrivals=workload.arrivals,
        requests=len(workload.requests),
        seed=workload.seed,
        machine=machine,
        baseline=baseline,
        results=results,
        advice=advice(workload, machine, by_name[baseline], results),
        assumptions=(*workload.assumptions, *machine.assumptions),
        tool_version=__version__,
    )


def _rank(result: PolicyResult) -> tuple[bool, int, int, str]:
    latency = result.overall.latency
    return (result.overloaded, latency.p90_ns, latency.p50_ns, result.policy)
