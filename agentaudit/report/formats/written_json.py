"""JSON as reports write it: sorted keys, two spaces, nothing but ASCII, a newline at the end."""

import json
import re

import msgspec

from agentaudit.store.inert import inert

_OTHER = re.compile(r"[^\x00-\x7f]")


def written(document: object) -> str:
    """
    The document as text; what could reorder a line of it is escaped, as are all other characters.

    So is what a runner of CI would obey. The standard library indents in Python, which takes longer
    than the audit of what is written.
    """
    encoded = msgspec.json.encode(document, order="sorted")
    text = inert(msgspec.json.format(encoded, indent=2)).decode()
    return _OTHER.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n"
