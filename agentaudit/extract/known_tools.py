"""What is known of tools by their names alone, and the few things that most of them do."""

from msgspec import Struct

EVERYTHING = ("read", "write", "delete", "execute")
"""What a process of one's own may do."""


class KnownTool(Struct, frozen=True, kw_only=True):
    """A tool that comes with a framework or a platform, which says what it does."""

    effects: tuple[str, ...]
    untrusted: bool = False
    private: bool = False
    egress: bool = False
    free_form: tuple[str, ...] = ()
    hosted: bool = False
    """Whether the vendor of the model runs it, in a container of its own."""


NOTHING = KnownTool(effects=())
WEB = KnownTool(effects=("read",), untrusted=True)
"""A search at a fixed address, whose results strangers wrote."""
PAGES = KnownTool(effects=("read",), untrusted=True, egress=True, free_form=("url",))
"""Pages at any address; the address itself can carry data away."""
PRIVATE = KnownTool(effects=("read",), private=True)
"""What was kept before: memories, documents, files that users brought."""
FILES = KnownTool(effects=("read",), private=True, free_form=("path",))
SHELL = KnownTool(effects=EVERYTHING, private=True, egress=True, free_form=("command",))
CODE = KnownTool(effects=("execute",), free_form=("code",))
"""Code in a box of its provider."""
