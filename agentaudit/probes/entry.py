"""
Becomes the interpreter of another process, where that process lives and with no more rights.

A program of its own, run by our interpreter: it enters the namespaces and the root directory of the
process, takes its user and groups, gives up every capability which that one lacks, and replaces
itself by its interpreter. What is started there was chosen by the process: it must not be able to
do more with our help than without it.

    python entry.py PID EXECUTABLE ARGUMENT…

`{pid}` in an argument is the number that the process has where it lives.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_NAMESPACES = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAPBSET_DROP = 24
_MOST_CAPABILITIES = 64

_libc = ctypes.CDLL(None, use_errno=True)


def become(pid: int, executable: str, arguments: Sequence[str]) -> None:
    """Does not return. Raises OSError where we may not go."""
    elsewhere = not Path(f"/proc/{pid}/root").samefile("/")
    root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    ours, theirs = Path("/proc/self/ns"), Path(f"/proc/{pid}/ns")
    foreign = [
        name for name in _NAMESPACES if (ours / name).readlink() != (theirs / name).readlink()
    ]
    if os.geteuid() == 0:
        os.setgroups([])  # within a user namespace it may be too late
    doors = [(name, os.open(theirs / name, os.O_RDONLY | os.O_CLOEXEC)) for name in foreign]
    _enter(door for name, door in doors if name == "user")
    status = _status(pid)  # users are numbered as in there, processes still as out here
    _enter(door for name, door in doors if name != "user")
    if foreign or elsewhere:
        os.fchdir(root)
        os.chroot(".")
    os.chdir("/")
    if "pid" in foreign:
        _fork()
    inner = status["NSpid"].split()[-1]
    _take_identity(status)
    words = [argument.replace("{pid}", inner) for argument in arguments]
    os.execve(executable, [executable, *words], _ENVIRONMENT)  # noqa: S606 -- the point of it


def _enter(doors: Iterable[int]) -> None:
    for door in doors:
        _done(_libc.setns, door, 0)


def _fork() -> None:
    """A namespace of processes is entered by children alone: we stay behind and wait."""
    child = os.fork()
    if child:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code < 0:  # killed, and so are we: whoever waits for us learns it
            os.kill(os.getpid(), signal.SIGKILL)
        sys.exit(code)


def _take_identity(status: Mapping[str, str]) -> None:
    """The rights of the process, unless ours are those of a common user anyway."""
    _done(_libc.prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.geteuid() != 0:
        return
    permitted = int(status["CapPrm"], 16)
    for capability in range(_MOST_CAPABILITIES):
        if not permitted >> capability & 1:
            _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails for those that are not
    user, group = int(status["Uid"].split()[0]), int(status["Gid"].split()[0])
    with suppress(PermissionError):  # a user namespace that allows no groups: then without
        os.setgroups([int(word) for word in status["Groups"].split()])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)


def _status(pid: int) -> Mapping[str, str]:
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def _done(call: Callable[..., int], *arguments: int) -> None:
    if call(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


if __name__ == "__main__":
    try:
        become(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
    except (OSError, KeyError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
