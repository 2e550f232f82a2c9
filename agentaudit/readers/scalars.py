"""Scalars as each syntax writes them: for edits, which know what a value should be."""

import json
import re
import tomllib

from msgspec import Struct

from agentaudit.errors import RefusedError
from agentaudit.readers.document import NodeKind


class Scalar(Struct, frozen=True, order=True):
    """A value, as its kind and its text."""

    kind: NodeKind
    raw: str


_PLAIN_YAML = re.compile(r"[A-Za-z][\w./-]*|\d+[a-z]{1,2}")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_PLAIN_VALUE = re.compile(r"[\w./:-]+")
_TOML_VALUE = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,#\]}"']+""")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*")


def written(syntax: str, value: Scalar, literal: str = "") -> str:
    """A value in a syntax, quoted as the literal that it replaces is, where that is free."""
    if syntax in ("dotenv", "ini", "dockerfile"):
        if not _PLAIN_VALUE.fullmatch(value.raw):
            raise RefusedError("the value would need quotes")
        return value.raw
    if value.kind is not NodeKind.STRING:
        return value.raw
    if syntax == "yaml":
        return _yaml_text(value.raw, literal)
    if syntax == "hcl" and ("${" in value.raw or "%{" in value.raw):
        raise RefusedError("the value would be a template")
    return json.dumps(value.raw, ensure_ascii=False)


def _yaml_text(raw: str, literal: str) -> str:
    if literal.startswith("'"):
        return "'" + raw.replace("'", "''") + "'"
    plain = _PLAIN_YAML.fullmatch(raw) and raw.lower() not in _WORDS
    if literal.startswith('"') or not plain:
        return json.dumps(raw, ensure_ascii=False)
    return raw


def written_key(syntax: str, key: str) -> str:
    """A key in a syntax."""
    if syntax == "json":
        return json.dumps(key, ensure_ascii=False)
    if _IDENTIFIER.fullmatch(key) and key.lower() not in _WORDS:
        return key
    if syntax in ("yaml", "toml"):
        return json.dumps(key, ensure_ascii=False)
    raise RefusedError("the key cannot be written here")


def toml_literal(line: str, offset: int) -> str:
    """The scalar of a TOML line that begins at an offset."""
    found = _TOML_VALUE.match(line, offset)
    if found is None:
        raise RefusedError("no scalar stands there")
    try:
        tomllib.loads(f"value = {found[0]}")
    except tomllib.TOMLDecodeError as error:
        raise RefusedError("no scalar stands there") from error
    return found[0]
