"""What is shown of a value: never a character that may be a secret's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.credentials.redaction import (
    all_cleaned,
    arguments,
    assignment,
    bare_url,
    cleaned,
    without_user,
)
from agentaudit.extract.deployment import deployment_of
from agentaudit.rules.fakes import fake

WORD = "sk-emergent.q8vR2xLkQ9mP4"


@pytest.mark.parametrize(
    "value", ["${NAME}", "$NAME", "${env:NAME}", "${secrets.my-token}", "${NAME:-$OTHER}"]
)
def test_a_reference_is_shown_as_it_is(value: str) -> None:
    assert assignment("KEY", value) == f"KEY={value}"


@pytest.mark.parametrize(
    "value",
    [
        f"${{NAME:-{WORD}}}",
        f"${{NAME-{WORD}}}",
        f"${{localEnv:NAME:{WORD}}}",
        f"${{NAME:-first\n{WORD}}}",
        f"${WORD}",
    ],
    ids=["default", "default of the unset", "of a development container", "of lines", "a password"],
)
def test_a_default_is_as_secret_as_any_value(value: str) -> None:
    shown = (assignment("KEY", value), *arguments(("--api-key", value, f"--token={value}")))

    assert not any(WORD in text for text in shown)
    assert all("characters)" in text for text in (shown[0], *shown[2:]))


def test_words_of_a_key_that_was_taken_apart_are_not_shown() -> None:
    key = fake("private_key").replace("\\n", "\n")
    shown = " ".join(arguments(tuple(key.split())))

    assert not any(line in shown for line in key.split("\n")[1:-2])
    assert not any(
        line[at : at + 10] in shown for line in key.split("\n")[1:-2] for at in range(50)
    )


def test_the_default_of_a_service_is_told_and_not_shown() -> None:
    compose = f"services: {{a: {{image: a, environment: {{API_KEY: '${{API_KEY:-{WORD}}}'}}}}}}"
    found = deployment_of({"compose.yaml": compose})

    assert len(found.credentials) == 1
    assert WORD not in repr(found)


@pytest.mark.parametrize(
    "settings",
    [
        f"Server=db;Password={WORD};Encrypt=True",
        f"Server=db;PassWord={WORD}",
        f"Server=db;PassWd={WORD}",
        f"Server=db;Pwd='{WORD};'",
        f'Server=db;Password="a {WORD}"',
        f"Server=db;Password=a&{WORD}",
        f"Server=db;Password=${WORD}",
        f"AccountName=desk;AccountKey={WORD}==;EndpointSuffix=core.windows.net",
        f"Endpoint=sb://desk.test/;SharedAccessKeyName=all;SharedAccessKey={WORD}=",
    ],
)
def test_a_password_in_a_list_of_settings_is_cleaned_however_it_is_written(settings: str) -> None:
    assert WORD not in cleaned(settings)
    assert WORD not in all_cleaned((settings,))[0]


@pytest.mark.parametrize("reference", ["$NAME", "${NAME}", "$(name)"])
def test_a_reference_in_a_list_of_settings_is_shown(reference: str) -> None:
    settings = f"Server=db;Password={reference};Encrypt=True"

    assert cleaned(settings) == settings


def test_a_url_is_as_long_as_no_name_is_and_not_searched() -> None:
    assert bare_url(f"https://{'a' * 5_000}") == "… (5008 characters)"


def test_nothing_is_as_long_as_no_name_is_and_shown_whole() -> None:
    assert all_cleaned(("read", "x" * 5_000)) == ("read", "… (5000 characters)")
    assert all_cleaned(("read",) * 5_000) == ("read",) * 5_000


@pytest.mark.parametrize(
    "text",
    [
        "ai:getbackendapikey",
        "dapi0123456789abcdef0123456789abcdef",
        "a sk-proj-R7fQ2mZc9Xw4",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg",
        "say hf_\nand xoxb-",
    ],
)
def test_a_list_is_cleaned_as_each_of_its_texts_is(text: str) -> None:
    texts = ("read", text, "write", "s3:getobject")

    assert all_cleaned(texts) == tuple(map(cleaned, texts))
    assert (all_cleaned(texts) is texts) == (cleaned(text) == text and "\n" not in text)


@pytest.mark.parametrize("kind", ["anthropic_key", "openai_key", "github_classic", "private_key"])
def test_a_secret_that_was_cut_is_cleaned_as_well(kind: str) -> None:
    """What was shortened has too few characters left for the form of its kind."""
    secret = fake(kind)
    for text in (secret[:36], f"the role {secret[:36]}…", f"a/{secret[:60]}"):
        assert secret[14:30] not in cleaned(text)


def test_a_key_of_bedrock_is_cleaned_behind_a_slash() -> None:
    secret = fake("bedrock_key")

    assert cleaned(f"https://a.example/{secret}/b") == "https://a.example/ABSK…"


def test_what_only_begins_as_a_secret_is_shown() -> None:
    assert cleaned("acme/sk-learn-service") == "acme/sk-learn-service"


_USER = re.compile(
    r"(?P<scheme>[a-zA-Z][\w+.-]*://)(?:[^\s/@:]*:(?!\d{1,5}(?:[/?#\s]|$))\S*@|[^\s/@]*@)"
)
"""What user information is, as one expression, whose time grows with the square of the text."""
_PARTS = (
    "a",
    "1",
    "é",
    "_",
    "-",
    "://",
    ":",
    "/",
    "@",
    " ",
    "\n",
    "?",
    "#",
    "80",
    "x:",
    "a://b:c@",
)


@given(st.lists(st.sampled_from(_PARTS), max_size=24).map("".join))
def test_user_information_is_found_where_one_expression_finds_it(text: str) -> None:
    assert without_user(text, "…@") == _USER.sub(r"\g<scheme>…@", text)


_PLAIN = "q7Ab3dEf5hJk9mNp2r"
"""A secret of no known form: what stands beside it alone tells that it is one."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://x.example/mcp?a=1&token={}", "https://x.example/mcp?a=1&token=…"),
        ("wss://x.example/mcp;access_token={};v=1", "wss://x.example/mcp;access_token=…;v=1"),
        ("https://x.example/?key={}", "https://x.example/?key=…"),
        ("https://hooks.example/s/T012/{}/mcp", "https://hooks.example/s/T012/…/mcp"),
        ("https://api.example/bot123456:{}/send", "https://api.example/bot123456:…/send"),
        ("scott/{}@//db:1521/orcl", "scott/…@//db:1521/orcl"),
        ("jdbc:oracle:thin:scott/{}@db:1521:orcl", "jdbc:oracle:thin:scott/…@db:1521:orcl"),
        ("Server=db;Password=two words {};Encrypt=yes", "Server=db;Password=…;Encrypt=yes"),
        ("serve --api-token {} now", "serve --api-token … now"),
        ("curl -u admin:{} https://x.example", "curl -u admin:… https://x.example"),
        ("Authorization: Bearer {}", "Authorization: Bearer …"),
        ("X-Api-Key: {}", "X-Api-Key: …"),
        ('{{"password": "{}"}}', '{{"password": "…"}}'),
    ],
)
def test_what_its_own_words_call_a_secret_is_not_shown(text: str, shown: str) -> None:
    """Where somebody made it the name of a server, an image or a folder."""
    given = text.format(_PLAIN)

    assert cleaned(given) == shown.replace("{{", "{").replace("}}", "}")
    assert all_cleaned(("other", given)) == ("other", cleaned(given))


@pytest.mark.parametrize(
    "text",
    [
        "https://x.example/mcp?api_key=${API_KEY}",
        "serve --token $TOKEN --max-tokens=4096",
        "actions/checkout@v4",
        "acme/agent@sha256:0123456789abcdef",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:agent-AbC123",
        "Basic authentication with a token",
        "docker run -u 1000:1000 agent",
        "https://x.example/agents/support-desk-v2/getTicketsByCustomer",
        "https://x.example/runs/0b1f8a52-3c1e-4f3e-9f59-0a8f6d2b7c11",
        "secretsmanager:GetSecretValue",
    ],
)
def test_what_names_no_secret_is_shown(text: str) -> None:
    assert cleaned(text) == text
