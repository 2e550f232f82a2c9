"""The last look before anything leaves lint: what is named like a secret is not shown."""

from msgspec.structs import replace

from agentaudit.extract.credentials.redaction import plain
from agentaudit.model.deployment import Unresolved
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import Fact


def shown_place(place: Evidence) -> Evidence:
    """A place whose snippet holds no secret, also where a key of the file is one."""
    shown = plain(place.snippet)
    return place if shown == place.snippet else replace(place, snippet=shown)


def shown_subject(fact: Fact) -> str:
    """The fact's id; without its slug where that is made of a secret."""
    if plain(fact.name) == " ".join(fact.name.split()):
        return fact.id
    kind, _, rest = fact.id.partition(":")
    return f"{kind}:{rest.rpartition('-')[2]}"


def shown_open_end(item: Unresolved) -> Unresolved:
    """Something unresolved, whose text may name what is itself a secret."""
    return replace(item, evidence=shown_place(item.evidence), what=plain(item.what))
