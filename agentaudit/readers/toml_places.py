"""
Where the keys and values of a TOML text stand, which tomllib does not say.

It has read the text before: nothing is checked again, and nothing is decoded but keys.
"""

import re
import tomllib
from collections import Counter
from itertools import count

from agentaudit.expressions import regex
from agentaudit.readers.document import Comment
from agentaudit.readers.lines import Lines, broken
from agentaudit.readers.places import Place

Route = tuple[str, ...]
"""Keys, and the numbers of the elements of lists, from 0."""
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*')"""
_ROUTE = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*+"
_HEADER = regex(rf"(?P<open>\[\[?)[ \t]*(?P<route>{_ROUTE})[ \t]*\]\]?")
_KEY = regex(rf"(?P<route>{_ROUTE})[ \t]*=[ \t]*")
_ONE_PART = regex(_PART)
_BLANK = regex(r"\s*+(?P<comment>\#[^\n]*)?")
_SCALAR = regex(
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"""(?:"{0,2})'
    r"|'''(?:[^']++|'{1,2}(?!'))*+'''(?:'{0,2})"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'[^'\n]*'"
    r"|[^\s,\]}\#]+(?:[ ]\d[^\s,\]}\#]*)?",  # of a date, behind which the time stands
    re.DOTALL,
)


class Places:
    """Keys and values by their routes, and the comments between them."""

    def __init__(self, file: str, text: str) -> None:
        self.keys: dict[Route, Place] = {}
        self.values: dict[Route, Place] = {}
        self.comments: list[Comment] = []
        self._file, self._text, self._at = file, text, 0
        self._lines = Lines(text)
        self._tables: Counter[Route] = Counter()
        """How many elements each list of tables has so far."""
        self._whole()

    def _whole(self) -> None:
        table: Route = ()
        while mark := self._next():
            if mark == "[":
                table = self._header()
            else:
                self._assignment(table)

    def _next(self) -> str:
        """The character behind blanks and comments; empty at the end."""
        while True:
            blank = self._taken(_BLANK)
            if blank["comment"] is None:
                return self._text[self._at : self._at + 1]
            line, column = self._lines.place(blank.start("comment"))
            self.comments.append(
                Comment(line=line, column=column, text=blank["comment"][1:].strip())
            )

    def _header(self) -> Route:
        """The route of the table that begins; it stands where its last key does."""
        header = self._taken(_HEADER)
        route = self._named(header.start("route"), header["route"], ())
        if header["open"] == "[[":
            place = self.keys[route]
            self._tables[route] += 1
            route = (*route, str(self._tables[route] - 1))
            self.keys[route] = self.values[route] = place
        return route

    def _named(self, start: int, written: str, table: Route) -> Route:
        """A route in a table, all parts of which get their places."""
        route = table
        for part in _ONE_PART.finditer(written):
            if self._tables[route] and route != table:
                route = (*route, str(self._tables[route] - 1))
            route = (*route, _decoded(part[0]))
            place = self._place(start + part.start(), start + part.end())
            self.keys.setdefault(route, place)
            self.values.setdefault(route, place)
        self.keys[route] = self.values[route] = place
        return route

    def _assignment(self, table: Route) -> None:
        key = self._taken(_KEY)
        self._value(self._named(key.start("route"), key["route"], table))

    def _value(self, route: Route) -> None:
        start, mark = self._at, self._text[self._at : self._at + 1]
        if mark == "[":
            self._list(route)
        elif mark == "{":
            self._inline(route)
        else:
            self._taken(_SCALAR)
        self.values[route] = self._place(start, self._at)

    def _list(self, route: Route) -> None:
        self._at += 1
        for number in count():
            if self._next() in ("]", ""):
                break
            self._value((*route, str(number)))
            if self._next() == ",":
                self._at += 1
        self._at += 1

    def _inline(self, route: Route) -> None:
        self._at += 1
        while self._next() not in ("}", ""):
            self._assignment(route)
            if self._next() == ",":
                self._at += 1
        self._at += 1

    def _taken(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """What stands next, which is behind us then."""
        found = pattern.match(self._text, self._at)
        if found is None:  # a form that tomllib takes and this does not know
            place = self._lines.place(self._at)
            raise broken(self._file, *place, "nobody knows where this TOML has its values")
        self._at = found.end()
        return found

    def _place(self, start: int, end: int) -> Place:
        return Place(*self._lines.place(start), *self._lines.place(max(end - 1, start)))


def _decoded(part: str) -> str:
    if part.startswith('"') and "\\" in part:
        return next(iter(tomllib.loads(f"{part} = 0")))
    return part.strip("\"'") if part[0] in "\"'" else part
