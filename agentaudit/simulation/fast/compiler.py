"""
Numba, wrapped: it knows no types, and where its compiled code is kept is decided here.

Only `fast.kernel` imports this, and only when it is asked to run: numba is an extra, and takes a
third of a second to import.
"""

import os
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

numba: Any = import_module("numba")
Compiled = TypeVar("Compiled", bound=Callable[..., object])


def inlined(function: Compiled) -> Compiled:
    """
    A function that becomes part of the machine code of those that call it.

    Nothing counts references or allocates there: arrays belong to whoever called in from Python.
    """
    made: Compiled = numba.njit(
        _nrt=False,
        forceinline=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )(function)
    return made


def entry(function: Compiled) -> Compiled:
    """
    The function as machine code, made when first called and kept on disk for the next process.

    It runs without the interpreter's lock, so that runs in threads use all cores. Nothing is
    reassociated or fused: floats come out as the interpreter would compute them. The folder is
    below NUMBA_CACHE_DIR or the user's cache, never that of the package, which may be read-only and
    belongs to the installer. Where no folder can be written to, every process compiles for itself.
    """
    folder = _cache_folder()
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, folder or ""
    try:
        made: Compiled = numba.njit(
            nogil=True, _nrt=False, error_model="numpy", cache=folder is not None
        )(function)
    finally:
        numba.config.CACHE_DIR = before
    return made if compiles() else interpreted(made)


def interpreted(function: Compiled) -> Compiled:
    """A function that numba leaves as it is: its numbers wrap without a word, as compiled ones."""
    return np.errstate(over="ignore")(function)


def taking_one(function: Callable[[int], int]) -> Callable[[int], int]:
    """The machine code of an `entry` that takes an integer, without a look at what it is given."""
    compiled: Any = function
    kinds = (numba.types.int64,)
    compiled.compile(kinds)
    code: Callable[[int], int] = compiled.get_overload(kinds)
    return code


def compiles() -> bool:
    """Whether anything is compiled; numba can be told to leave Python as it is."""
    return not numba.config.DISABLE_JIT


def at_address(example: tuple[Any, ...]) -> tuple[Any, Any]:
    """
    Two functions for compiled code: one puts a tuple like this at an address, the other takes it.

    Handing a tuple of thirty arrays from Python to compiled code takes three microseconds, and an
    address a tenth of that. Who puts it there keeps the arrays.
    """
    kind = numba.typeof(example)

    @numba.extending.intrinsic  # type: ignore[untyped-decorator, unused-ignore]
    def put(typing: object, value: Any, address: Any) -> Any:  # noqa: ANN401, types of numba
        del typing, value, address

        def code(context: Any, builder: Any, _: object, given: Any) -> Any:  # noqa: ANN401
            value, address = given
            where = builder.inttoptr(address, context.get_value_type(kind).as_pointer())
            builder.store(value, where)
            return context.get_dummy_value()

        return numba.types.void(kind, numba.types.int64), code

    @numba.extending.intrinsic  # type: ignore[untyped-decorator, unused-ignore]
    def taken(typing: object, address: Any) -> Any:  # noqa: ANN401
        del typing, address

        def code(context: Any, builder: Any, _: object, given: Any) -> Any:  # noqa: ANN401
            return builder.load(
                builder.inttoptr(given[0], context.get_value_type(kind).as_pointer())
            )

        return kind(numba.types.int64), code

    return put, taken


def _cache_folder() -> str | None:
    """
    A folder of our own for this very code; None where none can be written to.

    Numba looks only at the file of the function it is asked for, and only at its size and time,
    and neither needs to change when what the function calls does.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    try:
        folder = os.path.join(
            numba.config.CACHE_DIR or os.path.join(home, "agentaudit", "kernel"), _digest()
        )
        os.makedirs(folder, mode=0o700, exist_ok=True)
        ours = os.stat(folder).st_uid == os.getuid()
    except OSError:
        return None
    # What is read from there runs as code, so nobody else may have put it there.
    return folder if ours and os.access(folder, os.W_OK | os.X_OK) else None


@cache
def _digest() -> str:
    """Of the sources of this package."""
    digest = sha256()
    with os.scandir(os.path.dirname(__file__)) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                with open(entry.path, "rb") as source:
                    digest.update(source.read())
    return digest.hexdigest()[:16]
