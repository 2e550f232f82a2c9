"""What `agentaudit lint` compares with: a baseline, or the tree at an earlier commit."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from agentaudit.cli.outcome import write_text
from agentaudit.cli.terminal import Terminal
from agentaudit.errors import UsageError

if TYPE_CHECKING:
    from agentaudit.linting.baseline import BaselineEntry
    from agentaudit.model.deployment import Deployment
    from agentaudit.model.finding import Finding, LintResult
    from agentaudit.readers.files import FoundFiles

KEY = "AGENTAUDIT_BASELINE_KEY"
_SHORTEST_KEY = 16
_NAMED = 5


class Comparison(Struct, frozen=True):
    """What the run is held against."""

    baseline: Path | None = None
    write: Path | None = None
    revision: str = ""


class Run(Struct, frozen=True, kw_only=True):
    """The run that is compared: what was audited, and how it would be audited again."""

    paths: Sequence[Path]
    found: "FoundFiles"
    key: bytes
    """Of digests of secrets."""
    ask: "Callable[[Deployment], LintResult]"
    said: Terminal


def digest_key(comparison: Comparison) -> bytes:
    """
    The key by which secrets are known again: the team's, where it gives one.

    Else it is a new one for two trees that are read in one run, and empty for all else.
    """
    if comparison.revision and (comparison.baseline or comparison.write):
        raise UsageError("--diff and a baseline are two ways to say what is new: give one")
    given = os.environ.get(KEY, "")
    if given and len(given) < _SHORTEST_KEY:
        raise UsageError(f"{KEY} must have at least {_SHORTEST_KEY} characters")
    if given or not comparison.revision:
        return given.encode(errors="surrogateescape")
    import secrets

    return secrets.token_bytes(32)


def compared(result: "LintResult", comparison: Comparison, run: Run) -> "LintResult":
    """The result, with what was known before marked; and a new baseline where one is asked for."""
    if comparison.revision:
        result = _since(result, comparison.revision, run)
    if comparison.baseline is not None:
        result = _beside(result, comparison.baseline, comparison, run.said)
    if comparison.write is not None:
        _keep(result, comparison.write, run.said)
    return result


def _since(result: "LintResult", revision: str, run: Run) -> "LintResult":
    from agentaudit.extract.history import deployments_at
    from agentaudit.linting.baseline import brought_since

    earlier = tuple(deployments_at(run.paths, revision, now=run.found, key=run.key))
    _tell_unknown(earlier[0], revision, run.said)
    return brought_since(result, [run.ask(then) for then in earlier], revision)


def _tell_unknown(then: "Deployment", revision: str, said: Terminal) -> None:
    """Of what could not be read at the commit nothing is known, so all that is found is new."""
    from agentaudit.report.coverage import told, unread_files

    unread = unread_files(then)
    for file in unread[:_NAMED]:
        said.note(f"unknown at {revision}, so its findings are new: {told(file)}")
    if unread[_NAMED:]:
        said.note(f"unknown at {revision}, too: {len(unread) - _NAMED} more")


def _beside(
    result: "LintResult", path: Path, comparison: Comparison, said: Terminal
) -> "LintResult":
    from agentaudit.linting.baseline import BaselineEntry, beside_baseline
    from agentaudit.lists import counted, first_of
    from agentaudit.rules.baselines import load_baseline

    baseline = [BaselineEntry(**row) for row in load_baseline(path)]
    found = beside_baseline(result, baseline, path.name)
    if found.gone:
        said.note(f"gone since the baseline: {len(found.gone)} ({_named(found.gone)})")
        if len(found.gone) == len(baseline):
            said.note("that is every entry: a baseline holds for the paths that it was written for")
        elif comparison.write is None:
            said.note(f"to drop them, write it again: --baseline {path} --write-baseline {path}")
    if found.graver:
        said.note(
            f"more severe than in the baseline, so {counted(len(found.graver), 'known finding')}"
            f" counted again: {first_of(found.graver, _NAMED, where)}"
        )
    if found.unmarked:
        said.note(
            f"{found.unmarked} known secrets may have changed: values are compared only where {KEY}"
            " is set, both now and when the baseline was written"
        )
    return found.result


def _keep(result: "LintResult", path: Path, said: Terminal) -> None:
    from agentaudit.linting.baseline import baseline_of
    from agentaudit.lists import counted
    from agentaudit.rules.baselines import baseline_text

    entries = baseline_of(result)
    rows = ({name: text for name, text in asdict(entry).items() if text} for entry in entries)
    write_text(path, baseline_text(rows))
    said.wrote(path, counted(len(entries), "finding"))


def where(finding: "Finding") -> str:
    """A finding as a note names it."""
    return f"{finding.rule} in {finding.evidence.file}"


def _named(gone: "Sequence[BaselineEntry]") -> str:
    names = ", ".join(f"{entry.rule} in {entry.file}" for entry in gone[:_NAMED])
    return f"{names}, …" if len(gone) > _NAMED else names
