"""
Where CPython 3.8 to 3.12 keep threads, frames and functions, from the headers of each version.

Development only: it needs a C compiler, and interpreters that came with their headers.

    python benchmarks/generate_layouts.py ~/.pyenv/versions/3.*/bin/python3

Prints each layout beside the one that `agentaudit.probes.stacks.layouts` holds, and ends with 1
where one differs.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from agentaudit.probes.stacks.layouts import FROM_HEADERS, Layout

PROGRAM = r"""
#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#include <stddef.h>
#include <stdio.h>
#if PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_runtime.h>
#include <internal/pycore_interp.h>
#else
#include <code.h>
#include <internal/pycore_pystate.h>
#endif
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_frame.h>
#define FRAME _PyInterpreterFrame
#define THREADS threads.head
#define PREVIOUS previous
#define CURRENT cframe
#define QUALIFIED co_qualname
#else
#define FRAME PyFrameObject
#define THREADS tstate_head
#define PREVIOUS f_back
#define CURRENT frame
#define QUALIFIED co_name
#endif
#define SAY(name, type, field) printf(#name " %zu\n", offsetof(type, field))
int main(void) {
    SAY(interpreters, _PyRuntimeState, interpreters.head);
    SAY(next_interpreter, PyInterpreterState, next);
    SAY(threads, PyInterpreterState, THREADS);
    printf("thread_bytes %zu\n", sizeof(PyThreadState));
    SAY(next_thread, PyThreadState, next);
    SAY(pthread, PyThreadState, thread_id);
    SAY(current, PyThreadState, CURRENT);
    SAY(previous, FRAME, PREVIOUS);
    SAY(executable, FRAME, f_code);
#if PY_VERSION_HEX >= 0x030b0000
    SAY(native_id, PyThreadState, native_thread_id);
    SAY(chunk, PyThreadState, datastack_chunk);
    SAY(through, _PyCFrame, current_frame);
    SAY(owner, FRAME, owner);
#endif
    SAY(kind, PyObject, ob_type);
    printf("code_bytes %zu\n", sizeof(PyCodeObject));
#if PY_VERSION_HEX < 0x030b0000
    SAY(flags, PyCodeObject, co_flags);
#endif
    SAY(file, PyCodeObject, co_filename);
    SAY(qualified, PyCodeObject, QUALIFIED);
    SAY(length, PyASCIIObject, length);
    SAY(state, PyASCIIObject, state);
    printf("text %zu\n", sizeof(PyASCIIObject));
    printf("wider %zu\n", sizeof(PyCompactUnicodeObject) - sizeof(PyASCIIObject));
    return 0;
}
"""
ASKED = "import sys, sysconfig; print(sysconfig.get_path('include'), *sys.version_info[:3])"
PART = ("thread_bytes", "code_bytes")
"""Of these we read a part alone: what newer releases of a version put behind it does not matter."""


def main() -> None:
    differing = 0
    for python in sys.argv[1:]:
        asked = subprocess.run([python, "-c", ASKED], capture_output=True, text=True, check=False)
        include, *numbers = asked.stdout.split() or [""]
        held = FROM_HEADERS.get(tuple(map(int, numbers[:2])))  # type: ignore[arg-type]
        if held is None:
            continue
        told = printed(include)
        wrong = {name for name, value in told.items() if differs(held, name, value)}
        differing += len(wrong)
        print(f"CPython {'.'.join(numbers)}")
        for name, value in told.items():
            print(f"  {name:16} {value:6} {'  held: ' + str(held) if name in wrong else ''}")
    sys.exit(1 if differing else 0)


def differs(held: Layout, name: str, value: int) -> bool:
    ours: int = getattr(held, name)
    return ours > value if name in PART else ours != value


def printed(include: str) -> Mapping[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "layout"
        source = program.with_suffix(".c")
        source.write_text(PROGRAM)
        command = ["cc", f"-I{include}", f"-I{include}/internal", "-o", str(program), str(source)]
        subprocess.run(command, check=True)
        lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {name: int(value) for name, value in map(str.split, lines.splitlines())}


if __name__ == "__main__":
    main()
