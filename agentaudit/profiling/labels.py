"""
What a stack says: which kind of step a thread is in, and whether it serves a request.

A stack is read from its leaf to its root; the first rule that tells a leaf kind wins, and
orchestration counts only when none does. No match is `unknown`, never a guess.
"""

from collections.abc import Collection, Sequence
from itertools import islice

from msgspec import Struct

from agentaudit.model.recording import Frame
from agentaudit.model.rule import LabelRules, StepRule
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.frames import FrameRules, own_code
from agentaudit.profiling.programs import agent_packages

_DISPATCHERS = frozenset(
    {
        "__call__", "_call", "_run", "acall", "arun", "call", "call_tool", "dispatch", "execute",
        "execute_tool", "invoke", "request", "run", "run_tool", "send", "wrapper",
    }
)  # fmt: skip
"""Functions that pass work on: the function they pass it to names the step."""

_LOOPS = (
    "asyncio/base_events.py", "asyncio/runners.py", "gevent/hub.py", "tornado/ioloop.py",
    "tornado/platform/asyncio.py", "trio/_core/", "uvloop/",
)  # fmt: skip
"""Files on the stack of a thread that runs an event loop, and hardly anywhere else."""

_RUNS_A_LOOP = frozenset(
    {
        "_run_once", "run", "run_forever", "run_until_complete", "start", "start_guest_run",
        "switch", "unrolled_run",
    }
)  # fmt: skip
"""Their functions that do so; others are there when a program only imports them."""

_THREAD_MACHINERY = ("concurrent/", "threading.py", "opentelemetry/", "contextvars.py", "anyio/")


class Label(Struct, frozen=True, kw_only=True):
    """
    What one stack says.

    `weak` names give way to the name of a neighbour. `request` is the function of the request
    frame, empty without one; `path` are the functions of the agent's own between it and the work.
    """

    kind: StepKind
    name: str = ""
    weak: bool = True
    source: LabelSource = LabelSource.NONE
    confidence: float = 0.0
    request: str = ""
    path: tuple[str, ...] = ()
    engaged: bool = False
    """True where a function of the agent's own is on the stack: the thread is not parked."""
    loop: bool = False
    """True where the thread runs an event loop, in which work may go on that no stack shows."""
    held: bool = False
    """True where the request frame is around the event loop: it stays while the loop waits."""

    @property
    def leaf(self) -> bool:
        """True of work that stays what it is while the thread waits for it."""
        return self.kind not in _NOT_LEAF


_NOT_LEAF = frozenset({StepKind.ORCHESTRATION, StepKind.IDLE, StepKind.UNKNOWN})

UNSEEN = Label(kind=StepKind.UNKNOWN)
"""Of a time in which nobody looked."""


