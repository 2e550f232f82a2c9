"""What of a script only tells people something: comments, messages, texts that it prints whole."""

from collections.abc import Iterable, Iterator

from agentaudit.expressions import regex

_SAYS = regex(
    r"[ \t]*@?(?:#|(?P<command>(?:echo|printf|Write-Host|print|log\w{0,20}|info|warn\w{0,5}|die)\b)"
    r"|(?:rem|REM)\b)"
)
"""How a line begins that starts nothing of what it names."""
_SAID = regex(r"(?:[^\"'|;&\\]|\\.|\"(?:[^\"\\]|\\.)*+\"|'[^']*+')*+[|;&]++")
"""What a command says, up to the sign behind which another one stands."""
_PRINTS = regex(r"^[ \t]*cat[ \t]{0,4}<<-?[ \t]{0,4}[\"']?(?P<end>\w{1,60})[\"']?[ \t]*$")
"""A text up to a word, which goes to no file and to no other program: how a script is used."""


def run_by(line: str) -> str:
    """What of a line is run, less what it says: `claude -p` of `echo "Go" | claude -p`."""
    start = 0
    while (says := _SAYS.match(line, start)) is not None:
        said = _SAID.match(line, says.end()) if says["command"] else None
        if said is None:
            return ""
        start = said.end()
    return line[start:]


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
