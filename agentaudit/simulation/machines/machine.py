"""The machine to simulate: the recording's host, one made of numbers, or a system of the paper."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.lists import counted
from agentaudit.model.trace import Trace
from agentaudit.model.workload import Machine, Power, PowerCurve, SpeedCurve
from agentaudit.simulation.recordings.beside import background, background_sentences
from agentaudit.simulation.recordings.llm_load import fitted_batch_curve
from agentaudit.simulation.recordings.recorded_power import recorded_power
from agentaudit.simulation.stations.speed import ideal_cores, wider

MOST_CORES = 4096


def _tokens(*rates: float) -> SpeedCurve:
    """A batch curve from tokens per second at batch sizes 1, 2, 4 and on."""
    return SpeedCurve(points=tuple((2**k, rate / rates[0]) for k, rate in enumerate(rates)))


RTX_PRO_6000 = _tokens(
    1313.27, 2089.84, 3950.28, 6458.83, 8960.46, 12500.29, 15264.86, 17326.58, 18779.70, 19468.49
)
"""Sys 1, arXiv:2511.00739v3 table 4: LangChain's LLM stage, GPT-OSS-20B under vLLM."""
H200 = _tokens(
    1566.13, 2547.38, 4615.84, 7051.94, 9846.26, 13846.48, 19664.15, 23504.65, 29138.36, 32860.12
)
"""Sys 2, the same table."""

_SYS1 = (
    "Sys 1 of arXiv:2511.00739v3: 64 Granite Rapids cores, taken as independent of each other; the"
    " GPU is an RTX Pro 6000 as measured in table 4."
)
_SYS2 = (
    "Sys 2 of arXiv:2511.00739v3: 72 Grace cores, taken as independent of each other; the GPU is an"
    " H200 as measured in table 4."
)
_V1 = (
    "The main system of arXiv:2511.00739v1: 48 Emerald Rapids cores and a B200, both curves fitted"
    " to the stage latencies of the authors' figure 4c up to 64 requests; past 64 they serve no"
    " faster. Watts are calibrated with the joules of figure 5 at 1, 8 and 64 requests, which were"
    " measured on 64 Threadripper cores and an H200."
)
PRESETS: Mapping[str, Machine] = {
    "sys1": Machine(
        name="sys1",
        cores=64,
        cpu=ideal_cores(64),
        gpu=RTX_PRO_6000,
        assumptions=(_SYS1,),
    ),
    "sys2": Machine(
        name="sys2",
        cores=72,
        cpu=ideal_cores(72),
        gpu=H200,
        assumptions=(_SYS2,),
    ),
    "v1": Machine(
        name="v1",
        cores=48,
        cpu=SpeedCurve(points=((1, 1.0), (8, 7.73), (16, 14.84), (32, 24.23), (64, 29.66))),
        gpu=SpeedCurve(points=((1, 1.0), (8, 5.99), (16, 10.72), (32, 17.47), (64, 28.37))),
        assumptions=(_V1,),
        power=Power(
            cpu=PowerCurve(points=((0, 113.0), (1, 128.5), (8, 204.1), (64, 371.7))),
            gpu=PowerCurve(points=((0, 115.0), (1, 182.7), (8, 362.9), (64, 471.4))),
        ),
    ),
}
"""The systems of the paper, by the name that a user types."""


def host_machine(trace: Trace) -> Machine:
    """
    The machine that was recorded.

    Cores share no memory bandwidth and have no clocks that fall under load: the recording does not
    say what they do. The GPU's batch curve is fitted to the calls that were recorded where they
    show it, and else that of an H200.
    """
    fitted = fitted_batch_curve(trace.steps)
    gpu = H200 if fitted is None else fitted.curve
    beside = background(trace)
    drawn = recorded_power(trace)
    known = trace.host.cores > 0
    return Machine(
        name=f"the recorded host, {trace.host.cores} cores" if known else "an unknown host",
        cores=max(trace.host.cores, 1),
        cpu=ideal_cores(max(trace.host.cores, 1)),
        gpu=gpu,
        background=beside,
        assumptions=(
            *(_IDEAL, _DEFAULT_GPU if fitted is None else fitted.sentence),
            *background_sentences(trace, beside),
            *(() if drawn is None else (drawn.sentence,)),
        ),
        power=None if drawn is None else Power(gpu=drawn.curve),
    )


