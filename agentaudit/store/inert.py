"""JSON of which no runner of CI that shows it takes anything for an order."""


def inert(text: bytes) -> bytes:
    r"""
    The same JSON, read by everybody as before, with no two `#` in a row.

    Runners obey `##vso[…]`, `##[…]` and `##teamcity[…]` wherever they stand in a line of a log, and
    a text of what is audited may hold them. A `#` stands in texts alone, where `\u0023` means it.
    """
    return text.replace(b"##", rb"#\u0023") if b"##" in text else text
