"""Which probes a recording uses, made ready for a session."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from agentaudit.cli.listeners import Listening
from agentaudit.cli.load import LoadOptions
from agentaudit.cli.samplers import SamplerChoice, samplers_of
from agentaudit.errors import UsageError

if TYPE_CHECKING:
    from agentaudit.model.trace import Incident
    from agentaudit.probes.endpoints.scraping import Address
    from agentaudit.probes.gpu.devices import Gpus
    from agentaudit.probes.processes.forks import ForkEvents
    from agentaudit.profiling.session import Observer, Probes

RATE_HZ = 200


class Options(Struct, frozen=True, kw_only=True):
    """How to record."""

    rate_hz: int = RATE_HZ
    sampler: SamplerChoice = SamplerChoice.AUTO
    inject: bool = False
    """Functions that step rules name are made to mark their steps."""
    rules: tuple[Path, ...] = ()
    """Folders with step rules, tried before those that we ship."""
    request_frames: tuple[str, ...] = ()
    """`file.py:function` of the agent that serves one request each."""
    endpoints: tuple[str, ...] = ()
    """`host:port` of models that no usual port gives away."""
    scraped: tuple[str, ...] = ()
    """Pages with metrics of inference servers and GPU exporters."""
    load: LoadOptions | None = None
    """Requests that are made meanwhile."""
    listening: Listening = field(default_factory=Listening)
    """What agents tell of themselves."""
    stopped: Callable[[], bool] | None = None
    """Asked at every tick; the recording ends when it says so."""


_NEEDED = (
    "agentaudit.extract.credentials.redaction",
    "agentaudit.probes.energy",
    "agentaudit.probes.gpu.devices",
    "agentaudit.probes.gpu.instances",
    "agentaudit.probes.gpu.reader",
    "agentaudit.probes.host",
    "agentaudit.probes.processes.launched",
    "agentaudit.probes.processes.tree",
    "agentaudit.probes.stacks.austin",
    "agentaudit.probes.stacks.newest",
    "agentaudit.probes.stacks.rolling",
    "agentaudit.probes.stacks.sampling",
    "agentaudit.profiling.session",
    "agentaudit.store.recording",
    "pynvml",
    "resource",
)


def load_probes() -> None:
    """
    Everything that a recording runs is loaded; to be done before the target begins.

    It takes a third of a second, in which nobody looks at a command that runs already.
    """
    for module in _NEEDED:
        import_module(module)


def fork_events(stack: ExitStack) -> "tuple[ForkEvents | None, Sequence[Incident]]":
    """The kernel's word of forks; to be had before the target begins."""
    from agentaudit.model.trace import Incident
    from agentaudit.probes.processes.forks import ForkEvents

    try:
        forks = ForkEvents()
    except OSError as error:
        return None, (
            Incident(
                at_ns=time.monotonic_ns(),
                probe="forks",
                what=f"the kernel does not tell us of forks: {error.strerror}",
                lost="names of children that live less than a moment; their time is counted",
            ),
        )
    stack.callback(forks.close)
    return forks, ()


def network_observers(options: Options) -> "Sequence[Observer]":
    """
    Whoever watches connections, and reads the pages with metrics that the user named.

    To be had before the target begins. Raises UsageError for what is no address.
    """
    from agentaudit.probes.connections.observer import Connections

    connections = Connections(_resolved(options.endpoints))
    pages = tuple(_pages(options.scraped))
    if not pages:
        return (connections,)
    from agentaudit.probes.endpoints.observer import Endpoints
    from agentaudit.probes.gpu.devices import uuids

    return connections, Endpoints(pages, read_here=uuids())


def probes_of(
    pid: int,
    forks: "ForkEvents | None",
    options: Options,
    others: "Sequence[Observer]",
    stack: ExitStack,
) -> "tuple[Probes, Gpus]":
    """Everything that is asked while `pid` is recorded, and the devices."""
    from agentaudit.probes.energy import PackageEnergy
    from agentaudit.probes.gpu.devices import Gpus
    from agentaudit.probes.gpu.reader import GpuReader
    from agentaudit.probes.host import SystemLoad, clock_pair
    from agentaudit.probes.processes.tree import open_tree
    from agentaudit.profiling.session import Probes

    _allow_open_files()
    tree = open_tree(pid, forks)
    stack.callback(tree.close)
    gpus = Gpus()
    devices = GpuReader(gpus)
    stack.callback(devices.close)
    observers = (_stacks(pid, options), *others)
    stack.callback(_close, observers)
    probes = Probes(
        tree=tree,
        observers=observers,
        devices=devices,
        packages=PackageEnergy(),
        system_busy=SystemLoad().busy,
        clock_ns=time.monotonic_ns,
        clock_pair=clock_pair,
        sleep_s=time.sleep,
    )
    return probes, gpus


def _pages(pages: Sequence[str]) -> "Iterator[Address]":
    from agentaudit.probes.endpoints.scraping import address_of

    for page in pages:
        try:
            yield address_of(page)
        except ValueError as error:
            raise UsageError(f"--endpoint: {error}") from error


def _stacks(pid: int, options: Options) -> "Observer":
    from agentaudit.probes.stacks.sampling import Stacks

    samplers = samplers_of(options.sampler, options.rate_hz, pid)
    return Stacks(samplers, options.rate_hz, pid)


def _close(observers: "Sequence[Observer]") -> None:
    """An early end leaves none of them behind; after a session, none runs."""
    for observer in observers:
        observer.close(time.monotonic_ns())


def _allow_open_files() -> None:
    """As many as we may: each thread and process that is watched keeps one open."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _resolved(endpoints: Sequence[str]) -> frozenset[str]:
    from agentaudit.probes.connections.sockets import resolved

    found: set[str] = set()
    for endpoint in endpoints:
        try:
            found.update(resolved(endpoint))
        except OSError as error:
            raise UsageError(f"--llm-endpoint {endpoint}: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"--llm-endpoint {endpoint}: say host:port, like gpu:8000") from error
    return frozenset(found)
