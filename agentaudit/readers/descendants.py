"""The nodes of tree-sitter's trees, whatever the language."""

from collections.abc import Iterator

import tree_sitter


def descendants(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """All nodes, in order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
