"""Files that lint cannot read: each is named with what is wrong, and the run ends in 3 for it."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.readers import files

CONFLICT = "<<<<<<< HEAD\n{ours}\n=======\n{theirs}\n>>>>>>> main\n"
HELM = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n"
QUOTED = 'apiVersion: v1\nkind: Pod\nmetadata: {name: "{{ .Release.Name }}"}\n'
CHART = "apiVersion: v2\nname: agent\nversion: 0.1.0\n"
KUSTOMIZATION = "resources: [pod.yaml]\npatches: [{path: patch.yaml}]\n"
MCP = '{"mcpServers": {}}'
AGENT = 'import { Agent } from "@openai/agents";'
BAD: dict[str, tuple[str, bytes, str]] = {
    "binary": ("compose.yaml", b"\x7fELF\x00\x01", "binary content"),
    "Latin-1": ("compose.yaml", "services: {é: {}}".encode("latin-1"), "not UTF-8"),
    "UTF-16 without its mark": (".mcp.json", MCP.encode("utf-16-be"), "binary content"),
    "half a UTF-16": (".mcp.json", MCP.encode("utf-16")[:-1], "not UTF-16"),
    "cut short": (".mcp.json", b'{"mcpServers": {', "belongs here"),
    "Helm": ("templates/pod.yaml", HELM.encode(), "an unrendered template"),
    "Helm in quotes": ("templates/pod.yaml", QUOTED.encode(), "an unrendered template"),
    "Jinja": (
        "compose.yaml",
        b"services:\n{% for a in b %}\n  x: {{ a }}\n",
        "unrendered template",
    ),
    "Jinja by its name": (
        "compose.yaml.j2",
        b'services: {agent: {image: "{{ image }}"}}\n',
        "an unrendered template",
    ),
    "Kustomize": ("kustomization.yaml", KUSTOMIZATION.encode(), "`patches` is not applied"),
    **{
        f"conflict in {file}": (
            file,
            CONFLICT.format(ours=ours, theirs=theirs).encode(),
            "a merge conflict",
        )
        for file, ours, theirs in (
            ("compose.yaml", "services: {a: {}}", "services: {b: {}}"),
            (".mcp.json", MCP, "{}"),
            ("main.tf", "locals { a = 1 }", "locals { a = 2 }"),
            (".env", "OPENAI_API_KEY=", "OPENAI_API_KEY=x"),
            ("Dockerfile", "FROM a", "FROM b"),
            ("redis.conf", "maxmemory 1mb", "maxmemory 2mb"),
            ("CLAUDE.md", "Ask first.", "Ask never."),
            (".codex/config.toml", 'approval_policy = "never"', 'approval_policy = "untrusted"'),
            ("agent.py", "import openai", "import anthropic"),
            ("agent.ts", AGENT, "export const limit = 2;"),
        )
    },
}


@pytest.fixture(name="folder")
def audited(tmp_path: Path) -> Path:
    """A folder with one file that can be read."""
    (tmp_path / "Chart.yaml").write_text(CHART)
    return tmp_path


def linted(folder: Path, *options: str) -> tuple[int, dict[str, str]]:
    """The exit code, and by file what is wrong with it."""
    done = CliRunner().invoke(
        app, ["lint", str(folder), "--format", "json", "--fail-on", "never", *options]
    )
    assert done.exception is None or isinstance(done.exception, SystemExit)
    coverage = json.loads(done.stdout)["coverage"]
    return done.exit_code, {
        item["file"]: item["reason"] for item in coverage if item["status"] != "read"
    }


@pytest.mark.parametrize(("file", "content", "reason"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_named_and_ends_in_3(
    folder: Path, file: str, content: bytes, reason: str
) -> None:
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_bytes(content)
    code, reasons = linted(folder)

    assert list(reasons) == [file]
    assert reason in reasons[file]
    assert code == 3
    assert linted(folder, "--allow-incomplete")[0] == 0


def test_links_in_circles_are_named_and_hide_nothing(folder: Path) -> None:
    (folder / "round").mkdir()
    (folder / "round" / "up").symlink_to("..")
    (folder / "self").symlink_to("self")
    (folder / "a.yaml").symlink_to("b.yaml")
    (folder / "b.yaml").symlink_to("a.yaml")
    (folder / "gone.yaml").symlink_to("nowhere.yaml")

    assert linted(folder) == (
        3,
        {
            "round/up": "a link to a folder",
            "self": "not a deployment format",
            "a.yaml": "unreadable: a link that leads back to itself",
            "b.yaml": "unreadable: a link that leads back to itself",
            "gone.yaml": "unreadable: No such file or directory",
        },
    )


def test_a_file_of_100_mb_is_named_and_not_loaded(folder: Path) -> None:
    with (folder / "big.json").open("wb") as file:
        file.truncate(100_000_000)

    assert linted(folder) == (3, {"big.json": "larger than 10,000,000 bytes"})


@pytest.fixture(name="stranger")
def without_rights() -> Iterator[Path]:
    """A folder of somebody else's, for somebody whom the file system says no to."""
    place = Path(tempfile.mkdtemp())
    before = os.geteuid()
    try:
        place.chmod(0o755)
        (place / "Chart.yaml").write_text(CHART)
        (place / "closed").mkdir()
        (place / "closed" / ".mcp.json").write_text(MCP)
        (place / ".env").write_text("OPENAI_API_KEY=\n")
        (place / ".env").chmod(0)
        (place / "closed").chmod(0)
        if before == 0:
            os.seteuid(65534)
        yield place
    finally:
        os.seteuid(before)
        (place / "closed").chmod(0o755)
        shutil.rmtree(place)


def test_what_may_not_be_opened_is_named(stranger: Path) -> None:
    found = files.read_files([stranger])

    assert [text.file for text in found.texts] == ["Chart.yaml"]
    assert {item.file: (item.status.value, item.reason) for item in found.coverage} == {
        ".env": ("failed", "unreadable: Permission denied"),
        "closed": ("failed", "unreadable folder: Permission denied"),
    }


def test_more_files_than_anybody_reads_is_no_silent_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 10)
    for number in range(20):
        (folder / f"{number}.txt").touch()
    code, reasons = linted(folder)

    assert code == 3
    assert any("more than 10 files" in reason for reason in reasons.values())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_every_encoding_that_names_itself_is_read(folder: Path, encoding: str) -> None:
    (folder / ".mcp.json").write_text(MCP, encoding=encoding)

    assert linted(folder) == (0, {})


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("agent.py", 'import openai\nSHOWN = """\n' + CONFLICT + '"""\n'),
        ("agent.ts", f"{AGENT}\nconst shown = `\n{CONFLICT}`;\n"),
        ("CLAUDE.md", "A heading\n=======\n\nand text\n"),
        ("CLAUDE.md", f"Resolve what looks so:\n\n```\n{CONFLICT}```\n"),
        ("CLAUDE.md", "Edit so:\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"),
        ("compose.yaml", "services: {}\nx-note: |\n  " + CONFLICT.replace("\n", "\n  ") + "\n"),
        ("values.env.tmpl", "A=1\n"),
    ],
)
def test_what_only_looks_unfinished_is_whole(folder: Path, file: str, text: str) -> None:
    (folder / file).write_text(text)

    assert linted(folder) == (0, {})
