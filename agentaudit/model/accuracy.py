"""How right, and how costly, a recording is: claims, and what was found on one machine."""

from enum import StrEnum

from msgspec import Struct


class Outcome(StrEnum):
    """How a check went. `unknown` is what could not be checked, and never passes."""

    PASS = "pass"  # noqa: S105 -- no password
    FAIL = "fail"
    UNKNOWN = "unknown"


class Check(Struct, frozen=True, kw_only=True):
    """
    One claim, what was found, and how far off it is.

    `off` and `limit` are in `unit`: `%` of the truth, `pp` (percentage points of a share), `% core`
    (of one core), `s`, or nothing for a count of what went wrong. `off` is None when it was not
    measured; `note` says why then.
    """

    group: str
    claim: str
    truth: str
    measured: str
    off: float | None
    limit: float
    unit: str
    outcome: Outcome = Outcome.UNKNOWN
    note: str = ""


class SelfTest(Struct, frozen=True, kw_only=True):
    """The artifact `selftest.json`: all checks of one run, and the machine they ran on."""

    machine: str
    python: str
    """The interpreter that the recorded agents ran on."""
    recorded_at_unix_ns: int
    checks: tuple[Check, ...]
    tool_version: str
