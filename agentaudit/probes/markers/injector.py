"""
The injector: has a process of its own kind put steps around its functions, and take them away.

It is run like the companion, by the target's own interpreter, and tells what came of it on its
standard output. It lives as long as the recording and ends like it, also where the recorder is
killed: then nobody reads any more, and the functions become what they were.

    ["asked"]               the process may be asked; it comes around when its main thread does
    ["wrapped", count]      so many functions have a step now; again when there are more
    ["problem", text]       it cannot be done
    ["unwrapped", count]    all are what they were; the last line
    ["left"]                the main thread did not come around: it takes them away when it does
"""

import json
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_AGAIN_S = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Modules are loaded late: it looks again after so long, and then every half minute."""

_LATER_S = 30.0
_STARTING_S = 5.0
_LEAVING_S = 3.0
_TICK_S = 0.1
_SCRIPT = """
def _agentaudit():
    import os
    os.unlink({script!r})
    names = {{"__name__": "_agentaudit_visit"}}
    exec(compile({source!r}, "<agentaudit>", "exec"), names)
    names["told"]({told!r}, lambda: names[{function!r}](*{arguments!r}))
try:
    _agentaudit()
except Exception:
    pass
finally:
    del _agentaudit
"""


class Visit:
    """
    A call that the process was asked to make, when its main thread comes around.

    Raises RuntimeError where the process forbids it. The script removes itself when it runs, so
    that it may come around late; its answer goes into a file that is there as long as we wait.
    """

    def __init__(self, pid: int, source: str, function: str, *arguments: object) -> None:
        self._answer = _file()
        script = _file()
        text = _SCRIPT.format(
            script=str(script),
            source=source,
            told=str(self._answer),
            function=function,
            arguments=arguments,
        )
        script.write_text(text, encoding="utf-8")
        try:
            sys.remote_exec(pid, str(script))  # type: ignore[attr-defined]  # since CPython 3.14
        except BaseException:
            script.unlink()
            self.leave()
            raise

    def answer(self) -> Mapping[str, object] | None:
        """What came of it; None as long as nobody knows."""
        text = self._answer.read_text(encoding="utf-8")
        if not text:
            return None
        self.leave()
        answer: Mapping[str, object] = json.loads(text)
        return answer

    def leave(self) -> None:
        self._answer.unlink(missing_ok=True)


class Injector:
    """The visits to one process."""

    def __init__(self, pid: int, source: str, rules: Sequence[object], markers: str) -> None:
        self._pid = pid
        self._source = source
        self._wrap = (rules, markers)
        self._visit: Visit | None = None
        self._due_s = time.monotonic()
        self._pauses = list(_AGAIN_S)
        self._count = 0

    def begin(self) -> None:
        """Raises RuntimeError or OSError where it cannot be; a young process needs a moment."""
        end_s = time.monotonic() + _STARTING_S
        while True:
            try:
                self._visit = Visit(self._pid, self._source, "wrap", *self._wrap)
            except (RuntimeError, OSError) as error:
                forbidden = "not enabled" in str(error) or isinstance(error, PermissionError)
                if forbidden or time.monotonic() > end_s:
                    raise
                time.sleep(_TICK_S)
            else:
                return

    def look(self) -> None:
        """Reads what came of the last visit, and goes again where it is time."""
        if self._visit is not None:
            answer = self._visit.answer()
            if answer is None:
                return
            self._visit = None
            self._due_s = time.monotonic() + (self._pauses.pop(0) if self._pauses else _LATER_S)
            self._tell(answer)
        elif time.monotonic() >= self._due_s:
            self._visit = Visit(self._pid, self._source, "wrap", *self._wrap)

    def end(self) -> None:
        """Has all taken away; says so if there is still somebody to hear it."""
        end_s = time.monotonic() + _LEAVING_S
        last = self._visit
        while last is not None and last.answer() is None and time.monotonic() < end_s:
            time.sleep(_TICK_S / 10)
        visit = Visit(self._pid, self._source, "unwrap")
        answer = visit.answer()
        while answer is None and time.monotonic() < end_s:
            time.sleep(_TICK_S / 10)
            answer = visit.answer()
        for left in (visit, last):
            if left is not None:
                left.leave()
        told(*(("left",) if answer is None else ("unwrapped", answer.get("count", 0))))

    def _tell(self, answer: Mapping[str, object]) -> None:
        if "problem" in answer:
            told("problem", answer["problem"])
        elif answer.get("count") != self._count:
            self._count = int(str(answer.get("count")))
            told("wrapped", self._count)


def told(*words: object) -> None:
    with suppress(BrokenPipeError):  # the recorder is gone, which has been noticed
        os.write(1, (json.dumps(words) + "\n").encode())


def main(pid: int, work: Mapping[str, object]) -> None:
    """Until SIGINT or SIGTERM come, nobody reads any more, or the process ends."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: asked.append(number))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    waiting = select.poll()
    waiting.register(os.pidfd_open(pid), select.POLLIN)
    waiting.register(1, select.POLLERR)
    rules = work["rules"]
    injector = Injector(
        pid, str(work["source"]), rules if isinstance(rules, list) else [], str(work["markers"])
    )
    try:
        injector.begin()
        told("asked")
        while not (asked or waiting.poll(_TICK_S * 1000)):
            injector.look()
        with suppress(ProcessLookupError):
            injector.end()
    except Exception as error:  # noqa: BLE001 -- whatever it is, the reader is told
        told("problem", f"{type(error).__name__}: {error}"[:300])


def _file() -> Path:
    """An empty file that the process and we alone can read."""
    descriptor, name = tempfile.mkstemp(prefix="agentaudit-")
    os.close(descriptor)
    return Path(name)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
