"""JSON as reports write it: sorted keys, two spaces, nothing but ASCII, a newline at the end."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from agentaudit.store.inert import inert

_TOGETHER = 50
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


def written_with(document: object, name: str, values: Iterable[object]) -> Iterator[str]:
    """
    The same in pieces, with the values in the list of that name, which is empty in the document.

    Made some at a time, as they are written: all of a large report take seven times its length.
    """
    before, key, after = written(document).partition(f'"{name}": [')
    indent = before.rpartition("\n")[2]
    waiting, separator = iter(values), before + key
    while some := list(islice(waiting, _TOGETHER)):
        text = written(some).removeprefix("[").removesuffix("\n]\n")
        yield separator + text.replace("\n", f"\n{indent}")
        separator = ","
    yield f"\n{indent}{after}" if separator == "," else before + key + after
