"""How much is told of what multiplies: many agents with many tools each outgrow any file."""

from msgspec import Struct


class Budget(Struct, frozen=True):
    """A limit on what is told, or looked at, once for each of many pairs."""

    counted: str
    most: int
    free: int = 0
    """As much as each may have, whatever the others had."""
    whole: bool = False
    """Over all files together, and not in each of them."""
