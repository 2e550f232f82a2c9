"""Which folder of sources a plan of Terraform was made from, where it is among the files."""

import posixpath
from collections.abc import Sequence

from agentaudit.extract.documents import folder_of
from agentaudit.extract.terraform.blocks import Member
from agentaudit.extract.terraform.modules import Module
from agentaudit.readers.planned_parts import Key, Plan

MODES = {"resource": "managed", "data": "data"}
"""How plans call what blocks declare."""


def source_of(plan: Plan, written: Sequence[Module]) -> Module | None:
    """The folder that a plan was made from: at least half of the root's names stand there."""
    wanted = set(plan.configuration.resources)
    wanted |= {instance.key for instance in plan.resources if not instance.module}
    calls = set(plan.configuration.calls)
    folder = folder_of(plan.file)
    ranked = sorted(
        written, key=lambda module: (-_shared(module, wanted, calls), _way(folder, module.folder))
    )
    best = next(iter(ranked), None)
    enough = best is not None and 2 * _shared(best, wanted, calls) >= max(len(wanted | calls), 1)
    return best if enough else None


def _shared(module: Module, wanted: set[Key], calls: set[str]) -> int:
    """How many resources and calls of a plan's root a folder has."""
    resources = {key_of(member) for kind in MODES for member in module.members(kind)}
    named = {".".join(member.block.labels) for member in module.members("module")}
    return len(wanted & resources) + len(calls & named)


def key_of(member: Member) -> Key:
    """The key of a block; without two labels it is that of nothing."""
    type_, name = member.block.labels if len(member.block.labels) == 2 else ("", "")  # noqa: PLR2004
    return MODES.get(member.block.type, ""), type_, name


def _way(one: str, other: str) -> tuple[int, str]:
    """How many folders lie between two."""
    return len(posixpath.relpath(other or ".", one or ".").split("/")), other
