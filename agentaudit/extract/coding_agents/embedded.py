"""
Coding agents that a program has within it: the SDKs of Codex and of GitHub Copilot.

Codex's SDK for TypeScript starts `codex exec`, which asks nobody, so what its sandbox keeps is all
that keeps it (`sdk/typescript/src/threadOptions.ts`); that for Python takes its own words for the
same (`openai_codex`, "API Reference"). Copilot's SDK asks the program before each tool: an answer
that approves everything asks nobody (`approveAll`, `PermissionHandler.approve_all`).
"""

import ast
from collections.abc import Mapping

from msgspec import Struct

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.programs.code import UNFOLDED, Call, Module
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent

_STARTS: Mapping[str, tuple[str, str]] = {
    # the package, and the framework
    **dict.fromkeys(("startThread", "resumeThread"), ("@openai/codex-sdk", "codex")),
    **dict.fromkeys(("thread_start", "thread_resume", "thread_fork"), ("openai_codex", "codex")),
    **dict.fromkeys(("createSession", "resumeSession"), ("@github/copilot-sdk", "copilot-sdk")),
    **dict.fromkeys(("create_session", "resume_session"), ("copilot", "copilot-sdk")),
}
_SANDBOXES = ("sandboxMode", "sandbox")
_POLICIES = ("approvalPolicy", "approval_mode")
_ANSWERS = ("onPermissionRequest", "on_permission_request")
_TOOLS = ("availableTools", "available_tools")
_OPEN = frozenset({"danger-full-access", "full_access", "danger_full_access"})
_UNASKED = frozenset({"never", "deny_all"})
"""Policies by which nobody is asked: what the sandbox lets through is done."""
_REVIEWED = "auto_review"
"""What holds in Python where no policy is given; `codex exec` asks nobody."""
_ENUMERATIONS = "openai_codex."
"""The package of `Sandbox.workspace`: what `settings.sandbox` says is not known."""
_APPROVING = frozenset({"approveAll", "approve_all"})


class Embedded(Struct, frozen=True):
    """What starts an agent, and its options, as far as they fold."""

    call: Call
    given: Mapping[str, ast.expr]
    hidden: bool = False
    """Some options come from what cannot be read here."""

    def get(self, names: tuple[str, ...]) -> ast.expr | None:
        """The first of these options that is given."""
        return next((self.given[name] for name in names if name in self.given), None)


def starts_embedded(module: Module, call: Call) -> bool:
    """Whether a call starts an agent of an SDK that its module imports."""
    package, _ = _STARTS.get(call.last, ("", ""))
    return bool(package) and any(
        path == package or path.startswith(f"{package}.") for path in module.imports.values()
    )


def add_embedded(module: Module, collector: Collector, embedded: Embedded) -> Agent:
    """The agent that a call starts: whom it asks, and what keeps it where it is."""
    call = embedded.call
    framework = _STARTS[call.last][1]
    around = module.function_around(call.node)
    file = module.document.file.rpartition("/")[2]
    name = around.name if around is not None and around.name.isidentifier() else file
    bypass, place = _bypass(module, embedded)
    sandbox, policy = (_said(module, embedded.get(names)) for names in (_SANDBOXES, _POLICIES))
    agent = collector.add(
        Agent(
            id=fact_id("agent", name, f"{module.document.file}#{framework}.{call.node.lineno}"),
            name=name,
            evidence=(module.place(place, call.last),),
            framework=framework,
            permission_mode="bypass" if bypass else "",
            sandboxed=_boxed(sandbox),
        )
    )
    if embedded.hidden or sandbox is None or policy is None:
        what = f"the options of {name} do not fold"
        collector.leave_open(agent.evidence[0], what, "what it does unasked is open")
    return agent


def _boxed(sandbox: str | None) -> Truth:
    if not sandbox:
        return Truth.UNKNOWN
    return Truth.NO if sandbox in _OPEN else Truth.YES


def _bypass(module: Module, embedded: Embedded) -> tuple[bool, ast.expr]:
    """Whether nobody is asked and nothing keeps it, and where that is said."""
    func, sandbox, answer = embedded.call.node.func, *map(embedded.get, (_SANDBOXES, _ANSWERS))
    if answer is not None and embedded.get(_TOOLS) is None and _approves(module, answer):
        return True, answer
    if sandbox is None or _said(module, sandbox) not in _OPEN:
        return False, func
    usual = _REVIEWED if embedded.call.last.startswith("thread_") else "never"
    policy = _said(module, embedded.get(_POLICIES))
    return (usual if policy == "" else policy) in _UNASKED, sandbox


def _said(module: Module, given: ast.expr | None) -> str | None:
    """A text, or a member of an enumeration; empty where none is given, None where unknown."""
    if given is None:
        return ""
    meant = module.meant(given)
    if isinstance(meant, ast.Attribute):
        return meant.attr if module.dotted(meant).startswith(_ENUMERATIONS) else None
    value = module.value(meant)
    return None if value is UNFOLDED else str(value or "")


def _approves(module: Module, answer: ast.expr) -> bool:
    """Whether an answer is the one of the SDK that approves everything."""
    return module.dotted(answer).rpartition(".")[2] in _APPROVING
