"""The text of a file's content: by its byte order mark, as UTF-8, or not at all."""

import codecs

from msgspec import Struct

from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.readers.other_languages import OTHER_LANGUAGES
from agentaudit.readers.submodules import POINTER

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins as that of UTF-16 does, so it comes first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SEARCHED_ONLY = frozenset({"javascript", "script", "text", "manifest", *OTHER_LANGUAGES})
"""Syntaxes whose texts are searched and not parsed; and `.ts` may be a film as well."""
_ANY_ENCODING = "properties"
"""Of which Java takes the letters of western Europe for single bytes."""


class SourceText(Struct, frozen=True, kw_only=True):
    """The text of one file, and the syntax its name promises."""

    file: str
    """Relative to the root, with forward slashes."""
    syntax: str
    text: str


def decoded(content: bytes, file: str, syntax: str) -> SourceText | FileCoverage:
    """
    The text of a file's content, or why it is none.

    It is read by its byte order mark or else as UTF-8; no text of ours has a NUL.
    """
    encoding = _MARKS.get(next(filter(content.startswith, _MARKS), b""), "utf-8-sig")
    if syntax in SEARCHED_ONLY or syntax == _ANY_ENCODING:
        text = content.decode(encoding, errors="replace")
        return SourceText(file=file, syntax=syntax, text=text.replace("\r\n", "\n"))
    if content.startswith(POINTER):
        return failed(file, "a pointer of Git LFS, whose file is not here (git lfs pull)", syntax)
    if encoding == "utf-8-sig" and b"\0" in content:
        return failed(file, "binary content", syntax)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        return FileCoverage(
            file=file,
            status=FileStatus.FAILED,
            format=syntax,
            reason=f"not {'UTF-8' if encoding == 'utf-8-sig' else encoding.upper()}",
            line=line,
            column=error.start - before.rfind(b"\n"),
        )
    if "\0" in text:
        return failed(file, "binary content", syntax)
    return SourceText(file=file, syntax=syntax, text=text.replace("\r\n", "\n"))


def encoding_of(content: bytes) -> tuple[str, bytes]:
    """The encoding of what follows the byte order mark, and that mark; UTF-8 needs none."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            little = mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF32_LE)
            return f"{encoding}-{'le' if little else 'be'}", mark
    return "utf-8", codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""


def failed(file: str, reason: str, syntax: str) -> FileCoverage:
    """A file that could not be read, and why."""
    return FileCoverage(file=file, status=FileStatus.FAILED, format=syntax, reason=reason)
