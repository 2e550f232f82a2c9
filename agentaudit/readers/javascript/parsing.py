"""How a TypeScript or JavaScript text becomes tree-sitter's tree, and what is broken in it."""

import re
from functools import cache

import tree_sitter
import tree_sitter_typescript

from agentaudit.expressions import regex
from agentaudit.readers.javascript.reading import Reading

_PER_THOUSAND, _FREE = 60, 1_000
"""Reports of the parser for 1,000 characters and before them: code needs 3 to 32."""
_PIECE = 16_384
_READ_FREE, _READ_EACH = 100, 40
"""How often pieces of a text are asked for, before and for each of them: code needs 10 at most."""
_STRICT = (".ts", ".mts", ".cts")
"""Files in which `<T>value` is a type and no element of a page."""
_TYPES = frozenset(
    {
        *("type_annotation", "type_arguments", "type_parameters", "type_alias_declaration"),
        "interface_declaration",
    }
)
_MODULE = rb"""import\((?:"[^"\n]{0,300}"|'[^'\n]{0,300}')\)"""
_TYPE_OF_MODULE = re.compile(
    rb"\btypeof\s{1,40}(?P<module>" + _MODULE + rb")"
    rb"|(?:[:<|&,(\[]|\bas)\s{0,40}(?P<named>" + _MODULE + rb")"
    rb"(?=(?:\.[A-Za-z_$][\w$]{0,100}){1,9}(?![\w$.(]))"
)
"""
`import("openai").Chat[]` where a type stands, which the grammar takes for a call of `import`.

What is imported when it runs is awaited, or something is called of it.
"""
_NEWER = regex(r"type(?:\s+\*)?")
"""`export type * from "module"`, which newer versions of the language have."""


def parsed(file: str, encoded: bytes) -> tree_sitter.Node | None:
    """
    The root of tree-sitter's tree; None where the parser looks back more often than code makes it.

    A text such as `}+}+}+` takes a time that grows with the square of its length. The parser
    reports every hundred things that it does, which is a measure that no clock takes part in. Of
    `/* /* /*` it looks for each end to the end of the text, and tells nothing of it, but asks for
    all pieces again.
    """
    if b"import(" in encoded:
        encoded = _TYPE_OF_MODULE.sub(_as_name, encoded)
    left = _FREE + len(encoded) * _PER_THOUSAND // 1_000
    pieces = _READ_FREE + _READ_EACH * (len(encoded) // _PIECE)

    def reported(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001, as tree-sitter calls it
        nonlocal left
        left -= 1
        return left < 0 or pieces < 0

    def piece(offset: int, _point: object) -> bytes:
        nonlocal pieces
        pieces -= 1
        return encoded[offset : offset + _PIECE] if pieces >= 0 else b""

    parser = tree_sitter.Parser(_language(strict=file.endswith(_STRICT)))
    try:
        root = parser.parse(piece, progress_callback=reported).root_node
    except ValueError:
        return None
    return root if pieces >= 0 else None


def _as_name(found: re.Match[bytes]) -> bytes:
    """A name of the same length in the place of a module, so that all places stay."""
    module = found["module"] or found["named"]
    return found[0][: -len(module)] + b"_" * len(module)


def note_errors(reading: Reading, root: tree_sitter.Node) -> None:
    """What is broken; types, which say nothing of what runs, may be newer than the grammar."""
    waiting = [root] if root.has_error else []
    while waiting:
        node = waiting.pop()
        if node.is_missing:
            if node.type != "!":  # for which a generic call of a template is taken
                reading.note(node, f"{node.type} is missing")
        elif node.is_error and not _NEWER.fullmatch(reading.source(node)):
            reading.note(node, "this is no TypeScript or JavaScript")
        within = [child for child in node.children if child.has_error or child.is_missing]
        waiting += [child for child in reversed(within) if child.type not in _TYPES]


@cache
def _language(*, strict: bool) -> tree_sitter.Language:
    """The grammar of a kind of files; JavaScript and pages are written in the wider one."""
    if strict:
        return tree_sitter.Language(tree_sitter_typescript.language_typescript())
    return tree_sitter.Language(tree_sitter_typescript.language_tsx())
