"""How much is told of what multiplies: many agents with many tools each outgrow any file."""

from msgspec import Struct, field


class Budget(Struct, frozen=True):
    """A limit on what is told, or looked at, once for each of many pairs."""

    counted: str
    most: int
    free: int = 0
    """As much as each may have, whatever the others had."""
    whole: bool = False
    """Over all files together, and not in each of them."""


class Spent(Struct):
    """What of each budget is spent already: in a file or, under no name, in all together."""

    _sums: dict[tuple[str, str], int] = field(default_factory=dict)
    _keys: set[tuple[str, str, object]] = field(default_factory=set)

    def on(self, budget: Budget, more: int, *, file: str, key: object = None) -> bool:
        """Whether there is room for more; if so, it is counted, once where it has a key."""
        counter = ("" if budget.whole else file, budget.counted)
        if key is not None and (*counter, key) in self._keys:
            return True
        total = self._sums.get(counter, 0) + max(more - budget.free, 0)
        if total > budget.most:
            return False
        self._sums[counter] = total
        if key is not None:
            self._keys.add((*counter, key))
        return True
