"""Evidence for the three decisions of an agent deployment."""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agentaudit.markers import step as step


def __getattr__(name: str) -> object:
    """`agentaudit.step`, loaded when an agent first asks for it."""
    if name == "step":
        from agentaudit.markers import step  # noqa: PLC0415 -- late: the command line has no use for it

        return step
    raise AttributeError(f"module 'agentaudit' has no attribute {name!r}")
