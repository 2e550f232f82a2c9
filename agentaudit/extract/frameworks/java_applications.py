"""An application in Java by its settings, and the agent that it is."""

from collections.abc import Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.java_settings import JavaFile, JavaSetting
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Document

_SHOWN = regex(r"true|false|\d{1,9}[a-z]{0,2}")


class JavaApplication(Struct, frozen=True):
    """What one file sets, and the application that it is for."""

    documents: Documents
    collector: Collector
    file: JavaFile
    name: str

    @property
    def document(self) -> Document:
        return self.file.document

    @property
    def settings(self) -> Sequence[JavaSetting]:
        return self.file.settings

    def agent(self, setting: JavaSetting) -> Agent:
        """The agent of the application: one, whatever number of files and profiles it has."""
        spring = setting.name.startswith("spring.")
        place = evidence(self.document, setting.key)
        own = fact_id("agent", self.name, f"{self.file.home}#java")
        if own not in self.collector.facts:
            what = f"the program of {self.name}, which is in Java or Kotlin, is not read"
            effect = "its other tools, its memory and its limits are open"
            self.collector.leave_open(place, what, effect)
        return self.collector.add(
            Agent(
                id=own,
                name=self.name,
                framework="spring-ai" if spring else "quarkus-langchain4j",
                evidence=(place,),
            )
        )

    def place(self, setting: JavaSetting) -> Evidence:
        """Where a setting stands, with its value if that is a switch, a number or a time."""
        value = setting.value.raw
        shown = f"={value}" if _SHOWN.fullmatch(value) is not None else ""
        return evidence(self.document, setting.key, f"{setting.name}{shown}")
