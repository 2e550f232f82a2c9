"""What git keeps elsewhere is told where it is not here, and never passes for read."""

import subprocess
from pathlib import Path

import pytest

from agentaudit.model.deployment import FileStatus
from agentaudit.readers.files import read_files


def listed(folder: Path, *paths: str) -> None:
    sections = (f'[submodule "{path}"]\n\tpath = {path}\n\turl = ../x\n' for path in paths)
    (folder / ".gitmodules").write_text("".join(sections))


def failures(*paths: Path) -> dict[str, str]:
    found = read_files(paths).coverage
    return {each.file: each.reason for each in found if each.status is FileStatus.FAILED}


def test_a_submodule_that_is_not_checked_out_is_a_file_that_could_not_be_read(
    tmp_path: Path,
) -> None:
    listed(tmp_path, "vendor/empty", "vendor/gone", "vendor/there")
    (tmp_path / "vendor/empty").mkdir(parents=True)
    (tmp_path / "vendor/there").mkdir()
    (tmp_path / "vendor/there/.env").write_text("PORT=1\n")

    told = failures(tmp_path)

    assert set(told) == {"vendor/empty", "vendor/gone"}
    assert "submodule that is not checked out" in told["vendor/gone"]


def test_so_it_is_where_only_a_folder_around_it_is_audited(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    listed(tmp_path, "deploy/shared", "docs/theme")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/.env").write_text("PORT=1\n")

    assert set(failures(tmp_path / "deploy")) == {"shared"}


@pytest.mark.parametrize("path", ["../outside", "/etc", "a/../../b"])
def test_a_list_of_strangers_leads_nowhere_else(path: str, tmp_path: Path) -> None:
    listed(tmp_path, path)

    assert failures(tmp_path) == {}


def test_a_real_clone_leaves_them_out_and_says_so(tmp_path: Path) -> None:
    def git(folder: Path, *words: str) -> None:
        settings = ("-c", "user.email=a@b.test", "-c", "user.name=a")
        allowed = ("-c", "protocol.file.allow=always")
        subprocess.run(["git", *settings, *allowed, *words], cwd=folder, check=True)

    for name in ("inner", "outer"):
        (tmp_path / name).mkdir()
        git(tmp_path / name, "init", "-q")
        (tmp_path / name / ".env").write_text("PORT=1\n")
        git(tmp_path / name, "add", ".")
        git(tmp_path / name, "commit", "-qm", "one")
    git(tmp_path / "outer", "submodule", "add", "-q", "../inner", "parts/inner")
    git(tmp_path / "outer", "commit", "-qm", "two")
    git(tmp_path, "clone", "-q", "outer", "without")
    git(tmp_path, "clone", "-q", "--recurse-submodules", "outer", "whole")

    assert set(failures(tmp_path / "without")) == {"parts/inner"}
    assert failures(tmp_path / "whole") == {}


def test_a_pointer_of_git_lfs_is_no_content(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
    (tmp_path / "compose.yaml").write_text(pointer)

    assert "pointer of Git LFS" in failures(tmp_path)["compose.yaml"]
