"""Baselines and `--diff`: what is new fails, what was there does not, and nothing is executed."""

import json
import subprocess
from pathlib import Path

import pytest

from agentaudit.errors import InputError, UsageError
from agentaudit.rules.fakes import fake
from tests.cli.canaries import leaked
from tests.cli.test_cli_lint import run

ONLY = ("--select", "literal-model-api-key", "--select", "literal-code-host-token")
OTHER_KEY = fake("openai_key").replace("a", "b").replace("A", "C")
TEAM_KEY = "a-key-that-only-ci-knows"


def servers(**environment: str) -> str:
    return json.dumps({"mcpServers": {"s3": {"command": "s3-mcp", "env": environment}}}, indent=1)


def git(where: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    done = subprocess.run(
        ["git", "-C", where, *identity, *arguments], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One commit with one key in `.mcp.json`."""
    (tmp_path / ".mcp.json").write_text(servers(OPENAI_API_KEY=fake("openai_key")))
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path


def test_what_a_baseline_knows_does_not_fail_and_what_is_new_does(tmp_path: Path) -> None:
    where, baseline = tmp_path / "in", tmp_path / "lint.baseline"
    where.mkdir()
    config = where / ".mcp.json"
    config.write_text(servers(OPENAI_API_KEY=fake("openai_key")))
    run(str(where), *ONLY, "--write-baseline", str(baseline))
    known = run(str(where), *ONLY, "--baseline", str(baseline))
    config.write_text(
        "\n\n" + servers(GITHUB_TOKEN=fake("github_classic"), OPENAI_API_KEY=fake("openai_key"))
    )
    new = run(str(where), *ONLY, "--baseline", str(baseline))

    assert (known[0], new[0]) == (0, 1)
    assert "1 suppressed" in known[1]
    assert "literal-code-host-token" in new[1]
    assert "literal-model-api-key" not in new[1]


def test_a_baseline_is_sorted_holds_no_line_and_says_what_is_gone(tmp_path: Path) -> None:
    where, baseline = tmp_path / "in", tmp_path / "lint.baseline"
    where.mkdir()
    config = where / ".mcp.json"
    config.write_text(servers(A_KEY=fake("openai_key"), GITHUB_TOKEN=fake("github_classic")))
    run(str(where), *ONLY, "--write-baseline", str(baseline))
    lines = baseline.read_text().splitlines()
    config.write_text(servers(A_KEY=fake("openai_key")))
    code, _, said = run(str(where), *ONLY, "--baseline", str(baseline))

    assert lines == sorted(lines)
    assert {tuple(json.loads(line)) for line in lines} == {("file", "finding", "rule", "severity")}
    assert leaked(baseline.read_text()) == []
    assert code == 0
    assert "gone since the baseline: 1 (literal-code-host-token in .mcp.json)" in said


def test_another_secret_in_the_same_place_is_new_where_a_key_tells_values_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTAUDIT_BASELINE_KEY", TEAM_KEY)
    where, baseline = tmp_path / "in", tmp_path / "lint.baseline"
    where.mkdir()
    (where / ".mcp.json").write_text(servers(OPENAI_API_KEY=fake("openai_key")))
    run(str(where), *ONLY, "--write-baseline", str(baseline))
    same = run(str(where), *ONLY, "--baseline", str(baseline))
    (where / ".mcp.json").write_text(servers(OPENAI_API_KEY=OTHER_KEY))
    other = run(str(where), *ONLY, "--baseline", str(baseline))
    monkeypatch.delenv("AGENTAUDIT_BASELINE_KEY")
    unsure = run(str(where), *ONLY, "--baseline", str(baseline))

    assert (same[0], other[0], unsure[0]) == (0, 1, 0)
    assert "1 known secrets may have changed" in unsure[2]
    assert TEAM_KEY not in baseline.read_text()


def test_a_short_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTAUDIT_BASELINE_KEY", "short")

    with pytest.raises(UsageError, match="at least 16 characters"):
        run(str(tmp_path), "--write-baseline", str(tmp_path / "b"))


def test_another_file_than_a_baseline_is_told_once(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text(servers(A="b"))
    page = tmp_path / "README.md"
    page.write_text("# A page\n" * 200)

    with pytest.raises(InputError) as refused:
        run(str(tmp_path), "--baseline", str(page))

    assert str(refused.value) == (
        f"{page}: is no baseline, of which each line is one JSON object; make one with"
        " --write-baseline"
    )


def branch_with(repository: Path, name: str, server: str) -> None:
    """A branch that brings one more file with a key in it, and writes the baseline again."""
    git(repository, "checkout", "-q", "-b", name, "main")
    (repository / server).mkdir()
    (repository / server / ".mcp.json").write_text(servers(OPENAI_API_KEY=OTHER_KEY))
    run(str(repository), *ONLY, "--write-baseline", str(repository / "lint.baseline"))
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", name)


def with_baseline(repository: Path) -> None:
    (repository / ".gitattributes").write_text("*.baseline merge=union\n")
    (repository / "n").mkdir()
    (repository / "n" / ".mcp.json").write_text(servers(OPENAI_API_KEY=OTHER_KEY))
    run(str(repository), *ONLY, "--write-baseline", str(repository / "lint.baseline"))
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "baseline")


@pytest.mark.parametrize("other", ["b", "z"])
def test_baselines_of_two_branches_merge_without_a_conflict(repository: Path, other: str) -> None:
    """Also where both bring findings to one place of the file, which git leaves to `union`."""
    with_baseline(repository)
    branch_with(repository, "ours", "a")
    branch_with(repository, "theirs", other)

    git(repository, "merge", "-q", "--no-edit", "ours")
    merged = (repository / "lint.baseline").read_text()
    code, _, told = run(str(repository), *ONLY, "--baseline", str(repository / "lint.baseline"))
    run(str(repository), *ONLY, "--write-baseline", str(repository / "lint.baseline"))

    assert code == 0
    assert "gone since the baseline" not in told
    assert sorted(merged.splitlines()) == (repository / "lint.baseline").read_text().splitlines()


def test_what_a_merge_brings_back_into_a_baseline_is_told(repository: Path) -> None:
    """The union keeps a line that one branch dropped where the other brought one beside it."""
    with_baseline(repository)
    branch_with(repository, "ours", "a")
    git(repository, "checkout", "-q", "-b", "mended", "main")
    (repository / "n" / ".mcp.json").unlink()
    run(str(repository), *ONLY, "--write-baseline", str(repository / "lint.baseline"))
    git(repository, "commit", "-q", "-a", "-m", "mended")

    git(repository, "merge", "-q", "--no-edit", "ours")
    code, _, told = run(str(repository), *ONLY, "--baseline", str(repository / "lint.baseline"))

    assert code == 0
    assert "gone since the baseline: 1 (literal-model-api-key in n/.mcp.json)" in told


def test_everything_wrong_with_a_baseline_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text(servers(A="b"))
    bad = tmp_path / "bad.baseline"
    bad.write_text(
        '<<<<<<< ours\n{"rule": "a", "file": "b"}\n[1]\n'
        '{"rule": "a", "file": "b", "finding": "c", "line": 3}\n'
        '{"rule": "a", "file": "b", "finding": "c", "severity": "grave"}\n'
    )

    with pytest.raises(InputError) as told:
        run(str(tmp_path), "--baseline", str(bad))

    assert [problem.line for problem in told.value.problems] == [1, 2, 3, 4, 5]
    assert "merge conflict" in str(told.value)
    assert "`line` is not a field here" in str(told.value)
    assert "`severity` must be one of info, low" in str(told.value)


def test_only_what_a_change_brought_counts(repository: Path) -> None:
    (repository / ".mcp.json").write_text(
        servers(GITHUB_TOKEN=fake("github_classic"), OPENAI_API_KEY=fake("openai_key"))
    )
    code, out, _ = run(str(repository), *ONLY, "--diff", "main")

    assert code == 1
    assert "literal-code-host-token" in out
    assert "literal-model-api-key" not in out
    assert (
        run(str(repository), *ONLY, "--diff", "main", "--ignore", "literal-code-host-token")[0] == 0
    )


def test_another_secret_in_the_same_place_is_brought_by_the_change(repository: Path) -> None:
    (repository / ".mcp.json").write_text(servers(OPENAI_API_KEY=OTHER_KEY))

    assert run(str(repository), *ONLY, "--diff", "HEAD")[0] == 1


def test_a_renamed_file_brings_nothing(repository: Path) -> None:
    (repository / "agents").mkdir()
    (repository / ".mcp.json").rename(repository / "agents" / "mcp.json")
    moved = (repository / "agents" / "mcp.json").read_text()
    (repository / "agents" / "mcp.json").write_text(moved.replace('"s3-mcp"', '"s3-mcp-next"'))

    assert run(str(repository), *ONLY, "--diff", "main")[0] == 0


@pytest.mark.parametrize("at_once", [1, 1_000])
def test_a_key_that_no_ending_tells_is_known_from_before(
    repository: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("agentaudit.readers.git._AT_ONCE", at_once)
    only = ("--select", "literal-service-token", "--diff", "HEAD")
    key = fake("private_key").replace("\\n", "\n")
    (repository / "deploy_key").write_text(key)
    (repository / "program").write_bytes(b"\x7fELF\0" * 9)
    (repository / "large").write_bytes(key.encode().ljust(40_000))
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "two")
    known = run(str(repository), *only)
    (repository / "id_ecdsa").write_text(key)
    new = run(str(repository), *only)

    assert (known[0], new[0]) == (0, 1), known
    assert "1 suppressed" in known[1]
    assert [line for line in new[1].splitlines() if "literal-service-token" in line] == [
        "id_ecdsa:1:1 critical literal-service-token"
    ]


def test_a_folder_of_the_repository_is_compared_with_itself(repository: Path) -> None:
    deploy = repository / "deploy"
    deploy.mkdir()
    (deploy / ".mcp.json").write_text(servers(OPENAI_API_KEY=fake("openai_key")))
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "two")

    assert run(str(deploy), *ONLY, "--diff", "HEAD")[0] == 0
    assert run(str(deploy), *ONLY, "--diff", "HEAD~1")[0] == 1


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("nowhere", "no commit 'nowhere'; name a commit"),
        ("nowhere...", "no commit 'nowhere'; name a commit"),
        ("main...main", "is no commit"),
        ("--output=x", "is no commit"),
    ],
)
def test_an_unknown_commit_is_an_error(repository: Path, revision: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        run(str(repository), f"--diff={revision}")


def test_no_repository_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text(servers(A="b"))

    with pytest.raises(UsageError, match="is in no repository of git"):
        run(str(tmp_path), "--diff", "main")


def test_a_shallow_clone_says_what_is_missing(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", str(shallow))

    with pytest.raises(UsageError, match="shallow"):
        run(str(shallow), "--diff", first)


def test_a_submodule_is_compared_with_itself(repository: Path) -> None:
    whole = with_submodule(repository)
    git(whole, "commit", "-q", "--allow-empty", "-m", "three")

    assert run(str(whole), *ONLY, "--diff", "HEAD~1")[0] == 0
    assert run(str(whole / "vendor"), *ONLY, "--diff", "HEAD~1")[0] == 0
    assert run(str(whole), *ONLY, "--diff", "HEAD~2")[0] == 1

    (whole / "vendor" / "sub" / ".mcp.json").write_text(servers(OPENAI_API_KEY=OTHER_KEY))
    assert run(str(whole), *ONLY, "--diff", "HEAD")[0] == 1


def test_a_submodule_without_its_history_is_named(repository: Path) -> None:
    whole = with_submodule(repository)
    sub = whole / "vendor" / "sub"
    git(sub, "checkout", "-q", "--orphan", "other")
    git(sub, "commit", "-q", "-m", "another history")
    git(sub, "branch", "-D", "main")
    git(sub, "remote", "remove", "origin")
    git(sub, "reflog", "expire", "--expire=now", "--all")
    git(sub, "gc", "-q", "--prune=now")
    code, _, err = run(str(whole), *ONLY, "--diff", "HEAD")

    assert code == 1
    assert "unknown at HEAD, so its findings are new: vendor/sub: failed" in err


def with_submodule(repository: Path) -> Path:
    """A repository whose second commit has the other one in `vendor/sub`."""
    whole = repository / "whole"
    whole.mkdir()
    (whole / "CLAUDE.md").write_text("Be kind.\n")
    git(whole, "init", "-q", "-b", "main")
    git(whole, "add", ".")
    git(whole, "commit", "-q", "-m", "one")
    allowed = ("-c", "protocol.file.allow=always")
    git(whole, *allowed, "submodule", "--quiet", "add", str(repository), "vendor/sub")
    git(whole, "commit", "-q", "-m", "two")
    return whole


def test_what_was_mended_elsewhere_since_is_not_brought_by_a_branch(repository: Path) -> None:
    """`main...` is the commit at which the branch left main."""
    git(repository, "checkout", "-q", "-b", "feature")
    git(repository, "commit", "-q", "--allow-empty", "-m", "ours")
    git(repository, "checkout", "-q", "main")
    git(repository, "rm", "-q", ".mcp.json")
    git(repository, "commit", "-q", "-m", "mended")
    git(repository, "checkout", "-q", "feature")

    assert run(str(repository), *ONLY, "--diff", "main")[0] == 1
    assert run(str(repository), *ONLY, "--diff", "main...")[0] == 0


def test_nothing_that_the_repository_names_is_executed(repository: Path) -> None:
    """Monitors, hooks, filters, converters and transports of `.git/config` stay unheard."""
    script, trace = repository / ".git" / "evil", repository / ".git" / "executed"
    script.write_text(f"#!/bin/sh\ntouch '{trace}'\ncat\n")
    script.chmod(0o755)
    (repository / ".gitattributes").write_text("* filter=evil diff=evil\n")
    settings = {
        "core.fsmonitor": str(script),
        "core.sshCommand": str(script),
        "core.pager": str(script),
        "core.hooksPath": str(script.parent),
        "filter.evil.clean": str(script),
        "filter.evil.smudge": str(script),
        "diff.evil.textconv": str(script),
        "diff.external": str(script),
        "extensions.partialClone": "evil",
        "remote.evil.url": f"ext::{script}",
        "remote.evil.promisor": "true",
        "protocol.ext.allow": "always",
        "uploadpack.packObjectsHook": str(script),
    }
    blob = git(repository, "rev-parse", "HEAD:.mcp.json")
    for name, value in settings.items():
        git(repository, "config", name, value)
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    code, _, _ = run(str(repository), *ONLY, "--diff", "HEAD")

    assert not trace.exists()
    assert code == 1


def test_severity_and_confidence_choose_what_is_shown_not_what_fails(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text(servers(OPENAI_API_KEY=fake("openai_key")))
    code, out, said = run(str(tmp_path), "--severity", "critical", "--fail-on", "medium")

    assert code == 1
    assert "critical" in out
    assert " medium " not in out
    assert "below severity critical" in said
    assert (
        "No findings"
        in run(str(tmp_path), "--ignore", "literal-model-api-key", "--severity", "critical")[1]
    )


AGENT = "from strands import Agent\n\nagent = Agent(tools=[])\n"


@pytest.mark.parametrize("how", ["baseline", "diff"])
def test_another_agent_with_a_fault_that_is_told_once_is_new(how: str, repository: Path) -> None:
    """The one finding of the whole deployment had been known already, whatever was added."""
    asked = (str(repository), "--select", "no-budget", "--no-config")
    (repository / "first.py").write_text(AGENT)
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "two")
    baseline = repository / "lint.baseline"
    run(*asked, "--write-baseline", str(baseline))
    compared = ("--baseline", str(baseline)) if how == "baseline" else ("--diff", "HEAD")
    known = run(*asked, *compared)
    (repository / "second.py").write_text(AGENT)
    new = run(*asked, *compared)

    assert (known[0], new[0]) == (0, 1)
    assert "second.py:3:9" in new[1]
    assert "first.py" not in new[1]
    assert "1 suppressed" in new[1]


CONTAINER = "services: {agent: {image: a:1, environment: {AGENT_PROMPT: hi, NODE_ENV: %s}}}\n"
"""Of which a finding is low where it is for development, and medium where it is deployed."""


def test_a_finding_that_became_graver_than_a_baseline_knows_it_counts(tmp_path: Path) -> None:
    where, baseline = tmp_path / "in", tmp_path / "lint.baseline"
    where.mkdir()
    compose = where / "compose.yaml"
    asked = (str(where), "--select", "agent-without-resource-limits", "--fail-on", "low")
    compose.write_text(CONTAINER % "development")
    run(*asked, "--write-baseline", str(baseline))
    known = run(*asked, "--baseline", str(baseline))
    compose.write_text(CONTAINER % "production")
    graver = run(*asked, "--baseline", str(baseline))
    again = run(*asked, "--baseline", str(baseline), "--write-baseline", str(baseline))
    kept = run(*asked, "--baseline", str(baseline))
    compose.write_text(CONTAINER % "development")
    milder = run(*asked, "--baseline", str(baseline))

    assert [each[0] for each in (known, graver, again, kept, milder)] == [0, 1, 1, 0, 0]
    assert "more severe than in the baseline, so 1 known finding counted again:" in graver[2]
    assert "agent-without-resource-limits in compose.yaml" in graver[2]
    assert "gone" not in graver[2]


def test_a_baseline_of_before_knows_no_severities_and_covers_any(tmp_path: Path) -> None:
    where, baseline = tmp_path / "in", tmp_path / "lint.baseline"
    where.mkdir()
    (where / "compose.yaml").write_text(CONTAINER % "development")
    asked = (str(where), "--select", "agent-without-resource-limits", "--fail-on", "low")
    run(*asked, "--write-baseline", str(baseline))
    row = json.loads(baseline.read_text())
    del row["severity"]
    baseline.write_text(json.dumps(row))
    (where / "compose.yaml").write_text(CONTAINER % "production")

    assert run(*asked, "--baseline", str(baseline))[0] == 0


def test_a_finding_that_the_change_made_graver_is_brought_by_it(repository: Path) -> None:
    """A container for development is told as low, and was deployed by this change."""
    asked = (str(repository), "--select", "agent-without-resource-limits", "--no-config")
    (repository / "compose.yaml").write_text(CONTAINER % "development")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "two")
    known = run(*asked, "--diff", "HEAD", "--fail-on", "low")
    (repository / "compose.yaml").write_text(CONTAINER % "production")
    graver = run(*asked, "--diff", "HEAD")
    git(repository, "commit", "-q", "-a", "-m", "three")
    (repository / "compose.yaml").write_text(CONTAINER % "development")
    milder = run(*asked, "--diff", "HEAD", "--fail-on", "low")

    assert (known[0], graver[0], milder[0]) == (0, 1, 0)
    assert "1 medium." in graver[1]


def test_a_repository_without_a_commit_has_nothing_to_compare_with(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text(servers(A="b"))
    git(tmp_path, "init", "-q", "-b", "main")
    with pytest.raises(UsageError, match="no commit 'HEAD' yet, so all is new: run without --diff"):
        run(str(tmp_path), "--diff", "HEAD")


def test_a_baseline_of_other_paths_is_told(tmp_path: Path) -> None:
    where, baseline = tmp_path / "in", tmp_path / "lint.baseline"
    where.mkdir()
    (where / ".mcp.json").write_text(servers(OPENAI_API_KEY=fake("openai_key")))
    run(str(where), *ONLY, "--write-baseline", str(baseline))
    code, _, said = run(str(tmp_path), *ONLY, "--baseline", str(baseline))

    assert code == 1
    assert "that is every entry: a baseline holds for the paths that it was written for" in said
