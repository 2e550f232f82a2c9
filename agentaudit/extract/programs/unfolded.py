"""What nobody can say of the tools that programs hand over: named, and never passed over."""

from collections.abc import Iterable

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.programs.code import Module
from agentaudit.model.evidence import Evidence


def leave_tools_open(collector: Collector, place: Evidence) -> None:
    """A list of tools that does not fold."""
    what = "the list of tools does not fold"
    collector.leave_open(place, what, "which tools the agent has is open")


def leave_asked_open(collector: Collector, place: Evidence) -> None:
    """What a model is asked with, again and again, may have tools in it."""
    what = "what the model is asked with does not fold"
    collector.leave_open(place, what, "whether an agent asks it, and with which tools, is open")


def leave_rounds_open(collector: Collector, place: Evidence, name: str) -> None:
    """An agent whose questions another file may repeat."""
    collector.leave_open(place, f"what repeats {name} is not seen", "how often it asks is open")


def leave_runner_open(collector: Collector, place: Evidence, name: str) -> None:
    """A tool that is described, and not seen to be run by anything."""
    collector.leave_open(place, f"what runs {name} is not found", "what it does is open")


def leave_spent(collector: Collector, modules: Iterable[Module]) -> None:
    """Modules of which more was asked through their names than any program needs."""
    for module in modules:
        if module.spent:
            place = evidence(module.document, module.document.root)
            what = "what the program says by its own names"
            collector.leave_unread(place, what, "agents and tools of it may be missing")
