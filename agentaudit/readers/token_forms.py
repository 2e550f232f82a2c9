"""
Forms of credentials that are known by their look, and how long each kind lives.

Sources: the vendors' documentation of their key formats, and the public rule tables of gitleaks and
betterleaks. A lifetime of `static` means that the vendor lets it live until it is revoked, or for
longer than half a day.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import any_of
from agentaudit.model.facts.credentials import Lifetime

HOUR_S = 3600
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_GITHUB_BODY = 30


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


class TokenForm(Struct, frozen=True, kw_only=True):
    """One kind of credential, recognised anywhere in a text."""

    provider: str
    kind: str
    expression: str
    hint: str
    """Text that every one of them contains: looked for before the pattern is tried."""
    prefix: str
    """What may be shown of it, known to everybody."""
    lifetime: Lifetime
    ttl_s: int | None = None
    admin: bool = False
    genuine: Callable[[str], bool] = bool
    """Whether a checksum inside it is right."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled when the first text has the hint: most runs see few of them."""
        return _compiled(self.expression)


class Token(Struct, frozen=True, kw_only=True):
    """A credential found in a text."""

    form: TokenForm
    value: str
    at: int


def token_in(text: str) -> Token | None:
    """The first credential of a known form in a text."""
    return next(tokens_in(text), None) if may_hold_token(text) else None


def tokens_in(text: str) -> Iterator[Token]:
    """Every credential of a known form in a text; each place is that of the first form it has."""
    found: set[int] = set()
    for form in TOKENS:
        for match in form.pattern.finditer(text) if form.hint in text else ():
            if match.start() not in found and form.genuine(match[0]):
                found.add(match.start())
                yield Token(form=form, value=match[0], at=match.start())


def holds_token(text: str) -> bool:
    """Whether there is any credential of a known form in a text."""
    return token_in(text) is not None


def may_hold_token(text: str) -> bool:
    """Whether anything in a text begins like one of the forms: a cheap no for most texts."""
    if len(text) < SHORTEST_TOKEN:
        return False
    if len(text) <= _LONGEST_NAME:
        return _name_holds_hint(text)
    return _text_holds_hint(text) if len(text) <= _LONGEST_TEXT else _holds_hint(text)


_LONGEST_NAME, _LONGEST_TEXT = 100, 4000


def _holds_hint(text: str) -> bool:
    return _HINT.search(text) is not None


_name_holds_hint = lru_cache(maxsize=1024)(_holds_hint)
"""Names stand in many places, and are looked at in each."""
_text_holds_hint = lru_cache(maxsize=32)(_holds_hint)
"""A longer text is looked at a few times in a row: for what it holds, and each time it is shown."""


def lines_with_hints(text: str) -> set[str]:
    """The lines in which anything begins like one of the forms."""
    found: set[str] = set()
    at = 0
    while (hint := _HINT.search(text, at)) is not None:
        start = text.rfind("\n", 0, hint.start()) + 1
        at = end if (end := text.find("\n", hint.end())) >= 0 else len(text)
        found.add(text[start:at])
    return found


def github_checksum_holds(token: str) -> bool:
    """The last six characters of a classic GitHub token are the CRC32 of its body, in base 62."""
    body, checksum = token[4 : 4 + _GITHUB_BODY], token[4 + _GITHUB_BODY :]
    number = 0
    for character in checksum:
        number = number * len(_BASE62) + _BASE62.index(character)
    return number == zlib.crc32(body.encode())


def _form(provider: str, kind: str, prefix: str, rest: str) -> TokenForm:
    """A form that begins with a literal prefix, and lives until it is revoked."""
    return TokenForm(
        provider=provider,
        kind=kind,
        expression=rf"(?<![A-Za-z0-9_-]){re.escape(prefix)}{rest}(?![A-Za-z0-9_])",
        hint=prefix,
        prefix=prefix,
        lifetime=Lifetime.STATIC,
    )


def _admin(provider: str, prefix: str, rest: str) -> TokenForm:
    return replace(_form(provider, "admin_key", prefix, rest), admin=True)


def _short(ttl_s: int | None, form: TokenForm) -> TokenForm:
    return replace(form, lifetime=Lifetime.SHORT, ttl_s=ttl_s)


_WORD = "[A-Za-z0-9_-]"

