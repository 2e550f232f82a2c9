"""The `autofix` of a rule's file: edits by route, held against the fields of the fact."""

from agentaudit.model.autofix import Autofix, EditAction, FixEdit, FixExample
from agentaudit.readers.document import Node, NodeKind
from agentaudit.rules.example_texts import checked_text, further_files
from agentaudit.rules.loading import Fields
from agentaudit.rules.messages import unknown_fields

ANY = "*"
_KINDS = (NodeKind.STRING, NodeKind.NUMBER, NodeKind.BOOLEAN)


def autofix_fields(fields: Fields) -> Fields | None:
    """The fields of a rule's autofix, where it has one."""
    node = fields.node.child("autofix")
    return fields.within(node) if node is not None else None


def autofix_of(fields: Fields, kind: str) -> Autofix:
    """What the fields say; every problem of theirs is complained of where it stands."""
    fields.check_names("says", "when", "edits", "examples")
    return Autofix(
        says=fields.words("says"),
        when=fields.words("when", required=False),
        edits=tuple(_edit(fields.within(node), kind) for node in fields.elements("edits")),
        examples=tuple(_example(fields.within(node)) for node in fields.elements("examples")),
    )


def _edit(fields: Fields, kind: str) -> FixEdit:
    fields.check_names(*EditAction, "from", "to", "files", "beside", "unless", "anywhere")
    given = [action for action in EditAction if fields.node.child(action) is not None]
    if len(given) != 1:
        fields.complain(fields.node, f"an edit is one of {', '.join(EditAction)}")
    action = given[0] if given else EditAction.REMOVE
    route = _texts(fields, action)
    if action is EditAction.INSERT and route[-1:] == (ANY,):
        fields.complain(fields.node, "`insert` must end in the name of a key, not in `*`")
    to = _value(fields, action)
    return FixEdit(
        action=action,
        route=route,
        values=_values(fields, action, kind),
        to=to.raw if to else "",
        to_kind=to.kind.value if to else "",
        files=_texts(fields, "files", required=False),
        beside=_texts(fields, "beside", required=False),
        unless=_texts(fields, "unless", required=False),
        anywhere=fields.flag("anywhere"),
    )


def _value(fields: Fields, action: EditAction) -> Node | None:
    """The scalar that is written; none for what is removed."""
    node = fields.node.child("to")
    if action is EditAction.REMOVE:
        if node is not None:
            fields.complain(node, "`remove` writes nothing, so `to` has no place here")
        return None
    if node is None or node.kind not in _KINDS:
        fields.complain(node or fields.node, "`to` must be a text, a number, true or false")
        return None
    return node


def _values(fields: Fields, action: EditAction, kind: str) -> tuple[str, ...]:
    found = _texts(fields, "from", required=False)
    node = fields.node.child("from")
    if node is not None and action is EditAction.INSERT:
        fields.complain(node, "`insert` finds nothing there, so `from` has no place here")
    for element in node.list() if node is not None and kind else ():
        for name in unknown_fields(kind, element.raw):
            fields.complain(element, f"`from` asks for '{name}', which a {kind} does not have")
    return found


def _texts(fields: Fields, name: str, *, required: bool = True) -> tuple[str, ...]:
    found = fields.elements(name, required=required)
    for node in found:
        if node.text is None:
            fields.complain(node, f"`{name}` holds keys and texts only")
    return tuple(node.raw for node in found)


def _example(fields: Fields) -> FixExample:
    fields.check_names("path", "before", "after", "files")
    return FixExample(
        path=fields.words("path"),
        before=checked_text(fields, fields.raw("before")),
        after=checked_text(fields, fields.raw("after")),
        files=further_files(fields),
    )
