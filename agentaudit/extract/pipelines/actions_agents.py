"""Actions of GitHub that run an agent, and those of them that only ask a model."""

from agentaudit.expressions import regex
from agentaudit.extract.pipelines.asked_models import asks_model, is_reviewer, reviews
from agentaudit.readers.document import Node

INFERENCE = "actions/ai-inference"
"""Asks a model once, or with tools of GitHub five times (`maxIterations` in src/inference.ts)."""
SCRIPT = "actions/github-script"
"""Runs a script in JavaScript that stands in the workflow."""
REVIEWERS = frozenset({"codium-ai/pr-agent", "qodo-ai/pr-agent", "the-pr-agent/pr-agent"})
"""
PR-Agent asks a model about each change, and answers whoever comments on one with a command.

It gives the model no tools, so that none of its answers leads to another question.
"""
AGENT_ACTIONS = frozenset(
    {
        "anthropics/claude-code-action",
        "anthropics/claude-code-action/base-action",
        "anthropics/claude-code-base-action",
        *("google-github-actions/run-gemini-cli", "google-gemini/gemini-cli-action"),
        "openai/codex-action",
        *("all-hands-ai/openhands-resolver", "cursor/agent-action"),
        *("sst/opencode", "sst/opencode/github", "anomalyco/opencode/github"),
        *("qwenlm/qwen-code-action", "factory-ai/droid-action"),
        *("block/goose-action", INFERENCE),
        *REVIEWERS,
    }
)
_IMAGE = "docker://"
_MODEL_KEY = regex(
    r"(?i)^(?:openai|azure_openai|anthropic|claude|gemini|google_ai|mistral|groq|openrouter|deepseek"
    r"|xai|cohere|llm|ai|model)_(?:api_)?(?:key|token)$"
)
"""How an action calls the key of a model that it wants."""


def asks_once(action: str, script: str, variables: Node | None) -> bool:
    """Whether a step is PR-Agent's, or has a script that asks a model with a key."""
    if action.startswith(_IMAGE):
        return is_reviewer(action)
    if action in REVIEWERS or reviews(script):
        return True
    given = variables.items() if variables is not None and script else ()
    return asks_model("\n".join((script, *(f"{name}: {value.raw}" for name, value in given))))


def takes_model_key(given: Node | None) -> bool:
    """Whether an action is handed the key of a model, and so asks one, whoever's action it is."""
    names = (name.replace("-", "_") for name, _ in given.items()) if given is not None else ()
    return any(map(_MODEL_KEY.search, names))


def framework_of(action: str, *, once: bool) -> str:
    """What runs the agent of a step: its action or image, a command, or a model's own interface."""
    if action in ("", SCRIPT):
        return "model API" if once else "command line"
    return action.rpartition("/")[2].partition(":")[0]
