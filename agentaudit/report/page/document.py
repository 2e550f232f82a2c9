"""The page: one HTML file that needs nothing else, made from a report and nothing else."""

import base64
import hashlib
import json
from collections.abc import Mapping

from msgspec import Struct

from agentaudit.model.decision import Report
from agentaudit.report.page.environment import environment, own
from agentaudit.report.page.sections import sections
from agentaudit.report.page.theme import css_variables
from agentaudit.report.tones import GATE_TONES, STATUS_TONES, VERDICT_TONES, Tone
from agentaudit.store.artifacts import to_json

LARGEST_EMBEDDED_BYTES = 1024 * 1024
"""A larger report is not embedded; its JSON stands beside the page."""

SHORT_TITLES: Mapping[str, str] = {
    "credential-resolution": "Credential resolution",
    "memory-boundary": "Memory boundary",
    "cpu-gpu-profile": "CPU vs GPU under load",
}


class Headline(Struct, frozen=True, kw_only=True):
    """The verdict card: what one page of paper must say."""

    verdict: str
    tone: Tone
    gates: tuple[tuple[str, str, str, Tone, str], ...]
    """Condition, what was found, status, tone, anchor."""
    decisions: tuple[tuple[str, str, str, str, Tone, str], ...]
    """Short title, question, answer, status, tone, anchor."""


def render_page(report: Report) -> str:
    """
    The page of a report; equal reports give equal bytes.

    All text is escaped, the only script is named by its hash, and no address is ever asked for.
    """
    script = _source("page.js")
    return (
        environment()
        .get_template("page.html")
        .render(
            report=report,
            headline=headline(report),
            sections=sections(report),
            style=own(f":root {{\n{css_variables()}\n}}\n{_source('page.css')}"),
            script=own(script),
            policy=_policy(script),
            embedded=own(_embedded(report)),
        )
    )


def headline(report: Report) -> Headline:
    """The verdict with its conditions and the decisions in brief."""
    return Headline(
        verdict=report.verdict.upper(),
        tone=VERDICT_TONES[report.verdict],
        gates=tuple(
            (gate.condition, gate.actual, str(gate.status), GATE_TONES[gate.status], gate.anchor)
            for gate in report.gates
        ),
        decisions=tuple(
            (
                SHORT_TITLES.get(decision.id, decision.id),
                decision.question,
                decision.answer,
                str(decision.status),
                STATUS_TONES[decision.status],
                decision.id,
            )
            for decision in report.decisions
        ),
    )


def _policy(script: str) -> str:
    """What the browser may do: show this file. The script is allowed by its hash alone."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def _embedded(report: Report) -> str:
    """The report as JSON that no HTML parser takes for markup, or nothing when it is large."""
    text = to_json(report)
    if len(text) > LARGEST_EMBEDDED_BYTES:
        return ""
    compact = json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True)
    for character in "<>&":
        compact = compact.replace(character, f"\\u{ord(character):04x}")
    return compact


def _source(name: str) -> str:
    """A style sheet or script of ours, as it is."""
    loader = environment().loader
    if loader is None:
        raise ValueError("the environment has no loader")
    return loader.get_source(environment(), name)[0].strip() + "\n"
