"""What a recording may hold on a machine, and what is missing for the rest."""

from msgspec import Struct


class Capability(Struct, frozen=True, kw_only=True):
    """
    One thing that a recording may hold.

    `available` is None where it depends on the process, and none was named. `enable` is a command
    or a setting that makes it possible; empty where nothing is missing.
    """

    part: str
    """What it is a part of: `process`, `time`, `steps`, `devices`."""
    name: str
    available: bool | None
    gives: str
    found: str
    enable: str = ""
