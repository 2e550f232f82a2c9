"""
What files of values give to the parameters of Azure's templates.

A file of Bicep names its template, `using 'main.bicep'`; one in JSON is called as its template is,
`main.parameters.json` (Microsoft Learn, "Create parameters files for Bicep deployment", "Parameter
files").
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agentaudit.extract.documents import Documents, sibling
from agentaudit.readers.azure.arm import arm_values
from agentaudit.readers.azure.nodes import content
from agentaudit.readers.azure.syntax import Expression, Template
from agentaudit.readers.azure.templates import is_values
from agentaudit.readers.azure.values import Folder
from agentaudit.readers.document import Node

_PARAMETERS = re.compile(r"\.param(?:eter)?s?(?:[.-][\w-]++)*\.jsonc?$", re.IGNORECASE)


class FileOfValues(NamedTuple):
    """A file that gives values to the parameters of a template."""

    file: str
    values: Mapping[str, Expression]


def files_of_values(
    documents: Documents, templates: Mapping[str, Template]
) -> Mapping[str, Sequence[FileOfValues]]:
    """By template: the files that name it, and JSON files that are called as it is."""
    found: dict[str, list[FileOfValues]] = {}
    called: dict[str, list[str]] = {}
    for file, template in templates.items():
        called.setdefault(re.sub(r"\.(?:bicep|jsonc?)$", "", file), []).append(file)
        if template.using:
            given = FileOfValues(file, template.values)
            found.setdefault(sibling(file, template.using), []).append(given)
    for document in documents.of("json"):
        named = _PARAMETERS.search(document.file)
        for file in called.get(document.file[: named.start()], ()) if named is not None else ():
            if is_values(document.text):
                given = FileOfValues(document.file, arm_values(document.root))
                found.setdefault(file, []).append(given)
    return found


def given_by(sources: Iterable[FileOfValues], template: Template) -> dict[str, Node]:
    """What files give to a template, by its names; where several differ, it is open."""
    found: dict[str, list[Node]] = {}
    for source in sources:
        folder = Folder(file=source.file)
        for name, value in source.values.items():
            found.setdefault(name.lower(), []).append(folder.fold(value))
    return {
        name: given[0]
        for name in template.parameters
        if (given := found.get(name.lower()))
        and len(set(map(content, given))) == 1
        and not given[0].unknown
    }
