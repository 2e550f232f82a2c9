"""How far a token reaches: some open nothing any more, or nothing from another machine."""

from agentaudit.expressions import regex
from agentaudit.extract.addresses import is_own_machine
from agentaudit.model.evidence import Confidence
from agentaudit.readers.token_forms import Token

_UNTIL = regex(r"(?:^|&)se=\d")
_SIGNED_ADDRESS = regex(
    r"[?&](?:AWSAccessKeyId=ASIA[A-Z2-7]{16}&|X-Amz-Credential=ASIA[A-Z2-7]{16}(?:/|%2F))"
)
"""
What Amazon S3 signs says whose session it is of, and ends with it, at the latest.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
"""
_SIGNERS = ("X-Amz-Credential=", "?AWSAccessKeyId=", "&AWSAccessKeyId=")
"""
Whose key signed such an address: its name, and nothing that opens more. Amazon's `rootkey.csv` has
that by itself, with the key below.
"""
_MARK = "T3BlbkFJ"
"""`OpenAI` in base 64, which stands within every key that OpenAI issues."""
_USERS_KEY = regex(r"\bclient-key-data:")
_CLUSTER = regex(
    r"\bserver:\s{0,4}[\"']?https?://(?P<host>[^/:\s\"'\\]{1,253}|\[[0-9a-f:]{2,39}\])"
)


def certainty(token: Token, text: str) -> Confidence:
    """How sure it is that what was found in a text opens something for whoever reads it there."""
    if token.form.kind == "private_key":
        return Confidence.POSSIBLE if _is_of_own_cluster(text) else Confidence.CERTAIN
    if token.form.kind == "access_key" and _only_signed(token.value, text):
        return Confidence.POSSIBLE
    ends = (token.form.kind == "sas_token" and _UNTIL.search(token.value) is not None) or (
        token.form.kind == "session_key" and _SIGNED_ADDRESS.search(text) is not None
    )
    marked = token.form.provider != "openai" or _MARK in token.value
    return Confidence.LIKELY if ends or not marked else Confidence.CERTAIN


def _only_signed(name: str, text: str) -> bool:
    """Whether a text has the name of a key in signed addresses alone."""
    signed = sum(text.count(f"{mark}{name}") for mark in _SIGNERS)
    return signed > 0 and signed == text.count(name)


def _is_of_own_cluster(text: str) -> bool:
    """Whether a text is a kubeconfig of clusters that nobody reaches from another machine."""
    if _USERS_KEY.search(text) is None:
        return False
    hosts = [found["host"] for found in _CLUSTER.finditer(text)]
    return bool(hosts) and all(map(is_own_machine, hosts))
