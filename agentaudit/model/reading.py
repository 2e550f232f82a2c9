"""What the file of a recording should hold and nobody can read: evidence that is missing."""

from collections.abc import Iterable

from agentaudit.model.trace import Incident

READING = "recording"
"""The probe of incidents that were met when a recording was read, not when it was made."""


def unread(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """The incidents that say so."""
    return tuple(incident for incident in incidents if incident.probe == READING)


def unread_text(incidents: Iterable[Incident]) -> str | None:
    """The same in a line, for what is made of the recording; None where all was read."""
    missing = unread(incidents)
    return "; ".join(incident.what for incident in missing) if missing else None
