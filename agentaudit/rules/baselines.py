"""Files of baselines: JSON lines, sorted, one finding a line, so that branches merge."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from agentaudit.errors import named
from agentaudit.model.finding import Severity
from agentaudit.rules.loading import Problems, why_unread

Row = dict[str, str]
REQUIRED = ("rule", "file", "finding")
OPTIONAL = ("severity", "value")
_SEVERITIES = frozenset(map(str, Severity))
_NO_BASELINE = (
    "is no baseline, of which each line is one JSON object; make one with --write-baseline"
)
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>")


def load_baseline(path: Path) -> tuple[Row, ...]:
    """The rows of a baseline; InputError lists every line that is none."""
    problems = Problems()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        why = (
            "no such file; make it with --write-baseline"
            if not path.exists()
            else why_unread(error)
        )
        problems.add(str(path), f"the baseline cannot be read: {why}")
        text = ""
    rows = tuple(_rows(path, text, problems))
    problems.end_the_run()
    return rows


def baseline_text(rows: Iterable[Row]) -> str:
    """The rows as the file holds them: as `sort -u` would leave them."""
    lines = {json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows}
    return "".join(f"{line}\n" for line in sorted(lines))


def _rows(path: Path, text: str, problems: Problems) -> Iterator[Row]:
    lines = text.split("\n")
    if text.strip() and not any(line.lstrip().startswith(("{", *_CONFLICT)) for line in lines):
        problems.add(str(path), _NO_BASELINE)  # another file is not told line by line
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            problems.add(str(path), _no_json(line), line=number)
            continue
        fault = _fault(row)
        if fault:
            problems.add(str(path), fault, line=number)
        else:
            yield row


def _no_json(line: str) -> str:
    if line.startswith(_CONFLICT):
        return "a merge conflict: keep the lines of both sides, and delete this one"
    return "a line must be one JSON object"


def _fault(row: object) -> str:
    if not isinstance(row, dict):
        return "a line must be one JSON object"
    for name in REQUIRED:
        if not isinstance(row.get(name), str) or not row[name]:
            return f"`{name}` must be a text"
    for name, value in row.items():
        if name not in (*REQUIRED, *OPTIONAL):
            known = ", ".join((*REQUIRED, *OPTIONAL))
            return f"{named(str(name), '`')} is not a field here; known: {known}"
        if not isinstance(value, str):
            return f"`{name}` must be a text"
    if row.get("severity", Severity.INFO) not in _SEVERITIES:
        return f"`severity` must be one of {', '.join(Severity)}"
    return ""
