"""Folders of rules: the files that stand in one, and what is wrong with a folder."""

from pathlib import Path

from agentaudit.errors import Problem


def rule_paths(folder: Path, problems: list[Problem], what: str = "rules") -> list[Path]:
    """
    Every `*.yaml` in the folder, by name.

    A folder without any is a mistake of whoever named it, and so is a file that would be left out
    for its ending: both are problems, or the audit would ask less than it seems to.
    """
    if not folder.is_dir():
        problems.append(Problem(file=str(folder), message=_no_folder(folder)))
        return []
    paths, others = sorted(folder.glob("*.yaml")), sorted(folder.glob("*.yml"))
    if not paths and not others:
        problems.append(Problem(file=str(folder), message=f"holds no {what} (*.yaml)"))
    rename = "rules stand in *.yaml: rename it"
    problems += (Problem(file=str(path), message=rename) for path in others)
    return paths


def _no_folder(path: Path) -> str:
    if path.exists():
        return "is a file: name the folder of rules that it stands in"
    return "no such folder of rules"
