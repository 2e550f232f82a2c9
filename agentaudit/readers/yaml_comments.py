"""Comments of YAML, which the loader passes over: what looks like one in a scalar is none."""

from collections.abc import Iterator
from itertools import islice

from agentaudit.readers.document import Comment
from agentaudit.readers.lines import MAX_COMMENTS, too_many_comments


def comments_of(file: str, text: str, scalars: list[tuple[int, int]]) -> tuple[Comment, ...]:
    """The comments of a text, of which the scalars lie between so many characters."""
    found = tuple(islice(_commented(text, scalars), MAX_COMMENTS + 1))
    if len(found) > MAX_COMMENTS:
        raise too_many_comments(file)
    return found


def _commented(text: str, scalars: list[tuple[int, int]]) -> Iterator[Comment]:
    inside = iter(sorted(scalars))
    span = next(inside, None)
    offset = 0
    for number, line in enumerate(text.split("\n"), start=1):
        mark = line.find("#")
        while mark >= 0:
            at = offset + mark
            while span is not None and span[1] <= at:
                span = next(inside, None)
            within = span is not None and span[0] <= at
            if not within and (mark == 0 or line[mark - 1] in " \t"):
                yield Comment(line=number, column=mark + 1, text=line[mark + 1 :].strip())
                break
            mark = line.find("#", span[1] - offset if span and within else mark + 1)
        offset += len(line) + 1
