"""What steps of GitHub are given, and what stands for it in the actions and workflows they call."""

import re

from agentaudit.readers.document import Node

INPUT = re.compile(r"\$\{\{\s{0,9}inputs\.(?P<name>[\w-]{1,100})\s{0,9}\}\}")


def given(step: Node, name: str) -> Node | None:
    """What a step hands over under a name; GitHub takes names in any case."""
    found = step.get("with")
    pairs = found.items() if found is not None else ()
    return next((value for key, value in pairs if key.lower() == name), None)


def told(text: str, caller: Node, inputs: Node | None) -> str:
    """A text with what its caller hands over in place of its inputs, or their defaults."""

    def handed(asked: re.Match[str]) -> str:
        default = inputs.get(asked["name"], "default") if inputs is not None else None
        value = given(caller, asked["name"].lower()) or default
        return asked[0] if value is None else value.raw

    return INPUT.sub(handed, text)
