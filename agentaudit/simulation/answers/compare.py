"""Policies side by side on the same requests and machine, best first, with advice."""

from collections.abc import Sequence

from msgspec.structs import replace

from agentaudit import __version__
from agentaudit.model.answers import Found, Recommendation, WhatIf
from agentaudit.model.results import OfferedLoad, Simulation
from agentaudit.model.workload import Machine
from agentaudit.simulation.answers.advice import advice
from agentaudit.simulation.answers.ranking import Ranking, ranked
from agentaudit.simulation.experiments.experiment import Experiment
from agentaudit.simulation.experiments.metrics import Terms
from agentaudit.simulation.policies.caps import Caps, default_caps, with_caps
from agentaudit.simulation.policies.catalogue import SHIPPED, policy_names
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.statistics import BATCHES

NO_TERMS = Terms()


def ranked_shipped(
    experiment: Experiment,
    *,
    names: Sequence[str] = (),
    caps: str = "",
    terms: Terms = NO_TERMS,
    others: Sequence[Policy] = (),
) -> Ranking:
    """
    The shipped policies of these names, or those that suit the arrivals, against their baseline.

    Caps are scaled to the machine except those that `caps` gives, as in `N_cap=4,E_GPU=8`. `others`
    are policies of the user's, compared beside them, or with the baseline where no name is given.
    Raises UsageError for a name or a cap that there is none of, and for an empty workload.
    """
    shipped = policy_names(names, experiment.first, others=bool(others))
    chosen = (*shipped, *(policy.name for policy in others))
    own = {policy.name: policy for policy in others}

    def remade(name: str, machine: Machine) -> Policy:
        """Its caps scaled to this machine; the workload stays the one they were scaled to."""
        if name in own:
            return own[name]
        return SHIPPED[name].make(scaled_caps(replace(experiment, machine=machine), caps))

    policies = [remade(name, experiment.machine) for name in chosen]
    return ranked(experiment, policies, baseline=chosen[0], terms=terms, remade=remade)


def scaled_caps(experiment: Experiment, caps: str) -> Caps:
    """Caps for the first replication on the machine, but for those that are given."""
    return with_caps(default_caps(experiment.first, experiment.machine), caps)


def simulation_of(
    ranking: Ranking,
    *,
    what_ifs: Sequence[WhatIf] = (),
    told: Sequence[str] = (),
    recommendation: Recommendation | None = None,
    found: Sequence[Found] = (),
) -> Simulation:
    """The artifact of a comparison, with what else was asked; `told` is what changes would do."""
    experiment = ranking.experiment
    workload, machine = experiment.first, experiment.machine
    cpu, gpu = experiment.load()
    known = cpu if workload.cpu_known else None
    return Simulation(
        workload_source=workload.source,
        arrivals=workload.arrivals,
        requests=len(workload.requests),
        seed=workload.seed,
        machine=machine,
        baseline=ranking.baseline,
        results=ranking.results,
        advice=advice(ranking, told, recommended=recommendation is not None),
        assumptions=(*workload.assumptions, *machine.assumptions),
        tool_version=__version__,
        replications=len(experiment.workloads),
        warm_up_requests=ranking.terms.after,
        load=OfferedLoad(cpu=known, gpu=gpu) if cpu or gpu else None,
        statistics=_statistics(ranking),
        what_ifs=tuple(what_ifs),
        recommendation=recommendation,
        found=tuple(found),
    )


def _statistics(ranking: Ranking) -> tuple[str, ...]:
    count = len(ranking.experiment.workloads)
    requests, after = len(ranking.experiment.first.requests), ranking.terms.after
    left_out = (
        f"The first {after} of {requests} requests of every run are left out as warm-up (MSER-5)."
        if after
        else "Nothing is left out as warm-up: by MSER-5 there is none, or the run is one batch or"
        " shorter than 50 requests."
    )
    if after and after * 2 >= requests - 10:
        left_out += " Latencies have not settled by then: longer runs would say more."
    intervals = (
        f"Numbers are means of {count} replications; ± is the 95 % interval by Student's t, and"
        " differences are taken on the same requests, replication by replication."
        if count > 1
        else f"± is the 95 % interval by the means of {BATCHES} batches, where the run is long"
        " enough for a percentile; --replications gives intervals to short runs."
    )
    return (left_out, intervals)
