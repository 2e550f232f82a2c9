"""The three decisions on the page: answer, evidence, the numbers behind it, and the next step."""

from collections.abc import Callable

from agentaudit.lists import counted
from agentaudit.model.decision import Decision, DecisionStatus, Report
from agentaudit.model.finding import CredentialSummary, MemorySummary
from agentaudit.report.decisions import credential_decision, memory_decision, profile_decision
from agentaudit.report.decisions.credential_resolution import (
    lived,
    long_lived_in_reach,
    resolution,
    undecided,
)
from agentaudit.report.decisions.memory_decision import Boundary, boundary
from agentaudit.report.page.blocks import (
    Block,
    Cell,
    Folded,
    Mark,
    Marks,
    Paragraph,
    Part,
    Points,
    Row,
    Section,
    Table,
    Terms,
    columns,
    plain,
)
from agentaudit.report.tones import STATUS_TONES, Tone

_MOST_ROWS = 100
_MOST_OPEN_ROWS = 8


def decision_section(report: Report) -> Section:
    """One part a decision, in the order of the questions."""
    decided = sum(item.status is DecisionStatus.DECIDED for item in report.decisions)
    return Section(
        id="decisions",
        title="The three decisions",
        lead=f"{decided} of {len(report.decisions)} are decided, judged by the evidence below.",
        blocks=tuple(_part(decision, report) for decision in report.decisions),
    )


def _part(decision: Decision, report: Report) -> Part:
    marks = tuple(
        Mark(tone=Tone.GOOD if item.good else Tone.BAD, text=item.text, place=item.place)
        for item in decision.evidence
    )
    evidence: tuple[Block, ...] = (Marks(title="Evidence", items=marks),) if marks else ()
    return Part(
        id=decision.id,
        title=decision.question,
        badge=str(decision.status),
        tone=STATUS_TONES[decision.status],
        blocks=(
            Paragraph(text=decision.answer),
            *evidence,
            *_NUMBERS[decision.id](report),
            Terms(
                items=(
                    ("Next step", decision.next_step),
                    ("Owner and date", "______________________"),
                )
            ),
        ),
    )


def _credentials(report: Report) -> tuple[Block, ...]:
    if report.lint is None or not report.lint.credentials:
        return ()
    rows = tuple(_credential_row(item) for item in report.lint.credentials[:_MOST_ROWS])
    return _tabled(
        f"All {counted(len(rows), 'place')} of credentials",
        Table(
            id="credentials",
            caption="Credentials: where each is resolved, and how long it lives",
            columns=columns("Credential", "Resolved in", "Lives", "Agent can read it", "Where"),
            rows=rows,
            note=_cut(len(report.lint.credentials)),
        ),
    )


def _tabled(summary: str, table: Table) -> tuple[Block, ...]:
    """The table as it is while it is short, and folded when the evidence would be lost in it."""
    if len(table.rows) <= _MOST_OPEN_ROWS:
        return (table,)
    return (Folded(summary=summary, blocks=(table,)),)


def _credential_row(item: CredentialSummary) -> Row:
    tone = Tone.BAD if long_lived_in_reach(item) else Tone.PLAIN
    if undecided(item):
        tone = Tone.UNKNOWN
    return Row(
        cells=(
            Cell(text=item.name, code=True),
            Cell(text=f"{resolution(item)}, not deployed" if item.idle else str(resolution(item))),
            Cell(text=lived(item), tone=tone),
            Cell(text="yes" if item.visible_to_agent else "no"),
            Cell(text=str(item.evidence), code=True),
        )
    )


def _stores(report: Report) -> tuple[Block, ...]:
    if report.lint is None or not report.lint.memory_stores:
        return ()
    rows = tuple(_store_row(store) for store in report.lint.memory_stores[:_MOST_ROWS])
    return _tabled(
        f"All {counted(len(rows), 'memory store')}",
        Table(
            id="memory-stores",
            caption="Memory stores and what bounds them",
            columns=columns("Store", "Kind", "Scope", "Size", "Age", "Boundary", "Where"),
            rows=rows,
            note=_cut(len(report.lint.memory_stores)),
        ),
    )


_BOUNDARY_TONES = {
    Boundary.BOUNDED: Tone.GOOD,
    Boundary.UNBOUNDED: Tone.BAD,
    Boundary.UNKNOWN: Tone.UNKNOWN,
}


def _store_row(store: MemorySummary) -> Row:
    found = boundary(store)
    kind = " · ".join(part for part in (store.kind, store.backend) if part)
    return Row(
        cells=(
            Cell(text=store.name, code=True),
            *plain(kind, store.scope, store.bound, store.ttl),
            Cell(text=str(found), tone=_BOUNDARY_TONES[found]),
            Cell(text=str(store.evidence), code=True),
        )
    )


def _reasons(report: Report) -> tuple[Block, ...]:
    if report.profile is None or not report.profile.breakdown.reasons:
        return ()
    return (Points(title="Why", items=report.profile.breakdown.reasons),)


def _cut(total: int) -> str:
    if total <= _MOST_ROWS:
        return ""
    return f"Showing {_MOST_ROWS} of {counted(total, 'row')}; all are in findings.json."


_NUMBERS: dict[str, Callable[[Report], tuple[Block, ...]]] = {
    credential_decision.ID: _credentials,
    memory_decision.ID: _stores,
    profile_decision.ID: _reasons,
}
