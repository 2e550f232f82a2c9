"""Fingerprints: what makes a finding the same one in the next run."""

from agentaudit.digests import digest_of

_LENGTH = 32


def fingerprint(rule: str, subject: str) -> str:
    """
    A digest of the rule and the fact's id.

    The id is of the fact's natural key: no line, so that an edit elsewhere in the file changes
    nothing, and no secret, so that nobody can test guesses against a baseline.
    """
    return digest_of(f"{rule}\0{subject}")[:_LENGTH]
