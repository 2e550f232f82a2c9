"""`agentaudit rules`: what is asked, why, and whether your own rules hold what they promise."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.cli.lint_rules import rules_in, suggested
from agentaudit.cli.outcome import write_text
from agentaudit.cli.rules_kinds import RuleKind, list_kind
from agentaudit.cli.terminal import Terminal, terminal_of
from agentaudit.errors import ExitCode, UsageError
from agentaudit.standard_output import print_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentaudit.model.lint_rule import LintRule

_BEFORE_ID = 21
"""Columns of the family and the severity in the list."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show the rules, and test rules of your own.",
)
_Folders = Annotated[
    list[Path] | None,
    typer.Option("--rules", metavar="DIR", help="Add the rules in this folder. Repeatable."),
]


@app.command("list")
def list_rules(
    context: typer.Context,
    family: Annotated[
        list[str] | None, typer.Option(metavar="FAMILY", help="Only this family. Repeatable.")
    ] = None,
    rules: _Folders = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print rules/README.md, the reference of lint rules.")
    ] = False,
    kind: Annotated[
        RuleKind, typer.Option("--kind", help="Rules of lint, or those of another command.")
    ] = RuleKind.LINT,
) -> None:
    """
    List the rules, with family, severity, id and title.

    Rules for steps say what a frame on a stack is doing, rules for spans what an attribute means.
    The first match wins, so they are listed in the order in which they are tried.

    \b
    Examples:
      agentaudit rules list
      agentaudit rules list --family memory --family credentials
      agentaudit rules list --kind steps --rules my-steps/

    Exit codes: 0 listed; 2 wrong usage, or an invalid rule of yours.
    """
    said = terminal_of(context)
    if kind is not RuleKind.LINT:
        if family or markdown:
            raise UsageError("--family and --markdown are of lint rules")
        list_kind(kind, rules or [], said)
        return
    loaded = rules_in(rules or [])
    families = {rule.rule.family.value for rule in loaded}
    unknown = sorted(set(family or []) - families)
    if unknown:
        raise UsageError(f"no family is called {unknown[0]}; known: {', '.join(sorted(families))}")
    shown = [rule.rule for rule in loaded if not family or rule.rule.family.value in family]
    if markdown:
        from agentaudit.report.rule_page import render_reference

        print_bytes([render_reference(shown).encode()])
        return
    print_rules(shown, said)


def print_rules(rules: "Sequence[LintRule]", said: Terminal) -> None:
    """A line a rule, or two where a person's terminal is too narrow for one."""
    from agentaudit.lists import counted

    width = max((len(rule.id) for rule in rules), default=0)
    longest = max((len(rule.title) for rule in rules), default=0)
    wide = not said.out.is_terminal or said.out.width >= _BEFORE_ID + width + 1 + longest
    for rule in sorted(rules, key=lambda rule: (rule.family, -rule.severity.rank, rule.id)):
        name = f"{rule.id:<{width}} " if wide else f"{rule.id}\n  "
        said.out.print(
            f"{rule.family.value:<11} {rule.severity.value:<8} {name}{rule.title}", soft_wrap=True
        )
    said.note(counted(len(rules), "rule"))


@app.command("show", short_help="Show one rule: condition, reasons, fix and examples.")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The rule's id.")],
    rules: _Folders = None,
) -> None:
    """
    Show one rule: its condition, why it matters, the fix, and matching and other examples.

    \b
    Examples:
      agentaudit rules show shared-secret

    Exit codes: 0 shown; 2 no such rule, or an invalid rule of yours.
    """
    from agentaudit.report.rule_page import render_rule

    found = {rule.rule.id: rule.rule for rule in rules_in(rules or [])}
    if name not in found:
        raise UsageError(f"no rule is called {name}{suggested(name, found)}")
    out = terminal_of(context).out
    out.print(render_rule(found[name], width=out.width), end="", soft_wrap=True)


@app.command("facts", short_help="List the facts and fields that rules may use.")
def facts(
    context: typer.Context,
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="A kind of fact, to see its fields.")
    ] = None,
) -> None:
    """
    List what the conditions of your own rules may use: kinds of facts, and their fields.

    \b
    Examples:
      agentaudit rules facts
      agentaudit rules facts credential

    Exit codes: 0 listed; 2 no such kind.
    """
    from agentaudit.cli.rules_facts import list_facts

    list_facts(kind, terminal_of(context))


@app.command("pages")
def pages(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the pages go.")],
    rules: _Folders = None,
) -> None:
    """
    Write the manual: a Markdown page per rule, and an index. Removes pages of former rules.

    \b
    Examples:
      agentaudit rules pages docs/rules

    Exit codes: 0 written; 2 wrong usage, or an invalid rule of yours.
    """
    from agentaudit.lists import counted
    from agentaudit.report.rule_manual import WRITTEN, manual_pages

    written = manual_pages([rule.rule for rule in rules_in(rules or [])])
    for name, text in written.items():
        write_text(folder / name, text)
    for path in folder.glob("*.md"):
        if path.name not in written and WRITTEN in path.read_text("utf-8", errors="replace"):
            path.unlink()
    terminal_of(context).note(f"{counted(len(written), 'page')} in {folder}")


@app.command("test")
def test(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of rule files.")],
) -> None:
    """
    Run every rule of a folder on its own examples.

    \b
    Examples:
      agentaudit rules test our-rules/

    Exit codes: 0 every example holds; 1 one does not; 2 wrong usage, or an invalid rule.
    """
    from agentaudit.extract.deployment import deployment_of
    from agentaudit.linting.examples import failed_examples, failed_fixes
    from agentaudit.lists import counted
    from agentaudit.rules.lint import load_lint_rules

    said = terminal_of(context)
    loaded = load_lint_rules([folder])
    failures = [
        text
        for rule in loaded
        for text in (
            *failed_examples(rule, deployment_of),
            *failed_fixes(rule, loaded, deployment_of),
        )
    ]
    for text in failures:
        said.out.print(text, soft_wrap=True)
    count = sum(rule.rule.examples for rule in loaded)
    rules, examples = counted(len(loaded), "rule"), counted(count, "example")
    said.note(f"{rules}, {examples}, {len(failures)} failed")
    raise typer.Exit(int(ExitCode.FINDINGS if failures else ExitCode.PASS))
