"""The words of a command line that ask for load, as a plan; and a recording under such load."""

import sys
from pathlib import Path

import pytest

from agentaudit.cli.load import LoadOptions, plan_of
from agentaudit.errors import InputError, UsageError

SECRET = "canary-4711"  # noqa: S105 -- made up, to be looked for


def test_a_body_is_posted_and_none_is_asked_for() -> None:
    url = "http://127.0.0.1:1/run"

    assert plan_of(LoadOptions(url=url)).method == "GET"
    posted = plan_of(LoadOptions(url=url, body='{"q": 1}'))
    assert (posted.method, posted.bodies) == ("POST", ('{"q": 1}',))
    assert posted.headers == {"Content-Type": "application/json"}
    assert plan_of(LoadOptions(url=url, body="hello")).headers == {"Content-Type": "text/plain"}


def test_bodies_and_headers_may_stand_in_files(tmp_path: Path) -> None:
    bodies, headers = tmp_path / "bodies.jsonl", tmp_path / "headers"
    bodies.write_text('{"q": 1}\n\n{"q": 2}\n')
    headers.write_text(f"Authorization: Bearer {SECRET}\ncontent-type: application/x-own\n")

    plan = plan_of(
        LoadOptions(url="http://[::1]:80/", body=f"@{bodies}", headers=(f"@{headers}", "X-A: b: c"))
    )

    assert plan.bodies == ('{"q": 1}', '{"q": 2}')
    assert plan.headers == {
        "Authorization": f"Bearer {SECRET}",
        "content-type": "application/x-own",
        "X-A": "b: c",
    }


@pytest.mark.parametrize(
    "url",
    [
        "agent",
        "ftp://host/",
        "http://",
        "http://host:0/",
        "http://host:99999/",
        "file:///etc/passwd",
        "http://[::1/run",
        "http://host:port/",
    ],
)
def test_only_addresses_of_http_are_asked(url: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        plan_of(LoadOptions(url=url))


def test_no_message_shows_a_secret(tmp_path: Path) -> None:
    headers = tmp_path / "headers"
    headers.write_text(f"X-Right: 1\n{SECRET}\n")

    with pytest.raises(UsageError) as in_address:
        plan_of(LoadOptions(url=f"http://me:{SECRET}@host/"))
    with pytest.raises(UsageError) as misspelt:
        plan_of(LoadOptions(url=f"htp://me:{SECRET}@host/"))
    with pytest.raises(UsageError) as in_words:
        plan_of(LoadOptions(url="http://host/", headers=(SECRET,)))
    with pytest.raises(InputError) as in_file:
        plan_of(LoadOptions(url="http://host/", headers=(f"@{headers}",)))

    assert in_file.value.problems[0].line == 2
    for error in (in_address, misspelt, in_words, in_file):
        assert SECRET not in str(error.value)


@pytest.mark.parametrize("url", ["http://host/a b", "http://host/caf\u00e9", "http://host/\n"])
def test_an_address_is_as_http_sends_it(url: str) -> None:
    with pytest.raises(UsageError, match="%20"):
        plan_of(LoadOptions(url=url))


@pytest.mark.parametrize("header", ["X Who: me", ": me", "X-Who: a\nX-Other: b", "X-Who: \u2713"])
def test_a_header_is_as_http_sends_it(header: str) -> None:
    with pytest.raises(UsageError, match="Name: value"):
        plan_of(LoadOptions(url="http://host/", headers=(header,)))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text("\n \n")
    binary.write_bytes(b"\xff\xfe\x00")

    for file in (empty, binary, tmp_path / "missing"):
        with pytest.raises(InputError) as error:
            plan_of(LoadOptions(url="http://host/", body=f"@{file}"))
        assert error.value.problems[0].file == str(file)


def test_runs_of_a_command_need_no_address() -> None:
    plan = plan_of(LoadOptions(users=2), (sys.executable, "-c", "pass"))

    assert (plan.url, plan.command, plan.users) == ("", (sys.executable, "-c", "pass"), 2)
