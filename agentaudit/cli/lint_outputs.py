"""What `agentaudit lint` shows and writes: the formats, and the file names that choose them."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentaudit.cli.outcome import Threshold, formats_of, write_pieces
from agentaudit.cli.terminal import Terminal
from agentaudit.errors import ExitCode, UsageError
from agentaudit.standard_output import STANDARD_OUTPUT, print_bytes

if TYPE_CHECKING:
    from agentaudit.model.autofix import Fix
    from agentaudit.model.finding import LintResult

    Fixes = Callable[[], tuple[Fix, ...]]


class Format(StrEnum):
    """How findings are written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    MARKDOWN = "markdown"


_BY_SUFFIX: Mapping[str, Sequence[Format]] = {
    ".sarif": (Format.SARIF,),
    ".sarif.json": (Format.SARIF,),
    ".json": (Format.JSON, Format.SARIF, Format.GITLAB),
    ".xml": (Format.JUNIT,),
    ".md": (Format.MARKDOWN,),
    ".txt": (Format.TABLE, Format.GITHUB),
}
_FILE_WIDTH = 100
_OF_CODE_HOSTS = (Format.SARIF, Format.GITHUB, Format.GITLAB)
_SAYING = (Format.TABLE, Format.GITHUB, Format.MARKDOWN)
"""Formats that people read, in which it is said what was found and read."""


class Shown(StrEnum):
    """The least severity that is shown."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Sure(StrEnum):
    """The least confidence that is shown."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    CERTAIN = "certain"


def shown_from(
    result: "LintResult", severity: Shown, confidence: Sure, said: Terminal
) -> "LintResult":
    """The result without what is below; how much that is, is said."""
    from agentaudit.linting.narrowed import NARROWED
    from agentaudit.model.evidence import Confidence
    from agentaudit.model.finding import Severity

    least, sure = Severity(severity.value).rank, Confidence(confidence.value).rank
    kept = tuple(
        item
        for item in result.findings
        if item.rule == NARROWED.id
        or (item.severity.rank >= least and item.confidence.rank >= sure)
    )
    below = len(result.findings) - len(kept)
    if below:
        said.note(f"not shown: {below} below severity {severity} or confidence {confidence}")
    shown = replace(result, findings=kept)
    return replace(shown, hidden=len(result.open_findings) - len(shown.open_findings))


def chosen_outputs(
    format_: Format | None, outputs: Sequence[Path], *others: Path | None
) -> Mapping[Path, Format]:
    """
    What is written, and in which format; standard output where no file is named.

    UsageError where a file would be written over by one of the others.
    """
    shown = not outputs or STANDARD_OUTPUT in outputs
    files = [output for output in outputs if output != STANDARD_OUTPUT]
    taken = Counter(map(os.path.realpath, set(files)))
    taken.update(
        os.path.realpath(other) for other in others if other not in (None, STANDARD_OUTPUT)
    )
    for file, times in taken.items():
        if times > 1 and (Path(file).is_file() or not Path(file).exists()):
            raise UsageError(
                f"{file}: two outputs would be written to this file; give each its own"
            )
    chosen = formats_of(files, format_, _BY_SUFFIX, shown=shown)
    return {**chosen, STANDARD_OUTPUT: format_ or Format.TABLE} if shown else chosen


def write_result(
    result: "LintResult",
    outputs: Mapping[Path, Format],
    said: Terminal,
    *,
    fixes: "Fixes",
) -> None:
    """The result where it belongs; `fixes` is asked only by a format that shows them."""
    for output, chosen in outputs.items():
        if output != STANDARD_OUTPUT:
            write_pieces(output, _rendered(result, chosen, fixes))
            said.wrote(output)
    if STANDARD_OUTPUT in outputs:
        _show(result, outputs[STANDARD_OUTPUT], said, fixes)
    else:
        _say(result, said)


def _say(result: "LintResult", said: Terminal) -> None:
    """What a program reads, in two sentences for the person beside it."""
    from agentaudit.report.coverage import coverage_sentence, findings_sentence

    said.note(findings_sentence(result))
    said.note(coverage_sentence(result))


def why_it_ends(code: ExitCode, result: "LintResult", failing: int, threshold: Threshold) -> str:
    """The exit code in a sentence, with the options that decide it."""
    from agentaudit.lists import counted
    from agentaudit.report.coverage import unread_files

    reasons = []
    if code is not ExitCode.INCOMPLETE:
        reasons.append(f"{counted(failing, 'finding')} of {threshold} or above (--fail-on)")
    if code is not ExitCode.FINDINGS:
        unread = len(unread_files(result))
        what = f"{counted(unread, 'file')} not read whole" if unread else "evidence is incomplete"
        reasons.append(f"{what} (--allow-incomplete)")
    return f"exit code {int(code)}: {', and '.join(reasons)}"


def _show(result: "LintResult", format_: Format, said: Terminal, fixes: "Fixes") -> None:
    if format_ is not Format.TABLE:
        print_bytes(_rendered(result, format_, fixes), out_taken=said.out_taken)
        if format_ not in _SAYING:
            _say(result, said)
        return
    from agentaudit.report.tables.findings import render_table

    table = render_table(result, width=said.out.width, verbose=said.verbose)
    said.out.print(table, end="", soft_wrap=True)


def _rendered(result: "LintResult", format_: Format, fixes: "Fixes") -> Iterator[bytes]:
    """The result in a format, in pieces; what writes the others is not even loaded."""
    folder = _folder_in_repository(result.root) if format_ in _OF_CODE_HOSTS else ""
    if folder:
        from agentaudit.report.places import from_here

        result = from_here(result, folder)
    match format_:
        case Format.TABLE:
            from agentaudit.report.tables.findings import render_table

            yield render_table(result, width=_FILE_WIDTH).plain.encode()
        case Format.JSON:
            from agentaudit.store.artifacts import json_pieces

            yield from json_pieces(result)
        case Format.SARIF:
            from agentaudit.report.formats.sarif import sarif_pieces

            changes = from_here(fixes(), folder) if folder else fixes()
            yield from map(str.encode, sarif_pieces(result, changes))
        case _:
            yield _renderers()[format_](result).encode()


def _folder_in_repository(root: str) -> str:
    """
    The folder that a result's files are named from, as seen from the root of its repository.

    Code hosts look for files there, wherever the command ran. Empty in that root, and outside of
    any repository.
    """
    from agentaudit.readers.submodules import repository_above

    outside = root.startswith(("..", "/"))
    base = Path(root).absolute() if outside else Path().absolute()
    above = None if (base / ".git").exists() else repository_above(base)
    return base.relative_to(above).as_posix() if above is not None else ""


def _renderers() -> "Mapping[Format, Callable[[LintResult], str]]":
    from agentaudit.report.formats.github import render_github
    from agentaudit.report.formats.gitlab import render_gitlab
    from agentaudit.report.formats.junit import render_junit
    from agentaudit.report.formats.markdown_findings import render_markdown

    return {
        Format.GITHUB: render_github,
        Format.GITLAB: render_gitlab,
        Format.JUNIT: render_junit,
        Format.MARKDOWN: render_markdown,
    }
