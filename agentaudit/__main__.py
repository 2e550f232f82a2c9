"""The entry point: one call, and an exit code that never lies."""

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentaudit.errors import AgentAuditError

_MADE_AT_START = 50_000
"""Objects, of which none is garbage: to look for some 40 times took a twentieth of a small run."""
_GLOBAL_FLAGS = frozenset(("-q", "--quiet", "-v", "--verbose", "--no-color"))


def main() -> None:
    """
    Run the command line; errors for people become a sentence, all others exit code 70.

    Whatever takes time, imports among it, is done where Ctrl-C is waited for.
    """
    try:
        _run_told()
    except KeyboardInterrupt:
        raise SystemExit(_interrupted()) from None


def _run_told() -> None:
    from errno import ENAMETOOLONG

    from agentaudit.errors import AgentAuditError, ExitCode

    try:
        _run()
    except AgentAuditError as error:
        raise SystemExit(tell(error)) from None
    except Exception as error:  # noqa: BLE001, the one place that must catch everything
        if isinstance(error, OSError) and error.errno == ENAMETOOLONG:  # of paths that users name
            sys.stderr.write("agentaudit: a path that was named is longer than paths can be\n")
            raise SystemExit(ExitCode.USAGE) from None
        raise SystemExit(_internal(error)) from None


def _run() -> None:
    gc.set_threshold(_MADE_AT_START)
    from agentaudit.cli.main import app
    from agentaudit.cli.standard_streams import guard_standard_streams
    from agentaudit.errors import ExitCode

    guard_standard_streams()
    try:
        app(args=_hoisted(sys.argv[1:]), prog_name="agentaudit")
    except SystemExit as end:
        if end.code == ExitCode.INTERRUPTED:  # the command line's library makes Ctrl-C this code
            raise KeyboardInterrupt from None
        raise


def _interrupted() -> int:
    from agentaudit.errors import ExitCode

    sys.stderr.write("agentaudit: interrupted; what was written until then is kept\n")
    return int(ExitCode.INTERRUPTED)


def _hoisted(arguments: Sequence[str]) -> list[str]:
    """
    The arguments with the global flags in front: people write them anywhere.

    What stands after `--` belongs to another command, and stays as it is.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    ours, theirs = arguments[:end], arguments[end:]
    flags = [argument for argument in ours if argument in _GLOBAL_FLAGS]
    return [*flags, *(argument for argument in ours if argument not in _GLOBAL_FLAGS), *theirs]


def tell(error: "AgentAuditError") -> int:
    """
    What people can act on, and its code.

    It may quote a file or the command line, so what looks like a secret is taken out.
    """
    from agentaudit.extract.credentials.redaction import cleaned
    from agentaudit.report.text import printable

    for line in str(error).splitlines():
        sys.stderr.write(f"agentaudit: {printable(cleaned(line))}\n")
    return int(error.code)


def _internal(error: Exception) -> int:
    """
    What is said of a defect of ours.

    The message of an unexpected error may quote the audited text, so only its type and our own
    lines are shown.
    """
    import traceback

    from agentaudit.errors import ExitCode

    frames = list(traceback.extract_tb(error.__traceback__))
    places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    sys.stderr.write(
        f"agentaudit: internal error ({type(error).__name__}); this is a defect of agentaudit,"
        " please report it with these lines:\n" + "\n".join(places) + "\n"
    )
    return int(ExitCode.INTERNAL)


if __name__ == "__main__":
    main()
