"""
Which published incidents of agents lint would have reported, from the files in tests/incidents.

`python docs/incidents.py` renews docs/incidents.md.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from agentaudit.extract.deployment import read_deployment
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "incidents"
PAGE = ROOT / "docs" / "incidents.md"
INCIDENTS: Mapping[str, Sequence[Mapping[str, Any]]] = yaml.safe_load(
    (FOLDER / "incidents.yaml").read_text(encoding="utf-8")
)

_HEAD = """# Incidents

Published incidents of agents in 2025 and 2026: would `agentaudit` have reported the weakness behind
each from the deployment's files, before anything happened? Each has a small deployment with that
weakness in `tests/incidents`, written for this page:

```console
$ agentaudit lint tests/incidents/NAME
$ agentaudit threat-model tests/incidents/NAME      # where an attack path is named
```

Flaws in the code of a product are not found here. What gave them reach is: the open port, the tool
that runs without asking, the key that never expires. `python docs/incidents.py` writes this page,
and a test compares it with both commands.

| when | incident | `lint` reports | `threat-model` path | files |
|---|---|---|---|---|
"""
_REST = """
## Not reported

| when | incident | why |
|---|---|---|
"""


@cache
def severities(folder: str) -> Mapping[str, Severity]:
    """The rules that tell medium or above of an incident's files, with the gravest of each."""
    found = lint(read_deployment([FOLDER / folder]), lint_rules())
    told: dict[str, Severity] = {}
    for finding in found.open_findings:
        if finding.severity.rank >= Severity.MEDIUM.rank:
            known = told.get(finding.rule, finding.severity)
            told[finding.rule] = max(known, finding.severity, key=lambda each: each.rank)
    return told


def rendered() -> str:
    """The page as the files of today make it."""
    told = "".join(_row(each) for each in INCIDENTS["told"])
    rest = (
        f"| {each['when']} | {each['what']} | {each['why']} |\n" for each in INCIDENTS["untold"]
    )
    return _HEAD + told + _REST + "".join(rest)


def _row(incident: Mapping[str, Any]) -> str:
    found = severities(incident["folder"])
    said = (
        f"[{rule}](rules/{rule}.md) ({found[rule].value if rule in found else 'not found'})"
        for rule in incident["lint"]
    )
    paths = ", ".join(incident.get("threats", ()))
    return (
        f"| {incident['when']} | [{incident['what']}]({incident['source']}) | {', '.join(said)} "
        f"| {paths} | `{incident['folder']}` |\n"
    )


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
