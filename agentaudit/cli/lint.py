"""`agentaudit lint`: deployment files in, findings out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.cli.collection import nothing_collected
from agentaudit.cli.commands import command
from agentaudit.cli.outcome import Threshold, reached, write_text
from agentaudit.cli.terminal import Terminal, terminal_of
from agentaudit.errors import IncompleteError, UsageError, exit_code

if TYPE_CHECKING:
    from agentaudit.model.finding import Acceptance, LintResult
    from agentaudit.rules.compiled import CompiledRule


class Format(StrEnum):
    """How findings are written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    MARKDOWN = "markdown"


_BY_SUFFIX: Mapping[str, Format] = {
    ".sarif": Format.SARIF,
    ".json": Format.JSON,
    ".xml": Format.JUNIT,
    ".md": Format.MARKDOWN,
    ".txt": Format.TABLE,
}
_FILE_WIDTH = 100

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
        typer.Option("--format", "-f", help="How to write findings.", show_default="table"),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to a file; give it again for more files, each in the "
            "format its name says (.sarif, .json, .xml for JUnit, .md, .txt).",
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the artifact findings.json here, too."),
    ] = None,
    fail_on: Annotated[
        Threshold, typer.Option(help="The least severity that ends the run with 1.")
    ] = Threshold.MEDIUM,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE|FAMILY", help="Ask only this rule or family; give it again for more."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE|FAMILY", help="Do not ask this rule or family; repeatable."),
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="A folder of rules of your own; repeatable."),
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="Another limit, such as credential_lifetime_warn_s=7200; repeatable.",
        ),
    ] = None,
    accept: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A list of findings that you let stand, each with why."),
    ] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="Files that cannot be read do not end in 3.")
    ] = False,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Findings do not end in 1.")
    ] = False,
) -> None:
    """
    Find long-lived credentials, unbounded memory and excess permissions in deployment files.

    Reads MCP and agent settings, Compose, Kubernetes, Terraform, CloudFormation, CI workflows,
    .env files, Dockerfiles, Redis configuration and Python, and runs none of it. A finding is let
    stand by a comment on its line or above it, `agentaudit: ignore[rule-id] reason`, or by its
    fingerprint in the file that --accept names.

    \b
    Examples:
      agentaudit lint                               the folder you are in
      agentaudit lint deploy/ .mcp.json             some files and folders
      agentaudit lint -o lint.sarif -o lint.md      for a code host, and for a summary
      agentaudit lint --format github               annotations in a workflow
      agentaudit lint --fail-on high --ignore logging
      agentaudit lint --rules our-rules/ --json findings.json
    """
    said = terminal_of(context)
    with said.progress("reading the deployment"), nothing_collected():
        loaded = _rules(rules or [])
        names = _chosen(loaded, select or [], ignore or [])
        result = _result(paths or [Path()], loaded, names, _Settings(limit or [], accept))
    _write(result, format_, output or [], said)
    if json_file is not None:
        _artifact(result, json_file)
        said.note(f"wrote {json_file}")
    raise typer.Exit(
        int(
            exit_code(
                failed=not exit_zero
                and reached(fail_on, (item.severity for item in result.open_findings)),
                incomplete=result.incomplete and not allow_incomplete,
            )
        )
    )


def _rules(folders: Sequence[Path]) -> "tuple[CompiledRule, ...]":
    from agentaudit.rules.ours import lint_rules

    return lint_rules(folders)


def _chosen(
    rules: "tuple[CompiledRule, ...]", select: Sequence[str], ignore: Sequence[str]
) -> frozenset[str]:
    """The names of the rules to ask; a name that is neither a rule's nor a family's is an error."""
    words = [{rule.rule.id, rule.rule.family.value} for rule in rules]
    unknown = sorted({*select, *ignore} - set().union(*words))
    if unknown:
        names = ", ".join(unknown)
        raise UsageError(f"no rule or family is called {names}; see `agentaudit rules list`")
    return frozenset(
        rule.rule.id
        for rule, names in zip(rules, words, strict=True)
        if (not select or names & set(select)) and not names & set(ignore)
    )


@dataclass(frozen=True, slots=True)
class _Settings:
    limits: Sequence[str]
    accept: Path | None


def _result(
    paths: Sequence[Path],
    rules: "tuple[CompiledRule, ...]",
    names: frozenset[str],
    settings: _Settings,
) -> "LintResult":
    from agentaudit.extract.deployment import read_deployment
    from agentaudit.linting.linter import lint as lint_deployment
    from agentaudit.model.deployment import FileStatus
    from agentaudit.report.places import from_here
    from agentaudit.rules.limits import limits_with

    limits = limits_with(settings.limits)
    accepted = _accepted(settings.accept) if settings.accept else ()
    deployment = read_deployment(paths)
    if all(file.status is FileStatus.SKIPPED for file in deployment.coverage):
        places = ", ".join(str(path) for path in paths)
        raise IncompleteError(
            f"nothing to audit in {places}: no file there is of a format that agents are deployed"
            " with (MCP and agent settings, Compose, Kubernetes, Terraform, workflows, .env, …)"
        )
    result = lint_deployment(
        deployment,
        rules,
        names=names,
        limits=limits,
        accepted=accepted,
        today=datetime.now(tz=UTC).date().isoformat(),
    )
    return from_here(result, deployment.root)


def _accepted(file: Path) -> "tuple[Acceptance, ...]":
    from agentaudit.rules.acceptances import load_acceptances

    return load_acceptances(file)


def _write(
    result: "LintResult", format_: Format | None, outputs: Sequence[Path], said: Terminal
) -> None:
    from agentaudit.report.coverage import coverage_sentence

    if not outputs:
        _show(result, format_ or Format.TABLE, said)
        return
    for output in outputs:
        chosen = (
            format_ if format_ and len(outputs) == 1 else _BY_SUFFIX.get(output.suffix, format_)
        )
        if chosen is None:
            known = ", ".join(_BY_SUFFIX)
            raise UsageError(f"{output}: give --format, or a name that ends in one of {known}")
        write_text(output, _rendered(result, chosen))
        said.note(f"wrote {output}")
    said.note(coverage_sentence(result))


def _show(result: "LintResult", format_: Format, said: Terminal) -> None:
    if format_ is not Format.TABLE:
        typer.echo(_rendered(result, format_), nl=False)
        return
    from agentaudit.report.findings_table import render_table

    table = render_table(result, width=said.out.width, verbose=said.verbose)
    said.out.print(table, end="", soft_wrap=True)


def _rendered(result: "LintResult", format_: Format) -> str:
    return _renderers()[format_](result)


def _renderers() -> "Mapping[Format, Callable[[LintResult], str]]":
    from agentaudit.report.findings_table import render_table
    from agentaudit.report.github import render_github
    from agentaudit.report.gitlab import render_gitlab
    from agentaudit.report.junit import render_junit
    from agentaudit.report.markdown_findings import render_markdown
    from agentaudit.report.sarif import render_sarif
    from agentaudit.store.artifacts import to_json

    return {
        Format.TABLE: lambda result: render_table(result, width=_FILE_WIDTH).plain,
        Format.JSON: lambda result: to_json(result).decode(),
        Format.SARIF: render_sarif,
        Format.GITHUB: render_github,
        Format.GITLAB: render_gitlab,
        Format.JUNIT: render_junit,
        Format.MARKDOWN: render_markdown,
    }


def _artifact(result: "LintResult", path: Path) -> None:
    from agentaudit.store.artifacts import write_artifact

    write_artifact(result, path)
