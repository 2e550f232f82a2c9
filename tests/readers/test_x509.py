"""Certificates: how long they are good, whatever else the text holds."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.readers.x509 import lifetimes_s
from tests.certificates import CERTIFICATE

DAY_S = 86_400
EDWARDS = """-----BEGIN CERTIFICATE-----
MIIBNDCB56ADAgECAhQuQINWx0Sb05MTiOK4FV7HnijGjDAFBgMrZXAwEDEOMAwG
A1UEAwwFYWdlbnQwHhcNMjYxMTI5MDEyNTA4WhcNMjYxMjI5MDEyNTA4WjAQMQ4w
DAYDVQQDDAVhZ2VudDAqMAUGAytlcAMhABl9ksFM8LVzITJu15bsuv3m/eRddv/e
CLPwwe7AOrUwo1MwUTAdBgNVHQ4EFgQUNc2TBOMlhwurUTDza4ODtACwDI0wHwYD
VR0jBBgwFoAUNc2TBOMlhwurUTDza4ODtACwDI0wDwYDVR0TAQH/BAUwAwEB/zAF
BgMrZXADQQDh5oUNddUNjFahKZsZDvwNEJABnDo7TiqH+vfqk3WH99z89OByce1+
rz6BSHRWjpAE/7vvZYOkRBfiEA0a8PkO
-----END CERTIFICATE-----
"""
AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBjTCCATOgAwIBAgIUTvC4TaOluB1CgsnH/XH06FGOnsAwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJYXV0aG9yaXR5MB4XDTI2MTEyOTEzMjA1OFoXDTM2MTEyNjEz
MjA1OFowFDESMBAGA1UEAwwJYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEG8pOdZaEVaGVQTRbR5A8a+dGiPGIoV0UiJ4tZPiJqPUGDgjuEv1sbtVT
RFaTYeHrkiMg2VM1SaixqxD0z0zAHqNjMGEwHQYDVR0OBBYEFGkBK4x/8rVI9fgi
4KVvum3xVWkiMB8GA1UdIwQYMBaAFGkBK4x/8rVI9fgi4KVvum3xVWkiMA8GA1Ud
EwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMCA0gAMEUCIFaW
p+Vo9F3LIifYHaMj6NFr063oDMjLmKhqMnvhYqGEAiEA+5d/HnbDDfPdu3hKW0qO
6k7PFfDdijwiH30DTHOEl/k=
-----END CERTIFICATE-----
"""


def test_certificates_say_for_how_long_they_are_good() -> None:
    """Made by OpenSSL with `-days 825` and `-days 30`."""
    chain = f"Bag Attributes\n{CERTIFICATE}\n{EDWARDS}"

    assert [seconds for _, seconds in lifetimes_s(chain)] == [825 * DAY_S, 30 * DAY_S]


@given(st.integers(0, len(CERTIFICATE) - 1), st.characters(codec="ascii"))
def test_no_change_of_a_certificate_breaks_the_reader(at: int, character: str) -> None:
    changed = CERTIFICATE[:at] + character + CERTIFICATE[at + 1 :]

    assert len(list(lifetimes_s(changed))) <= 1


@given(st.text(alphabet="AQIDMBswEgYK=+/\n", max_size=300))
def test_no_block_breaks_the_reader(body: str) -> None:
    found = list(lifetimes_s(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----"))

    assert all(seconds is None or isinstance(seconds, int) for _, seconds in found)


def test_certificates_of_authorities_are_left_out() -> None:
    """Made by OpenSSL with `keyUsage=critical,keyCertSign,cRLSign`."""
    assert [seconds for _, seconds in lifetimes_s(AUTHORITY + CERTIFICATE)] == [825 * DAY_S]
