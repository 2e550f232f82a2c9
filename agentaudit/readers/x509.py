"""
From when until when a certificate is good, read from its PEM text.

Only the way to the dates is read: RFC 5280, section 4.1, in the DER of X.690.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime

_BLOCK = re.compile(
    r"-----BEGIN CERTIFICATE-----\s(?P<body>[A-Za-z0-9+/=\s]{1,60000}?)-----END CERTIFICATE-----"
)
_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_FORMATS = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}
_LONG_FORM = 0x80
_MOST_LENGTH_BYTES = 4
_MAY_SIGN = re.compile(
    rb"\x06\x03\x55\x1d\x0f(?:\x01\x01\xff)?\x04\x04\x03\x02.(?P<bits>.)", re.DOTALL
)
_SIGNS_CERTIFICATES = 0x04
"""The key usages of an authority: RFC 5280, section 4.2.1.3, `keyCertSign`."""


def lifetimes_s(text: str) -> Iterator[tuple[int, int | None]]:
    """
    Where each certificate begins, and for how many seconds it is good, if that can be read.

    Those of authorities are left out: others are held against them, and they live long by design.
    """
    for found in _BLOCK.finditer(text):
        try:
            der = base64.b64decode("".join(found["body"].split()), validate=True)
            usage = _MAY_SIGN.search(der)
            if usage is None or not usage["bits"][0] & _SIGNS_CERTIFICATES:
                yield found.start(), _lifetime_s(der)
        except (binascii.Error, ValueError, IndexError):
            yield found.start(), None


def _lifetime_s(der: bytes) -> int:
    _, certificate, _ = _element(der)
    _, signed, _ = _element(certificate)
    tag, _, rest = _element(signed)
    fields = rest if tag == _VERSION else signed
    for _ in range(3):  # serial number, signature, issuer
        _, _, fields = _element(fields)
    tag, validity, _ = _element(fields)
    if tag != _SEQUENCE:
        raise ValueError("no validity where it belongs")
    start, rest = _time(validity)
    end, _ = _time(rest)
    return int((end - start).total_seconds())


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content, and what follows; IndexError or ValueError where the data ends early."""
    tag, length, at = data[0], data[1], 2
    if length >= _LONG_FORM:
        count = length - _LONG_FORM
        if not 0 < count <= _MOST_LENGTH_BYTES:
            raise ValueError("a length of no use")
        length, at = int.from_bytes(data[2 : 2 + count]), 2 + count
    if at + length > len(data):
        raise ValueError("cut short")
    return tag, data[at : at + length], data[at + length :]


def _time(data: bytes) -> tuple[datetime, bytes]:
    tag, content, rest = _element(data)
    if tag not in _FORMATS:
        raise ValueError("no time where it belongs")
    return datetime.strptime(content.decode("ascii"), _FORMATS[tag]).replace(tzinfo=UTC), rest
