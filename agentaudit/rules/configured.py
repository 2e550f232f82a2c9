"""The configuration of lint as a value, and where a file may hold it; reading one loads YAML."""

from pathlib import Path

from msgspec import Struct

from agentaudit.model.evidence import Evidence

YAML_NAME, TOML_NAME = "agentaudit.yaml", "pyproject.toml"
MISNAMED = "agentaudit.yml"
"""A name that nobody reads, and that is easily given."""
ACCEPT_NAME, ACCEPT_MISNAMED = "agentaudit-accept.yaml", "agentaudit-accept.yml"


class Narrowing(Struct, frozen=True, kw_only=True):
    """An option that makes lint find, show or fail less."""

    told: str
    at: Evidence


class PathIgnore(Struct, frozen=True, kw_only=True):
    """Rules or families that do not count in files of a pattern, named from the file's folder."""

    pattern: str
    names: tuple[str, ...]
    at: Evidence


class RuleName(Struct, frozen=True, kw_only=True):
    """What the file calls a rule or a family, and where; not yet known to be one."""

    said: str
    line: int
    column: int
    of_path: bool
    """Of `per-path-ignores`, which may also name what lint says of suppressions."""


class Configuration(Struct, frozen=True, kw_only=True):
    """What one file says; an option that it leaves out is None or empty."""

    file: Path
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_path: tuple[PathIgnore, ...] = ()
    severity: str = ""
    confidence: str = ""
    fail_on: str = ""
    rules: tuple[Path, ...] = ()
    limits: tuple[str, ...] = ()
    accept: Path | None = None
    baseline: Path | None = None
    narrowings: tuple[Narrowing, ...] = ()
    names: tuple[RuleName, ...] = ()


def folders_of(root: Path) -> tuple[Path, ...]:
    """The folder and those above it, up to the root of its repository; alone without one."""
    chain = (root, *root.parents)
    for number, folder in enumerate(chain, start=1):
        if (folder / ".git").exists():
            return chain[:number]
    return (root,)


def may_be_configured(root: Path) -> bool:
    """Whether a file stands there that could configure lint."""
    names = (YAML_NAME, MISNAMED, TOML_NAME, ACCEPT_NAME, ACCEPT_MISNAMED)
    return any((folder / name).is_file() for folder in folders_of(root.resolve()) for name in names)
