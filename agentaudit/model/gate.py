"""Gates: conditions on which a verdict, or the end of a run in CI, depends."""

from enum import StrEnum

from msgspec import Struct


class GateStatus(StrEnum):
    """Whether a condition holds; what nobody could compute is a third answer."""

    PASS = "pass"  # noqa: S105, an answer
    FAIL = "fail"
    NOT_COMPUTED = "not computed"


class Gate(Struct, frozen=True, kw_only=True):
    """One condition of the verdict, with what was found."""

    id: str
    condition: str
    actual: str
    status: GateStatus
    anchor: str = ""
    """The section of the page that shows it."""


class GateResult(Struct, frozen=True, kw_only=True):
    """What a gate said. FAIL is where the condition to fail on holds."""

    condition: str
    status: GateStatus
    readings: tuple[tuple[str, float | None], ...]
    """The gauges that the condition asks, in the order it asks them."""
