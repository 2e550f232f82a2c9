"""Where a fact stands: the place in a file that anyone can open and check."""

from enum import StrEnum

from msgspec import Struct


class Evidence(Struct, frozen=True, kw_only=True, order=True, gc=False):
    """
    A place in a file. Lines and columns count from 1, columns in characters.

    `file` is relative to the root of the audit, with forward slashes. `snippet` is one line of
    redacted text: it never holds a secret, and may be empty.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    snippet: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Confidence(StrEnum):
    """How sure a fact or a finding is; that of a path is its weakest leg's."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    CERTAIN = "certain"

    @property
    def rank(self) -> int:
        return _CONFIDENCE_RANKS[self]


_CONFIDENCE_RANKS = {confidence: rank for rank, confidence in enumerate(Confidence)}


class Known(StrEnum):
    """
    Whether a setting is there.

    Absent and unknown are different answers: only what was read can be absent.
    """

    SET = "set"
    NONE = "none"
    UNKNOWN = "unknown"


class Truth(StrEnum):
    """A statement that may be undecided; undecided never passes for either side."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
