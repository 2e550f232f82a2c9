"""The key of a Rails application's credentials is one wherever it lies in a repository."""

import pytest

from agentaudit.extract.deployment import deployment_of

KEY = "9f3a4567b89cdef0129f3a4567b8c1e2"


@pytest.mark.parametrize(
    "file", ["config/master.key", "app/config/master.key", "config/credentials/production.key"]
)
def test_a_key_that_opens_all_credentials_is_found(file: str) -> None:
    found = deployment_of({file: f"{KEY}\n"})
    (key,) = found.credentials

    assert (key.name, key.kind, key.form) == ("RAILS_MASTER_KEY", "master_key", "literal")
    assert key.evidence[0].line == 1
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("config/master.key", "<%= key %>\n"),
        ("config/master.key", f"{KEY}0\n"),
        ("certs/server.key", f"{KEY}\n"),
        ("config/master.key.example", f"{KEY}\n"),
    ],
)
def test_another_file_or_text_is_none(file: str, text: str) -> None:
    assert deployment_of({file: text}).credentials == ()
