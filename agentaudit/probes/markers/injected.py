"""
What runs inside a target that is recorded with `--inject`: functions become steps, and again not.

CPython 3.14 or newer runs it between two instructions of the main thread. It needs nothing but the
standard library, leaves one module behind while the recording lasts, and nothing afterwards.
`injector` puts it there, with `agentaudit.markers` as the way to tell of a step.
"""

import json
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

NAME = "_agentaudit_injected"
_FUNCTION_KINDS = (types.FunctionType, staticmethod, classmethod)
_MOST_WRAPPED = 2_000

Rule = tuple[str, str, str]
"""A pattern of the file's path, one of the qualified name, and the kind of step."""


class Injected(types.ModuleType):
    """What was put around which functions, as a module that keeps it between two visits."""

    originals: list[tuple[type | types.ModuleType, str, object]]
    step: Callable[..., Callable[[object], object]]


def wrap(rules: Sequence[Rule], markers: str) -> int:
    """Puts a step around each function that a rule names; the result counts those that have one."""
    kept = _kept(markers)
    done = {(owner, name) for owner, name, _ in kept.originals}
    patterns = [(re.compile(file), re.compile(name), kind) for file, name, kind in rules]
    for module in [*sys.modules.values()]:
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or module is kept:
            continue
        near = [(names, kind) for files, names, kind in patterns if files.fullmatch(file)]
        for owner, name, function in _functions(module) if near else ():
            kind = next((kind for names, kind in near if names.fullmatch(_named(function))), None)
            if kind is None or (owner, name) in done or len(done) >= _MOST_WRAPPED:
                continue
            done.add((owner, name))
            kept.originals.append((owner, name, function))
            setattr(owner, name, _wrapped(kept, function, kind))
    return len(kept.originals)


def unwrap() -> int:
    """Takes all of it away; the result counts the functions that had a step."""
    kept = sys.modules.pop(NAME, None)
    if not isinstance(kept, types.ModuleType):
        return 0
    originals: list[tuple[type | types.ModuleType, str, object]] = kept.__dict__["originals"]
    for owner, name, function in originals:
        current = vars(owner).get(name)
        if getattr(_plain(current), "__wrapped__", None) is _plain(function):
            setattr(owner, name, function)
    return len(originals)


def _kept(markers: str) -> Injected:
    kept = sys.modules.get(NAME)
    if kept is None:
        kept = types.ModuleType(NAME)
        sys.modules[NAME] = kept  # before it runs: its annotations are looked up there
        exec(compile(markers, "<agentaudit>", "exec"), kept.__dict__)  # noqa: S102 -- our own markers
        kept.__dict__["originals"] = []
    return kept  # type: ignore[return-value]  # it has what `Injected` says, by what it has run


def _functions(
    module: types.ModuleType,
) -> Iterator[tuple[type | types.ModuleType, str, object]]:
    """The functions and methods that a module defines itself, with where they stand."""
    own = [value for value in [*vars(module).values()] if isinstance(value, type)]
    owners: list[type | types.ModuleType] = [module]
    owners += [value for value in own if value.__module__ == module.__name__]
    for owner in owners:
        for name, function in [*vars(owner).items()]:
            if (
                isinstance(function, _FUNCTION_KINDS)
                and getattr(_plain(function), "__module__", None) == module.__name__
            ):
                yield owner, name, function


def _wrapped(kept: Injected, function: object, kind: str) -> object:
    wrapped = kept.step(kind, injected=True)(_plain(function))
    if isinstance(function, staticmethod | classmethod):
        return type(function)(wrapped)  # type: ignore[arg-type]  # what was wrapped was a function
    return wrapped


def _plain(function: object) -> object:
    return function.__func__ if isinstance(function, staticmethod | classmethod) else function


def _named(function: object) -> str:
    return str(getattr(_plain(function), "__qualname__", ""))


def told(path: str, work: Callable[[], int]) -> None:
    """Does the work, and writes what came of it into a file that waits for it, if it still does."""
    try:
        said: Mapping[str, object] = {"count": work()}
    except Exception as error:  # noqa: BLE001 -- nothing of ours may reach the target
        said = {"problem": f"{type(error).__name__}: {error}"[:300]}
    with suppress(OSError), open(path, "r+", encoding="utf-8") as file:  # noqa: PTH123 -- lighter
        file.write(json.dumps(said))
