"""What an import had to assume of the model, because its trace does not say how long calls took."""

from collections.abc import Iterable

from agentaudit.model.trace import Incident

ASSUMED = "assumed: a model of "
"""How the incident begins that tells it."""


def assumed_model(incidents: Iterable[Incident]) -> str:
    """The speed that was assumed; empty where calls have lengths of their own."""
    told = (one.what for one in incidents if one.what.startswith(ASSUMED))
    return next(told, "").removeprefix(ASSUMED)
