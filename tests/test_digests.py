"""Digests are those of the standard library, whichever of its modules makes them."""

import hashlib
import hmac
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.digests import digest_of, keyed_digest


@given(st.text())
def test_a_digest_is_sha_256(text: str) -> None:
    written = text.encode(errors="replace")

    assert digest_of(text) == hashlib.sha256(written).hexdigest()


@given(st.binary(max_size=200), st.text())
def test_a_keyed_digest_is_hmac(key: bytes, text: str) -> None:
    written = text.encode(errors="replace")

    assert keyed_digest(key, text) == hmac.new(key, written, hashlib.sha256).hexdigest()


def test_openssl_is_not_loaded_for_them() -> None:
    """Which was a twentieth of the memory of a whole run."""
    asked = "import sys, agentaudit.digests; print('_hashlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "False"
