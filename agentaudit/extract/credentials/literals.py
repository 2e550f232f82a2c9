"""
Is a value a literal, a reference, a placeholder or a digest? Decided here, once, for all formats.

A reference names a place where the value is kept. A placeholder stands for a value that somebody
fills in later. Neither is a secret.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from agentaudit.expressions import regex
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import CredentialForm

_ENVIRONMENT = regex(
    r"""^(?:
        \$\{(?:env:|input:)?[A-Za-z_][\w.]*+(?::?[-?][^}]*+|:)?\}
      | \$\{(?:[\w.()-]|,\ ?|\[(?:[\w.*-]*|"[^"\]}]*")\])+\}
      | \$\{env:[^}]+\}
      | \$\{(?:localEnv|containerEnv):\w+(?::[^}]*)?\}
      | \{env:[^}]+\}
      | \$[A-Za-z_]\w*
      | \$\$[A-Z][A-Z0-9_]+
      | \$\$\{[A-Za-z_]\w*\}
      | \$__(?:env|file)\{[^}]+\}
      | \$\([A-Za-z_][\w.-]*\)
      | %[A-Za-z_]\w*%
      | @[A-Za-z_][\w.-]*@
      | \$env:\w+
      | env\([\w"'.]+\)
      | os\.environ/\w+
      | os\.environ(?:\.get)?[\[(]["']\w+["'][^\]\n)]*[\])]
      | process\.env\.\w+
      | =?(?:env|Env|ENV)\.\w+
    )$""",
    re.VERBOSE,
)
"""
The second is an expression of Terraform without a text in it: `${aws_x.y[0].key}`. Two dollars are
what Compose and Flux hand on as one.
"""
_WITH_DEFAULT = (
    r"(?:[A-Za-z_][\w.-]*:?-|(?:localEnv|containerEnv):\w+:"
    r"|(?:[A-Z][A-Z0-9_]*|[A-Za-z][\w-]*\.[\w.-]*):(?![:?+-]))"
)
_DEFAULT = regex(
    rf"^\$\{{(?:(?=[^}}]*+\}}$){_WITH_DEFAULT}(?P<default>[^}}]+)|{_WITH_DEFAULT}"
    r"(?P<nested>\$\{[^{}]{1,200}\}|\$\{[^{}]{1,200}\$\{[^{}]{1,200}\}\}))\}$"
)
"""
Of shells and Compose; the second of devcontainer.json (containers.dev, "Variables"), the third of
Spring ("Property Placeholders") and MicroProfile: `${OPENAI_API_KEY:none}`. A default may
be another variable with a default of its own. Where it ends is asked before any of its hyphens is
taken for the one that begins it.
"""
_NAME = regex(
    r"^(?:\$?\{(?:env:|input:)?|\$\(|\$env:|\$|%|env\(|os\.environ/|process\.env\."
    r"|os\.environ(?:\.get)?[\[(])[\"']?(?P<name>[A-Za-z_][\w.-]*)"
)
_SECRET = regex(
    r"""^(?:
        \$?\{\{.*\}\}
      | \{\{\s*resolve:.*
      | arn:aws[\w-]*:(?:secretsmanager|ssm|kms):.*
      | projects/[^/]+/secrets/.*
      | @Microsoft\.KeyVault\(.*\)
      | https://[\w-]+\.vault\.azure\.net/secrets/.*
      | \[[A-Za-z]\w*\(.*\)[\w.]*\]
      | (?:op|vault|bws|doppler|infisical|sm|gcp-sm|aws-sm|secret)://.*
      | (?:vault|akeyless|secretref|keyvault|ssm):.*
      | path=\{\.[^}]*\}.*
      | ENC\[.*\] | ENC\(.*\) | \{cipher\}.*
      | encrypted:[A-Za-z0-9+/]{80,}={0,2}
      | \$ANSIBLE_VAULT.*
      | (?:var|data|local|module|ephemeral|each|self|aws|random|google|azurerm)[\w]*\..+
      | \((?:sensitive\ value|known\ after\ apply)\)
      | AGE-SECRET-KEY-1.*
      | -----BEGIN\ (?:PGP\ MESSAGE|AGE\ ENCRYPTED\ FILE)-----.*
    )$""",
    re.VERBOSE | re.DOTALL,
)
"""
`ENC(…)` is Jasypt's, `{cipher}…` of Spring Cloud's configuration; `path={.status.secret}` is where
an operator says that it keeps one (Service Binding).
"""
_FILE = regex(r"^(?:\{file:|/run/secrets/|/var/run/secrets/|/etc/secrets/|file://|~?/[\w./-]+$).*")
_PLACEHOLDER = regex(
    r"""your[-_ ]?(?!s)|change[-_ ]?me|example|dummy|placeholder|<[^<>]*>|x{3,}|\.{3,}|test[-_]?key
      | ^sk-\.\.\.|replace[-_ ]?(?:me|with|this)|insert[-_ ]|to[-_ ]?do|redacted|^(?:null|none|nil|
      undefined|secret|password|pass|passwd|pwd|token|todo|tbd|foo|bar|empty|n/a)$|^\*+$
      | ^\*{3,}[\ ]?[A-Za-z][\w\ -]*\*{3,}$
      | ^_[A-Z]{3,20}_$|^please[-_ ]?(?:generate|change|set|replace|enter|fill)
      | ^[@<]?(?:rand(?:om)?|generated?)[-_]?\d{0,3}>?$
      | fill[-_ ]?in|^paste[-_ ]|goes[-_ ]here|[a-z][-_]here$|^unused$
      | (?:^|[-_])(?:fake|mock)[-_]|^my[-_]|^temp(?:orary)?[-_]
      | ^(?:cambia|mude|troque|altere|remplacez|sustitu|substitu|aendern|ändern)
      | 你的|您的|替换|密钥|秘钥|请(?:填|输|在|设)|填写|キーを|키를
      | ^change[-_]?[a-z]+$|not[-_ ]?(?:needed|used|set|required|(?:a[-_ ])?real)
      |^some[-_]|^managedidentity$|(?:^|[-_])throw[-_]?away(?:[-_]|$)
      | (?:^|[-_ ])(?:for|in)[-_ ](?:ci|e2e|(?:unit|integration)?[-_ ]?test(?:s|ing)?)(?![a-z])
      | (?:^|[-_])ci[-_](?:only|tests?|testing)(?![a-z])
      | not[-_ ]for[-_ ]prod|change[-_ ](?:(?:this|it)[-_ ])?in[-_ ]prod""",
    re.IGNORECASE | re.VERBOSE,
)
_TEMPLATED = regex(r"^\{\{-?\s*\.(?P<name>[\w-]{1,100})\s*-?\}\}$")
"""What a secret is made of, by its name there (External Secrets): `{{ .LITELLM_MASTER_KEY }}`."""
_OF_PIPELINE = regex(r"\bsecrets(?:\.|\[[\"'])(?P<name>\w{1,100})")
"""A secret of GitHub: `${{ secrets.LITELLM_MASTER_KEY }}`."""
_DIGEST = regex(r"^(?:sha(?:256|384|512)[:-][\w+/=]+|[0-9a-f]{40}|[0-9a-f]{64})$")
_DIGEST_KEYS = regex(
    r"(?:uses|rev|commit|sha\d*|digest|checksum|integrity|hash|fingerprint|etag|version|image)$",
    re.IGNORECASE,
)
_EXPRESSION = regex(
    r"\(\?[:=!<imsP]|\[\^?(?:[^\]\[]|\[:[a-z]{1,10}:\])+\](?:\{\d+(?:,\d*)?\}|[+*])"
)
_PUBLISHABLE = ("phc_", "pk_live_", "pk_test_", "pk-lf-", "sb_publishable_")
"""Keys that their vendors mean to be read by everybody: PostHog, Stripe, Langfuse, Supabase."""
_UNSIGNED = regex(r"eyJ[\w-]{5,2000}\.(?:eyJ[\w-]{1,2000})?\.?")
_UUID = regex(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_FEWEST_DISTINCT = 6
_SAID_FIRST = 2_000
"""Characters of a value in which it says that it stands for another."""
_LONG_NAME = 7

_PUBLISHED_DEFAULTS = frozenset(
    {
        *("sk-1234", "litellm-master-key", "n8n-encryption-key", "flowise", "difyai123456"),
        *(
            "sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U",
            "sk-litellm-master-key",
            "minioadmin",
            "do-not-use-this-secret-in-production",
            "0p3n-w3bu!",  # of Open WebUI's pipelines, which run the code of whoever has it
        ),
        *(  # of Dify's docker/.env.example: keys of its plugins, and of its store of vectors
            "lYkiYYT6owG+71oLerGzA7GXCgOT++6ovaezWAjpCjf+Sjc3ZtU+qUEi",
            "QaHbTe77CtuXmsfyhR7+vRjI/+XbV1AaFy691iy+kGDv2Jvy0/eAh8Y1",
            "WVF5YThaHlkYwhGUSmCRgsX3tD5ngdN8pkih",
        ),
        *(  # of LibreChat's .env.example: who has them signs in as anybody
            "16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef",
            "eaa5191f2914e30b9387fd84e254e4ba6fc51b4654968a9b0803b456a54b8418",
            "DrhYf7zENyR6AlUCKmnz0eYASOQdl6zxH7s7MKFSfFCt",
        ),
    }
)
"""Defaults from the documentation of products: they open the door until somebody changes them."""


_OF_CONSOLES: Mapping[str, tuple[Confidence, tuple[str, ...]]] = MappingProxyType(
    {
        "FLOWISE_PASSWORD": (Confidence.LIKELY, ("1234",)),
        "LANGFLOW_SUPERUSER_PASSWORD": (Confidence.LIKELY, ("langflow",)),
        "LANGFUSE_INIT_USER_PASSWORD": (Confidence.LIKELY, ("password",)),
        "N8N_BASIC_AUTH_PASSWORD": (Confidence.LIKELY, ("admin", "n8n", "password")),
        "GF_SECURITY_ADMIN_PASSWORD": (Confidence.POSSIBLE, ("admin",)),
        "GRAFANA_ADMIN_PASSWORD": (Confidence.POSSIBLE, ("admin",)),
        "KC_BOOTSTRAP_ADMIN_PASSWORD": (Confidence.POSSIBLE, ("admin",)),
        "KEYCLOAK_ADMIN_PASSWORD": (Confidence.POSSIBLE, ("admin",)),
        "_AIRFLOW_WWW_USER_PASSWORD": (Confidence.POSSIBLE, ("airflow",)),
    }
)
"""
Words that are no secret elsewhere, by what the guides of consoles have people call them.

Those that stand beside agents are mostly started for a trial.
"""


def published(key: str, value: str) -> Confidence | None:
    """How surely a value opens the door as its product publishes it; None where it is no such."""
    if value in _PUBLISHED_DEFAULTS:
        return Confidence.CERTAIN
    sure, words = _OF_CONSOLES.get(key.upper(), (None, ()))
    return sure if value in words else None


def form_of(key: str, value: str) -> CredentialForm:
    """How a value stands in a file: as itself, or as one of the kinds of references."""
    default = default_of(value)
    if default:
        return form_of(key, default)
    if _ENVIRONMENT.match(value):
        return CredentialForm.ENV_REF
    if _SECRET.match(value):
        return CredentialForm.SECRET_REF
    if key.upper().endswith("_FILE") or _FILE.match(value):
        return CredentialForm.FILE
    return CredentialForm.LITERAL


def literal_of(value: str) -> str:
    """The literal that a value amounts to: itself, or the default of `${NAME:-default}`."""
    while default := default_of(value):
        value = default
    return value


def default_of(value: str) -> str:
    """The default of `${NAME:-default}`; empty where there is none."""
    found = _DEFAULT.match(value)
    return (found["default"] or found["nested"]) if found is not None else ""


def variable_of(value: str) -> str:
    """The name that a reference to the environment asks for; empty for anything else."""
    found = _NAME.match(value)
    return found["name"].removesuffix(")") if found is not None else ""


def sources_of(reference: str) -> Iterator[str]:
    """The names of all that a reference may stand for: variables, and secrets kept elsewhere."""
    templated = _TEMPLATED.match(reference)
    if templated is not None:
        yield templated["name"]
    elif reference.startswith("${{"):
        yield from (found["name"] for found in _OF_PIPELINE.finditer(reference))
    while name := variable_of(reference):
        yield name
        reference = default_of(reference)


def is_placeholder(key: str, value: str) -> bool:
    """Whether a value only stands for one that somebody fills in. Defaults that work do not."""
    if value in _PUBLISHED_DEFAULTS:
        return False
    if len(set(value)) < _FEWEST_DISTINCT or _PLACEHOLDER.search(value[:_SAID_FIRST]):
        return True
    name, letters = normal(key), normal(value)
    named = letters == name or (len(name) > _LONG_NAME and letters.endswith(name))
    return named or Counter(value).most_common(1)[0][1] > (len(value) * 3 // 4)


def is_digest(key: str, value: str) -> bool:
    """Whether a value is a checksum or an identifier where nothing secret is expected."""
    hashed = value.startswith(
        ("sha256:", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$7$", "$argon2", "$pbkdf2")
    )
    return bool(hashed or (_DIGEST_KEYS.search(key) and _DIGEST.match(value)))


def is_identifier(value: str) -> bool:
    """Whether a value is a UUID."""
    return _UUID.match(value) is not None


def is_unsigned(value: str) -> bool:
    """Whether a value is a token without a signature: anybody writes one (RFC 7519, section 6)."""
    return _UNSIGNED.fullmatch(value) is not None


def is_expression(value: str) -> bool:
    """Whether a value is a regular expression, such as one that looks for secrets."""
    return _EXPRESSION.search(value) is not None


def is_foreign(value: str) -> bool:
    """Whether a value is written in another script: a word, as translations have it."""
    return not any(character.isascii() and character.isalnum() for character in value)


def is_publishable(value: str) -> bool:
    """Whether a value is a key that stands in pages and programs of everybody."""
    return value.startswith(_PUBLISHABLE)


_SPELLING = regex(r"[^a-z0-9]")


def normal(text: str) -> str:
    """A name or a word without what files spell differently."""
    return _SPELLING.sub("", text.lower())
