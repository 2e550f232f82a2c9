"""Addresses whose answer a script runs: `curl … | sh`, `bash <(curl …)`."""

from collections.abc import Iterator

from agentaudit.expressions import regex

SHELL = r"(?:ba|da|fi|z)?sh"
_RUN_FROM_PIPE = regex(
    r"\|\s*(?:sudo\s+(?:-\w+\s+)?)?(?:env\s+)?(?:[A-Za-z_]\w{0,60}=\S{0,200}\s+){0,9}"
    rf"(?:iex\b|Invoke-Expression\b|(?:{SHELL}|python3?|node|bun|perl|ruby)(?=\s*(?:$|[;&)\n'\"`])|\s+-(?!\w*[cem]\b)))"
)
"""`curl -fsSL https://acme.example/serve.sh | sh`; `| python3 -m json.tool` only shows it."""
_RUN_FROM_WITHIN = regex(
    rf"(?:\b(?:{SHELL}|python3?|source|eval)|(?<!\S)\.)\s+(?:-\w+\s+)?['\"]?[<$]\(\s*"
    r"|\biex\s*\(+\s*"
)
"""`bash <(curl …)`, `sh -c "$(wget …)"`, and `iex (irm …)` of PowerShell."""
_AFTER = regex(r"\)[\"']?\s*[;&|]|\n")
"""Where the next command begins: `eval "$(direnv export bash)" && curl …` runs no answer."""
_FETCHES = regex(
    r"\b(?:curl|wget|irm|iwr|Invoke-RestMethod|Invoke-WebRequest|Net\.WebClient)(?=[\s)])"
)
_ADDRESS = regex(r"https?://[^\s'\"|)<>`]+")
_UNTOLD = regex(r"\$\{?[A-Za-z_]\w*\}?|(?<=\s)[a-z0-9-]+(?:\.[a-z0-9-]+)+/[^\s'\"|)<>`]*")
"""An address that a variable holds, or one without a scheme."""
_BEFORE_PIPE = "|;\n"
"""Behind one of them the command begins whose output goes into a pipe."""


def piped_address(script: str) -> str:
    """The first address whose answer is run as a program; empty where none is."""
    text = script.replace("\\\n", "  ")
    for part in _parts_that_run(text):
        fetched = _FETCHES.search(part)
        at = fetched.end() if fetched is not None else len(part)
        address = _ADDRESS.search(part, at) or _UNTOLD.search(part, at)
        if address is not None:
            return address[0]
    return ""


def _parts_that_run(text: str) -> Iterator[str]:
    """The commands of a script whose output is run as a program."""
    for found in _RUN_FROM_PIPE.finditer(text):
        end = found.start()
        yield text[max(text.rfind(mark, 0, end) for mark in _BEFORE_PIPE) + 1 : end]
    told = 0
    for found in _RUN_FROM_WITHIN.finditer(text):
        if found.end() > told:  # or it is within a part that was told
            part = _AFTER.split(text[found.end() :], maxsplit=1)[0]
            told = found.end() + len(part)
            yield part
