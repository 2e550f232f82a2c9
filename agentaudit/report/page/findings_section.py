"""The findings on the page, and the rules behind them."""

from collections import Counter

from agentaudit.digests import digest_of
from agentaudit.linting.narrowed import NARROWED
from agentaudit.linting.suppressions import META_RULES
from agentaudit.lists import counted
from agentaudit.model.finding import Finding, LintResult, RuleSummary
from agentaudit.report.coverage import by_severity, left_out, nothing_found, unread_files
from agentaudit.report.page.blocks import (
    NOTHING,
    Block,
    Cell,
    Folded,
    Paragraph,
    Row,
    Section,
    Table,
    Terms,
    columns,
)
from agentaudit.report.tones import SEVERITY_TONES, Tone

_MOST_ROWS = 500
_ABOUT_LINT = frozenset(rule.id for rule in (*META_RULES, NARROWED))
"""Of these, findings are about the audit; no fact was asked for them."""


def findings_section(lint: LintResult | None) -> Section:
    """Every finding with its place, the gravest first."""
    title = "Findings"
    if lint is None:
        lead = "No files were linted: no findings.json was given."
        return Section(id="findings", title=title, lead=lead)
    blocks = (_table(lint),) if lint.findings else ()
    return Section(id="findings", title=title, lead=_lead(lint), blocks=blocks)


def rules_block(lint: LintResult) -> Folded:
    """Every rule that was asked, or found something: why it matters and what to do."""
    hits = Counter(item.rule for item in lint.findings)
    asked = _asked(lint)
    shown = [rule for rule in lint.rules if rule in asked or hits[rule.id]]
    blocks = tuple(_rule(rule, hits[rule.id]) for rule in shown)
    silent = sum(not hits[rule.id] for rule in asked)
    summary = f"{counted(len(asked), 'rule')} asked; {silent} found nothing"
    return Folded(summary=summary, blocks=blocks)


def rule_anchor(rule: str) -> str:
    """Where the page explains a rule."""
    return f"rule-{rule}"


def _lead(lint: LintResult) -> str:
    found = lint.open_findings
    if not found and lint.hidden:
        return f"{nothing_found(lint)}; {left_out(lint)}."
    if not found:
        asked = counted(len(_asked(lint)), "rule")
        return f"{nothing_found(lint)}." if unread_files(lint) else f"None open, by {asked}."
    counts = by_severity(item.severity for item in found)
    told = [f"{count:,} {severity}" for severity, count in counts.items()]
    accepted = len(lint.findings) - len(found)
    more = f"; {accepted:,} suppressed with a reason" if accepted else ""
    more += f"; {left_out(lint)}" if lint.hidden else ""
    return f"{counted(len(found), 'open finding')}: {', '.join(told)}{more}."


def _asked(lint: LintResult) -> list[RuleSummary]:
    """The rules that `agentaudit rules list` has."""
    return [rule for rule in lint.rules if rule.id not in _ABOUT_LINT]


def _table(lint: LintResult) -> Table:
    shown = lint.findings[:_MOST_ROWS]
    anchors = _anchors(shown)
    rows = tuple(_row(item, anchor) for item, anchor in zip(shown, anchors, strict=True))
    cut = f"Showing the first {_MOST_ROWS} of {len(lint.findings):,}; all are in findings.json."
    return Table(
        id="findings-table",
        caption="Findings, the most severe first",
        columns=columns("Severity", "Finding", "Rule", "Where", "State"),
        rows=rows,
        note=cut if len(lint.findings) > _MOST_ROWS else "",
        filterable=True,
    )


def _anchors(findings: tuple[Finding, ...]) -> list[str]:
    """`f-<rule>-<hash>`; equal fingerprints are told apart by a number."""
    seen: Counter[str] = Counter()
    anchors = []
    for item in findings:
        digits = digest_of(item.fingerprint)[:8]
        anchor = f"f-{item.rule}-{digits}"
        seen[anchor] += 1
        anchors.append(anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor]}")
    return anchors


def _row(item: Finding, anchor: str) -> Row:
    state = Cell(text="open")
    if item.suppression is not None:
        owner = f" ({item.suppression.owner})" if item.suppression.owner else ""
        until = f" until {item.suppression.expires}" if item.suppression.expires else ""
        state = Cell(text=f"suppressed{until}: {item.suppression.reason}{owner}", tone=Tone.MUTED)
    return Row(
        id=anchor,
        cells=(
            Cell(text=str(item.severity), tone=SEVERITY_TONES[item.severity]),
            Cell(text=item.message or item.title),
            Cell(text=item.rule, code=True, href=f"#{rule_anchor(item.rule)}"),
            Cell(text=str(item.evidence), code=True, way=_way(item)),
            state,
        ),
    )


def _way(item: Finding) -> tuple[tuple[str, str], ...]:
    return tuple((str(step.evidence), step.says) for step in item.flow)


def _rule(rule: RuleSummary, hits: int) -> Folded:
    found = counted(hits, "finding") if hits else "found nothing"
    references: tuple[Block, ...] = ()
    if rule.references:
        rows = tuple(Row(cells=_reference(text)) for text in rule.references)
        references = (
            Table(
                id=f"{rule_anchor(rule.id)}-references",
                caption=f"{rule.id} maps to",
                columns=columns("Catalogue", "Entry"),
                rows=rows,
            ),
        )
    return Folded(
        id=rule_anchor(rule.id),
        summary=f"{rule.id} · {rule.severity} · {found}",
        blocks=(
            Paragraph(text=rule.title),
            Terms(items=(("Why", rule.why), ("Fix", rule.fix))),
            *references,
        ),
    )


def _reference(text: str) -> tuple[Cell, Cell]:
    """`cwe:CWE-798` as catalogue and entry; only what is plainly a web address is a link."""
    if text.startswith("https://"):
        return Cell(text="web"), Cell(text=text, href=text)
    catalogue, _, entry = text.partition(":")
    return Cell(text=catalogue if entry else NOTHING), Cell(text=entry or text)
