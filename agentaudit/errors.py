"""What can go wrong, told to people: the errors of every layer, and the exit codes they end in."""

from enum import IntEnum

from msgspec import Struct

_LONGEST_NAME = 100


def named(word: str, quote: str = "'") -> str:
    """
    A word that somebody wrote where a name is asked for, as an error tells it.

    None is told in part: of a secret that was cut nothing knows any more that it is one.
    """
    return (
        f"{quote}{word}{quote}" if len(word) <= _LONGEST_NAME else f"… ({len(word):,} characters)"
    )


class ExitCode(IntEnum):
    """What a run says to its caller; CI configurations rely on these numbers."""

    PASS = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    FINDINGS_AND_INCOMPLETE = 4
    INTERNAL = 70
    INTERRUPTED = 130
    OUTPUT_GONE = 141
    """As of any program that writes into a pipe which nobody reads."""


def exit_code(*, failed: bool, incomplete: bool) -> ExitCode:
    """The one code that says both what was found and whether enough could be read."""
    if failed:
        return ExitCode.FINDINGS_AND_INCOMPLETE if incomplete else ExitCode.FINDINGS
    return ExitCode.INCOMPLETE if incomplete else ExitCode.PASS


def with_doubt(code: ExitCode, *, incomplete: bool) -> ExitCode:
    """The code of a run that ended in `code`, and may have known too little."""
    failed = code in (ExitCode.FINDINGS, ExitCode.FINDINGS_AND_INCOMPLETE)
    return exit_code(failed=failed, incomplete=True) if incomplete else code


class Problem(Struct, frozen=True, kw_only=True):
    """
    One thing that is wrong with an input, and where. Lines and columns count from 1.

    Its text is one line, whatever names of files hold.
    """

    file: str
    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = [self.file, *(str(number) for number in (self.line, self.column) if number)]
        return " ".join(f"{':'.join(place)}: {self.message}".splitlines())


class AgentAuditError(Exception):
    """An error that a person can act on: its text is shown as it is, its code ends the run."""

    code = ExitCode.INTERNAL


class UsageError(AgentAuditError):
    """The command line asks for something that cannot be done."""

    code = ExitCode.USAGE


class InputError(AgentAuditError):
    """An input cannot be read; all that is wrong with it, at once."""

    code = ExitCode.USAGE

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class IncompleteError(AgentAuditError):
    """There is too little evidence to answer: nothing to audit, or nothing recorded."""

    code = ExitCode.INCOMPLETE


class OutputGoneError(AgentAuditError):
    """Whoever read our output went away, as `head` does; there is nobody to tell."""

    code = ExitCode.OUTPUT_GONE


class RefusedError(AgentAuditError):
    """A change of a file that cannot be made so that nothing else changes; it says why."""

    code = ExitCode.USAGE
