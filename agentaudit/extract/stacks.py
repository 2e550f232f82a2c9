"""Resources of other formats that stand together, as what reads Terraform takes its modules."""

from collections.abc import Callable, Iterable

from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.facts.fact import FactId
from agentaudit.readers.document import Node


class Stack(Module):
    """One template, in the words of Terraform."""

    members_by_type: tuple[Declared, ...] = ()
    silent_of_logs: bool = False
    """Whether nothing in it says how long any log is kept."""
    identity_of: Callable[[Declared, Node], FactId] | None = None
    """Whose principal a value of a resource means, where that is not told by addresses."""

    def close(self) -> None:
        super().close()
        self.members_by_type = ()
        self.identity_of = None

    def types(self) -> Iterable[str]:
        return (item.type for item in self.members_by_type)

    def declared(self, kind: str, types: tuple[str, ...]) -> tuple[Declared, ...]:
        if kind != "resource":
            return ()
        if (kind, *types) not in self._folded:
            found = (item for item in self.members_by_type if item.type in types)
            self._folded[kind, *types] = tuple(found)
        return self._folded[kind, *types]
