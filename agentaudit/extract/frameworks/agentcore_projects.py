"""
Projects of Amazon Bedrock AgentCore: what its two command lines deploy, in the words of Terraform.

The starter toolkit keeps `.bedrock_agentcore.yaml`, with an entry for each agent; the AgentCore CLI
reads `agentcore/agentcore.json`, with a list for each kind of resource. Keys and defaults by
https://github.com/aws/bedrock-agentcore-starter-toolkit (utils/runtime/schema.py) and
https://github.com/aws/agentcore-cli (src/schema).
"""

import posixpath
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from agentaudit.extract.cloudformation.templates import spelled
from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.frameworks.agentcore_lists import (
    MEMORY,
    RUNTIME,
    ProjectEntry,
    listed_entries,
    path_below,
)
from agentaudit.extract.frameworks.agentcore_settings import add_providers, add_settings
from agentaudit.extract.made_nodes import made_mapping, made_text, made_unknown, without_nulls
from agentaudit.extract.platform_files import agentcore_projects
from agentaudit.extract.stacks import Stack
from agentaudit.extract.terraform.agentcore import add_agentcore
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.modules import Declared
from agentaudit.extract.terraform.runtimes import agent_runtime
from agentaudit.readers.document import Document, Node

_DEFAULT_DAYS = "30"
"""How long a memory that the starter toolkit makes keeps events, unless its file says otherwise."""


def extract_projects(documents: Documents, collector: Collector) -> None:
    """Every project: its agents, where they run, what they remember, and the gateways of tools."""
    for document in agentcore_projects(documents):
        if document.syntax == "yaml":
            for entries in _toolkit_agents(document):
                _add(document, entries, documents, collector)
        else:
            _add(document, listed_entries(document, documents), documents, collector)
            add_providers(document, document.root.child("credentials"), collector)


def _add(
    document: Document,
    entries: Iterable[ProjectEntry],
    documents: Documents,
    collector: Collector,
) -> None:
    """The entries as resources of one stack; each may reach everything else of it."""
    stack = Stack(folder=document.file, bodies=[], prefix=f"{posixpath.basename(document.file)}/")
    placed = [(_declared(entry, document, stack), entry) for entry in entries]
    stack.members_by_type = tuple(declared for declared, _ in placed)
    add_agentcore(stack, Principals(documents, collector), collector)
    for declared, entry in placed:
        if declared.type == RUNTIME:
            container = replace(agent_runtime(declared), build=entry.code)
            runtime = add_container(collector, container)
            add_settings(document, entry, runtime, collector)
    stack.close()


def _declared(entry: ProjectEntry, document: Document, stack: Stack) -> Declared:
    return Declared(
        type=entry.type,
        name=entry.place.raw,
        document=document,
        header=entry.place,
        body=made_mapping(entry.place, entry.body),
        module=stack,
        label=entry.place.raw,
    )


def _toolkit_agents(document: Document) -> Iterator[tuple[ProjectEntry, ...]]:
    """Each agent of the starter toolkit, with the memory that is its own."""
    listed = document.root.child("agents")
    agents = listed.entries if listed is not None else ()
    for key, entry in agents:
        given = without_nulls(entry)
        runtime = _toolkit_runtime(document, key, given, alone=len(agents) == 1)
        yield (runtime, *_toolkit_memory(key, given))


def _toolkit_runtime(document: Document, key: Node, agent: Node, *, alone: bool) -> ProjectEntry:
    aws = agent.child("aws")
    parts = {
        f"{name}_configuration": aws.child(f"{name}_configuration") if aws is not None else None
        for name in ("network", "protocol", "lifecycle")
    }
    headers = agent.child("request_header_configuration")
    parts["request_header_configuration"] = spelled(headers, {}) if headers is not None else None
    return ProjectEntry(
        type=RUNTIME,
        place=key,
        body={"agent_runtime_name": agent.child("name") or key, **parts},
        node=agent,
        code=_toolkit_code(document, agent, alone=alone),
    )


def _toolkit_code(document: Document, agent: Node, *, alone: bool) -> str:
    """
    Where an agent's code is: its folder, or of several agents in one folder each its own file.

    The toolkit writes paths of the machine that it ran on; they say nothing here.
    """
    base = folder_of(document.file)
    folder = path_below(base, agent.text_at("source_path")) or base
    file = agent.text_at("entrypoint").partition(":")[0]
    if alone or not file.endswith(".py"):
        return folder
    return path_below(folder, file) or folder


def _toolkit_memory(key: Node, agent: Node) -> Iterator[ProjectEntry]:
    """A memory that existed before keeps what it was made to; the file's days are for a new one."""
    memory = agent.child("memory")
    if memory is None or memory.text_at("mode") in ("", "NO_MEMORY"):
        return
    named = memory.child("memory_id") or memory.child("memory_arn")
    made = memory.child("was_created_by_toolkit")
    days = memory.child("event_expiry_days") or made_text(memory, _DEFAULT_DAYS)
    reused = named is not None and (made is None or made.boolean is not True)
    yield ProjectEntry(
        type=MEMORY,
        place=key,
        body={
            "name": memory.child("memory_name") or named or key,
            "event_expiry_duration": made_unknown(named) if reused and named else days,
            "memory_strategies": memory.child("mode")
            if _makes_records(memory, reused=reused)
            else None,
        },
        node=memory,
    )


def _makes_records(memory: Node, *, reused: bool) -> bool:
    return not reused and "LTM" in memory.text_at("mode")