def named_machine(name: str) -> Machine:
    """A preset; UsageError for any other name."""
    if name not in PRESETS:
        raise UsageError(f"no machine is called {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]


def plain_machine(cores: int) -> Machine:
    """Ideal cores beside the default GPU, where nothing was measured."""
    return Machine(
        name=counted(cores, "core"),
        cores=cores,
        cpu=ideal_cores(cores),
        gpu=H200,
        assumptions=(_IDEAL, _DEFAULT_GPU),
    )


def this_machine(cores: int) -> Machine:
    """What a workload that names no machine is taken to run on: another one has other numbers."""
    told = (
        f"The workload names no machine: it is taken to run on the {counted(cores, 'core')} of this"
        " one, and has other numbers elsewhere. `machine: {cores: N}` in it, or --machine, says"
        " which."
    )
    machine = plain_machine(cores)
    return replace(
        machine,
        name=f"this machine, {counted(cores, 'core')}",
        assumptions=(told, *machine.assumptions),
    )


def with_cores(machine: Machine, cores: int) -> Machine:
    """
    The machine with another number of its cores; UsageError where it is none.

    Where they slow each other down they do so at the same number of jobs a core. Its CPU's watts
    are unknown then.
    """
    if not 1 <= cores <= MOST_CORES:
        raise UsageError(f"--cores is from 1 to {MOST_CORES}, not {cores}")
    if cores == machine.cores:
        return machine
    ideal = machine.cpu == ideal_cores(machine.cores)
    told = () if ideal else (_RESIZED,)
    return replace(
        machine,
        name=f"{machine.name}, with {counted(cores, 'core')} instead",
        cores=cores,
        cpu=ideal_cores(cores) if ideal else wider(machine.cpu, cores / machine.cores),
        assumptions=tuple(dict.fromkeys((*machine.assumptions, *told))),
        power=machine.power and replace(machine.power, cpu=None),
    )


def with_limits_told(machine: Machine) -> Machine:
    """The machine with a sentence among its assumptions for each limit and coupling it has."""
    return replace(machine, assumptions=(*machine.assumptions, *_limits(machine)))


def _limits(machine: Machine) -> Iterator[str]:
    if machine.most_calls is not None:
        yield f"The LLM server serves at most {machine.most_calls:,} calls at once; others wait."
    if machine.kv_tokens is not None:
        yield (
            f"The KV cache has room for {machine.kv_tokens:,} tokens. A call holds its prompt and"
            " its answer from beginning to end; one whose tokens are not known holds none."
        )
    if machine.recompute_ns:
        yield (
            "A call whose request's context the KV cache has lost computes it again, at"
            f" {machine.recompute_ns / 1000:g} us of GPU work a token."
        )
    if machine.background:
        threads = counted(f"{machine.background:.3g}", "thread")
        yield f"Other programs always run {threads} beside the agent's."
    if machine.starvation:
        yield (
            "A host with n running threads to a core slows LLM calls by"
            f" {machine.starvation:.3g} * (n - 1); this strength is fitted, not measured here."
        )


_IDEAL = (
    "Cores do not slow each other down: n running threads have n cores' speed up to the number of"
    " cores, and share them evenly beyond."
)
_RESIZED = (
    "Another number of cores is more or fewer of the same: they slow each other down at the same"
    " number of jobs a core."
)
_DEFAULT_GPU = (
    "Nothing says how LLM calls slow each other down here, so the LLM server is taken to batch like"
    " an H200 (arXiv:2511.00739v3, table 4): 8 calls at once take 1.8 times as long as one."
)
