"""
The workload file: types of requests, how many, and when they arrive.

    requests: 200
    arrivals: poisson:12            # per second; or closed: all at once
    seed: 1
    machine: sys2                   # or {cores: 8, gpu: sys1, dispatch: 20ms}
    types:
      - name: web
        weight: 3                   # three of four requests
        steps:
          - {wait: 350ms, name: fetch}
          - {cpu: 4.8s, spread: 0.2, threads: 1, name: summarise}
          - {gpu: 1.3s}
      - {name: chat, heavy: gpu, steps: [{gpu: 2s, spread: 0.5}]}

A demand is what the step takes alone. Every word that is not one of these is an error.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Protocol, TypeVar

from agentaudit.errors import InputError, Problem, UsageError
from agentaudit.model.workload import Heavy, Machine, Stage
from agentaudit.simulation.arrivals import (
    CLOSED,
    LARGEST_WORKLOAD,
    ArrivalKind,
    Arrivals,
    parse_arrivals,
)
from agentaudit.simulation.machine import MOST_CORES, PRESETS, named_machine, plain_machine
from agentaudit.simulation.synthetic import StepShape, TypeShape, WorkloadShape

Value = TypeVar("Value")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s)", re.ASCII)
_UNIT_NS = {"us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_LONGEST_NS = 10**15
_MOST_STEPS = 1_000
_LARGEST_NUMBER = 1e9
_TIMED = (ArrivalKind.RECORDED, ArrivalKind.SCALED)


class Written(Protocol):
    """One node of a document, with its place; readers make them."""

    @property
    def kind(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def text(self) -> str | None: ...
    @property
    def elements(self) -> "tuple[Written, ...]": ...
    def items(self) -> "Iterator[tuple[str, Written]]": ...


def parse_workload(root: Written, *, file: str) -> WorkloadShape:
    """The shape that a file describes; InputError with everything that is wrong in it."""
    reading = _Reading(file=file)
    shape = reading.workload(root)
    if reading.problems:
        raise InputError(*reading.problems)
    return shape


def overridden(
    shape: WorkloadShape, *, arrivals: Arrivals | None, requests: int | None, seed: int | None
) -> WorkloadShape:
    """The shape with what the command line says in place of the file; UsageError for nonsense."""
    if arrivals is not None and arrivals.kind in _TIMED:
        raise UsageError("a workload file has no recorded arrivals: choose closed or poisson:RATE")
    if requests is not None and not 1 <= requests <= LARGEST_WORKLOAD:
        raise UsageError(f"--requests is from 1 to {LARGEST_WORKLOAD}, not {requests}")
    return replace(
        shape,
        arrivals=arrivals or shape.arrivals,
        requests=requests or shape.requests,
        seed=shape.seed if seed is None else seed,
    )


@dataclass(slots=True)
class _Reading:
    """One file while it is read: what is wrong is collected, and a stand-in read on with."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def workload(self, root: Written) -> WorkloadShape:
        known = ("requests", "arrivals", "seed", "machine", "types")
        entries = self.entries(root, "a workload", known=known, needed=("types",))
        kinds = self.types(entries.get("types"))
        return WorkloadShape(
            types=kinds,
            requests=self.whole(entries.get("requests"), "requests", 100, LARGEST_WORKLOAD),
            arrivals=self.arrivals(entries.get("arrivals")),
            seed=self.whole(entries.get("seed"), "seed", 0, 2**63, least=0),
            machine=self.machine(entries.get("machine")),
        )

    def types(self, node: Written | None) -> tuple[TypeShape, ...]:
        kinds = tuple(self.type(element) for element in self.elements(node, "types"))
        names = [kind.name for kind in kinds]
        if node is not None and len(set(names)) < len(names):
            self.fault(node, "two types have the same name")
        return kinds

    def type(self, node: Written) -> TypeShape:
        known = ("name", "weight", "heavy", "steps")
        entries = self.entries(node, "a type", known=known, needed=("name", "steps"))
        steps = tuple(self.step(step) for step in self.elements(entries.get("steps"), "steps"))
        heavy = entries.get("heavy")
        return TypeShape(
            name=(entries["name"].text or "") if "name" in entries else "",
            steps=steps,
            weight=self.number(entries.get("weight"), "weight", 1.0, above=0.0),
            heavy=self.value(heavy, Heavy, "heavy is cpu or gpu"),
        )

    def step(self, node: Written) -> StepShape:
        stages = tuple(stage.value for stage in Stage)
        known = (*stages, "spread", "threads", "name")
        entries = self.entries(node, "a step", known=known)
        named = [stage for stage in stages if stage in entries]
        if len(named) != 1:
            self.fault(node, f"a step has exactly one of {', '.join(stages)}")
            return StepShape(stage=Stage.WAIT, mean_ns=0)
        name = entries.get("name")
        return StepShape(
            stage=Stage(named[0]),
            mean_ns=self.duration(entries[named[0]], named[0]),
            spread=self.number(entries.get("spread"), "spread", 0.0, above=-1e-9),
            threads=self.whole(entries.get("threads"), "threads", 1, MOST_CORES),
            name=(name.text or "") if name is not None else "",
        )

    def machine(self, node: Written | None) -> Machine | None:
        if node is None:
            return None
        presets = f"a machine is one of {', '.join(PRESETS)}, or has cores, gpu and dispatch"
        if node.kind != "mapping":
            return self.value(node, named_machine, presets)
        entries = self.entries(node, "a machine", known=("cores", "gpu", "dispatch"))
        machine = plain_machine(self.whole(entries.get("cores"), "cores", 1, MOST_CORES))
        like = self.value(entries.get("gpu"), named_machine, f"gpu is one of {', '.join(PRESETS)}")
        dispatch = entries.get("dispatch")
        return replace(
            machine,
            gpu=like.gpu if like is not None else machine.gpu,
            dispatch_ns=self.duration(dispatch, "dispatch") if dispatch is not None else 0,
            assumptions=machine.assumptions[: 1 if like is not None else None],
        )

    def arrivals(self, node: Written | None) -> Arrivals:
        if node is None:
            return CLOSED
        try:
            arrivals = parse_arrivals(node.text or "")
        except UsageError as error:
            self.fault(node, str(error))
            return CLOSED
        if arrivals.kind in _TIMED:
            self.fault(node, "nothing was recorded: arrivals are closed or poisson:RATE")
        return arrivals

    def duration(self, node: Written, name: str) -> int:
        match = _DURATION.fullmatch(node.text or "")
        if match is None or float(match[1]) * _UNIT_NS[match[2]] > _LONGEST_NS:
            self.fault(node, f"{name} is a time such as 1.5s, 20ms or 300us")
            return 0
        return round(float(match[1]) * _UNIT_NS[match[2]])

    def whole(
        self, node: Written | None, name: str, default: int, most: int, *, least: int = 1
    ) -> int:
        if node is None:
            return default
        text = node.text or ""
        if not (text.isascii() and text.isdigit()) or not least <= int(text[:20]) <= most:
            self.fault(node, f"{name} is a whole number from {least} to {most}")
            return default
        return int(text)

    def number(self, node: Written | None, name: str, default: float, *, above: float) -> float:
        if node is None:
            return default
        number = self.value(node, float, f"{name} is a number")
        if number is not None and not (isfinite(number) and above < number < _LARGEST_NUMBER):
            self.fault(node, f"{name} is {'above 0' if above >= 0 else 'at least 0'}")
        return number if number is not None else default

    def value(
        self, node: Written | None, convert: Callable[[str], Value], otherwise: str
    ) -> Value | None:
        if node is None:
            return None
        try:
            return convert(node.text or "")
        except (ValueError, UsageError):
            self.fault(node, otherwise)
            return None

    def entries(
        self, node: Written, what: str, *, known: tuple[str, ...], needed: tuple[str, ...] = ()
    ) -> Mapping[str, Written]:
        if node.kind != "mapping":
            self.fault(node, f"{what} is a mapping of {', '.join(known)}")
            return {}
        entries = dict(node.items())
        for name, value in entries.items():
            if name not in known:
                self.fault(value, f"{what} has no {name!r}; it has {', '.join(known)}")
        for name in needed:
            if name not in entries:
                self.fault(node, f"{what} needs {name!r}")
        return entries

    def elements(self, node: Written | None, name: str) -> "tuple[Written, ...]":
        if node is None:
            return ()
        if node.kind != "sequence" or not 1 <= len(node.elements) <= _MOST_STEPS:
            self.fault(node, f"{name} is a list of 1 to {_MOST_STEPS}")
            return ()
        return node.elements

    def fault(self, node: Written, message: str) -> None:
        self.problems.append(
            Problem(file=self.file, line=node.line, column=node.column, message=message)
        )
