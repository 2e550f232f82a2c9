"""What a rule would change so that its finding is gone, and what that comes to in files."""

from enum import StrEnum

from msgspec import Struct


class EditAction(StrEnum):
    """What happens to the place that a route leads to."""

    REPLACE = "replace"
    REMOVE = "remove"
    INSERT = "insert"


class FixEdit(Struct, frozen=True, kw_only=True):
    """One edit of a rule's autofix."""

    action: EditAction
    route: tuple[str, ...]
    """Keys from the root of a document; `*` is any key or element."""
    values: tuple[str, ...] = ()
    """What may stand there; any scalar when empty. `{name}` stands for a field of the fact."""
    to: str = ""
    to_kind: str = ""
    """string, number or boolean."""
    files: tuple[str, ...] = ()
    """Patterns of paths; every file of the fact when empty."""
    beside: tuple[str, ...] = ()
    """Keys beside the place without which it is none of those that are meant."""
    unless: tuple[str, ...] = ()
    """Keys beside the place that make the edit wrong."""
    anywhere: bool = False
    """It is meant for the whole document, not for the member of it that the finding stands in."""


class FixExample(Struct, frozen=True, kw_only=True):
    """A file before and after the fix."""

    path: str
    before: str
    after: str
    files: tuple[tuple[str, str], ...] = ()
    """Further files, which stay as they are."""


class Autofix(Struct, frozen=True, kw_only=True):
    """The edits of a rule, each of them right whatever else the deployment is."""

    says: str
    when: str
    """A further condition, in CEL; empty when there is none."""
    edits: tuple[FixEdit, ...]
    examples: tuple[FixExample, ...]


class Change(Struct, frozen=True, kw_only=True, order=True):
    """
    One stretch of a file and what comes in its place.

    Lines and columns count from 1, in characters; the end is behind the last character.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Fix(Struct, frozen=True, kw_only=True):
    """What would be changed for one finding."""

    rule: str
    fingerprint: str
    says: str
    changes: tuple[Change, ...]
