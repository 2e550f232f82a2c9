"""`agentaudit lint`: deployment files in, findings out."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct
from msgspec.structs import replace

from agentaudit.cli.collection import nothing_collected
from agentaudit.cli.commands import command
from agentaudit.cli.lint_comparison import Comparison, Run, compared, digest_key
from agentaudit.cli.lint_configuration import (
    accepted_in,
    configuration_of,
    tell_acceptances,
    with_narrowings,
)
from agentaudit.cli.lint_fix import Fixing, Linted, fix_findings
from agentaudit.cli.lint_outputs import (
    Format,
    Shown,
    Sure,
    chosen_outputs,
    shown_from,
    why_it_ends,
    write_result,
)
from agentaudit.cli.lint_rules import chosen, misnamed, rules_in
from agentaudit.cli.outcome import Threshold, reached
from agentaudit.cli.terminal import Terminal, terminal_of
from agentaudit.errors import IncompleteError, UsageError, exit_code

if TYPE_CHECKING:
    from agentaudit.model.finding import LintResult
    from agentaudit.rules.compiled import CompiledRule
    from agentaudit.rules.configured import Configuration


app = command()


@app.command()
def lint(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Files and folders of the deployment.", show_default="."
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="The output format.", show_default="table"),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            allow_dash=True,
            help="Write to a file, in the format of its suffix (.sarif, .json, .xml for JUnit,"
            " .md, .txt) or another that it allows (--format); - is standard output. Repeatable.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            allow_dash=True,
            help="Also write the artifact findings.json here.",
        ),
    ] = None,
    severity: Annotated[
        Shown | None, typer.Option(help="The lowest severity shown.", show_default="info")
    ] = None,
    confidence: Annotated[
        Sure | None,
        typer.Option(help="The lowest confidence shown.", show_default="possible"),
    ] = None,
    fail_on: Annotated[
        Threshold | None,
        typer.Option(help="The lowest severity that fails the run.", show_default="medium"),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE|FAMILY", help="Run only these: iam,tools. Repeatable."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE|FAMILY", help="Skip these. Repeatable."),
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Add the rules in this folder. Repeatable."),
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="Set a limit, such as credential_lifetime_warn_s=7200. Repeatable.",
        ),
    ] = None,
    accept: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A file of accepted findings, each with a reason.",
            show_default="the repository's agentaudit-accept.yaml",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Suppress the findings in this baseline."),
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            allow_dash=True,
            help="Write the findings of this run as a baseline.",
        ),
    ] = None,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="Suppress findings that were there at this commit; REV... is the commit where the"
            " branch left REV.",
        ),
    ] = None,
    no_config: Annotated[
        bool, typer.Option("--no-config", help="Do not read the repository's configuration.")
    ] = False,
    allow_incomplete: Annotated[
        bool,
        typer.Option(
            "--allow-incomplete",
            help="Do not exit with 3 for files that could not be read or checked.",
        ),
    ] = False,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Do not exit with 1 for findings.")
    ] = False,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Show fixes as a diff, and write them when you agree."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --fix: write without asking.")] = False,
    allow_dirty: Annotated[
        bool,
        typer.Option(
            "--allow-dirty", help="With --fix: also write files with uncommitted changes."
        ),
    ] = False,
) -> None:
    """
    Find long-lived keys, unbounded memory, excess permissions.

    Reads MCP and agent settings, Compose, Kubernetes, Terraform, CloudFormation, CI workflows,
    .env files, Dockerfiles, Redis configuration, Python, TypeScript and JavaScript, and executes
    none of it. Suppress a finding with a comment on its line or above it,
    `agentaudit: ignore[rule-id] reason`, or by its fingerprint in agentaudit-accept.yaml.

    \b
    Examples:
      agentaudit lint                               the current folder
      agentaudit lint deploy/ .mcp.json             some files and folders
      agentaudit lint -o lint.sarif -o lint.md      for a code host, and a summary
      agentaudit lint -o lint.sarif -o -            for a code host, and the log
      agentaudit lint --format github               annotations in a workflow
      agentaudit lint --fail-on high --ignore logging
      agentaudit lint --rules our-rules/ --json findings.json
      agentaudit lint --diff origin/main            what this branch brought
      agentaudit lint --write-baseline lint.baseline
      agentaudit lint --baseline lint.baseline      only what is new since then
      agentaudit lint --fix --select tools          shows a diff, and asks before writing

    Exit codes: 0 no finding at or above --fail-on; 1 such findings; 2 wrong usage, rules,
    configuration, baseline or acceptances; 3 a file could not be read whole, or there was nothing
    to audit; 4 both 1 and 3.
    """
    if diff == "":
        raise UsageError("--diff: the commit is empty; the variable that should name it is not set")
    outputs = chosen_outputs(format_, output or [], json_file, write_baseline)
    said = terminal_of(context, json_file, write_baseline)
    fixing = Fixing(wanted=fix, agreed=yes, uncommitted=allow_dirty)
    with said.progress("reading the deployment"), nothing_collected():
        load = cache(rules_in)
        check = partial(misnamed, load, rules or [])
        configured = configuration_of(paths or [Path()], check, said, unread=no_config)
        loaded = load((*configured.rules, *(rules or [])))
        names = chosen(loaded, select, ignore, configured)
        before = None if diff else configured.baseline
        settings = _Settings(
            configured=configured,
            limits=(*configured.limits, *(limit or [])),
            accept=accept or configured.accept,
            comparison=Comparison(baseline or before, write_baseline, diff or ""),
            keep_texts=fix or diff is not None or Format.SARIF in outputs.values(),
        )
        asked = _Asked(loaded, names)
        linted = _linted(paths or [Path()], asked, settings, said)
    least = Shown(severity or configured.severity or Shown.INFO)
    sure = Sure(confidence or configured.confidence or Sure.POSSIBLE)
    threshold = Threshold(fail_on or configured.fail_on or Threshold.MEDIUM)
    judged, result = linted.result, shown_from(linted.result, least, sure, said)
    if fixing.wanted and fix_findings(linted, result, fixing, said):
        linted = _linted(paths or [Path()], asked, settings, said)
        judged, result = linted.result, shown_from(linted.result, least, sure, said)
    write_result(result, outputs, said, fixes=linted.fixes)
    if json_file is not None:
        from agentaudit.store.artifacts import write_artifact

        write_artifact(result, json_file)
        said.wrote(json_file)
    severities = Counter(item.severity for item in judged.open_findings)
    failing = sum(
        count for severity, count in severities.items() if reached(threshold, (severity,))
    )
    ended = exit_code(
        failed=bool(failing) and not exit_zero,
        incomplete=result.incomplete and not allow_incomplete,
    )
    if ended:
        said.note(why_it_ends(ended, judged, failing, threshold))
    raise typer.Exit(int(ended))


class _Asked(Struct, frozen=True):
    rules: "tuple[CompiledRule, ...]"
    names: frozenset[str]
    """Of those rules that are asked."""


class _Settings(Struct, frozen=True, kw_only=True):
    configured: "Configuration"
    limits: Sequence[str]
    accept: Path | None
    comparison: Comparison
    keep_texts: bool
    """Whether files are looked into again when their facts are known; else they are let go."""


def _linted(paths: Sequence[Path], asked: _Asked, settings: _Settings, said: Terminal) -> Linted:
    from agentaudit.extract.deployment import deployment_in
    from agentaudit.linting.gathering import gathered
    from agentaudit.linting.linter import lint_apart
    from agentaudit.model.deployment import Deployment, FileStatus
    from agentaudit.readers.files import read_files
    from agentaudit.report.places import from_here
    from agentaudit.rules.limits import limits_with

    limits = limits_with(settings.limits)
    accepted = accepted_in(settings.accept, paths) if settings.accept else ()
    key = digest_key(settings.comparison)
    found = read_files(paths)
    deployment = deployment_in(found, key=key)
    if not settings.keep_texts:
        found = replace(found, texts=())
    if all(file.status is FileStatus.SKIPPED for file in deployment.coverage):
        places = ", ".join(str(path) for path in paths)
        raise IncompleteError(
            f"nothing to audit in {places}: no file there has a format that agents are deployed"
            " with (MCP and agent settings, Compose, Kubernetes, Terraform, workflows, .env, …)"
        )

    today = datetime.now(tz=UTC).date().isoformat()

    def ask(read: Deployment) -> "LintResult":
        return lint_apart(
            read,
            asked.rules,
            names=asked.names,
            limits=limits,
            accepted=accepted,
            today=today,
        )

    run = Run(paths=paths, found=found, key=key, ask=ask, said=said)
    result = compared(ask(deployment), settings.comparison, run)
    if accepted:
        tell_acceptances(accepted, result, deployment, today, said)
    narrowed = with_narrowings(result, settings.configured, paths)
    whole = gathered(result, asked.rules, deployment)
    shown = whole if narrowed is result else gathered(narrowed, asked.rules, deployment)
    return Linted(
        result=from_here(shown, deployment.root),
        whole=whole,
        deployment=deployment,
        rules=[rule for rule in asked.rules if rule.rule.id in asked.names],
        limits=limits,
        run=run,
    )
