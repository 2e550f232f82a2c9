"""What statuses mean for a reader, said in one place for the page and the terminal."""

from collections.abc import Mapping
from enum import StrEnum

from agentaudit.model.decision import DecisionStatus, Verdict
from agentaudit.model.finding import Severity
from agentaudit.model.gate import GateStatus


class Tone(StrEnum):
    """What a word means for the reader; always beside the word, never instead of it."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    UNKNOWN = "unknown"
    MUTED = "muted"


VERDICT_TONES: Mapping[Verdict, Tone] = {
    Verdict.READY: Tone.GOOD,
    Verdict.NOT_READY: Tone.BAD,
    Verdict.CANNOT_SAY: Tone.UNKNOWN,
}
STATUS_TONES: Mapping[DecisionStatus, Tone] = {
    DecisionStatus.DECIDED: Tone.GOOD,
    DecisionStatus.NOT_DECIDED: Tone.WARN,
    DecisionStatus.CONTRADICTED: Tone.BAD,
    DecisionStatus.NOT_MEASURED: Tone.UNKNOWN,
}
GATE_TONES: Mapping[GateStatus, Tone] = {
    GateStatus.PASS: Tone.GOOD,
    GateStatus.FAIL: Tone.BAD,
    GateStatus.NOT_COMPUTED: Tone.UNKNOWN,
}
SEVERITY_TONES: Mapping[Severity, Tone] = {
    Severity.CRITICAL: Tone.BAD,
    Severity.HIGH: Tone.BAD,
    Severity.MEDIUM: Tone.WARN,
    Severity.LOW: Tone.MUTED,
    Severity.INFO: Tone.MUTED,
}
