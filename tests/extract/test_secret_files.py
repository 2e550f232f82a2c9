"""What lies in a folder of secrets, one to a file, is a secret in plain text in a repository."""

import subprocess
from pathlib import Path

import pytest

from agentaudit.extract.deployment import deployment_of, read_deployment
from agentaudit.readers.git import files_at

DRAWN = "pOIjQU/F0qaaWcIUFK/7ybbhwoX1gF8d"
COMPOSE = """\
services:
  n8n-postgres:
    image: postgres:16
    environment:
      - POSTGRES_PASSWORD_FILE=/run/secrets/n8n_db_password
    volumes:
      - ./secrets:/run/secrets:ro
"""


def written(folder: Path, file: str, content: bytes) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return folder


@pytest.mark.parametrize(
    "file",
    [
        "secrets/n8n_db_password",
        "deploy/.secrets/n8n_db_password.txt",
        "docker-secrets/prod/n8n_db_password",
    ],
)
def test_a_secret_in_a_file_of_its_own_is_found(tmp_path: Path, file: str) -> None:
    written(tmp_path, "docker-compose.yml", COMPOSE.encode())
    found = read_deployment([written(tmp_path, file, f"{DRAWN}\n".encode())])
    (secret,) = (each for each in found.credentials if each.form == "literal")

    assert (secret.name, secret.kind, secret.holder) == (
        "n8n_db_password",
        "password",
        "repository",
    )
    assert (secret.evidence[0].file, secret.evidence[0].line) == (file, 1)
    assert DRAWN not in repr(found)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("secrets/n8n_db_password", b"the password is kept in the vault\n"),
        ("secrets/n8n_db_password", b"\x00GITCRYPT\x00\xff\xfe\x01"),
        ("secrets/n8n_db_password", b"${N8N_DB_PASSWORD}\n"),
        ("secrets/n8n_db_password.example", f"{DRAWN}\n".encode()),
        ("secrets/owner", f"{DRAWN}\n".encode()),
        ("src/n8n_db_password", f"{DRAWN}\n".encode()),
    ],
)
def test_another_file_or_text_is_none_and_no_failure(
    tmp_path: Path, file: str, content: bytes
) -> None:
    found = read_deployment([written(tmp_path, file, content)])

    assert not [each for each in found.credentials if each.form == "literal"]
    assert not [each for each in found.coverage if each.status == "failed"]


def test_what_a_test_tries_is_no_certain_secret() -> None:
    found = deployment_of({"tests/fixtures/secrets/n8n_db_password.txt": DRAWN})
    (secret,) = found.credentials

    assert secret.confidence == "possible"


def test_a_key_of_a_known_form_needs_no_name(tmp_path: Path) -> None:
    key = "sk-ant-api03-" + "Zr4Kq9Lm2Xv7Bt5Nc8Hd" * 4 + "-AbCdEfAA"
    found = read_deployment([written(tmp_path, "secrets/claude", f"{key}\n".encode())])

    assert [each.provider for each in found.credentials] == ["anthropic"]


def test_it_is_found_in_a_commit_as_well(tmp_path: Path) -> None:
    written(tmp_path, "secrets/n8n_db_password", f"{DRAWN}\n".encode())
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first"),
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)

    assert [text.file for text in files_at([tmp_path], "HEAD").texts] == ["secrets/n8n_db_password"]
