"""
What every fact of a deployment has: an id, a name, and evidence.

Every field of every fact has a value: what a file does not say is `none` or empty, what could not
be resolved is `unknown`, and an optional number is None exactly when its state says so. The field
names are what the conditions of rules ask for.
"""

from typing import NewType

from msgspec import Struct

from agentaudit.model.evidence import Confidence, Evidence

FactId = NewType("FactId", str)
"""`<kind>:<slug>-<8 hex digits of the natural key>`: stable across runs and file order."""

NOBODY = FactId("")
"""In the place of a fact that there is not, or that no file names."""


class Fact(Struct, frozen=True, kw_only=True):
    """What every kind of fact has. `evidence` is never empty; the first place is the primary."""

    id: FactId
    name: str
    evidence: tuple[Evidence, ...]
    confidence: Confidence = Confidence.CERTAIN
    environment: str = ""
    """Name of the environment the files speak of: `production`, `preview`, … or empty."""

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"{self.id}: a fact without evidence is a defect")