TOKENS: tuple[TokenForm, ...] = (
    *(_form("aws", "access_key", each, "[A-Z2-7]{16}") for each in ("AKIA", "ABIA", "ACCA")),
    _short(None, _form("aws", "session_key", "ASIA", "[A-Z2-7]{16}")),
    replace(
        _form("aws", "bedrock_api_key", "ABSK", ""),
        # In base 64, the four letters stand by chance in every long picture.
        expression=r"(?<![\w+/-])ABSK[A-Za-z0-9+/]{109,269}={0,2}(?![\w+/=])",
    ),
    _short(
        12 * HOUR_S,
        _form("aws", "bedrock_api_key", "bedrock-api-key-", "YmVk[A-Za-z0-9+/=]{20,}"),
    ),
    _form("google", "api_key", "AIza", r"[\w-]{35}"),
    _form("google", "api_key", "AQ.Ab8RN6", rf"{_WORD}{{20,}}"),
    _form("google", "oauth_client_secret", "GOCSPX-", rf"{_WORD}{{28}}"),
    replace(_form("github", "token", "ghp_", "[A-Za-z0-9]{36}"), genuine=github_checksum_holds),
    _form("github", "fine_grained_token", "github_pat_", r"\w{82}"),
    _form("github", "oauth_token", "gho_", "[A-Za-z0-9]{36}"),
    _form("github", "refresh_token", "ghr_", "[A-Za-z0-9]{36,}"),
    _short(8 * HOUR_S, _form("github", "user_token", "ghu_", "[A-Za-z0-9]{36}")),
    _short(HOUR_S, _form("github", "installation_token", "ghs_", "[A-Za-z0-9._-]{36,}")),
    _form("gitlab", "token", "glpat-", rf"{_WORD}{{20,}}"),
    *(_form("slack", "token", each, r"\d[\w-]{10,}") for each in ("xoxb-", "xoxp-", "xoxa-")),
    _form("slack", "token", "xapp-", r"\d-[\w-]{10,}"),
    _short(12 * HOUR_S, _form("slack", "token", "xoxe.", r"[\w.-]{20,}")),
    # Whoever knows such an address may write there.
    _form("slack", "webhook", "https://hooks.slack.com/services/", r"T\w{8,12}/B\w{8,12}/\w{24}"),
    *(
        _form("discord", "webhook", f"https://{host}/api/webhooks/", rf"\d{{17,20}}/{_WORD}{{60,}}")
        for host in ("discord.com", "discordapp.com")
    ),
    _form("anthropic", "api_key", "sk-ant-api03-", rf"{_WORD}{{80,}}"),
    _admin("anthropic", "sk-ant-admin01-", rf"{_WORD}{{80,}}"),
    _form("anthropic", "oauth_token", "sk-ant-oat01-", rf"{_WORD}{{40,}}"),
    _admin("openai", "sk-admin-", rf"{_WORD}{{40,}}"),
    _form("openai", "api_key", "sk-proj-", rf"{_WORD}{{40,}}"),
    _form("openai", "api_key", "sk-svcacct-", rf"{_WORD}{{40,}}"),
    _form("openrouter", "api_key", "sk-or-v1-", "[0-9a-f]{64}"),
    _form("langfuse", "api_key", "sk-lf-", "[0-9a-f-]{36}"),
    # The name of a service account may stand before it.
    _form("openai", "api_key", "sk-", r"(?:[\w-]{1,80}-)?[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"),
    _form("langsmith", "api_key", "lsv2_", "(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    _form("huggingface", "token", "hf_", "[A-Za-z]{34}"),
    _form("groq", "api_key", "gsk_", "[A-Za-z0-9]{48,}"),
    _form("pinecone", "api_key", "pcsk_", r"\w{40,}"),
    _form("perplexity", "api_key", "pplx-", "[A-Za-z0-9]{40,}"),
    _form("xai", "api_key", "xai-", "[A-Za-z0-9]{60,}"),
    _form("tavily", "api_key", "tvly-", rf"{_WORD}{{20,}}"),
    _form("replicate", "api_key", "r8_", "[A-Za-z0-9]{37}"),
    _form("databricks", "token", "dapi", r"[0-9a-f]{32}(?:-\d)?"),
    *(_form("stripe", "api_key", each, "[A-Za-z0-9]{24,}") for each in ("sk_live_", "rk_live_")),
    TokenForm(
        provider="telegram",
        kind="token",
        expression=rf"(?:(?<![\w:-])|(?<=/bot))\d{{8,10}}:AA{_WORD}{{33}}(?![\w-])",
        hint=":AA",
        prefix="",
        lifetime=Lifetime.STATIC,
    ),
    _form("sendgrid", "api_key", "SG.", rf"{_WORD}{{22}}\.{_WORD}{{43}}"),
    _form("npm", "token", "npm_", "[A-Za-z0-9]{36}"),
    _form("pypi", "token", "pypi-", r"AgEIcHlwaS5vcmc[\w-]{50,}"),
    _form("docker", "token", "dckr_pat_", rf"{_WORD}{{27}}"),
    _form("notion", "token", "ntn_", "[A-Za-z0-9]{40,}"),
    _form("linear", "api_key", "lin_api_", "[A-Za-z0-9]{40}"),
    _form("grafana", "token", "glsa_", "[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    _form("sentry", "token", "sntrys_", r"eyJ[\w=+/]{20,600}_[A-Za-z0-9+/]{43}"),
    *(_form("sonarqube", "token", each, "[0-9a-f]{40}") for each in ("squ_", "sqp_", "sqa_")),
    _form("supabase", "token", "sbp_", "[0-9a-f]{40}"),
    _form("supabase", "secret_key", "sb_secret_", rf"{_WORD}{{22}}_{_WORD}{{8}}"),
    _form("context7", "api_key", "ctx7sk-", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    _form("apify", "token", "apify_api_", "[A-Za-z0-9]{36}"),
    _form("e2b", "api_key", "e2b_", "[0-9a-f]{40}"),
    _form("nvidia", "api_key", "nvapi-", rf"{_WORD}{{60,}}"),
    _form("jina", "api_key", "jina_", "[0-9a-f]{32}[A-Za-z0-9_-]{28}"),
    _form("digitalocean", "token", "dop_v1_", "[0-9a-f]{64}"),
    _form("neon", "api_key", "napi_", "[a-z0-9]{64}"),
    _form("postman", "api_key", "PMAK-", "[0-9a-f]{24}-[0-9a-f]{34}"),
    _form("atlassian", "api_key", "ATATT3xFfGF0", rf"{_WORD}{{150,}}={{0,2}}"),
    _form("figma", "token", "figd_", rf"{_WORD}{{40,}}"),
    _form("shopify", "token", "shpat_", "[0-9a-fA-F]{32}"),
    _form("vault", "token", "hvs.", rf"{_WORD}{{24,}}"),
    TokenForm(
        provider="azure",
        kind="client_secret",
        expression=r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])",
        hint="Q~",
        prefix="",
        lifetime=Lifetime.STATIC,
    ),
    TokenForm(
        provider="azure",
        kind="account_key",
        expression=r"AccountKey=[A-Za-z0-9+/]{60,}={0,2}",
        hint="AccountKey=",
        prefix="AccountKey=",
        lifetime=Lifetime.STATIC,
    ),
    TokenForm(
        provider="azure",
        kind="account_key",
        expression=r"(?<![A-Za-z0-9])[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}(?![A-Za-z0-9])",
        hint="JQQJ99",
        prefix="",
        lifetime=Lifetime.STATIC,
    ),
    TokenForm(
        provider="azure",
        kind="shared_access_key",
        expression=r"SharedAccessKey=[A-Za-z0-9+/]{42,}={0,2}",
        hint="SharedAccessKey=",
        prefix="SharedAccessKey=",
        lifetime=Lifetime.STATIC,
    ),
    TokenForm(
        provider="azure",
        kind="sas_token",
        expression=r"(?<![\w])(?:(?!sv=2)[a-z]{2,5}=[\w.%:+/-]{1,80}&){0,9}sv=2\d{3}-\d\d-\d\d"
        r"&[\w.&=%:+/-]{1,400}?sig=[\w%+/-]{40,}=?",
        hint="sv=2",
        prefix="sv=",
        lifetime=Lifetime.STATIC,
    ),
    TokenForm(
        provider="azure",
        kind="connection_string",
        expression=r"\.azconfig\.io;Id=[^;\s]{1,80};Secret=[A-Za-z0-9+/]{32,}={0,2}",
        hint=".azconfig.io;Id=",
        prefix="",
        lifetime=Lifetime.STATIC,
    ),
    _form("alibaba", "access_key", "LTAI", "[A-Za-z0-9]{20,22}"),
    TokenForm(
        provider="",
        kind="private_key",
        expression=r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\\n|[A-Za-z0-9+/=:,\s-]){100,20000}",
        hint="PRIVATE KEY-----",
        prefix="-----BEGIN PRIVATE KEY-----",
        lifetime=Lifetime.STATIC,
    ),
    TokenForm(
        provider="",
        kind="private_key",
        expression=r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{0,24}(?:UFJJVkFURSBLRVk|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW)"
        r"[A-Za-z0-9+/]{60,}={0,2}",
        hint="LS0tLS1CRUdJTi",
        prefix="LS0tLS1CRUdJTi",
        lifetime=Lifetime.STATIC,
    ),
)
"""Tried in this order: the first that is found and genuine names the credential."""

_HINT = any_of((form.hint for form in TOKENS), stops="K_x~AG-vpQzJ")
"""What any of the forms contains."""
SHORTEST_TOKEN = 16
"""No form is shorter."""
