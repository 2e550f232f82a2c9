"""Files as they are found: links, special files, names and encodings; none hides another."""

import os
from pathlib import Path

import pytest

from agentaudit.extract.deployment import read_deployment
from agentaudit.model.deployment import Deployment
from agentaudit.rules.fakes import fake

KEY = "sk-ant-api03-" + "Zr4Kq9Lm2Xv7Bt5Nc8Hd" * 4 + "-AbCdEfAA"


def coverage_of(deployment: Deployment) -> dict[str, tuple[str, str]]:
    return {item.file: (item.status.value, item.reason) for item in deployment.coverage}


@pytest.fixture(name="linked")
def with_links(tmp_path: Path) -> Path:
    """A folder with links in and out of it, and what is no file."""
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (outside / "secret.env").write_text(f"OPENAI_API_KEY={KEY}\n")
    (root / "loop").symlink_to(root)
    (root / "beside").symlink_to(outside)
    (root / "stolen.env").symlink_to(outside / "secret.env")
    (root / "README.md").symlink_to(outside / "secret.env")
    os.mkfifo(root / "pipe.env")
    return root


def test_links_and_special_files_are_named_and_not_followed(linked: Path) -> None:
    """What stands behind a link out of the folder is not known, so the audit is not whole."""
    deployment = read_deployment([linked])

    assert coverage_of(deployment) == {
        "loop": ("skipped", "a link to a folder"),
        "beside": ("failed", "unreadable: a link out of the audited folder"),
        "stolen.env": ("failed", "unreadable: a link out of the audited folder"),
        "README.md": ("skipped", "not a deployment format"),
        "pipe.env": ("failed", "unreadable: not a regular file"),
    }
    assert deployment.incomplete
    assert deployment.credentials == ()


def test_a_link_that_the_user_names_is_followed(linked: Path) -> None:
    deployment = read_deployment([linked / "stolen.env"])

    assert coverage_of(deployment) == {"stolen.env": ("read", "")}
    assert len(deployment.credentials) == 1


def test_names_that_are_no_utf_8_stay_apart(tmp_path: Path) -> None:
    for byte in (b"\xfe", b"\xff"):
        (tmp_path / os.fsdecode(byte + b".env")).write_text(f"OPENAI_API_KEY={KEY}\n")

    assert [item.file for item in read_deployment([tmp_path]).coverage] == [
        "\\xfe.env",
        "\\xff.env",
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_scripts_are_read_in_the_encoding_that_they_name(tmp_path: Path, encoding: str) -> None:
    """As PowerShell and Visual Studio write them."""
    for file in ("run.ps1", "agent.ts", "Agent.cs"):
        (tmp_path / file).write_text(f'$env:KEY = "{KEY}"\n', encoding=encoding)
    found = read_deployment([tmp_path])

    assert sorted(place.file for one in found.credentials for place in one.evidence) == [
        "Agent.cs",
        "agent.ts",
        "run.ps1",
    ]


@pytest.mark.parametrize(
    ("name", "begins", "keys"),
    [
        ("deploy_key", "", 1),
        ('ssh-keygen -C "me@acme.example"', "", 1),
        ("AuthKey_7QX.p8", "", 1),
        ("notes", "not ", 0),
        ("desk.rtf", "", 0),
    ],
)
def test_a_key_is_found_in_a_file_that_no_ending_tells_apart(
    tmp_path: Path, name: str, begins: str, keys: int
) -> None:
    (tmp_path / name).write_text(begins + fake("private_key").replace("\\n", "\n"))
    (tmp_path / "program").write_bytes(b"\x7fELF\0" * 9)
    deployment = read_deployment([tmp_path])

    assert [each.kind for each in deployment.credentials] == ["private_key"] * keys
    assert coverage_of(deployment)["program"] == ("skipped", "not a deployment format")
