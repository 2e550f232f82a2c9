"""
What `samconfig.toml` gives to the parameters of a SAM template, with the secrets among it.

Source: AWS SAM Developer Guide, "AWS SAM CLI configuration file" (a table for each environment and
command, TOML or YAML) and "sam deploy", `--parameter-overrides` (`Name=value`, or
`ParameterKey=Name,ParameterValue=value`, as one text or as a list).
"""

import posixpath
import re
from collections.abc import Iterator, Mapping

from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.holdings import Holding, add_credentials, part_of
from agentaudit.extract.credentials.literals import form_of
from agentaudit.extract.documents import Documents, sibling
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.shell_words import words_of_command

_FILE = re.compile(r"^samconfig\.(?:toml|ya?ml)$")
_PAIR = re.compile(r"^(?:ParameterKey=(?P<key>\w+),ParameterValue=|(?P<name>\w+)=)", re.ASCII)
_TEMPLATES = ("template.yaml", "template.yml", "template.json")
_MOST_WORDS = 2_000

Overrides = Mapping[str, Mapping[str, Node]]
"""By the file of a template: values by the names of its parameters."""


def overrides_of(documents: Documents, collector: Collector) -> Overrides:
    """What all environments agree on; where they differ, it is left to the template."""
    found: dict[str, dict[str, list[Node]]] = {}
    for document in documents.of("toml", "yaml"):
        if _FILE.match(posixpath.basename(document.file)):
            for parameters in _parameters(document.root):
                files = tuple(_files(document, parameters))
                for name, value in _pairs(document, parameters):
                    _add_secret(document, name, value, collector)
                    for file in files:
                        found.setdefault(file, {}).setdefault(name, []).append(value)
    return {
        file: {name: values[0] for name, values in given.items() if _agree(values)}
        for file, given in found.items()
    }


def _parameters(root: Node) -> Iterator[Node]:
    """The options of each command in each environment."""
    for _, environment in root.entries:
        for _, command in environment.entries:
            options = command.get("parameters")
            if options is not None:
                yield options


def _files(document: Document, options: Node) -> Iterator[str]:
    named = options.text_at("template_file") or options.text_at("template")
    for name in (named,) if named else _TEMPLATES:
        yield sibling(document.file, name)


def _pairs(document: Document, options: Node) -> Iterator[tuple[str, Node]]:
    for node in options.list_at("parameter_overrides"):
        for word in words_of_command(node.text or "")[:_MOST_WORDS]:
            pair = _PAIR.match(word)
            if pair is None:
                continue
            name, value = pair["key"] or pair["name"], word[pair.end() :]
            place = part_of(document, node, name, value)
            yield name, place.changed(kind=NodeKind.STRING, file=document.file)


def _add_secret(document: Document, name: str, value: Node, collector: Collector) -> None:
    if form_of(name, value.raw) is CredentialForm.LITERAL:
        setting = Setting(key=name, value=value, document=document, route="parameter_overrides")
        add_credentials(collector, (setting,), Holding(holder="repository", exposure="file"))


def _agree(values: list[Node]) -> bool:
    return len({value.raw for value in values}) == 1
