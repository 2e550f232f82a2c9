"""What a tool does as far as the verb in its name says, where nothing else does."""

from agentaudit.extract.credentials.secret_names import name_words

_EFFECTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("delete", frozenset({"delete", "remove", "destroy", "uninstall", "drop", "terminate"})),
    ("execute", frozenset({"exec", "shell", "eval"})),
    ("write", frozenset({"create", "update", "apply", "patch", "write", "set", "scale"})),
    ("read", frozenset({"get", "list", "describe", "read", "search", "query", "show"})),
)
_EXECUTING = frozenset({"execute", "run"})
_EXECUTED = frozenset(
    {
        *("code", "script", "scripts", "command", "commands", "program", "shell", "terminal"),
        *("python", "bash", "sh", "powershell", "javascript", "kubectl", "cli"),
        *("pod", "pods"),
    }
)
"""What a model writes and something runs; `execute` alone may be of a tool, by its name."""


_IN_DATABASE = frozenset({"read", "write"})
"""What a statement does, which a database runs with the rights that it gives."""


def named_effects(name: str) -> tuple[str, ...]:
    """The effects that the words of a name promise; none where they promise nothing."""
    words = set(name_words(name))
    promised = {effect for effect, verbs in _EFFECTS if words & verbs}
    if words & _EXECUTING and words & _EXECUTED:
        promised.add("execute")
    elif words & _EXECUTING and "sql" in words:
        promised |= _IN_DATABASE
    return tuple(effect for effect, _ in _EFFECTS if effect in promised)
