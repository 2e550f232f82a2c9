"""
Agents in Python in forms of a framework that are not read: named, and never passed over.

Sources: LiveKit, "Agents framework"; Pipecat, "Pipeline & Frames".
"""

import re
from collections.abc import Iterator

from agentaudit.expressions import holds_word, regex
from agentaudit.readers.cdk import TESTS


def _imports(module: str) -> re.Pattern[str]:
    return regex(rf"^[ \t]*(?:from|import)[ \t]+{module}", re.MULTILINE)


_FRAMEWORKS = (
    (
        *("livekit", "an agent of LiveKit in a form that is not read"),
        _imports(r"livekit(?:\.agents\b|[ \t]+import\b[^\n]{0,200}\bagents\b)"),
        regex(r"\bAgentSession\(|\bVoicePipelineAgent\(|\bclass\s+\w+\((?:\w+\.)?Agent\)"),
    ),
    (
        *("pipecat", "an agent of Pipecat in a form that is not read"),
        _imports(r"pipecat\b"),
        regex(r"\bPipelineTask\(|\bFlowManager\("),
    ),
)
"""A word of each, what is said of it, what it imports, and what builds or runs one."""
_WORDS = tuple(word for word, *_ in _FRAMEWORKS)


def unread_agents(file: str, text: str) -> Iterator[tuple[str, int]]:
    """What a program builds that may not be read, and where; nothing of others and tests."""
    if not holds_word(text, _WORDS) or TESTS.search(file):
        return
    for word, message, imported, built in _FRAMEWORKS:
        found = built.search(text) if word in text and imported.search(text) is not None else None
        if found is not None:
            yield message, found.start()