class Labeller:
    """Labels of the stacks of one recording; each stack is read once."""

    def __init__(
        self,
        rules: LabelRules,
        stacks: Sequence[tuple[Frame, ...]],
        model_clients: Collection[int] = (),
        *,
        command: str = "",
    ) -> None:
        """`command` is the command line of the target: it may name the agent's package."""
        self._packages = agent_packages(stacks, command, rules)
        self._rules = FrameRules(rules.frames, self._packages)
        self._stacks = stacks
        self._model_clients = frozenset(model_clients)
        self._known: dict[tuple[int, bool], Label] = {}
        self._agent_framework = any(
            rule.when == "ordinary" and rule.framework != "stdlib"
            for frame in {frame for stack in stacks for frame in stack}
            for rule in self._rules.matching(frame)
        )

    def label(self, pid: int, stack: int) -> Label:
        """The label of a stack in a process; who is connected to a model matters to some rules."""
        key = (stack, pid in self._model_clients)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._read(self._stacks[stack], model_client=key[1])
        return found

    def own_frames(self, stack: Sequence[Frame], *, most: int) -> tuple[Frame, ...]:
        """The innermost frames of the agent's own code, programs' roots left out."""
        own = (frame for frame in stack if self._own(frame) and frame.function not in _ROOTS)
        return tuple(islice(own, most))

    def _own(self, frame: Frame) -> bool:
        return own_code(frame.file, self._packages)[1]

    def _read(self, stack: Sequence[Frame], *, model_client: bool) -> Label:
        request_at = self._request_at(stack)
        request = stack[request_at].function if request_at is not None else ""
        rule = self._rule(stack, model_client=model_client)
        kind = rule.kind if rule else StepKind.UNKNOWN
        loop_at = _loop_at(stack)
        name, weak = self._name(stack, kind)
        return Label(
            kind=kind,
            name=name,
            weak=weak,
            source=LabelSource.STACK if rule else LabelSource.NONE,
            confidence=rule.confidence if rule else 0.0,
            request=request,
            path=self._path(stack[:request_at]) if request_at is not None else (),
            engaged=bool(self.own_frames(stack, most=1)),
            loop=loop_at is not None,
            held=request_at is not None and loop_at is not None and request_at > loop_at,
        )

    def _rule(self, stack: Sequence[Frame], *, model_client: bool) -> StepRule | None:
        found = [rule for frame in stack for rule in self._rules.matching(frame)]
        leaves = [rule for rule in found if rule.kind is not StepKind.ORCHESTRATION]
        candidates = (
            _first(found, "first"),
            _first(leaves, "ordinary", "own_code"),
            _first(leaves, "fallback_llm_peer") if model_client else None,
            _first(leaves, "fallback"),
            self._worker(stack),
            _first(found, "ordinary", "own_code", "request"),
        )
        return next((rule for rule in candidates if rule), None)

    def _worker(self, stack: Sequence[Frame]) -> StepRule | None:
        """User code right on a worker thread, in a process that runs an agent framework."""
        if not self._agent_framework:
            return None
        above: Frame | None = None
        for frame in stack:
            rule = _first(self._rules.matching(frame), "fallback_worker_root")
            if rule:
                return rule if above and self._own(above) else None
            if not own_code(frame.file)[0].startswith(_THREAD_MACHINERY):
                above = frame
        return None

    def _request_at(self, stack: Sequence[Frame]) -> int | None:
        """Place of the request frame nearest the root."""
        for at in range(len(stack) - 1, -1, -1):
            if _first(self._rules.matching(stack[at]), "request"):
                return at
        return None

    def _name(self, stack: Sequence[Frame], kind: StepKind) -> tuple[str, bool]:
        """The function that the step is named after, nearest the root, and whether it is weak."""
        names = [
            frame.function
            for frame in reversed(stack)
            if any(
                rule.kind is kind and rule.when != "request" for rule in self._rules.matching(frame)
            )
        ]
        telling = [name for name in names if name.rpartition(".")[2] not in _DISPATCHERS]
        if telling:
            return _short(telling[0]), False
        return (_short(names[0]) if names else ""), True

    def _path(self, below_request: Sequence[Frame]) -> tuple[str, ...]:
        """The agent's own functions below the request frame, root first, down to the first leaf."""
        path: list[str] = []
        for frame in reversed(below_request):
            rules = self._rules.matching(frame)
            if any(rule.kind is not StepKind.ORCHESTRATION for rule in rules):
                break
            if self._own(frame):
                path.append(_short(frame.function))
        return tuple(path)


def _loop_at(stack: Sequence[Frame]) -> int | None:
    """Place of the event loop's frame nearest the root."""
    for at in range(len(stack) - 1, -1, -1):
        frame = stack[at]
        runs = frame.function.rpartition(".")[2] in _RUNS_A_LOOP
        if runs and own_code(frame.file)[0].startswith(_LOOPS):
            return at
    return None


_ROOTS = frozenset({"<module>", "main", "<shim>", "<lambda>"})


def _first(rules: Sequence[StepRule], *when: str) -> StepRule | None:
    return next((rule for rule in rules if rule.when in when), None)


def _short(function: str) -> str:
    """`Toolbox.search` of `module.Toolbox.search`; local functions keep their own name."""
    return ".".join(part for part in function.split(".") if part != "<locals>")[-80:]
