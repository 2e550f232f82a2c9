"""Git, asked so that nothing of what a repository configures is run."""

import os
import subprocess
from pathlib import Path

from agentaudit.errors import UsageError

_LONGEST_S = 120
_SETTINGS = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "core.pager=cat", "-c", "protocol.allow=never", "-c", "gc.auto=0"),
    *("--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs"),
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_KEPT = ("PATH", "HOME", "SYSTEMROOT")


def asked(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git answers; UsageError in its own words when it cannot."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603, our own arguments, none of them from a file
            ["git", "-C", str(root), *_SETTINGS, *arguments],  # noqa: S607, the user's git
            input=given,
            capture_output=True,
            check=True,
            timeout=_LONGEST_S,
            env={**kept, **_ENVIRONMENT},
        )
    except FileNotFoundError:
        raise UsageError("--diff needs `git`, which is not installed here") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"--diff: git did not answer within {_LONGEST_S} s") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        why = said[0] if said else f"git {arguments[0]} ended with {error.returncode}"
        raise UsageError(f"--diff: {_helped(why, root)}") from None
    return done.stdout


def _helped(why: str, root: Path) -> str:
    """What git says, or what to do about it where that is known."""
    if "not a git repository" in why:
        return f"{root} is in no repository of git, so there is nothing to compare with"
    if "dubious ownership" in why:
        allow = f"git config --global --add safe.directory {root}"
        return f"the repository belongs to another user, and git reads none such; `{allow}` lets it"
    return why
