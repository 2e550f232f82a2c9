"""What was taken for an agent, and of which too little speaks to be told as one."""

from collections.abc import Iterable, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.containers.commands import runs_another
from agentaudit.extract.containers.names import called, head
from agentaudit.extract.containers.roles import (
    AGENT_NAME,
    AGENT_PRODUCT,
    BESIDE,
    FRONT,
    configures_agent,
    names_in,
)
from agentaudit.extract.settings import Setting

_PAGE = "frontend"
_ASSISTED = regex(r"^supabase/studio(?:[:@]|$)")
"""A console of something else, in which an assistant may be asked."""
_JUDGING = regex(
    r"^(?:evals?|evaluations?|benchmarks?)(?:[-_]|$)|[-_](?:evals?|evaluations?|benchmarks?)$"
)
"""What measures the answers of an agent; an `evaluation-agent` may be one that evaluates claims."""
_OPENING = regex(r"KEY|TOKEN|MODEL|PROVIDER|TEMPERATURE|PROMPT|PASSWORD")
"""What only asks a model is told; its address is told to pages that show what was spent, too."""
_OF_ANYTHING = regex(r"^(?:AGENT|MODEL)_")
"""What agents of other trades, and what learns or serves, is told under such names, too."""
_SURELY_ASKED = regex(
    r"_(?:API_KEY|BASE_URL|API_BASE|ENDPOINT|PROVIDER|TEMPERATURE)$"
    r"|^AGENT_(?:\w+_)?(?:MODEL|PROMPT|INSTRUCTIONS)|^MODEL_(?:API|LIST)_"
)
_KEY_OF_MODEL = regex(
    r"^(?:GOOGLE|DEEPSEEK|XAI|PERPLEXITY|TOGETHER|FIREWORKS|CEREBRAS|MOONSHOT|DASHSCOPE|ZAI)_API_KEY$"
    r"|^(?:\w{1,40}_)?LLM_(?:KEY|API_KEY|MODEL|PROVIDER)$|^CLAUDE_CODE_OAUTH_TOKEN$"
)
"""Keys and names of models that say so where a name speaks of an agent; others have some, too."""
_LARGE_MODEL = regex(
    r"(?i)(?:^|[/.:_-])(?:gpt|claude|gemini|gemma|llama|qwen|mistral|mixtral|deepseek|command-r|nova|phi"
    r"|grok|kimi|glm|granite|sonnet|haiku|opus|o[134])(?:[._:\d-]|$)"
)
"""Names of models that one talks with, as values: `bedrock/claude-sonnet-4`."""
_OF_MODELS = regex(
    r"(?i)(?:^|[^a-z])(?:rag|mcp|n8n|dify|letta|khoj)(?:[^a-z]|$)|ai(?:[^a-z]|$)|agent|assist|copilot|llm|gpt"
    r"|chat|bot|webui|flow|lang|claw"
)
"""Words of products that are about models, or run agents."""
_HOST = regex(r"[.:]")
_LEAST = 3
"""Settings of which most are for something else."""


def _judges(name: str) -> bool:
    return _JUDGING.search(name) is not None and AGENT_NAME.search(head(name)) is None


def resembles_agent(
    image: str,
    names: Sequence[str],
    words: Sequence[str],
    settings: Sequence[Setting],
    *,
    whole: bool,
    everywhere: bool,
) -> bool:
    """
    Whether nothing but a word within a name speaks of an agent, of what was taken for one.

    A name ends in what it names: `support-agent` is an agent, `agent-platform-keycloak` a Keycloak.
    What runs tests in the image of an agent is none, whatever it is called and told; nor is what
    runs on every node (`everywhere`) or is the agent of a product, and is told of no model (all
    that it is told being known: `whole`), or a product of another kind that can ask one.
    """
    image_name = called(image)
    if runs_another(words) or any(map(_judges, names)) or _ASSISTED.match(image):
        return True
    if AGENT_PRODUCT.match(image_name):
        return False
    asking = [setting for setting in settings if _asks(setting)]
    if everywhere and whole and not asking:
        return True
    told = (name for text in words for name in names_in(text))
    if any(AGENT_NAME.search(text) for text in told):
        return False
    if head(image_name) == _PAGE:  # it is told what is behind it, in one Secret for both
        return True
    beside = any(map(BESIDE.search, names))  # what a proxy is told may be for those behind it
    shows = any(FRONT.fullmatch(head(name)) for name in names)
    opens = any(_OPENING.search(setting.key) for setting in asking)
    if asking and not beside and (opens or not shows):
        return _is_other_product(image, names) and len(settings) >= max(_LEAST, 2 * len(asking))
    beside_product = bool(settings) and whole and _is_of_product(image)
    if beside_product or shows:
        return True
    return not any(AGENT_NAME.search(head(name)) for name in (image_name, *names))


def _asks(setting: Setting) -> bool:
    """Whether who is told a setting asks a model, and no other kind of agent or model."""
    if _KEY_OF_MODEL.match(setting.key):
        return True
    if not configures_agent(setting.key):
        return False
    if not _OF_ANYTHING.match(setting.key) or _SURELY_ASKED.search(setting.key):
        return True
    return _LARGE_MODEL.search(setting.content) is not None


def _is_of_product(image: str) -> bool:
    """Whether an image is the agent that a project has beside what it is called after."""
    owner = _owner(image)
    named = owner != "" and called(image) in {"agent", f"{owner}-agent"}
    return named and not _OF_MODELS.search(owner)


def _is_other_product(image: str, names: Iterable[str]) -> bool:
    """Whether an image is one that its project is called after, and no name speaks of models."""
    owner, name = _owner(image), called(image)
    of_project = bool(name and owner) and (
        owner.partition("-")[0] == name or owner.startswith(f"{name}-")
    )
    return of_project and not any(map(_OF_MODELS.search, (owner, name, *names)))


def _owner(image: str) -> str:
    """Whose an image is; empty where a registry has no owners, as that of a team has none."""
    owner = image.rpartition("/")[0].rpartition("/")[2].lower()
    return "" if _HOST.search(owner) else owner
