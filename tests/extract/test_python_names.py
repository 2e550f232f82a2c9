"""What a name stands for in a Python file, where functions import it from different places."""

import ast

from agentaudit.extract.programs.names import definitions_around, imported_names

SOURCE = """
import one as x

def outer():
    import two as x
    def inner():
        x.used
    def other():
        import three as x
        x.used
    x.used

async def beside():
    import four as y
    x.used
"""


def meanings() -> dict[int, str]:
    tree = ast.parse(SOURCE)
    nodes = list(ast.walk(tree))
    _, known = imported_names(nodes)
    used = (node for node in nodes if isinstance(node, ast.Attribute))
    return {node.lineno: known.of("x", node.lineno) for node in used}


def test_a_name_means_what_the_innermost_function_around_it_imports() -> None:
    assert meanings() == {7: "two", 10: "three", 11: "two", 15: ""}


def test_a_name_that_means_one_thing_everywhere_is_no_matter_of_functions() -> None:
    nodes = list(ast.walk(ast.parse("import a\ndef f():\n    import a\n    a.b\n")))

    assert imported_names(nodes)[1].of("a", 4) == ""


def test_functions_that_begin_on_one_line_are_around_each_other_once() -> None:
    """Those of scripts do: the line stands for all, and next is what is around the first."""
    nodes = list(
        ast.walk(ast.parse("def a():\n    def b():\n        def c():\n            pass\n"))
    )
    first, second, third = (node for node in nodes if isinstance(node, ast.FunctionDef))
    second.lineno = third.lineno = 2
    outer = definitions_around((first, second, third))[1]

    assert outer == {2: first}
