"""Steps of pipelines that ask a model each time they run: by its address, client or reviewer."""

from agentaudit.expressions import regex

_HOST = (
    r"(?:api\.(?:openai|anthropic|x|perplexity|deepseek|together)\.(?:com|ai|xyz)|openrouter\.ai"
    r"|api\.(?:mistral|groq|cerebras|fireworks|moonshot|cohere|z)\.(?:ai|com|cn)"
    r"|generativelanguage\.googleapis\.com|(?<![\w-])[\w-]{1,60}\.openai\.azure\.com|models\.github\.ai"
    r"|models\.inference\.ai\.azure\.com|router\.huggingface\.co|integrate\.api\.nvidia\.com"
    r"|dashscope(?:-intl)?\.aliyuncs\.com|open\.bigmodel\.cn)"
)
_QUESTION = (
    r"(?:chat/completions|/v1/(?:messages|responses|completions)|/v2/chat"
    r"|:(?:g|streamG)enerateContent)(?![\w/-])"
)
_ASKED = regex(
    rf"{_HOST}(?:/[^\s\"'`]{{0,200}}?)?{_QUESTION}"
    r"|\$\{?(?:env\.)?\w{1,60}\}?(?:/v1|/openai/deployments/[^\s\"'`/]{1,80})?/chat/completions(?![\w/-])"
)
"""What is sent to one of these addresses is a question; others say which models there are."""
_CLIENT = regex(
    r"\b(?:OpenAI|openai|Anthropic|anthropic|genai|generativeai|GoogleGenAI|groq|Groq|mistralai|Mistral"
    r"|litellm)\b"
)
_CALL = regex(
    r"\.(?:completions|responses|messages)\.create\s?\(|\b(?:generateContent|generate_content)\s?\("
    r"|\bchat\.complete\s?\(|\blitellm\.completion\s?\("
)
_KEY = regex(r"(?i)api-?_?key|_key\b|_token\b|\bauthorization\b|\bsecrets\.")
_LOCAL = regex(r"(?i)//(?:localhost|127\.0\.0\.1|0\.0\.0\.0)")
_REVIEWER = regex(r"(?:^|/)pr-agent(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{1,64})?$")
_REVIEWS = regex(r"\bpr_agent[./]cli\b|(?:^|[\s;&|])pr-agent\s[^\n;|&]{0,200}--pr_url")


def asks_model(script: str) -> bool:
    """Whether a script asks a model that is served elsewhere, with a key."""
    if _KEY.search(script) is None:
        return False
    if _ASKED.search(script):
        return True
    return (
        _CALL.search(script) is not None
        and _CLIENT.search(script) is not None
        and _LOCAL.search(script) is None
    )


def is_reviewer(image: str) -> bool:
    """Whether an image is PR-Agent's, whoever built it."""
    return _REVIEWER.search(image) is not None


def reviews(script: str) -> bool:
    """Whether a script starts PR-Agent."""
    return _REVIEWS.search(script) is not None


def is_question(line: str) -> bool:
    """Whether a line of such a script is the one that asks."""
    return any(sign.search(line) for sign in (_ASKED, _CALL, _REVIEWS))
