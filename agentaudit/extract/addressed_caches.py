"""Managed caches that hold conversations because a variable of conversations leads to them."""

from collections.abc import Iterable

from msgspec.structs import replace

from agentaudit.digests import digest_of
from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.documents import folder_of
from agentaudit.extract.settings import Setting
from agentaudit.extract.terraform.references import addresses_in
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore


class AddressedCaches:
    """The caches that Terraform or CloudFormation declares, by the digits of their addresses."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._by_digits: dict[str, FactId] = {
            store.id.rpartition("-")[2]: store.id
            for store in collector.of(MemoryStore)
            if store.kind == "cache" and store.managed_service
        }

    def hold_conversations(self, settings: Iterable[Setting]) -> None:
        """What these variables, which say where conversations are kept, lead to."""
        for setting in settings if self._by_digits else ():
            folder = folder_of(setting.document.file)
            for address in addresses_in(setting.value.raw):
                found = self._by_digits.get(digest_of(f"{folder}#{address}")[:8])
                store = self._collector.facts.get(found) if found is not None else None
                if isinstance(store, MemoryStore):
                    place = evidence(setting.document, setting.value, setting.key)
                    self._collector.update(
                        replace(store, holds_conversation=True, evidence=with_place(store, place))
                    )
