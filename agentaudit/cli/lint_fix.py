"""`agentaudit lint --fix`: what would be changed is shown first, and written on agreement."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from msgspec import Struct

from agentaudit.cli.lint_comparison import Run
from agentaudit.cli.terminal import Terminal
from agentaudit.errors import RefusedError, UsageError
from agentaudit.lists import counted
from agentaudit.report.text import one_line

if TYPE_CHECKING:
    from agentaudit.linting.fixing import Audited, Plan
    from agentaudit.model.autofix import Fix
    from agentaudit.model.deployment import Deployment
    from agentaudit.model.finding import Finding, LintResult
    from agentaudit.readers.edits import Edited
    from agentaudit.rules.compiled import CompiledRule
    from agentaudit.rules.limits import Limits


class Fixing(Struct, frozen=True):
    """Whether findings are fixed, and what needs no question."""

    wanted: bool = False
    agreed: bool = False
    """Nobody is asked before files are written."""
    uncommitted: bool = False
    """Files with changes that are not committed are written, too."""

    def __post_init__(self) -> None:
        if not self.wanted and (self.agreed or self.uncommitted):
            raise UsageError("--yes and --allow-dirty say how to --fix: give that as well")


class Linted(Struct, frozen=True, kw_only=True):
    """A run of lint with all that fixes need of it."""

    result: "LintResult"
    """As it is shown: with places from where the user stands."""
    whole: "LintResult"
    """
    What fixes are held against: places are from the root of the audit, and nothing is ignored by
    the configuration, or a fix would seem to bring what that ignores.
    """
    deployment: "Deployment"
    rules: "Sequence[CompiledRule]"
    limits: "Limits"
    run: Run

    def audited(self) -> "Audited":
        from agentaudit.linting.fixing import Audited
        from agentaudit.rules.fixes import sources_of

        return Audited(
            deployment=self.deployment,
            rules=self.rules,
            sources=sources_of(self.run.found.texts, self.deployment),
            limits=self.limits,
        )

    def fixes(self) -> "tuple[Fix, ...]":
        """What could be changed for each finding, with places from where the user stands."""
        from agentaudit.linting.fixing import fixes_of
        from agentaudit.report.places import from_here

        return from_here(fixes_of(self.whole, self.audited()), self.deployment.root)


def fix_findings(linted: Linted, shown: "LintResult", fixing: Fixing, said: Terminal) -> bool:
    """
    Whether files were written. What is fixed and what is not is said in either case.

    Only what is open in `shown` is fixed. Without a person to ask and without --yes, nothing is
    written.
    """
    from agentaudit.linting.fixing import planned

    again = _again(linted)
    plan = planned(linted.whole, linted.audited(), again, shown.open_findings)
    _tell(plan, linted, said)
    if not plan.files or not _agreed(fixing, len(plan.files), said):
        return False
    return _write(plan.files, linted, fixing, said)


def _again(linted: Linted) -> "Callable[[Mapping[str, str]], LintResult]":
    from msgspec.structs import replace

    from agentaudit.extract.deployment import deployment_in
    from agentaudit.linting.gathering import gathered

    found, run = linted.run.found, linted.run

    def asked(changed: Mapping[str, str]) -> "LintResult":
        texts = tuple(
            replace(source, text=changed.get(source.file, source.text)) for source in found.texts
        )
        again = deployment_in(replace(found, texts=texts), key=run.key)
        return gathered(run.ask(again), linted.rules, again)

    return asked


def _tell(plan: "Plan", linted: Linted, said: Terminal) -> None:
    from agentaudit.report.fix_diff import render_diff
    from agentaudit.rules.fixes import words_of

    sources = linted.audited().sources
    words = words_of(linted.rules, {finding.rule for finding in plan.fixed})
    for file, edited in sorted(plan.files.items()):
        sys.stderr.write(render_diff(sources.document(file), edited, words))
    for finding in plan.fixed:
        _line(said, finding, "can be fixed")
    for finding, why in plan.refused:
        _line(said, finding, f"not fixed: {why}")
    without = len(plan.without)
    if without:
        said.note(
            f"{counted(without, 'finding')} of rules without a fix: `agentaudit rules show RULE`"
            " says what to do"
        )
    if not plan.files:
        said.note("nothing to fix")


def _line(said: Terminal, finding: "Finding", what: str) -> None:
    said.note(one_line(f"{finding.evidence}: {finding.rule}: {what}"))


def _agreed(fixing: Fixing, files: int, said: Terminal) -> bool:
    if fixing.agreed:
        return True
    if os.environ.get("CI") or not (sys.stdin.isatty() and sys.stderr.isatty()):
        said.note("nothing was written: there is nobody to ask; --yes writes it")
        return False
    return typer.confirm(f"Write {counted(files, 'file')}?", err=True)


def _write(files: "Mapping[str, Edited]", linted: Linted, fixing: Fixing, said: Terminal) -> bool:
    from agentaudit.readers.files import common_folder
    from agentaudit.readers.git import uncommitted
    from agentaudit.readers.rewriting import rewrite

    root = common_folder(linted.run.paths)
    texts = {source.file: source.text for source in linted.run.found.texts}
    dirty = frozenset[str]() if fixing.uncommitted else uncommitted(root, list(files))
    for file in sorted(dirty):
        why = "has changes that are not committed, or git cannot tell"
        said.note(f"not written: {file} {why}; --allow-dirty writes it")
    done = 0
    for file, edited in sorted(files.items()):
        if file in dirty:
            continue
        try:
            rewrite(Path(root / file), texts[file], edited.pieces)
        except RefusedError as error:
            said.note(f"not written: {error}")
        else:
            done += 1
            said.note(f"wrote {file}")
    return done > 0
