"""
The line in front of the LLM server: how many calls it serves at once, and the room of its KV cache.

A call holds its tokens, prompt and answer, from its first to its last instant on the server, as if
they were reserved when it begins; a server that grows them token by token may begin a few calls
sooner and preempt some later. When a call has ended its tokens are the context of the next call of
its request. A policy may pin them; otherwise they stay while nobody needs the room, and those used
least recently go first, as in vLLM's prefix cache. A call whose context is lost computes it again.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.workload import Machine, WorkRequest, WorkStep
from agentaudit.simulation.policy import Call, Hooks
from agentaudit.simulation.stations.stations import NEVER


class _Got(Struct):
    """What one request has got from the LLM server."""

    calls: int = 0
    attained_ns: int = 0
    waited_ns: int = 0
    began_ns: int = 0
    context: int = 0
    """Tokens of its last call."""


def line_of(requests: Iterable[WorkRequest], machine: Machine, hooks: Hooks) -> "CallLine | None":
    """
    The line of a machine that limits calls or their tokens, None for one where nobody ever waits.

    Raises UsageError, which names the call, where one is larger than the whole cache.
    """
    if machine.most_calls is None and machine.kv_tokens is None:
        return None
    if machine.kv_tokens is not None:
        for request in requests:
            for number, step in enumerate(request.steps, 1):
                if step.tokens > machine.kv_tokens:
                    raise UsageError(
                        f"request {request.request_id} ({request.type}), step {number}"
                        f"{f' ({step.name})' if step.name else ''}: the call holds"
                        f" {step.tokens:,} tokens, and the KV cache of {machine.name} has room for"
                        f" {machine.kv_tokens:,}, so it can never be served"
                    )
    return CallLine(machine, hooks)


class CallLine:
    """Calls that wait, calls that are served, and what the KV cache holds of all of them."""

    __slots__ = (
        "_cached",
        "_free",
        "_got",
        "_hooks",
        "_most",
        "_pins",
        "_recompute_ns",
        "_room",
        "_served",
        "_spare",
        "_waiting",
        "calls_peak",
        "kv_peak",
    )

    def __init__(self, machine: Machine, hooks: Hooks) -> None:
        self._hooks = hooks
        self._most = machine.most_calls or NEVER
        self._recompute_ns = machine.recompute_ns
        self._room = machine.kv_tokens or NEVER
        self._free = self._room
        """Tokens that neither a served call nor a pin holds."""
        self._spare = self._room
        """Tokens among the free ones that hold no context of a request either."""
        self._waiting: dict[int, Call] = {}
        self._served: dict[int, Call] = {}
        self._got: dict[int, _Got] = {}
        self._pins: dict[int, int] = {}
        """Until when the context of a request is pinned; NEVER while its next call waits."""
        self._cached: dict[int, None] = {}
        """Requests whose context nobody pinned and nobody has displaced, least recent first."""
        self.calls_peak = 0
        self.kv_peak = 0

    def join(self, now_ns: int, place: int, request: WorkRequest, step: WorkStep) -> None:
        """A call that waits from now on; `place` is the number that the engine has for it."""
        self._lapse(now_ns)
        got = self._got.setdefault(place, _Got())
        if place in self._pins:
            self._pins[place] = NEVER
        self._waiting[place] = Call(
            request=request,
            step=step,
            number=got.calls,
            called_ns=now_ns,
            attained_ns=got.attained_ns,
            waited_ns=got.waited_ns,
            pinned=place in self._pins,
        )

    def started(self, now_ns: int) -> Sequence[tuple[int, int]]:
        """The calls that begin to be served now, and what each needs."""
        self._lapse(now_ns)
        begun: list[tuple[int, int]] = []
        while self._waiting and len(self._served) < self._most:
            place = self._first(now_ns)
            if not self._make_room(place):
                break
            begun.append((place, self._begin(place, now_ns)))
        return begun

    def left(self, now_ns: int, place: int, *, follows: bool) -> None:
        """A call has ended; `follows` says whether its request will make another."""
        call, got = self._served.pop(place), self._got[place]
        got.calls += 1
        got.attained_ns += now_ns - got.began_ns
        got.context = call.step.tokens
        keep = self._hooks.keep_ns
        kept_ns = keep(call, now_ns) if follows and keep is not None else 0
        if kept_ns > 0:
            self._pins[place] = min(now_ns + kept_ns, NEVER)
            return
        self._free += got.context
        if follows:
            self._cached[place] = None
        else:
            self._spare += got.context
            del self._got[place]

    def due_ns(self) -> int:
        """When the next pin ends, while somebody waits for what it holds."""
        return min(self._pins.values(), default=NEVER) if self._waiting else NEVER

    def _first(self, now_ns: int) -> int:
        rank = self._hooks.rank
        if rank is None:
            return next(iter(self._waiting))
        return min(
            self._waiting,
            key=lambda place: (
                rank(self._waiting[place], now_ns),
                self._waiting[place].called_ns,
                self._waiting[place].request.request_id,
            ),
        )

    def _make_room(self, place: int) -> bool:
        """Whether the call fits; where nothing is served, pins yield until it does."""
        needed = self._waiting[place].step.tokens
        own = self._got[place].context if place in self._pins else 0
        while needed - own > self._free:
            others = [held for held in self._pins if held != place]
            if self._served or not others:
                return False
            self._unpin(max(others))  # places are in order of arrival
        return True

    def _begin(self, place: int, now_ns: int) -> int:
        call, got = self._waiting.pop(place), self._got[place]
        lost = 0
        if place in self._pins:
            del self._pins[place]
            self._free += got.context
            self._spare += got.context
        elif place in self._cached:
            del self._cached[place]
            self._spare += got.context
        else:
            lost = got.context
        self._free -= call.step.tokens
        self._spare -= call.step.tokens
        while self._spare < 0:
            self._spare += self._got[self._displaced()].context
        got.waited_ns += now_ns - call.called_ns
        got.began_ns = now_ns
        self._served[place] = call
        self.calls_peak = max(self.calls_peak, len(self._served))
        self.kv_peak = max(self.kv_peak, self._room - self._free)
        return call.step.demand_ns + lost * self._recompute_ns

    def _displaced(self) -> int:
        """The request whose context was used least recently, which has lost it now."""
        place = next(iter(self._cached))
        del self._cached[place]
        return place

    def _lapse(self, now_ns: int) -> None:
        for place in [place for place, until_ns in self._pins.items() if until_ns <= now_ns]:
            self._unpin(place)

    def _unpin(self, place: int) -> None:
        """The context may be displaced from now on."""
        del self._pins[place]
        self._free += self._got[place].context
        self._cached[place] = None
        if place in self._waiting:
            self._waiting[place] = replace(self._waiting[place], pinned=False)
