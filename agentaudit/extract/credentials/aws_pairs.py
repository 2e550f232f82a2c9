"""
Keys of AWS, which are pairs: whether one is whole, and whether AWS drew it.

AWS draws a name of capitals and digits and a secret of forty characters ("IAM identifiers" and
"Manage access keys", AWS IAM User Guide). A store of one's own that speaks as S3 does has whatever
one likes, and a guide that leaves out the secret gives nothing away.
"""

from collections.abc import Mapping

from agentaudit.expressions import regex
from agentaudit.extract.credentials.literals import form_of, literal_of
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document, Node
from agentaudit.readers.lines import lines_of

_NAME, _SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
AWS_PAIR = frozenset({_NAME, _SECRET, "AWS_SESSION_TOKEN"})
_DRAWN_NAME = regex(r"A[A-Z0-9]{15,127}")
_DRAWN_SECRET = regex(r"[A-Za-z0-9/+=]{40}")
_LEFT_OUT = regex(
    r"(?i)[\"']?aws_secret_access_key[\"']?\s{0,9}[=:]\s{0,9}[\"']?(?:<|\*{3}|\.{3}|x{4}|your|redacted)"
)


def fits_aws(pair: Mapping[str, Setting]) -> bool:
    """Whether the halves of a pair that are there may be of AWS: one of them, or a reference."""
    secret = _literal(pair.get(_SECRET))
    if secret is None or _DRAWN_SECRET.fullmatch(secret):
        return True
    name = pair.get(_NAME)
    return name is not None and _DRAWN_NAME.fullmatch(literal_of(name.content)) is not None


def first_half(pair: Mapping[str, Setting]) -> Setting | None:
    """The half that stands for a pair: the name, unless the secret alone is written down."""
    name, secret = pair.get(_NAME), pair.get(_SECRET)
    if name is not None and _literal(name) is None and _literal(secret) is not None:
        return secret
    return name or secret


def half_left_out(document: Document, name: Node) -> bool:
    """Whether a guide leaves the secret out, on the line below the name of a key."""
    below = lines_of(document.text)[name.line : name.line + 1]
    return document.syntax == "text" and any(map(_LEFT_OUT.search, below))


def _literal(setting: Setting | None) -> str | None:
    """The literal that a half is; None for a reference, or where it is not there."""
    if setting is None or setting.form is not None:
        return None
    literal = form_of(setting.key, setting.content) is CredentialForm.LITERAL
    return literal_of(setting.content) if literal else None
