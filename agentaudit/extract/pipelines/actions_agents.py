"""Actions of GitHub that run an agent, and those of them that only ask a model."""

INFERENCE = "actions/ai-inference"
"""Asks a model once, or with tools of GitHub five times (`maxIterations` in src/inference.ts)."""
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
