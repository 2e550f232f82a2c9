"""
Terraform's plans, read as the sources are: the same modules, with the values that planning settled.

Where the sources of a plan are among the files, its resources are those of the sources, and stand
where the sources have them. Where they are not, they stand in the plan.
"""

import posixpath
from collections.abc import Sequence

from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.terraform.modules import Module
from agentaudit.extract.terraform.plan_sources import source_of
from agentaudit.extract.terraform.planned import INDEX, PlannedModule
from agentaudit.readers.document import Document
from agentaudit.readers.planned_parts import ConfiguredModule, Plan

_MOST_MODULES = 5_000
"""Of one plan: each is asked for every type of resource that matters."""


def with_plans(documents: Documents, written: Sequence[Module]) -> tuple[Module, ...]:
    """The modules of the sources and of the plans; a source that is planned stands there once."""
    made: list[PlannedModule] = []
    for document in documents.of("plan"):
        if isinstance(document.tree, Plan):
            made.extend(_modules(document, document.tree, written))
    _tell_apart(made)
    covered = {module.folder for module in made if module.bodies}
    return (*(module for module in written if module.folder not in covered), *made)


def _tell_apart(made: Sequence[PlannedModule]) -> None:
    """What is planned from one source more than once, or from none, gets its place in the key."""
    files: dict[str, list[str]] = {}
    for module in made:
        files.setdefault(module.folder, []).append(module.document.file)
    several = {folder for folder, listed in files.items() if len(set(listed)) > 1}
    for module in made:
        if module.folder in several:
            module.prefix = f"{module.document.file}:"
        if module.path and (len(files[module.folder]) > 1 or not module.bodies):
            module.prefix += f"{module.path}."


def _modules(
    document: Document, plan: Plan, written: Sequence[Module]
) -> tuple[PlannedModule, ...]:
    """The root of a plan and all that it calls, each with its instances."""
    folders = {module.folder: module for module in written}
    source = source_of(plan, written)
    made: dict[str, PlannedModule] = {}

    def build(path: str, configured: ConfiguredModule, source: Module | None) -> PlannedModule:
        module = made[path] = PlannedModule(
            folder=source.folder if source else folder_of(document.file),
            bodies=source.bodies if source else [],
            document=document,
            plan=plan,
            path=path,
            configured=configured,
        )
        for name, call in configured.calls.items():
            if full():
                break
            local = source is not None and call.source.startswith(".")
            at = _joined(source.folder, call.source) if source is not None and local else None
            inner = f"{path}.module.{name}".lstrip(".")
            child = build(inner, call.module, folders.get(at) if at is not None else None)
            child.above, child.passed = module, call.expressions
            module.below[name] = child
            module.children[name] = child
            child.callers.extend(
                (module, member) for member in module.blocks("module").labelled(name)
            )
        return module

    def full() -> bool:
        if len(made) >= _MOST_MODULES:
            plan.note(f"more than {_MOST_MODULES:,} modules; what the others hold was not read")
        return len(made) >= _MOST_MODULES

    build("", plan.configuration, source)
    for instance in plan.resources:
        path = INDEX.sub("", instance.module)
        if path in made or not full():
            owner = made.get(path) or build(path, ConfiguredModule(), None)
            owner.planned.setdefault(instance.key, []).append(instance)
    return tuple(made.values())


def _joined(folder: str, path: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, path))
    return "" if joined == "." else joined
