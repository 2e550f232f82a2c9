"""Which language runtime a process is, from the files it has mapped."""

import re
from pathlib import Path

_EXECUTABLE = re.compile(r"(?:^|/)(?:python|pypy)(\d+(?:\.\d+)?)?[a-z]*$")
_LIBRARY = re.compile(r"/libpython(3\.\d+)[a-z]*\.so")
_MODULE = re.compile(r"\.cpython-3(\d+)[a-z]*-")
_VERSION = re.compile(r"CPython (\d+)\.(\d+)")
_LONGEST_MAPS = 4 * 1024 * 1024


def python_of(pid: int) -> str | None:
    """
    `CPython 3.11` where the version shows, `CPython` where it does not, None for other runtimes.

    Programs that embed Python count: they have its library mapped.
    """
    try:
        executable = str(Path(f"/proc/{pid}/exe").readlink()).removesuffix(" (deleted)")
    except OSError:
        return _by_name(pid)
    name = _EXECUTABLE.search(executable)
    if name and (name[1] or "").count("."):
        return f"CPython {name[1]}"
    maps = _maps(pid)
    library = _LIBRARY.search(maps)
    if library:
        return f"CPython {library[1]}"
    module = _MODULE.search(maps) if name else None
    if module:
        return f"CPython 3.{module[1]}"
    return "CPython" if name else None


def version_of(runtime: str) -> tuple[int, int] | None:
    """The numbers of `CPython 3.14`."""
    told = _VERSION.fullmatch(runtime)
    return (int(told[1]), int(told[2])) if told else None


def interpreter_of(pid: int) -> str | None:
    """
    The path of the interpreter that a process runs, as the process itself sees it.

    None where it cannot be seen, and for programs that embed Python: they are no interpreters.
    """
    try:
        executable = str(Path(f"/proc/{pid}/exe").readlink())
        root = str(Path(f"/proc/{pid}/root").readlink())
    except OSError:
        return None
    inside = executable.removeprefix(root) if root != "/" else executable
    return inside if _EXECUTABLE.search(inside) else None


def hidden(pid: int) -> bool:
    """Whether permissions hide from us what a process runs, and with it what its memory holds."""
    try:
        Path(f"/proc/{pid}/exe").readlink()
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def closed(pid: int) -> str:
    """Why a process cannot be looked into that runs as somebody else, and what opens it."""
    return (
        f"the memory of process {pid} may not be read: run as its user with"
        " `echo 0 | sudo tee /proc/sys/kernel/yama/ptrace_scope`, run as root, or give the"
        " container the capability SYS_PTRACE"
    )


def _by_name(pid: int) -> str | None:
    """What the short name suggests, where permissions hide the rest."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
    return "CPython" if _EXECUTABLE.search(name) else None


def _maps(pid: int) -> str:
    try:
        with Path(f"/proc/{pid}/maps").open("rb") as file:
            return file.read(_LONGEST_MAPS).decode("utf-8", errors="replace")
    except OSError:
        return ""
