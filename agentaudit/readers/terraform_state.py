"""
A state of Terraform that holds more than is read of other files of JSON.

Its resources are found first, and those are read that may hold a secret, by a word or by its look:
the state of a whole company is mostly names and addresses.
"""

from agentaudit.expressions import regex
from agentaudit.readers.document import MAPPING, SEQUENCE, STRING, Document, Node
from agentaudit.readers.lines import Lines, broken
from agentaudit.readers.places import node_at
from agentaudit.readers.planned_parts import Part, Plan
from agentaudit.readers.terraform_plan import Walk
from agentaudit.readers.token_forms import holds_token

_SECRET = regex(
    r"(?i)pass|pwd|secur|secret|token|key\"|private_?key|kube_?config|credential|auth|dsn|eyJ"
    r"|://[^\"\s]{1,300}@"
)


def parse_state(file: str, text: str) -> Document:
    """The document, with its outputs and those resources; InputError where it is no JSON."""
    plan = Plan(file=file, text=text, lines=Lines(text))
    walk = Walk(plan)
    outputs: list[Node] = []
    resources: list[Node] = []

    def output(at: int) -> int:
        end = walk.skip(at)
        outputs.append(plan.node(Part(at, end)))
        return end

    def resource(at: int) -> int:
        end = walk.skip(at)
        told = _SECRET.search(text, at, end) is not None or holds_token(text[at:end])
        if told or not resources:
            resources.append(plan.node(Part(at, end)))
        return end

    wanted = {"outputs": output, "resources": lambda at: walk.elements(at, resource)}
    end = walk.space(walk.whole("state", wanted))
    if end < len(text):
        raise broken(file, *plan.lines.place(end), "there is more after the end of the value")
    place = Node(kind=MAPPING, line=1, column=1, end_line=1, end_column=1)
    listed = node_at(place, SEQUENCE, elements=tuple(resources))
    given = [("outputs", node) for node in outputs[:1]]
    entries = tuple(
        (node_at(place, STRING, raw=name), node) for name, node in (*given, ("resources", listed))
    )
    problems = tuple((each.line or 1, each.column or 1, each.message) for each in plan.problems)
    root = place.changed(entries=entries)
    return Document(file=file, syntax="json", text=text, roots=(root,), problems=problems)
