"""What is known of tools by their names alone, and the few things that most of them do."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

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
BROWSER = KnownTool(
    effects=("read", "write"), untrusted=True, egress=True, free_form=("url", "text")
)
"""A page that is clicked and filled in; it runs no programs."""
PRIVATE = KnownTool(effects=("read",), private=True)
"""What was kept before: memories, documents, files that users brought."""
FILES = KnownTool(effects=("read",), private=True, free_form=("path",))
SHELL = KnownTool(effects=EVERYTHING, private=True, egress=True, free_form=("command",))
CODE = KnownTool(effects=("execute",), free_form=("code",))
"""Code in a box of its provider."""
HOSTED = replace(CODE, hosted=True)
EDITOR = replace(FILES, effects=("read", "write"))
_OWN_TYPES = frozenset({"", "function", "custom"})
_BY_TYPE: Mapping[str, KnownTool] = {
    "web_search": WEB,
    "web_fetch": WEB,
    "google_search": WEB,
    "bash": SHELL,
    "computer": SHELL,
    "local_shell": SHELL,
    "shell": SHELL,
    "text_editor": EDITOR,
    "apply_patch": EDITOR,
    "code_interpreter": HOSTED,
    "code_execution": HOSTED,
    "file_search": PRIVATE,
    "image_generation": NOTHING,
}
"""By how the names of their types begin: `bash_20250124`."""


def tool_of_model(kind: str, environment: str) -> KnownTool | None:
    """
    A tool that comes with a model, by its type with or without a version.

    A computer in the environment `browser` is a page (OpenAI's Responses API).
    """
    if kind in _OWN_TYPES:
        return None
    if kind.startswith("computer") and environment == "browser":
        return BROWSER
    return next((known for name, known in _BY_TYPE.items() if kind.startswith(name)), None)
