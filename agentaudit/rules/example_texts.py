"""The files of an example, as a rule's file holds them."""

from agentaudit.readers.document import NodeKind
from agentaudit.rules.fakes import expand_fakes
from agentaudit.rules.loading import Fields


def further_files(fields: Fields) -> tuple[tuple[str, str], ...]:
    """What stands beside the example's own file: path and text."""
    node = fields.node.child("files")
    if node is None:
        return ()
    if node.kind is not NodeKind.MAPPING:
        fields.complain(node, "`files` must be a mapping of paths to texts")
    for path, item in node.items():
        if item.text is None:
            fields.complain(item, f"the text of {path} must be a text")
    return tuple((path, checked_text(fields, item.raw)) for path, item in node.items())


def checked_text(fields: Fields, text: str) -> str:
    """The text as it stands: fakes are filled in where an example is read."""
    try:
        expand_fakes(text)
    except ValueError as error:
        fields.complain(fields.node, str(error))
    return text
