"""Context: what a finding in a test, a manual or an archive is worth."""

from functools import lru_cache

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.rehearsals import is_put_away, is_rehearsal
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential, CredentialForm
from agentaudit.model.facts.fact import Fact
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.model.facts.tools import Tool
from agentaudit.model.finding import Severity

_TRIAL = regex(
    r"(?:^|/)(?:evals?|evaluations?|bench|benchmarks?)/|[_-]benchmarks?\.\w+$"
    r"|(?:^|/)(?:validate|verify|check)_(?:agents?|graphs?|setup|workflows?)\.py$|(?:^|/)debug_[^/]+\.py$"
)
"""Agents there judge others, or are measured, while somebody looks on; so what they remember."""
_SKILL = regex(r"(?:^|/)\.(?:claude|agents|codex|cursor|gemini|github)/skills/")
"""
Agents that a skill of a coding agent shows are patterns for others; those that its scripts start
without any question run in earnest.
"""
_BROWSED = regex(r"(?:^|/)(?:playwright|cypress)(?:/|[^/]*\.ya?ml$)")
"""
Browsers that test a page log in with what was made up for them; agents that drive one are no tests.
"""
_DEVELOPED = regex(r"(?:^|/)\.devcontainer/")
"""What an editor starts on one's own machine: a store there holds what its developer said."""
_UNSTARTED = regex(r"(?:^|/)\.github/workflows/[^/]+/")
"""
GitHub runs what lies in `.github/workflows` itself, and in no folder below it.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""
_OF_ANOTHER = regex(r"./\.github/workflows/")
"""Of a folder within a project: a copy, or what a template brings along."""


_TEMPLATE = regex(r"(?:^|/)(?:[\w-]{1,40}-)?templates?/")
"""Where workflows wait to be copied to other repositories: nothing starts them in this one."""


_NOTEBOOK = ".ipynb"
"""
What somebody runs cell by cell, and looks on: of 33 repositories with agents in notebooks, none
deploys one. What it shows is worth reading all the same, and a key in it works.
"""


class Context(Struct, frozen=True):
    """Where findings of one deployment were found."""

    is_project: bool
    """Whether its root has files, as that of a repository has; a folder of several has none."""
    templates: frozenset[str] = frozenset()
    """Workflows that lie among templates, and not where a host would start them."""

    def idle(self, fact: Fact) -> bool:
        """
        Whether nobody deploys a fact: tests, manuals, archives, workflows that nothing starts.

        A key that is written down there works all the same, and so is of tests and manuals alone;
        not so a default that everybody knows, nor the password of what an evaluation starts, nor
        what the name alone of something beside an editor tells.
        """
        file = fact.evidence[0].file
        path = _path_of(file)
        if path.rehearsed:
            return True
        if isinstance(fact, Credential) and fact.form is CredentialForm.LITERAL:
            likely = fact.confidence is Confidence.LIKELY
            of_trial = (path.tried or path.browsed or path.in_skill) and fact.kind == "password"
            told_by_name = likely and (of_trial or path.developed)
            return told_by_name or (fact.default_value and self._is_kept_only(file))
        of_agents = isinstance(fact, Agent | MemoryStore | Tool)
        started = isinstance(fact, Agent) and fact.permission_mode == "bypass"
        tried = of_agents and (path.tried or (path.in_skill and not started))
        return tried or (path.developed and _is_memory(fact)) or self._is_kept_only(file)

    def judged(
        self, fact: Fact, severity: Severity, confidence: Confidence
    ) -> tuple[Severity, Confidence]:
        """
        The severity and confidence of a finding where it was found.

        What nobody deploys is at most a note. A credential that is certain stays what it is
        wherever it stands: it works from there, too. A default that everybody knows opens nothing
        there, and a private key only what the test has made for it: no vendor knows it by its look.
        """
        works = (
            isinstance(fact, Credential)
            and fact.form is CredentialForm.LITERAL
            and fact.confidence is Confidence.CERTAIN
            and not fact.default_value
            and (fact.kind, fact.provider) != ("private_key", "")
        )
        if works or not self.idle(fact):
            return severity, confidence
        return min(severity, Severity.LOW, key=lambda item: item.rank), Confidence.POSSIBLE

    def _is_kept_only(self, file: str) -> bool:
        """Whether a file is one that its project has put away, or that it does not start."""
        path = _path_of(file)
        return path.put_away or file in self.templates or (self.is_project and path.of_another)


class _Path(Struct, frozen=True):
    """What the path of a file says of all that stands there; many facts stand in one file."""

    rehearsed: bool
    tried: bool
    in_skill: bool
    browsed: bool
    developed: bool
    put_away: bool
    of_another: bool


@lru_cache(maxsize=1024)
def _path_of(file: str) -> _Path:
    return _Path(
        rehearsed=is_rehearsal(file) or file.endswith(_NOTEBOOK),
        tried=_TRIAL.search(file) is not None,
        in_skill=_SKILL.search(file) is not None,
        browsed=_BROWSED.search(file) is not None,
        developed=_DEVELOPED.search(file) is not None,
        put_away=is_put_away(file) or _UNSTARTED.search(file) is not None,
        of_another=_OF_ANOTHER.search(file) is not None,
    )


def _is_memory(fact: Fact) -> bool:
    """Whether it is a memory, or the database that keeps it."""
    return isinstance(fact, MemoryStore) or (isinstance(fact, Runtime) and fact.database != "")


def context_of(deployment: Deployment) -> Context:
    """What the files of a deployment say of all of them."""
    workflows = {item.evidence[0].file for item in deployment.workflows if not item.deployed}
    return Context(
        is_project=any("/" not in item.file for item in deployment.coverage),
        templates=frozenset(
            file for file in workflows if _TEMPLATE.search(file) and ".github/" not in file
        ),
    )
