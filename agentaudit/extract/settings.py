"""Named values where they stand: in environments, in sections of files, in code."""

from msgspec import Struct

from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document, Node

UNNAMED = "text"
"""What a value is called that nothing names."""


class Setting(Struct, frozen=True, kw_only=True):
    """One named value, where it stands, and further places that lead to it."""

    key: str
    value: Node
    document: Document
    route: str
    """Route of keys to the value in its document: `services.agent.environment`."""
    via: tuple[Evidence, ...] = ()
    text: str | None = None
    """The value when it is only a part of the node, or decoded from it."""
    shown: str = ""
    """What tells it apart where others of its name stand in the same node."""
    form: CredentialForm | None = None
    """Decided by the syntax around it (`secretKeyRef`), whatever the value looks like."""
    kept_as: str = ""
    """The name under which another file has it, where that is another: `${LITELLM_MASTER_KEY}`."""
    in_force: bool = False
    """Whether a program works with it as it stands, by the syntax around it."""
    channel: str = ""
    """What the platform has for secrets, where this stands beside it, in plain view."""

    @property
    def content(self) -> str:
        return self.text if self.text is not None else (self.value.text or "")

    @property
    def empty(self) -> bool:
        """Whether it is told that it has no value, which is as if it were not there."""
        return self.form is None and not self.content and not self.value.unknown
