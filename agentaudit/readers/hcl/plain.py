"""
HCL as most of it is written, read in one pass: what tree-sitter and `expressions` make of it.

Read are blocks, attributes, literals, names with accessors, calls, lists, objects and quoted text
with interpolations. A text that has anything else in it, an error for example, is left to
tree-sitter, which takes several times as long and knows all of the language. A test holds the two
against each other.
"""

from sys import intern

from agentaudit.readers.document import Comment, bounded_name
from agentaudit.readers.hcl.escapes import unescaped
from agentaudit.readers.hcl.syntax import (
    LONGEST_SOURCE,
    MOST_LABELS,
    Attribute,
    Block,
    Body,
    Call,
    Expression,
    Null,
    Number,
    Object,
    Reference,
    Template,
    Text,
    Truth,
    Tuple,
)
from agentaudit.readers.hcl.tokens import Tokens, UnusualError
from agentaudit.readers.places import Place

_DEEPEST = 25
"""What nests deeper is unusual."""
_RESERVED = frozenset({"true", "false", "null", "for", "in", "if"})


def plain_body(text: str) -> tuple[Body, tuple[Comment, ...]] | None:
    """The body of a text and its comments; None for a text that is left to tree-sitter."""
    tokens = Tokens(text)
    try:
        tokens.advance()
        body = _body(tokens, "", 0)
    except UnusualError:
        return None
    return (body, tuple(tokens.comments)) if body is not None else None


def _body(tokens: Tokens, end: str, depth: int) -> Body | None:
    """What stands before a token; None where that is nothing."""
    if depth > _DEEPEST:
        raise UnusualError
    first = tokens.place()
    attributes: list[Attribute] = []
    blocks: list[Block] = []
    while tokens.word != end:
        place, name = tokens.place(), tokens.name()
        if tokens.word == "=":
            tokens.advance()
            value = _expression(tokens, depth)
            attributes.append(Attribute(name=name, place=place, value=value))
        else:
            blocks.append(_block(tokens, name, place, depth))
        if tokens.word != end and not tokens.on_new_line:
            raise UnusualError
    if not attributes and not blocks:
        return None
    return Body(place=tokens.past(first), attributes=tuple(attributes), blocks=tuple(blocks))


def _block(tokens: Tokens, type_: str, place: Place, depth: int) -> Block:
    labels: list[str] = []
    places: list[Place] = []
    while tokens.word != "{":
        places.append(tokens.place())
        if tokens.kind == "text":
            labels.append(unescaped(tokens.word[1:-1]))
            tokens.advance()
        else:
            labels.append(tokens.name())
    if len(labels) > MOST_LABELS:
        raise UnusualError
    header = tokens.past(place)
    tokens.advance()
    body = _body(tokens, "}", depth + 1 + len(labels))
    tokens.advance()
    whole = tokens.past(place)
    return Block(
        type=type_,
        labels=tuple(map(bounded_name, labels)),
        label_places=tuple(places),
        type_place=place,
        header=header,
        place=whole,
        body=body or Body(place=whole),
    )


def _expression(tokens: Tokens, depth: int) -> Expression:
    if depth > _DEEPEST:
        raise UnusualError
    match tokens.kind:
        case "name":
            return _named(tokens, depth)
        case "text" | "number":
            return _literal(tokens)
        case "quote":
            return _template(tokens, depth)
        case "mark" if tokens.word == "[":
            return _tuple(tokens, depth)
        case "mark" if tokens.word == "{":
            return _object(tokens, depth)
        case _:
            raise UnusualError


def _literal(tokens: Tokens) -> Text | Number:
    place, kind, token = tokens.place(), tokens.kind, tokens.word
    source = token[:LONGEST_SOURCE]
    tokens.advance()
    if kind == "number":
        return Number(place=place, source=source)
    return Text(place=place, source=source, value=intern(unescaped(token[1:-1])))


def _named(tokens: Tokens, depth: int) -> Expression:
    """A word of the language, a call, or a name with its accessors."""
    place, start, token = tokens.place(), tokens.start, tokens.word
    root, *names = token.split(".")
    tokens.advance()
    if root in _RESERVED:
        return _word(place, token)
    if tokens.word == "(" and tokens.adjacent and not names:
        return _call(tokens, place, start, depth)
    accessors: list[str | Expression] = [*names]
    while tokens.adjacent and (tokens.kind == "accessors" or tokens.word == "["):
        if tokens.kind == "accessors":
            accessors.extend(tokens.word.split(".")[1:])
            tokens.advance()
        else:
            tokens.advance()
            accessors.append(_expression(tokens, depth + 1))
            tokens.take("]")
    return Reference(
        place=tokens.past(place),
        source=tokens.source(start),
        root=root,
        accessors=tuple(accessors),
    )


def _word(place: Place, word: str) -> Expression:
    if word in ("true", "false"):
        return Truth(place=place, source=word, value=word == "true")
    if word == "null":
        return Null(place=place, source=word)
    raise UnusualError


def _call(tokens: Tokens, place: Place, start: int, depth: int) -> Call:
    name = tokens.text[start : tokens.end]
    arguments = _listed(tokens, ")", depth)
    return Call(
        place=tokens.past(place),
        source=tokens.source(start),
        name=name,
        arguments=arguments,
        spread=False,
    )


def _tuple(tokens: Tokens, depth: int) -> Tuple:
    place, start = tokens.place(), tokens.start
    elements = _listed(tokens, "]", depth)
    return Tuple(place=tokens.past(place), source=tokens.source(start), elements=elements)


def _listed(tokens: Tokens, end: str, depth: int) -> tuple[Expression, ...]:
    """Expressions between two brackets."""
    tokens.advance()
    found: list[Expression] = []
    while tokens.word != end:
        found.append(_expression(tokens, depth + 1))
        if tokens.word != end:
            tokens.take(",")
    tokens.advance()
    return tuple(found)


def _object(tokens: Tokens, depth: int) -> Object:
    place, start = tokens.place(), tokens.start
    tokens.advance()
    entries: list[tuple[Expression, Expression]] = []
    while tokens.word != "}":
        key = _key(tokens, depth)
        if tokens.word not in ("=", ":"):
            raise UnusualError
        tokens.advance()
        entries.append((key, _expression(tokens, depth + 1)))
        if tokens.word == ",":
            tokens.advance()
        elif tokens.word != "}" and not tokens.on_new_line:
            raise UnusualError
    tokens.advance()
    return Object(place=tokens.past(place), source=tokens.source(start), entries=tuple(entries))


def _key(tokens: Tokens, depth: int) -> Expression:
    """A bare name is text."""
    key = _expression(tokens, depth + 1)
    if isinstance(key, Reference) and not key.accessors:
        return Text(place=key.place, source=key.source, value=key.root)
    return key


def _template(tokens: Tokens, depth: int) -> Template:
    place, start = tokens.place(), tokens.start
    pieces: list[str | Expression] = []
    while True:
        text, last = tokens.piece()
        pieces.append(unescaped(text))
        if last:
            break
        pieces.append(_expression(tokens, depth + 1))
        if tokens.word != "}":
            raise UnusualError
    whole = tokens.past(place)
    return Template(
        place=whole,
        source=tokens.source(start),
        parts=tuple(
            Text(place=whole, source="", value=piece) if isinstance(piece, str) else piece
            for piece in pieces
        ),
    )
