"""What of a script only tells people something: comments, messages, texts that it prints whole."""

from collections.abc import Iterable, Iterator

from agentaudit.expressions import regex

SAYS = regex(
    r"^[ \t]*@?(?:#|(?:echo|printf|Write-Host|rem|REM|print|log\w{0,20}|info|warn\w{0,5}|die)\b)"
)
"""How a line begins that starts nothing of what it names."""
_PRINTS = regex(r"^[ \t]*cat[ \t]{0,4}<<-?[ \t]{0,4}[\"']?(?P<end>\w{1,60})[\"']?[ \t]*$")
"""A text up to a word, which goes to no file and to no other program: how a script is used."""


def not_printed(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines of a script with their numbers, but for those of texts that it prints."""
    end = ""
    for number, line in lines:
        if end:
            end = "" if line.split()[-1:] == [end] else end
        elif (prints := _PRINTS.match(line)) is not None:
            end = prints["end"]
        else:
            yield number, line
