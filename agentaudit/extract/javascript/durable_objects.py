"""
Durable Objects of Cloudflare that keep conversations with a model, of no framework.

A class that extends `DurableObject` writes what was said into its storage, and nothing ends that
but its own code: an alarm, or a call that deletes. Rooms in which people talk to one another are
none: somewhere the file has to ask a model, or to speak of an assistant. Sources:
https://developers.cloudflare.com/durable-objects/api/storage-api/ and …/api/alarms/.
"""

import re

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module
from agentaudit.model.evidence import Known

BASE = "cloudflare:workers.DurableObject"
SAID = r"(?:messages?|history|conversations?|chats?|turns?|memor(?:y|ies))"
_KEEPS = regex(
    rf"\bstorage\.put\([^;)]{{0,120}}{SAID}\b(?!\.length)"
    rf"|\.exec\(\s{{0,9}}[\"'`]\s{{0,200}}insert\s{{1,9}}(?:or\s{{1,9}}\w{{1,20}}\s{{1,9}})?into\s{{1,9}}"
    rf"[\"'\w]{{0,40}}{SAID}",
    re.IGNORECASE,
)
"""How a class keeps what was said: as a value or in a table, by what that is called."""
_ASKS = regex(r"[\"'`]assistant[\"'`]|\bAI\.run\(")
_DELETES = regex(
    r"\bstorage\.delete(?:All)?\(|\bsetAlarm\(|\.exec\(\s{0,9}[\"'`]\s{0,200}(?:delete|drop)\s",
    re.IGNORECASE,
)
_BOUNDS = regex(
    rf"\bstorage\.put\([^;]{{0,120}}\.slice\(\s{{0,9}}-"
    rf"|{SAID} ?= ?[\w.]{{0,60}}{SAID}\.slice\(\s{{0,9}}-|{SAID}\.(?:shift\(\)|splice\(0)",
    re.IGNORECASE,
)
"""How the list that is kept is held to a length."""
_CUTS = regex(r"\.(?:slice\(\s{0,9}-|shift\(\)|splice\(0)")
"""How any list is, which may be another one."""


def speaks_with_model(module: Module) -> bool:
    """Whether a file asks a model, or speaks of an assistant."""
    return _ASKS.search(module.document.text) is not None


def keeps_talk(written: str) -> bool:
    """Whether a class, as it is written, keeps what is said."""
    return _KEEPS.search(written) is not None


def lifetime(written: str) -> Known:
    """Whether anything ends what a class keeps: nothing, or what its own code decides."""
    return Known.UNKNOWN if _DELETES.search(written) else Known.NONE


def turns(written: str) -> Known:
    """Whether it keeps only the last of what was said; what else it cuts may be that, too."""
    if _BOUNDS.search(written):
        return Known.SET
    return Known.UNKNOWN if _CUTS.search(written) else Known.NONE
