"""
Companions: the interpreter of a process, started a second time to tell what the first one does.

What it runs is ours and is handed over as text: nothing of ours need lie where the process lives.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from agentaudit.probes.processes.runtimes import interpreter_of

_FOLDER = Path(__file__).parent
_FLAGS = ("-I", "-S", "-B", "-X", "utf8", "-")
_BUNDLE = """
import sys, types
for name, text in {texts!r}.items():
    package, _, short = name.rpartition(".")
    module = types.ModuleType("__main__" if name == {main!r} else name)
    sys.modules[name] = module
    setattr(sys.modules.setdefault(package, types.ModuleType(package)), short, module)
    exec(compile(text, name, "exec"), module.__dict__)
"""


def companion_of(pid: int, modules: Sequence[str], *arguments: str) -> subprocess.Popen[bytes]:
    """
    The interpreter of a process, running modules of ours with the process's number and more.

    They are named from here on (`stacks.looks`), and the last is the one that does something.

    Raises OSError when it cannot be started at all; other failures end it, with a word of why.
    """
    interpreter = interpreter_of(pid)
    if interpreter is None:
        raise ProcessLookupError(0, "the process is gone, or its program is no Python")
    command = [sys.executable, "-I", "-S", "-B", str(_FOLDER / "entry.py"), str(pid)]
    process = subprocess.Popen(  # noqa: S603 -- ours; it gives up its rights before it runs theirs
        [*command, interpreter, *_FLAGS, "{pid}", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        start_new_session=True,
    )
    if process.stdin is not None and process.stdout is not None:
        os.set_blocking(process.stdout.fileno(), False)
        with suppress(BrokenPipeError), process.stdin as stdin:  # its end will be seen
            stdin.write(bundle(modules))
    return process


def bundle(modules: Sequence[str]) -> bytes:
    """One script that is several modules of ours, importable by their names."""
    files = {name: _FOLDER / f"{name.replace('.', '/')}.py" for name in modules}
    texts = {f"agentaudit.probes.{name}": file.read_text() for name, file in files.items()}
    *_, main = texts
    return _BUNDLE.format(texts=texts, main=main).encode()
