"""Facts by where they stand: whoever asks for those below a folder looks at no others."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from agentaudit.extract.documents import folder_of
from agentaudit.model.facts.fact import Fact

FactT = TypeVar("FactT", bound=Fact)


def by_folder(facts: Iterable[FactT]) -> Mapping[str, list[FactT]]:
    """Facts by the file that each stands in first, and by every folder around that."""
    found: dict[str, list[FactT]] = {}
    for fact in facts:
        place = fact.evidence[0].file
        while place:
            found.setdefault(place, []).append(fact)
            place = folder_of(place)
        found.setdefault("", []).append(fact)
    return found
