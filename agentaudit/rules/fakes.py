"""
Fake credentials, computed: no file of this project holds one, so no secret scanner trips over it.

The examples of rules and the sample deployments write `{{fake:aws_access_key}}` where a real file
would hold a key. Each value follows the format of its kind, down to the checksum where there is
one, and is made of a hash of its own name: it opens nothing. A number sign makes another value of
the same kind, `{{fake:openai_key#2}}`; a token that says when it expires takes its lifetime in
seconds, `{{fake:jwt:3600}}`.
"""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping

from agentaudit.model.lint_rule import RuleExample

_PLACEHOLDER = re.compile(
    r"\{\{fake:(?P<kind>[a-z_]+)(?::(?P<seconds>\d+))?(?:#(?P<serial>\d+))?\}\}"
)
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE64 = f"{_BASE62}+/"
_HEX = "0123456789abcdef"
_DIGITS = "0123456789"
_ISSUED_AT = 1_750_000_000


def expand_fakes(text: str) -> str:
    """The text with every placeholder replaced; a ValueError names a kind that does not exist."""
    return _PLACEHOLDER.sub(_expanded, text)


def texts_of(example: RuleExample) -> Mapping[str, str]:
    """The files of a rule's example, by path, as they would be with real credentials in them."""
    files = {example.path: example.text, **dict(example.files)}
    return {path: expand_fakes(text) for path, text in files.items()}


def fake(kind: str, *, serial: int = 1, lifetime_s: int | None = None) -> str:
    """One fake credential: equal for equal arguments, on every machine."""
    seed = f"agentaudit fake {kind} {serial}"
    if kind == "jwt":
        return _jwt(seed, lifetime_s)
    if kind not in FAKES:
        raise ValueError(f"no fake credential is called {kind!r}; known: {', '.join(FAKES)}, jwt")
    return FAKES[kind](seed)


def _expanded(match: re.Match[str]) -> str:
    seconds = match["seconds"]
    return fake(
        match["kind"],
        serial=int(match["serial"] or 1),
        lifetime_s=int(seconds) if seconds else None,
    )


def _letters(seed: str, length: int, alphabet: str = _BASE62) -> str:
    """Characters drawn from hashes of the seed."""
    drawn = b""
    while len(drawn) < length:
        drawn += hashlib.sha256(f"{seed} {len(drawn)}".encode()).digest()
    return "".join(alphabet[byte % len(alphabet)] for byte in drawn[:length])


def _prefixed(prefix: str, length: int, alphabet: str = _BASE62) -> Callable[[str], str]:
    return lambda seed: prefix + _letters(seed, length, alphabet)


def _github_classic(seed: str) -> str:
    """`ghp_`, thirty characters, and their CRC32 in base 62."""
    body = _letters(seed, 30)
    number, checksum = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, len(_BASE62))
        checksum = _BASE62[digit] + checksum
    return "_".join(("ghp", body + checksum.rjust(6, "0")))


def _openai(prefix: str) -> Callable[[str], str]:
    """The prefix, and two halves around the marker that every such key carries."""
    marker = base64.b64encode(b"OpenAI").decode()
    return lambda seed: f"{prefix}{_letters(seed, 58)}{marker}{_letters(seed + ' end', 58)}"


def _azure_client_secret(seed: str) -> str:
    return f"{_letters(seed, 3)}8Q~{_letters(seed + ' end', 34)}"


def _slack_bot(seed: str) -> str:
    parts = (_letters(seed, 12, _DIGITS), _letters(seed + " team", 12, _DIGITS))
    return "-".join(("xoxb", *parts, _letters(seed + " end", 24)))


def _langsmith(seed: str) -> str:
    return "_".join(("lsv2", "pt", _letters(seed, 32, _HEX), _letters(seed + " end", 10, _HEX)))


def _private_key(seed: str) -> str:
    """A PEM block as JSON holds it: on one line, its line ends escaped."""
    label = "PRIVATE KEY"
    body = r"\n".join(_letters(f"{seed} {line}", 64, _BASE64) for line in range(6))
    return rf"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def _jwt(seed: str, lifetime_s: int | None) -> str:
    """A token signed by nobody; without a lifetime it never expires."""
    claims: dict[str, str | int] = {"iat": _ISSUED_AT, "sub": "fake"}
    if lifetime_s is not None:
        claims["exp"] = _ISSUED_AT + lifetime_s
    parts = (json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps(claims))
    encoded = (base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return ".".join((*encoded, _letters(seed, 43)))


FAKES: Mapping[str, Callable[[str], str]] = {
    "anthropic_admin_key": lambda seed: f"sk-ant-admin01-{_letters(seed, 93)}AA",
    "anthropic_key": lambda seed: f"sk-ant-api03-{_letters(seed, 93)}AA",
    "aws_access_key": _prefixed("AKIA", 16, _BASE32),
    "aws_secret_key": _prefixed("", 40, _BASE64),
    "aws_session_key": _prefixed("ASIA", 16, _BASE32),
    "aws_session_token": _prefixed("IQoJb3JpZ2luX2Vj", 200, _BASE64),
    "azure_client_secret": _azure_client_secret,
    "azure_resource_key": lambda seed: f"{_letters(seed, 52)}JQQJ99{_letters(seed + ' end', 26)}",
    "azure_shared_access_key": lambda seed: f"SharedAccessKey={_letters(seed, 43)}=",
    "alibaba_key": _prefixed("LTAI", 20),
    "bedrock_key": _prefixed("ABSK", 128),
    "discord_webhook": lambda seed: (
        f"https://discord.com/api/webhooks/{_letters(seed, 19, _DIGITS)}/{_letters(seed + '2', 68)}"
    ),
    "github_app_token": _prefixed("ghs_", 36),
    "github_classic": _github_classic,
    "github_fine_grained": lambda seed: (
        f"github_pat_{_letters(seed, 22)}_{_letters(seed + '2', 59)}"
    ),
    "gitlab_token": _prefixed("glpat-", 20),
    "google_api_key": _prefixed("AIza", 35),
    "groq_key": _prefixed("gsk_", 52),
    "huggingface_token": _prefixed("hf_", 34, _BASE62[10:]),
    "langsmith_key": _langsmith,
    "openai_admin_key": _openai("sk-admin-"),
    "openai_key": _openai("sk-proj-"),
    "password": _prefixed("", 20),
    "pinecone_key": lambda seed: f"pcsk_{_letters(seed, 6)}_{_letters(seed + '2', 63)}",
    "private_key": _private_key,
    "slack_bot": _slack_bot,
    "slack_webhook": lambda seed: (
        f"https://hooks.slack.com/services/T0{_letters(seed, 9, _BASE32)}"
        f"/B0{_letters(seed + '2', 9, _BASE32)}/{_letters(seed + ' end', 24)}"
    ),
    "stripe_live_key": lambda seed: "_".join(("sk", "live", _letters(seed, 24))),
}
"""How each kind is made from a seed."""
