"""
SHA-256 of texts, without OpenSSL.

`hashlib` loads that for the same digests, which takes 3.4 MiB of memory and a fiftieth of a start.
CPython has its own beside it, as its `random` uses them; where one was built without, `hashlib` is
asked.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:
        from _sha2 import sha256  # since Python 3.12
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256

__all__ = ("digest_of", "keyed_digest", "sha256")

_BLOCK = 64
"""Bytes that SHA-256 takes in at once."""
_INNER, _OUTER = (bytes(byte ^ mask for byte in range(256)) for mask in (0x36, 0x5C))


def digest_of(text: str) -> str:
    """64 hexadecimal digits."""
    return sha256(text.encode(errors="replace")).hexdigest()


def keyed_digest(key: bytes, text: str) -> str:
    """HMAC (RFC 2104) of a text, in 64 hexadecimal digits: tells nothing to who lacks the key."""
    block = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = sha256(block.translate(_INNER) + text.encode(errors="replace")).digest()
    return sha256(block.translate(_OUTER) + inner).hexdigest()
