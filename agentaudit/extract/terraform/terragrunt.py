"""
Configurations of Terragrunt: which folder of Terraform each runs, and its variables there.

Terragrunt's reference, "terraform" and "inputs": `source` is a path, `//` within it divides what is
copied from what is run; without one it runs the files beside it. What `include` brings from other
files, and what functions make of `inputs`, is not read: there the defaults of the variables stand.
"""

import posixpath
from collections.abc import Iterator, Mapping

from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.terraform.blocks import Member
from agentaudit.extract.terraform.sources import Files, Sources
from agentaudit.readers.document import Document
from agentaudit.readers.hcl.syntax import Attribute, Block, Body, Call, Expression, Object, Text

FILE = "terragrunt.hcl"
_HERE = "${get_terragrunt_dir()}/"


def call_modules(documents: Documents, modules: Mapping[str, Sources], files: Files) -> None:
    """Each configuration calls the module that it runs, as another module would."""
    for document in documents.of("hcl"):
        if posixpath.basename(document.file) == FILE and isinstance(document.tree, Body):
            module = modules.get(_run_by(document, document.tree))
            inputs = document.tree.attribute("inputs")
            if module is not None and inputs is not None:
                own = Sources(folder_of(document.file), [(document, document.tree)], files=files)
                module.callers.append((own, Member(document, _as_block(inputs))))


def _run_by(document: Document, body: Body) -> str:
    """The folder that a configuration runs; of a module elsewhere, none that is known."""
    here = folder_of(document.file)
    named = next(iter(body.of("terraform")), None)
    source = named.body.attribute("source") if named is not None else None
    path = "." if source is None else source.value.source.strip('"').removeprefix(_HERE)
    if not path.startswith("."):
        return path
    joined = posixpath.normpath(posixpath.join(here, path))
    return "" if joined == "." else joined


def _as_block(inputs: Attribute) -> Block:
    """What `inputs` are handed over, as the arguments of a block `module` are."""
    given = {each.name: each for each in _entries(inputs.value)}
    place = inputs.place
    body = Body(place=place, attributes=tuple(given.values()))
    return Block(
        type="module",
        labels=(),
        label_places=(),
        type_place=place,
        header=place,
        place=place,
        body=body,
    )


def _entries(value: Expression) -> Iterator[Attribute]:
    """Those of an object, or of the objects that are merged; the last of a name counts."""
    if isinstance(value, Object):
        for key, held in value.entries:
            if isinstance(key, Text):
                yield Attribute(name=key.value, place=key.place, value=held)
    elif isinstance(value, Call) and value.name == "merge":
        for argument in value.arguments:
            yield from _entries(argument) if isinstance(argument, Object) else ()
