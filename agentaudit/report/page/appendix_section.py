"""The end of the page: the rules, what the words mean, and how to make the page again."""

from agentaudit.model.decision import Report
from agentaudit.report.decisions.profile_decision import FEWEST_REQUESTS, LEAST_CONCURRENCY
from agentaudit.report.page.blocks import Block, Code, Folded, Section, Terms
from agentaudit.report.page.findings_section import rules_block
from agentaudit.report.page.swimlane import ZONES
from agentaudit.report.text import one_line

_DEFINITIONS = (
    ("READY", "Every condition holds, and nothing that a condition rests on is unknown."),
    ("NOT READY", "At least one condition fails, whatever else is unknown."),
    ("CANNOT SAY", "No condition fails, but at least one could not be computed."),
    (
        "Under load",
        f"At least {FEWEST_REQUESTS} requests, at least {LEAST_CONCURRENCY} of them at once.",
    ),
    (
        "LIVE",
        (
            "Sensitive actions (write, permission management, irreversible, secret reading) that"
            " untrusted input can reach with no approval outside the model in between."
        ),
    ),
    (
        "THEFT",
        (
            "Over all credentials that can be stolen: the sensitive actions of each times the hours"
            " it lives, within the horizon."
        ),
    ),
    (
        "Ranges",
        (
            "`146 to 1,239`: something could not be resolved, and the number lies in between. A"
            " range passes a condition only if its worse end does."
        ),
    ),
    (
        "Guardrails",
        "Filters and prompt rules inside the model are shown, and never count as a gate.",
    ),
    ("Trust zones", "; ".join(f"{zone} {name}" for zone, name in ZONES.items()) + "."),
)


def appendix_section(report: Report) -> Section:
    """Rules, words and commands."""
    rules: tuple[Block, ...] = (rules_block(report.lint),) if report.lint else ()
    return Section(
        id="appendix",
        title="Method and appendix",
        lead="What was asked, what the words mean, and how to make this page again.",
        blocks=(
            *rules,
            Folded(summary="What the words mean", blocks=(Terms(items=_DEFINITIONS),)),
            Code(title="How to make this page again", text=_commands(report)),
        ),
    )


def _commands(report: Report) -> str:
    root = _quoted(report.lint.root if report.lint else ".")
    lines = []
    if report.profile is not None:
        lines.append(
            "agentaudit profile --pid PID --duration 60s -o run.aatrace --json profile.json"
        )
    if report.simulation is not None:
        seed = report.simulation.seed
        lines.append(
            f"agentaudit simulate scheduler run.aatrace --seed {seed} --json simulation.json"
        )
    if report.lint is not None:
        lines.append(f"agentaudit lint {root} --format json -o findings.json")
    if report.threats is not None:
        lines.append(f"agentaudit threat-model {root} --format json -o threats.json")
    lines.append("agentaudit report . -o report.html --json report.json")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """One shell word: the root is a name that somebody else chose."""
    plain = one_line(text)
    if plain and all(letter.isalnum() or letter in "._-/" for letter in plain):
        return plain
    return "'" + plain.replace("'", "'\\''") + "'"
